//! Tests of reading workflows and their inputs.

use handyman::Workflow;
use serde_json::{Value, json};

use super::{parsed, typed};

#[test]
fn yaml_and_json_are_read_alike() {
    let yaml =
        "name: w\nsteps:\n  - name: no\n    if: yes\n    call: look\n    with: {city: \"{{ city }}\"}\n";
    let json = r#"{"name": "w", "steps": [{"name": "no", "if": "yes", "call": "look", "with": {"city": "{{ city }}"}}]}"#;
    assert_eq!(parsed(yaml), parsed(json));
    assert!(parsed("name: [").is_err());
}

#[test]
fn inputs_are_named_once() {
    let workflow = json!({"name": "w", "inputs": {"city": "Where", "party": {"default": 2}}, "steps": [{"name": "a", "ask": "x"}]});
    let workflow = Workflow::new(workflow).unwrap();
    let of = |inputs: &[&str]| {
        let inputs: Vec<String> = inputs.iter().map(|input| (*input).to_owned()).collect();
        typed(&inputs, &workflow).map(Value::Object)
    };
    let read = of(&["city=12", "party=3", "other=x=y"]).ok();
    assert_eq!(read, Some(json!({"city": "12", "party": 3, "other": "x=y"})));
    assert!(of(&["city"]).is_err());
    assert!(of(&["city=a", "city=b"]).is_err());
}
