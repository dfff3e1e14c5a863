//! What counts as left out, and what as null.

use serde_json::{Value, json};

use super::without_nulls;

fn kept(parameters: &Value, arguments: &Value) -> Value {
    without_nulls(parameters, arguments.as_object().unwrap()).into()
}

#[test]
fn null_leaves_out_fields_of_objects_and_of_objects_in_lists() {
    let place = json!({"type": "object", "required": ["city"], "properties": {
        "city": {"type": "string"}, "zip": {"type": "string"}, "note": {"type": ["string", "null"]}}});
    let parameters = json!({"type": "object", "$defs": {"place": place}, "properties": {
        "from": {"$ref": "#/$defs/place"}, "via": {"type": "array", "items": {"$ref": "#/$defs/place"}}}});
    let written = json!({"city": "Oslo", "zip": null, "note": null, "other": null});
    let read = json!({"city": "Oslo", "note": null, "other": null});
    let arguments = json!({"from": written, "via": [written, {"city": null}]});
    assert_eq!(kept(&parameters, &arguments), json!({"from": read, "via": [read, {"city": null}]}));
}

#[test]
fn null_leaves_out_what_may_be_one_of_several_things_but_not_null() {
    let one = |property: Value| {
        let definitions = json!({"text": {"type": "string"}, "nothing": {"type": "null"}});
        let parameters = json!({"type": "object", "$defs": definitions, "properties": {"a": property}});
        kept(&parameters, &json!({"a": null}))
    };
    for cannot in [
        json!({"anyOf": [{"type": "integer"}, {"$ref": "#/$defs/text"}]}),
        json!({"oneOf": [{"const": "x"}, {"enum": ["y", 2]}]}),
        json!({"type": ["string", "integer"]}),
        json!({"enum": ["y"]}),
        json!({"allOf": [{"description": "A place"}, {"$ref": "#/$defs/text"}]}),
        json!({"$ref": "#/$defs/text"}),
    ] {
        assert_eq!(one(cannot.clone()), json!({}), "{cannot}");
    }
    for can in [
        json!({}),
        json!(true),
        json!({"anyOf": [{"type": "integer"}, {"$ref": "#/$defs/nothing"}]}),
        json!({"enum": ["y", null]}),
        json!({"allOf": [{"$ref": "#/$defs/nothing"}, {"$ref": "#/$defs/nothing"}]}),
    ] {
        assert_eq!(one(can.clone()), json!({"a": null}), "{can}");
    }
}

#[test]
fn schemas_that_refer_to_themselves_again_and_again_are_looked_at_once() {
    let twice = |name: &str| json!({"anyOf": [{"$ref": name}, {"$ref": name}]});
    let mut parameters = json!({"type": "object", "properties": {"a": twice("#/$defs/d0")}, "$defs": {}});
    for number in 0..60 {
        parameters["$defs"][format!("d{number}")] = twice(&format!("#/$defs/d{}", (number + 1) % 60));
    }
    assert_eq!(kept(&parameters, &json!({"a": null})), json!({}));
}
