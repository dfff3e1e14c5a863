//! Respelling keeps what a schema allows: checked against the validator of each draft.

use jsonschema::Draft;
use serde_json::{Value, json};

use super::{adopted, description, name};

#[test]
fn schemas_of_other_drafts_allow_the_same() {
    let cases: [(Draft, Value, &[Value]); 6] = [
        (
            Draft::Draft7,
            json!({"type": "object", "definitions": {"n": {"type": "integer"}}, "properties": {"a": {"$ref": "#/definitions/n"}}}),
            &[json!({"a": 1}), json!({"a": "1"}), json!({})],
        ),
        (
            Draft::Draft7,
            json!({"type": "object", "properties": {"p": {"items": [{"type": "integer"}, {"type": "string"}], "additionalItems": false}}}),
            &[json!({"p": [1, "a"]}), json!({"p": [1, 2]}), json!({"p": [1, "a", 3]}), json!({"p": []})],
        ),
        (
            Draft::Draft7,
            json!({"type": "object", "dependencies": {"a": ["b"], "c": {"required": ["d"]}}}),
            &[json!({"a": 1}), json!({"a": 1, "b": 2}), json!({"c": 1}), json!({"c": 1, "d": 2})],
        ),
        (
            Draft::Draft4,
            json!({"type": "object", "properties": {"n": {"minimum": 1, "exclusiveMinimum": true, "maximum": 9, "exclusiveMaximum": false}}}),
            &[json!({"n": 1}), json!({"n": 2}), json!({"n": 9}), json!({"n": 10})],
        ),
        (
            Draft::Draft202012,
            json!({"type": "object", "title": "X", "properties": {"a": {"oneOf": [{"type": "string"}, {"const": 1}]}}, "minProperties": 1}),
            &[json!({"a": 1}), json!({"a": "x"}), json!({"a": 2}), json!({})],
        ),
        (
            Draft::Draft202012,
            json!({"if": {"required": ["a"]}, "then": {"required": ["b"]}, "properties": {"t": {"not": {"type": "null"}}}}),
            &[json!({"a": 1}), json!({"a": 1, "b": 1}), json!({"t": null}), json!({"t": 1})],
        ),
    ];
    for (draft, foreign, values) in cases {
        let before = jsonschema::options().with_draft(draft).build(&foreign).unwrap();
        let adopted = adopted(&foreign);
        let after = jsonschema::options().with_draft(Draft::Draft202012).build(&adopted).unwrap();
        for value in values {
            assert_eq!(before.is_valid(value), after.is_valid(value), "{foreign} became {adopted}: {value}");
        }
    }
}

#[test]
fn nullable_of_openapi_allows_null() {
    let adopted = adopted(&json!({"properties": {"a": {"type": "string", "enum": ["x"], "nullable": true}}}));
    let validator = jsonschema::validator_for(&adopted).unwrap();
    for (value, fits) in [(json!({"a": null}), true), (json!({"a": "x"}), true), (json!({"a": "y"}), false)] {
        assert_eq!(validator.is_valid(&value), fits, "{value}");
    }
}

#[test]
fn names_and_descriptions_fit() {
    assert_eq!(name("files.read/text"), "files_read_text");
    assert_eq!(name("***"), "tool");
    assert_eq!(description("Reads a file.\n\nLong story."), "Reads a file.");
    let long = "It says what it does. ".repeat(20);
    assert!(description(&long).ends_with("does.") && description(&long).chars().count() <= 160);
    assert!(description(&"word ".repeat(100)).ends_with('…'));
}
