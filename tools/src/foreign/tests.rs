//! Respelling keeps what a schema allows: checked against the validator of each draft.

use handyman_core::schema::check;
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

/// Both say the same of a value of arguments, and what is adopted can be offered.
fn same(draft: Draft, foreign: &Value, values: &[(Value, bool)]) {
    let adopted = adopted(foreign);
    assert_eq!(check(&adopted), Ok(()), "{adopted}");
    let before = jsonschema::options().with_draft(draft).build(foreign).unwrap();
    let after = jsonschema::options().with_draft(Draft::Draft202012).build(&adopted).unwrap();
    for (value, fits) in values {
        assert_eq!((before.is_valid(value), after.is_valid(value)), (*fits, *fits), "{adopted}: {value}");
    }
}

#[test]
fn references_to_anywhere_in_the_schema_are_followed() {
    // As zod-to-json-schema writes what stands at two places.
    let place = json!({"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]});
    same(
        Draft::Draft7,
        &json!({"type": "object", "properties": {
            "from": place, "to": {"$ref": "#/properties/from"},
            "city": {"$ref": "#/properties/from/properties/city"},
            "via": {"type": "array", "items": {"$ref": "#/properties/to"}},
            "a/b c": {"type": "integer"}, "d": {"$ref": "#/properties/a~1b%20c"},
            "pair": {"items": [{"type": "integer"}, {"$ref": "#/properties/pair/items/0"}]}}}),
        &[
            (json!({"from": {"city": "a"}, "to": {"city": "b"}, "city": "c", "via": [{"city": "d"}]}), true),
            (json!({"to": {"city": 1}}), false),
            (json!({"to": {}}), false),
            (json!({"city": 1}), false),
            (json!({"via": [{}]}), false),
            (json!({"d": 1, "pair": [1, 2]}), true),
            (json!({"d": "x"}), false),
            (json!({"pair": [1, "x"]}), false),
        ],
    );
    // As zod 4 writes a type that contains itself.
    same(
        Draft::Draft202012,
        &json!({"type": "object", "properties": {"name": {"type": "string"}, "in": {"$ref": "#"}},
            "required": ["name"], "additionalProperties": false, "$defs": {"whole": {"type": "null"}}}),
        &[
            (json!({"name": "a", "in": {"name": "b", "in": {"name": "c"}}}), true),
            (json!({"name": "a", "in": {"name": "b", "in": {"name": 1}}}), false),
            (json!({"name": "a", "in": {"other": 1, "name": "b"}}), false),
        ],
    );
    // Definitions inside of others, of two drafts, and names that an address escapes.
    same(
        Draft::Draft7,
        &json!({"type": "object",
            "definitions": {"a": {"type": "integer"}, "L<int>": {"items": {"$ref": "#/definitions/L%3Cint%3E"}, "type": "array"}},
            "$defs": {"a": {"type": "string"}},
            "properties": {
                "one": {"$ref": "#/definitions/a"}, "two": {"$ref": "#/$defs/a"}, "list": {"$ref": "#/definitions/L%3Cint%3E"},
                "deep": {"definitions": {"b": {"type": "boolean"}}, "properties": {"x": {"$ref": "#/properties/deep/definitions/b"}}}}}),
        &[
            (json!({"one": 1, "two": "a", "list": [[], [[]]], "deep": {"x": true}}), true),
            (json!({"one": "a"}), false),
            (json!({"two": 1}), false),
            (json!({"list": [[1]]}), false),
            (json!({"deep": {"x": 1}}), false),
        ],
    );
}

#[test]
fn keywords_that_only_describe_are_left_out_and_others_are_not() {
    let described = json!({"type": "object", "errorMessage": {"type": "No"}, "anything": {"of": "meta"}, "properties": {
        "a": {"enum": ["x", "y"], "enumNames": ["X", "Y"], "errorMessage": "No", "$dynamicAnchor": "a"},
        "errorMessage": {"type": "integer", "const": 3},
    }});
    same(
        Draft::Draft202012,
        &described,
        &[
            (json!({"a": "x", "errorMessage": 3}), true),
            (json!({"a": "z"}), false),
            (json!({"errorMessage": 4}), false),
        ],
    );
    for refused in [
        json!({"$dynamicRef": "#a"}),
        json!({"$recursiveRef": "#"}),
        json!({"$ref": "other.json#/a"}),
        json!({"$ref": "#nowhere"}),
        json!({"$ref": "#/properties/nowhere"}),
        json!({"$ref": "#/definitions/nowhere"}),
        json!({"$ref": "#/properties/a/enum/0"}),
    ] {
        let foreign = json!({"properties": {"a": {"enum": [1]}, "b": refused}});
        assert!(check(&adopted(&foreign)).is_err(), "{foreign}");
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

#[test]
fn a_default_that_its_own_schema_refuses_is_left_out() {
    let cases = [
        (json!({"type": "integer", "minimum": 1, "maximum": 5, "default": 9}), false),
        (json!({"type": "number", "exclusiveMaximum": 5, "default": 5}), false),
        // OpenAPI 3.0's and draft 4's.
        (json!({"type": "number", "minimum": 0, "exclusiveMinimum": true, "default": 0}), false),
        (json!({"enum": ["asc", "desc"], "default": "up"}), false),
        (json!({"type": "integer", "minimum": 1, "maximum": 5, "default": 5}), true),
        (json!({"enum": ["asc", "desc"], "default": "asc"}), true),
        (json!({"type": "string", "default": ""}), true),
    ];
    for (argument, is_kept) in cases {
        let adopted = adopted(&json!({"type": "object", "properties": {"a": argument}}));
        let default = adopted["properties"]["a"].get("default");
        assert_eq!(default, argument.get("default").filter(|_| is_kept), "{argument}");
    }
}
