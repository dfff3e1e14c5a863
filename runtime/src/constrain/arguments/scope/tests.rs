//! Schemas that refer to themselves are looked through, each definition once.

use serde_json::{Value, json};

use super::Scope;

/// Definitions that all refer to all, with one of them a text of this schema.
fn entangled(text: &Value) -> Value {
    let each: serde_json::Map<String, Value> =
        (0..8).map(|n| (format!("p{n}"), json!({"$ref": format!("#/$defs/D{n}")}))).collect();
    let mut definitions: serde_json::Map<String, Value> =
        (0..8).map(|n| (format!("D{n}"), json!({"type": "object", "properties": each}))).collect();
    definitions["D7"]["properties"]["text"] = text.clone();
    definitions.into()
}

#[test]
fn sources_are_looked_for_in_each_definition_once() {
    let plain = json!({"type": "string", "x-verbatim": false, "enum": [{"x-from": ["a.b"]}]});
    for (text, mentions) in [(plain, false), (json!({"type": "string", "x-verbatim": true}), true)] {
        let definitions = entangled(&text);
        let scope = Scope { tool: "t", definitions: &definitions, depth: 0 };
        assert_eq!(scope.mentions_sources(&json!({"items": {"$ref": "#/$defs/D0"}})), mentions);
    }
}

#[test]
fn a_reference_to_itself_leads_nowhere() {
    let definitions = json!({"A": {"$ref": "#/$defs/A"}});
    let mut scope = Scope { tool: "t", definitions: &definitions, depth: 0 };
    let schema = json!({"$ref": "#/$defs/A"});
    while let Ok(followed) = scope.follow(&schema) {
        scope = followed.expect("it is a reference").1;
    }
    assert!(scope.follow(&json!({"$ref": "#/$defs/B"})).is_err());
    assert_eq!(scope.follow(&json!({})).unwrap().map(|(target, _)| target), None);
}
