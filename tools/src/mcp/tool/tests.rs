//! Schemas that are too large or too deep are not offered.

use std::sync::Arc;

use serde_json::{Value, json};

use super::unusable;

fn of(schema: Value) -> Option<String> {
    let Value::Object(schema) = schema else { panic!("a schema is an object") };
    unusable(&rmcp::model::Tool::new("look", "Looks", Arc::new(schema)))
}

/// So many objects, each in the properties of the next.
fn nested(count: usize) -> Value {
    let property = |inner: Value| json!({"type": "object", "properties": {"p": inner}});
    (1..count).fold(property(json!({"type": "integer"})), |inner, _| property(inner))
}

#[test]
fn a_schema_is_no_larger_and_no_deeper_than_a_model_can_keep_to() {
    assert_eq!(of(json!({"type": "object"})), None);
    assert_eq!(of(nested(31)), None);
    assert!(of(nested(32)).unwrap().contains("64 deep"));
    assert!(of(nested(60)).is_some());
    let values =
        |count: usize| (0..count).map(|number| format!("value number {number} of many")).collect::<Vec<_>>();
    let listing = |count: usize| json!({"type": "object", "properties": {"x": {"enum": values(count)}}});
    assert_eq!(of(listing(5_000)), None);
    assert!(of(listing(200_000)).unwrap().contains("larger than 200 KB"));
}
