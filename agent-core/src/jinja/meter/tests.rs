//! What values take, and what a rendering may make.

use minijinja::value::Value;
use serde_json::json;

use super::{NODE, VALUE_MAX, held, weigh};

#[test]
fn a_value_takes_its_text_and_what_is_in_it() {
    let weight = |value: serde_json::Value| weigh(&Value::from_serialize(value)).unwrap();
    assert_eq!((weight(json!("abc")).bytes, weight(json!("abc")).depth), (NODE + 3, 0));
    assert_eq!((weight(json!([1, ["ab"]])).bytes, weight(json!([1, ["ab"]])).depth), (4 * NODE + 2, 2));
    assert_eq!(weight(json!({"key": null})).bytes, 3 * NODE + 3);
}

#[test]
fn what_is_in_a_list_twice_counts_twice() {
    let mut list = Value::from(vec![1]);
    for _ in 0..60 {
        list = Value::from(vec![list.clone(), list]);
    }
    assert!(weigh(&list).unwrap_err().to_string().contains("MiB"));
    let size = usize::try_from(VALUE_MAX).unwrap();
    assert!(weigh(&Value::from("x".repeat(size))).is_err());
    assert!(weigh(&Value::from("x".repeat(size / 2))).is_ok());
}

#[test]
fn a_value_can_only_be_nested_so_deep() {
    let nested = |levels| (0..levels).fold(Value::from(1), |inner, _| Value::from(vec![inner]));
    assert!(weigh(&nested(100)).is_ok());
    assert!(weigh(&nested(200)).unwrap_err().to_string().contains("nested too deeply"));
}

#[test]
fn a_namespace_is_held_by_nothing() {
    let namespace = minijinja::functions::namespace(None).unwrap();
    assert!(held(&namespace).is_err());
    assert!(held(&Value::from(vec![namespace.clone()])).is_err());
    assert!(weigh(&namespace).is_ok());
    assert!(held(&Value::from(vec![1])).is_ok());
}
