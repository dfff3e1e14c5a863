//! Texts and other values are told apart.

use serde_json::{Value, json};

use super::{parts, whole};

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

#[test]
fn every_reference_is_followed_once() {
    let ways: Vec<Value> = (0..8).map(|n| json!({"$ref": format!("#/$defs/D{n}")})).collect();
    let mut definitions: serde_json::Map<String, Value> =
        (0..8).map(|n| (format!("D{n}"), json!({"anyOf": ways}))).collect();
    let joined = json!({"allOf": [{"$ref": "#/$defs/D0"}, {"$ref": "#/$defs/D8"}]});
    definitions.insert("D7".to_owned(), json!({"anyOf": [joined, {"type": "integer"}]}));
    definitions.insert("D8".to_owned(), json!({"anyOf": [joined, {"type": "string"}]}));
    let parts = parts(&json!({"$ref": "#/$defs/D0"}), &definitions.into());
    assert_eq!(parts.texts, [json!({"type": "string"})]);
    assert_eq!(parts.others, [json!({"type": "integer"})]);
}

#[test]
fn a_schema_has_what_all_that_it_includes_have() {
    let definitions = json!({
        "Named": {"properties": {"name": {}}, "required": ["name"], "type": "object"},
        "Aged": {"properties": {"age": {}}, "required": ["age"]},
        "Pet": {"allOf": [{"$ref": "#/$defs/Named"}, {"$ref": "#/$defs/Pet"}], "properties": {"tame": {}}},
        "Tagged": {"allOf": [{"$ref": "#/$defs/Aged"}], "properties": {"tag": {}}},
        "Alias": {"$ref": "#/$defs/Tagged"},
    });
    let dog = json!({
        "allOf": [{"$ref": "#/$defs/Pet"}, {"$ref": "#/$defs/Alias", "properties": {"note": {}}}],
        "properties": {"barks": {}},
    });
    let whole = whole(&dog, &definitions);
    let names: Vec<&String> = whole["properties"].as_object().unwrap().keys().collect();
    assert_eq!(names, ["barks", "tame", "note", "tag", "name", "age"]);
    assert_eq!(whole["required"], json!(["name", "age"]));
    assert_eq!((&whole["type"], whole.get("allOf"), whole.get("$ref")), (&json!("object"), None, None));
}

#[test]
fn items_are_joined_where_they_refer_to_nothing() {
    let joined = |first: Value, second: Value| {
        let both = json!({"allOf": [{"items": first}, {"items": second}]});
        whole(&both, &Value::Null)["items"].clone()
    };
    let (short, text, reference) =
        (json!({"maxLength": 3}), json!({"type": "string"}), json!({"$ref": "#/$defs/A"}));
    assert_eq!(joined(short.clone(), text), json!({"maxLength": 3, "type": "string"}));
    assert_eq!(joined(short.clone(), reference.clone()), reference);
    assert_eq!(joined(reference.clone(), short), reference);
}
