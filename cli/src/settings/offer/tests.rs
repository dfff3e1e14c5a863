//! What `--tools` chooses.

use std::sync::Arc;

use async_trait::async_trait;
use handyman::{CallContext, Effect, Safety, Tool, ToolResult, ToolSpec, Toolset};
use serde_json::{Map, Value, json};

use super::{Candidate, chosen, fits, on_offer, toolbox};

struct Named(ToolSpec);

#[async_trait]
impl Tool for Named {
    fn spec(&self) -> &ToolSpec {
        &self.0
    }

    async fn call(&self, _arguments: Map<String, Value>, _context: &CallContext) -> ToolResult<Value> {
        Ok(json!({}))
    }
}

fn candidate(name: &str, parameter: &Value, from: Option<&str>) -> Candidate {
    let spec = ToolSpec {
        name: name.to_owned(),
        description: String::new(),
        parameters: json!({"type": "object", "properties": {"p": parameter}}),
        effect: Effect::ReadOnly,
        safety: Safety::default(),
    };
    Candidate { tool: Arc::new(Named(spec)), from: from.map(str::to_owned) }
}

fn said(choice: &[&str]) -> Vec<String> {
    choice.iter().map(|&name| name.to_owned()).collect()
}

#[test]
fn names_are_chosen_by_patterns_and_left_out() {
    let all: Vec<Candidate> = ["pay", "book", "srv_read", "srv_pay"]
        .map(|name| candidate(name, &json!({"type": "string"}), None))
        .to_vec();
    let cases: [(&[&str], &[&str]); 9] = [
        (&[], &["pay", "book", "srv_read", "srv_pay"]),
        (&["book", "pay"], &["book", "pay"]),
        (&["book", "book"], &["book"]),
        (&["srv_*", "-srv_pay"], &["srv_read"]),
        (&["-*pay"], &["book", "srv_read"]),
        (&["-pay"], &["book", "srv_read", "srv_pay"]),
        (&["*_p*y", "*"], &["srv_pay", "pay", "book", "srv_read"]),
        (&["-pay", "pay", "book"], &["book"]),
        (&["-*"], &[]),
    ];
    for (choice, expected) in cases {
        let kept = chosen(&all, &said(choice)).unwrap();
        let names: Vec<&str> = kept.iter().map(Candidate::name).collect();
        assert_eq!(names, expected, "{choice:?}");
    }
    for nothing in ["boook", "-boook", "x*", "-x*", ""] {
        assert!(chosen(&all, &said(&["book", nothing])).is_err(), "{nothing}");
    }
}

#[test]
fn what_is_said_of_tools_by_name_is_of_those_on_offer() {
    let text = json!({"type": "string"});
    let all = ["pay", "book", "srv_read"].map(|name| candidate(name, &text, None)).to_vec();
    let offered = toolbox(all, &[]).unwrap();
    let cases: [(&[&str], &[&str]); 4] = [
        (&[], &[]),
        (&["srv_*", "pay"], &["srv_read", "pay"]),
        (&["-pay"], &["book", "srv_read"]),
        (&["*"], &["pay", "book", "srv_read"]),
    ];
    for (choice, expected) in cases {
        assert_eq!(on_offer("--allow", &said(choice), &offered).unwrap(), expected, "{choice:?}");
    }
    for nothing in ["boook", "-boook", "x*"] {
        assert!(on_offer("--allow", &said(&["book", nothing]), &offered).is_err(), "{nothing}");
    }
}

#[test]
fn a_star_is_any_letters_or_none() {
    for (pattern, name) in [("*", ""), ("a*", "a"), ("*a", "ba"), ("a*b*c", "a1b2b3c"), ("天*", "天气")] {
        assert!(fits(pattern, name), "{pattern} {name}");
    }
    for (pattern, name) in [("", "a"), ("a", "ab"), ("a*b", "abc"), ("*b", "bc"), ("a*a", "a")] {
        assert!(!fits(pattern, name), "{pattern} {name}");
    }
}

#[test]
fn what_cannot_be_kept_is_left_out_unless_it_is_ours_or_was_named() {
    let odd = json!({"$dynamicRef": "#x"});
    let fine = || candidate("fine", &json!({"type": "string"}), Some("srv"));
    let left = toolbox(vec![candidate("odd", &odd, Some("srv")), fine()], &said(&["*"])).unwrap();
    let names: Vec<&str> = left.specs().iter().map(|spec| spec.name.as_str()).collect();
    assert_eq!(names, ["fine"]);
    assert!(toolbox(vec![candidate("odd", &odd, Some("srv"))], &said(&["odd"])).is_err());
    assert!(toolbox(vec![candidate("odd", &odd, None)], &[]).is_err());
}
