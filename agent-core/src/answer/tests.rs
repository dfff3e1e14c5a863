//! Shapes that can be asked for, and answers that were cut off at every place.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::{AnswerSchema, Completed, least};
use crate::{Event, FaultKind};

/// An offer, to be answered with.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
struct Offer {
    /// Its number.
    id: String,
    price: f64,
    seats: u8,
    direct: bool,
    class: Class,
    stops: Vec<Stop>,
    note: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Class {
    First,
    Second,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
struct Stop {
    city: String,
    minutes: u32,
}

#[derive(Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
struct Tree {
    leaf: u32,
    branches: Vec<Tree>,
}

fn offer() -> Offer {
    Offer {
        id: "G\"12 \u{1F682}".to_owned(),
        price: 553.5,
        seats: 12,
        direct: true,
        class: Class::Second,
        stops: vec![
            Stop { city: "济南\n西".to_owned(), minutes: 2 },
            Stop { city: "Xuzhou".to_owned(), minutes: 3 },
        ],
        note: Some("quiet".to_owned()),
    }
}

#[test]
fn an_answer_that_is_cut_off_anywhere_still_has_its_shape_and_says_what_is_missing() {
    let schema = AnswerSchema::of::<Offer>().unwrap();
    let text = serde_json::to_string(&offer()).unwrap();
    assert_eq!(schema.completed(&text).unwrap(), Completed { value: json!(offer()), incomplete: vec![] });
    for (at, _) in text.char_indices() {
        let Completed { value, incomplete } = schema.completed(&text[..at]).unwrap();
        assert!(schema.read(&value.to_string()).is_ok(), "{at}: {value}");
        let read: Offer = serde_json::from_value(value.clone()).unwrap();
        // Only what is optional may be missing without a word.
        assert!(
            !incomplete.is_empty() || Offer { note: None, ..offer() } == Offer { note: None, ..read },
            "{at}: {value}"
        );
        for pointer in &incomplete {
            assert!(value.pointer(pointer).is_some(), "{at}: {pointer} in {value}");
        }
        for (name, written) in json!(offer()).as_object().unwrap() {
            let whole = text
                .find(&format!("\"{name}\":{written},"))
                .is_some_and(|begins| at > begins + name.len() + 3 + written.to_string().len());
            if whole {
                assert_eq!(value[name], *written, "{at}: what is whole is kept");
            }
        }
    }
}

#[test]
fn what_was_never_written_is_the_least_and_named() {
    let schema = AnswerSchema::of::<Offer>().unwrap();
    for nothing in ["", "I would say that", "{\"id\": ", "[]"] {
        let Completed { value, incomplete } = schema.completed(nothing).unwrap();
        assert_eq!(value["seats"], 0, "{nothing}");
        assert!(incomplete.iter().any(|pointer| pointer.is_empty() || pointer == "/seats"), "{incomplete:?}");
    }
    let bounded = json!({"type": "object", "required": ["n", "even", "low", "names", "kind", "either"], "properties": {
        "n": {"type": "integer", "minimum": 3}, "even": {"type": "integer", "exclusiveMinimum": 3, "multipleOf": 2},
        "low": {"type": "number", "maximum": -2.5}, "names": {"type": "array", "minItems": 2, "items": {"type": "string", "minLength": 2}},
        "kind": {"const": "x"}, "either": {"anyOf": [{"type": "integer", "minimum": 5}, {"$ref": "#/$defs/t"}]}},
        "$defs": {"t": {"enum": ["a", "b"]}}});
    let value = AnswerSchema::new(bounded).unwrap().completed("{\"either\": \"b\"").unwrap().value;
    assert_eq!(
        value,
        json!({"n": 3, "even": 4, "low": -2.5, "names": ["--", "--"], "kind": "x", "either": "b"})
    );
    let inexpressible = AnswerSchema::new(json!({"type": "string", "pattern": "^[A-Z]{3}$"})).unwrap();
    assert_eq!(inexpressible.completed("\"AB"), None, "nothing is made up where that would be wrong");
    assert_eq!(inexpressible.completed("\"ABC\"").unwrap().value, "ABC");
}

#[test]
fn definitions_that_refer_to_each_other_again_and_again_are_tried_once() {
    let twice = |name: &str| json!({"anyOf": [{"$ref": name}, {"$ref": name}]});
    let mut definitions = Map::new();
    for number in 0..40 {
        definitions.insert(format!("d{number}"), twice(&format!("#/$defs/d{}", number + 1)));
    }
    definitions.insert("d40".to_owned(), json!({"type": "integer"}));
    let chain = json!({"$defs": definitions, "$ref": "#/$defs/d0"});
    assert_eq!(least::fitted(None, &[], &chain, &mut Vec::new()), None, "deeper than it is followed");
    let mut made_up = Vec::new();
    let near = json!({"$defs": definitions, "$ref": "#/$defs/d30"});
    assert_eq!(least::fitted(None, &[], &near, &mut made_up), Some(json!(0)));
    assert_eq!(made_up, [""], "made up once");
    // A list without an end, whose every part may be one of two that are alike.
    let endless = json!({"type": "object", "required": ["next"], "properties": {"next": twice("#/$defs/a")}});
    let schema = json!({"$defs": {"a": endless}, "$ref": "#/$defs/a"});
    assert_eq!(least::fitted(None, &[], &schema, &mut Vec::new()), None);
}

#[test]
fn maps_and_tuples_that_are_cut_off_keep_their_shape_and_say_so() {
    type Parts = (BTreeMap<String, Stop>, Vec<(String, u32)>, BTreeMap<u32, Stop>);
    let schema = AnswerSchema::of::<Parts>().unwrap();
    let stop = |city: &str| Stop { city: city.to_owned(), minutes: 2 };
    let parts: Parts = (
        [("a".to_owned(), stop("Jinan")), ("b".to_owned(), stop("Xuzhou"))].into(),
        vec![("x".to_owned(), 1), ("y".to_owned(), 2)],
        [(3, stop("Wuxi"))].into(),
    );
    let text = serde_json::to_string(&parts).unwrap();
    assert_eq!(schema.completed(&text).unwrap(), Completed { value: json!(parts), incomplete: vec![] });
    for (at, _) in text.char_indices() {
        let Completed { value, incomplete } = schema.completed(&text[..at]).unwrap_or_else(|| panic!("{at}"));
        assert!(serde_json::from_value::<Parts>(value.clone()).is_ok(), "{at}: {value}");
        assert!(!incomplete.is_empty(), "{at}: {value}");
    }
    let map = AnswerSchema::of::<BTreeMap<String, u32>>().unwrap();
    let cut = map.completed(r#"{"a": 1, "b": 2, "#).unwrap();
    assert_eq!(cut, Completed { value: json!({"a": 1, "b": 2}), incomplete: vec![String::new()] });
    assert_eq!(map.completed(r#"{"a": 1}"#).unwrap().incomplete, [""; 0]);
}

#[test]
fn a_shape_in_an_older_draft_ends_no_process() {
    let older = json!({"$schema": "http://json-schema.org/draft-04/schema#", "type": "object", "required": ["n"],
        "properties": {"n": {"type": "integer", "minimum": 3, "exclusiveMinimum": true}}});
    let schema = AnswerSchema::new(older).unwrap();
    assert!(schema.read(r#"{"n": 4}"#).is_ok() && schema.read(r#"{"n": 3}"#).is_err());
    let _ = schema.completed(r#"{"n": 4, "#);
}

#[test]
fn answers_are_read_and_what_is_wrong_is_named() {
    let schema = AnswerSchema::new(json!({"type": "array", "items": {"type": "integer"}})).unwrap();
    assert_eq!(schema.read(" [1, 2]").unwrap(), json!([1, 2]));
    assert!(schema.read("one, two").unwrap_err().contains("not JSON"));
    assert!(schema.read("[1, \"two\"]").unwrap_err().starts_with("at /1:"));
    let kept: AnswerSchema = serde_json::from_value(serde_json::to_value(&schema).unwrap()).unwrap();
    assert_eq!(kept, schema, "in the journal it is the schema itself");
}

#[test]
fn a_type_that_contains_itself_can_be_answered_with() {
    let schema = AnswerSchema::of::<Tree>().unwrap();
    let tree = Tree { leaf: 1, branches: vec![Tree { leaf: 2, branches: vec![] }] };
    let text = serde_json::to_string(&tree).unwrap();
    assert_eq!(serde_json::from_value::<Tree>(schema.read(&text).unwrap()).unwrap(), tree);
    assert!(schema.read(r#"{"leaf": 1, "branches": [{"leaf": "x", "branches": []}]}"#).is_err());
    assert!(schema.read(r#"{"leaf": 1, "branches": [{"leaf": 2, "branches": [], "other": 1}]}"#).is_err());
    let cut = schema.completed(r#"{"leaf": 1, "branches": [{"leaf": 2, "#).unwrap();
    let cut: Tree = serde_json::from_value(cut.value).unwrap();
    assert_eq!(cut, tree);
    let several = AnswerSchema::of::<Vec<Tree>>().unwrap();
    assert!(several.read(&format!("[{text}]")).is_ok() && several.read(&text).is_err());
}

#[test]
fn an_answer_may_be_anything() {
    let schema = AnswerSchema::of::<Value>().unwrap();
    assert_eq!(*schema.schema(), json!({}));
    assert_eq!(schema.read("[1, null]").unwrap(), json!([1, null]));
}

#[test]
fn a_shape_that_refers_to_itself_alone_ends_no_process() {
    let itself = json!({"$ref": "#/$defs/A", "$defs": {
        "A": {"anyOf": [{"$ref": "#/$defs/A"}, {"type": "string"}, {"$ref": "#/$defs/B"}]},
        "B": {"allOf": [{"$ref": "#/$defs/B"}, {"not": {"$ref": "#/$defs/A"}}]}}});
    let schema = AnswerSchema::new(itself).unwrap();
    for text in ["\"a\"", "3", "{\"a\": []}", "\"a", ""] {
        let _ = schema.read(text);
        let _ = schema.completed(text);
    }
}

#[test]
fn a_shape_that_could_not_be_held_is_refused_before_anything_runs() {
    let refused: [(Value, &str); 4] = [
        (json!({"type": "object", "$dynamicRef": "#x"}), "$dynamicRef"),
        (json!({"type": "string", "x-verbatim": true}), "arguments"),
        (json!({"type": 3}), "schema"),
        (json!(7), "not a schema"),
    ];
    for (schema, named) in refused {
        let fault = AnswerSchema::new(schema).unwrap_err();
        assert_eq!(fault.kind(), FaultKind::Schema);
        assert!(fault.to_string().contains(named), "{fault}");
    }
}

#[test]
fn an_answer_is_read_as_a_type_once_there_is_one_and_what_does_not_fit_is_said() {
    use crate::event::Outcome;
    use crate::samples::{finished, run_of, started};

    let begun = || {
        let mut begun = started();
        if let Event::Started { answer_schema, .. } = &mut begun {
            *answer_schema = Some(AnswerSchema::of::<Stop>().unwrap());
        }
        begun
    };
    let ended = |outcome: Outcome, text: &str| {
        let mut end = finished(outcome);
        if let Event::Finished { answer, .. } = &mut end {
            text.clone_into(answer);
        }
        run_of(&[begun(), end])
    };
    let whole = r#"{"city": "Lagos", "minutes": 5}"#;
    let stop = Stop { city: "Lagos".to_owned(), minutes: 5 };
    assert_eq!(ended(Outcome::Answered, whole).answer_as::<Stop>().unwrap(), stop);
    let whole_number = r#"{"city": "Lagos", "minutes": 5.0}"#;
    assert_eq!(ended(Outcome::Answered, whole_number).answer_as::<Stop>().unwrap(), stop);
    let cut_off = Outcome::Limit { limit: crate::LimitKind::Tokens };
    assert_eq!(ended(cut_off, whole).answer_as::<Stop>().unwrap(), stop);

    let wrong = r#"{"city": 7, "minutes": 5}"#;
    for (run, says) in [
        (run_of(&[begun()]), "it has not ended"),
        (ended(Outcome::Waiting { call: "c1".into() }, whole), "it waits for a person"),
        (ended(Outcome::Cancelled, whole), "it was cancelled"),
        (ended(Outcome::Answered, "In Lagos."), "it is not JSON"),
        (ended(Outcome::Answered, wrong), "at /city: "),
    ] {
        let fault = run.answer_as::<Stop>().unwrap_err();
        assert!(fault.kind() == FaultKind::Schema && fault.to_string().contains(says), "{fault}");
    }
    let other_type = ended(Outcome::Answered, whole).answer_as::<Tree>().unwrap_err();
    assert!(other_type.to_string().contains("missing field `leaf` at line 1"), "{other_type}");
}
