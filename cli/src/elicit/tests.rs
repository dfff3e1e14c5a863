//! What is typed becomes what the server wants to know, or nothing.

use std::sync::Mutex;

use handyman::tools::mcp::{Answer, Question};
use serde_json::json;
use tokio::io::AsyncBufReadExt;

use super::ask;

async fn said(typed: &str) -> (Answer, String) {
    let schema = json!({"type": "object", "required": ["size"], "properties": {
        "size": {"type": "string", "enum": ["small", "large"], "title": "Size"},
        "pages": {"type": "integer", "description": "How many pages"},
        "colour": {"type": "boolean"}}});
    said_of(schema, typed).await
}

async fn said_of(schema: serde_json::Value, typed: &str) -> (Answer, String) {
    let question = Question { server: "printer".to_owned(), message: "How?".to_owned(), schema };
    let shown = Mutex::new(String::new());
    let say = |text: &str| shown.lock().unwrap().push_str(text);
    let answer = ask(&question, &mut typed.as_bytes().lines(), &say).await.unwrap();
    (answer, shown.into_inner().unwrap())
}

#[tokio::test]
async fn fields_are_read_by_their_kind() {
    let (answer, shown) = said("large\n12\nyes\n").await;
    let values = json!({"size": "large", "pages": 12, "colour": true});
    assert_eq!(answer, Answer::Given(values.as_object().unwrap().clone()));
    assert!(
        shown.starts_with("The server 'printer' asks: How?\n  Size [small/large; empty declines]: "),
        "{shown}"
    );
    let (answer, _) = said("small\n\n\n").await;
    assert_eq!(answer, Answer::Given(json!({"size": "small"}).as_object().unwrap().clone()));
}

#[tokio::test]
async fn mistakes_are_asked_again_and_silence_declines() {
    let (answer, shown) = said("huge\nlarge\nmany\n3\nperhaps\nno\n").await;
    let values = json!({"size": "large", "pages": 3, "colour": false});
    assert_eq!(answer, Answer::Given(values.as_object().unwrap().clone()));
    assert!(shown.contains("write one of small, large") && shown.contains("write a whole number"), "{shown}");
    assert_eq!(said("\n").await.0, Answer::Declined);
    assert_eq!(said("large\n").await.0, Answer::Declined, "the person went away");
}

#[tokio::test]
async fn several_can_be_chosen_and_what_is_left_out_is_the_default() {
    let items = json!({"anyOf": [{"const": "a", "title": "A"}, {"const": "b", "title": "B"}]});
    let schema = json!({"properties": {"some": {"type": "array", "items": items}, "many": {"type": "integer", "default": 3}}});
    let (answer, shown) = said_of(schema, "a, c\na, b\n\n").await;
    assert_eq!(answer, Answer::Given(json!({"some": ["a", "b"], "many": 3}).as_object().unwrap().clone()));
    assert!(
        shown.contains("[some of a/b, with commas; may be empty]") && shown.contains("empty is 3"),
        "{shown}"
    );
}
