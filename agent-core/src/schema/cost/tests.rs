//! How long checking would take.

use serde_json::{Map, Value, json};

use super::{LOOKS_MAX, looks};

/// Definitions each of which refers to the next one twice, through this keyword.
fn doubling(length: usize, keyword: &str) -> Value {
    let next = |index: usize| json!({"$ref": format!("#/$defs/d{}", index + 1)});
    let mut definitions: Map<String, Value> = (0..length)
        .map(|index| (format!("d{index}"), json!({keyword: [next(index), next(index)]})))
        .collect();
    definitions.insert(format!("d{length}"), json!({"type": "object"}));
    json!({"type": "object", "allOf": [{"$ref": "#/$defs/d0"}], "$defs": definitions})
}

#[test]
fn what_doubles_with_each_definition_is_found_out_at_once() {
    for keyword in ["allOf", "anyOf", "oneOf"] {
        let (few, many) =
            (looks(&doubling(8, keyword), &json!({})), looks(&doubling(45, keyword), &json!({})));
        assert!((256..10_000).contains(&few), "{keyword}: {few}");
        assert!(many > LOOKS_MAX, "{keyword}: {many}");
    }
}

#[test]
fn what_doubles_with_each_level_of_a_value_depends_on_the_value() {
    let schema = json!({"$ref": "#/$defs/tree", "$defs": {"tree": {"type": "object", "properties":
        {"x": {"allOf": [{"$ref": "#/$defs/tree"}, {"$ref": "#/$defs/tree"}]}}}}});
    let nested = |levels: usize| (0..levels).fold(json!({}), |inner, _| json!({"x": inner}));
    assert!(looks(&schema, &nested(5)) < 1_000);
    assert!(looks(&schema, &nested(60)) > LOOKS_MAX);
}

#[test]
fn what_leads_back_to_itself_has_no_end() {
    let schema = json!({"$ref": "#/$defs/a", "$defs": {"a": {"anyOf": [{"$ref": "#/$defs/b"}]}, "b": {"$ref": "#/$defs/a"}}});
    assert!(looks(&schema, &json!(1)) > LOOKS_MAX);
    let chain = |length: usize| {
        let next = |index: usize| json!({"allOf": [{"$ref": format!("#/$defs/d{}", index + 1)}]});
        let mut definitions: Map<String, Value> =
            (0..length).map(|index| (format!("d{index}"), next(index))).collect();
        definitions.insert(format!("d{length}"), json!({}));
        json!({"$ref": "#/$defs/d0", "$defs": definitions})
    };
    assert!(looks(&chain(100), &json!(1)) < 1_000);
    assert!(looks(&chain(5_000), &json!(1)) > LOOKS_MAX, "too deep to follow");
}

#[test]
fn what_people_write_costs_as_much_as_it_has_places() {
    let schema = json!({"type": "object", "properties": {
        "lines": {"type": "array", "items": {"type": "object", "properties": {"sku": {"type": "string"}, "n": {"type": "integer"}},
            "additionalProperties": false}},
        "to": {"anyOf": [{"type": "string"}, {"type": "object", "additionalProperties": {"type": "string"}}]}},
        "required": ["lines"]});
    let lines: Vec<Value> = (0..100).map(|n| json!({"sku": "a", "n": n})).collect();
    let cost = looks(&schema, &json!({"lines": lines, "to": {"name": "Anna"}}));
    assert!((300..400).contains(&cost), "{cost}");
}
