//! Texts and other values are told apart.

use serde_json::{Value, json};

use super::parts;

fn check(schema: &Value, texts: &Value, others: &Value) {
    let definitions = json!({"Unit": {"enum": ["c", "f", 1]}, "Loop": {"$ref": "#/$defs/Loop"}});
    let parts = parts(schema, &definitions);
    assert_eq!((json!(parts.texts), json!(parts.others)), (texts.clone(), others.clone()), "{schema}");
}

#[test]
fn alternatives_are_sorted() {
    let text = json!({"type": "string", "minLength": 1});
    check(&text, &json!([text]), &json!([]));
    check(
        &json!({"type": ["integer", "string"], "minimum": 1}),
        &json!([{"type": "string", "minimum": 1}]),
        &json!([{"type": "integer", "minimum": 1}]),
    );
    check(&json!({"$ref": "#/$defs/Unit"}), &json!([{"enum": ["c", "f"]}]), &json!([{"enum": [1]}]));
    check(
        &json!({"anyOf": [{"const": "x"}, {"type": "null"}]}),
        &json!([{"enum": ["x"]}]),
        &json!([{"type": "null"}]),
    );
    check(&json!({"properties": {}}), &json!([]), &json!([{"properties": {}, "type": "object"}]));
    check(&json!({"x-from": ["a.b"]}), &json!([{"x-from": ["a.b"], "type": "string"}]), &json!([]));
}

#[test]
fn what_says_nothing_can_be_anything_and_loops_end() {
    for schema in [json!(true), json!({}), json!({"$ref": "#/$defs/Loop"}), json!({"$ref": "nowhere"})] {
        let parts = parts(&schema, &json!({"Loop": {"$ref": "#/$defs/Loop"}}));
        assert_eq!((parts.texts.len(), parts.others.len()), (1, 5), "{schema}");
    }
}
