//! Schemas that contain themselves, in every family.

use handyman_core::ReplyMode;
use serde_json::{Value, json};

use super::{Trial, names, question};
use crate::constrain::sources::Sources;
use crate::dialect::samples::{call, tool};
use crate::dialect::{Dialect, Turn};

/// A filter of filters, as tools of other people have them, and a person with persons.
fn parameters() -> Value {
    let filter = json!({"$ref": "#/$defs/Filter"});
    let filters = json!({"type": "array", "items": filter});
    json!({
        "type": "object",
        "$defs": {
            "Filter": {
                "type": "object",
                "properties": {
                    "all": filters, "any": filters, "none": filters, "not": filter,
                    "if": {"anyOf": [filter, {"type": "null"}]}, "else": {"anyOf": [filter, {"type": "null"}]},
                    "column": {"type": "string"}, "least": {"type": "integer"},
                },
            },
            "Named": {"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]},
            "Being": {"allOf": [{"$ref": "#/$defs/Named"}], "properties": {"age": {"type": "integer"}}},
            "Kin": {"allOf": [{"properties": {"near": {"type": "array", "items": {"$ref": "#/$defs/Person"}}}}]},
            "Person": {
                "description": "Somebody",
                "allOf": [
                    {"$ref": "#/$defs/Being"},
                    {"$ref": "#/$defs/Kin"},
                    {"properties": {"friend": {"description": "Another", "allOf": [{"$ref": "#/$defs/Person"}]}}},
                ],
            },
            "Itself": {"allOf": [{"$ref": "#/$defs/Itself"}]},
            "Circle": {"anyOf": [{"$ref": "#/$defs/Circle"}, {"$ref": "#/$defs/Circle"}, {"type": "integer"}]},
        },
        "properties": {
            "where": filter,
            "who": {"$ref": "#/$defs/Person"},
            "itself": {"$ref": "#/$defs/Itself"},
            "circle": {"$ref": "#/$defs/Circle"},
        },
    })
}

fn check(parameters: Value, right: &[Value], wrong: &[Value]) {
    let offered = [tool("find", "Finds", parameters)];
    let history = question();
    for name in names() {
        let trial = Trial::new(name, false, false);
        let turn = Turn::new(&offered, ReplyMode::Free, Sources::new(&history));
        let grammar = trial.native.grammar(&turn).unwrap();
        assert!(grammar.len() < 100_000, "{name}: {}", grammar.len());
        for (arguments, fits) in
            right.iter().map(|value| (value, true)).chain(wrong.iter().map(|value| (value, false)))
        {
            let calls = [call("find", arguments.clone())];
            let written = trial.write(&calls);
            assert_eq!(trial.accepts(&turn, &written), fits, "{name}: {written} in\n{grammar}");
            if fits {
                let read = trial.native.parse(&written, &offered).unwrap().calls;
                assert_eq!(read, calls, "{name}: {written}");
            }
        }
    }
}

#[test]
fn every_family_holds_the_law_for_schemas_that_contain_themselves() {
    let deep = (0..20).fold(json!({"column": "a", "least": 1}), |inside, _| json!({"not": inside}));
    let right = [
        json!({"where": {"all": [{"any": [], "not": {"column": "a"}}, {"least": 1}]}}),
        json!({"where": {"if": {"else": {"column": "a", "least": 3}}}}),
        json!({"where": deep}),
        json!({"who": {"age": 3, "name": "Ada"}}),
        json!({"who": {"name": "Ada", "near": [{"name": "Bob", "near": []}]}}),
        json!({"itself": 3, "circle": 1}),
    ];
    let unknown = (0..20).fold(json!({"unknown": 1}), |inside, _| json!({"not": inside}));
    let wrong = [
        json!({"where": {"all": [{"unknown": 1}]}}),
        json!({"where": unknown}),
        json!({"who": {"age": 3}}),
        json!({"who": {"name": "Ada", "unknown": 1}}),
        json!({"who": {"name": "Ada", "near": [{"age": 3}]}}),
    ];
    check(parameters(), &right, &wrong);
}

#[test]
fn what_the_arguments_inherit_they_have() {
    let parameters = json!({
        "type": "object",
        "$defs": {"Page": {"type": "object", "properties": {"page": {"type": "string"}}, "required": ["page"]}},
        "properties": {"size": {"type": "integer"}},
        "allOf": [{"$ref": "#/$defs/Page"}],
    });
    let right = [json!({"size": 1, "page": "2"}), json!({"page": "x"})];
    check(parameters, &right, &[json!({"size": 1}), json!({"page": "x", "other": 1})]);
}
