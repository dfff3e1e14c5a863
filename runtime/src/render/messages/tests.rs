//! Messages as templates are given them.

use handyman_core::{Message, Part, Role};
use serde_json::json;

use super::{native, shown_schema};
use crate::render::protect::plain;
use crate::tiny::{asks, result};

#[test]
fn notes_stand_before_the_persons_words() {
    let parts = vec![Part::Note("(Today is Monday, 2026-11-23.)".into()), Part::Text("Hello".into())];
    let message = native(&Message { role: Role::User, parts });
    assert_eq!(message, [json!({"role": "user", "content": "(Today is Monday, 2026-11-23.)\nHello"})]);
}

#[test]
fn each_result_is_a_message_of_its_own() {
    let mut both = result("search", json!({"id": "G2", "n": [1, 2]}));
    both.parts.extend(result("list", json!({})).parts);
    let messages = native(&both);
    assert_eq!(messages.len(), 2);
    assert_eq!(plain(messages[0]["content"].as_str().unwrap()), r#"{"id": "G2", "n": [1, 2]}"#);
    assert_eq!(messages[1]["name"], "list");
}

#[test]
fn calls_keep_the_order_of_their_arguments() {
    let messages = native(&asks(&[("search", json!({"to": "Rome", "from": "Lagos"}))]));
    assert_eq!(messages[0]["tool_calls"][0]["function"]["arguments"].to_string(), r#"{"to":"Rome","from":"Lagos"}"#);
}

#[test]
fn our_own_keywords_are_not_shown() {
    let schema = json!({"properties": {"a": {"type": "string", "x-verbatim": true, "x-from": ["b.c"]}}});
    assert_eq!(shown_schema(&schema), json!({"properties": {"a": {"type": "string"}}}));
}
