//! What is expected, also of schemas that refer to themselves.

use serde_json::{Map, Value, json};

use super::expected;
use crate::schema::check;

#[test]
fn a_schema_that_refers_to_itself_is_followed_once() {
    let parameters = json!({
        "type": "object",
        "properties": {"a": {"$ref": "#/$defs/A"}, "b": {"$ref": "#/$defs/B"}, "c": {"$ref": "#/$defs/C"}},
        "required": ["a"],
        "$defs": {
            "A": {"anyOf": [{"$ref": "#/$defs/A"}, {"$ref": "#/$defs/B"}, {"$ref": "#/$defs/A"}, {"type": "string"}]},
            "B": {"anyOf": [{"$ref": "#/$defs/A"}, {"properties": {"x": {"type": "integer"}}}]},
            "C": {"$ref": "#/$defs/C"},
        },
    });
    check(&parameters).unwrap();
    assert_eq!(expected(&parameters, ["a"]).as_deref(), Some("a text"));
    assert_eq!(expected(&parameters, ["b", "x"]).as_deref(), Some("a whole number"));
    assert_eq!(expected(&parameters, ["b", "y"]), None);
    assert_eq!(expected(&parameters, ["c"]), None);
    assert_eq!(expected(&parameters, ["c", "x"]), None);
}

#[test]
fn definitions_that_lead_on_and_on_end_somewhere() {
    let next = |at: usize| {
        let next = json!({"$ref": format!("#/$defs/d{}", at + 1)});
        (format!("d{at}"), json!({"anyOf": [next, next, next]}))
    };
    let definitions: Map<String, Value> = (0..2_000).map(next).collect();
    let parameters = json!({"properties": {"a": {"$ref": "#/$defs/d0"}}, "$defs": definitions});
    assert_eq!(expected(&parameters, ["a"]), None);
    assert_eq!(expected(&parameters, ["a", "x"]), None);
}

#[test]
fn alternatives_are_named_but_for_null() {
    let parameters = json!({"properties": {
        "a": {"anyOf": [{"type": "null"}, {"enum": ["x", 1]}, {"type": ["null", "number"], "minimum": 2}]},
    }});
    assert_eq!(expected(&parameters, ["a"]).as_deref(), Some("one of \"x\", 1 or a number, at least 2"));
}

#[test]
fn every_bound_of_a_number_and_every_type_is_told() {
    let of = |property: Value| expected(&json!({"properties": {"a": property}}), ["a"]);
    for (property, told) in [
        (json!({"type": "number", "exclusiveMinimum": 0}), "a number, more than 0"),
        (json!({"type": "number", "minimum": 0, "exclusiveMaximum": 1}), "a number, at least 0, less than 1"),
        (json!({"type": "integer", "minimum": 1, "maximum": 5}), "a whole number from 1 to 5"),
        (json!({"type": ["integer", "string", "null"]}), "a whole number or a text"),
    ] {
        assert_eq!(of(property.clone()).as_deref(), Some(told), "{property}");
    }
    assert_eq!(of(json!({"type": ["null"]})), None);
}

#[test]
fn parts_maps_and_first_items_are_looked_through() {
    let point = json!({"type": "object", "properties": {"x": {"type": "number"}}});
    let parameters = json!({"properties": {
        "one": {"oneOf": [{"type": "string"}, point]},
        "all": {"allOf": [{"properties": {"y": {"type": "integer"}}}, point]},
        "map": {"type": "object", "additionalProperties": {"type": "boolean"}},
        "pair": {"type": "array", "prefixItems": [{"type": "string"}], "items": {"type": "integer"}},
    }});
    let of = |place: &[&str]| expected(&parameters, place.iter().copied());
    assert_eq!(of(&["one"]).as_deref(), Some("a text or an object with x"));
    assert_eq!(of(&["one", "x"]).as_deref(), Some("a number"));
    assert_eq!(of(&["all", "x"]).as_deref(), Some("a number"));
    assert_eq!(of(&["map", "any"]).as_deref(), Some("true or false"));
    assert_eq!(of(&["pair", "0"]).as_deref(), Some("a text"));
    assert_eq!(of(&["pair", "1"]).as_deref(), Some("a whole number"));
}
