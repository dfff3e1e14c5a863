//! What joins schemas becomes a definition, so that it may contain itself; and what llguidance is told of limits.

use serde_json::json;

use crate::constrain::arguments::scope::Scope;

#[test]
fn a_schema_that_joins_itself_ends() {
    let definitions = json!({
        "A": {"allOf": [{"$ref": "#/$defs/A"}]},
        "B": {"allOf": [{"properties": {"b": {"allOf": [{"$ref": "#/$defs/B"}], "title": "Another"}}}]},
    });
    let plain = Scope { tool: "t", definitions: &definitions, depth: 0 }.plain(&json!({"$ref": "#/$defs/B"}));
    let joined = |at: usize| json!({"$ref": format!("#/$defs/all{at}")});
    let b = json!({"properties": {"b": joined(1)}, "additionalProperties": false});
    let expected = json!({"B": joined(0), "all0": b, "all1": b});
    assert_eq!((&plain["$ref"], &plain["$defs"]), (&json!("#/$defs/B"), &expected));
}

#[test]
fn the_names_of_what_is_joined_are_nobody_elses() {
    let definitions = json!({"all_": {"type": "null"}, "all0": {"type": "null"}});
    let scope = Scope { tool: "t", definitions: &definitions, depth: 0 };
    let plain = scope.plain(&json!({"allOf": [{"type": "integer"}]}));
    assert_eq!(plain["$ref"], "#/$defs/all__0");
    assert_eq!(plain["$defs"]["all__0"], json!({"type": "integer"}));
}

#[test]
fn what_llguidance_would_take_wrong_it_is_not_told() {
    let scope = Scope { tool: "t", definitions: &serde_json::Value::Null, depth: 0 };
    for (schema, told) in [
        (json!({"minimum": -1.797e308, "maximum": 9}), json!({"maximum": 9})),
        (json!({"minimum": i64::MIN, "exclusiveMaximum": i64::MAX}), json!({})),
        (json!({"minLength": 2.0, "maxLength": i64::MAX}), json!({"minLength": 2})),
        (json!({"minItems": 1, "maxItems": u32::MAX}), json!({"minItems": 1})),
        (
            json!({"type": ["string", "null"], "format": "date"}),
            json!({"type": ["string", "null"], "format": "date"}),
        ),
        (json!({"type": ["integer", "null"], "format": "date"}), json!({"type": ["integer", "null"]})),
    ] {
        let mut plain = scope.plain(&schema);
        plain.as_object_mut().unwrap().remove("x-guidance");
        assert_eq!(plain, told, "{schema}");
    }
}
