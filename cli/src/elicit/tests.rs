//! What is typed becomes what the server wants to know, or nothing.

use handyman::tools::mcp::{Answer, Question};
use serde_json::json;

use super::ask;

fn said(typed: &str) -> (Answer, String) {
    let schema = json!({"type": "object", "required": ["size"], "properties": {
        "size": {"type": "string", "enum": ["small", "large"], "title": "Size"},
        "pages": {"type": "integer", "description": "How many pages"},
        "colour": {"type": "boolean"}}});
    said_of(schema, typed)
}

fn said_of(schema: serde_json::Value, typed: &str) -> (Answer, String) {
    let question = Question { server: "printer".to_owned(), message: "How?".to_owned(), schema };
    let mut shown = Vec::new();
    let answer = ask(&question, &mut typed.as_bytes(), &mut shown).unwrap();
    (answer, String::from_utf8(shown).unwrap())
}

#[test]
fn fields_are_read_by_their_kind() {
    let (answer, shown) = said("large\n12\nyes\n");
    let values = json!({"size": "large", "pages": 12, "colour": true});
    assert_eq!(answer, Answer::Given(values.as_object().unwrap().clone()));
    assert!(
        shown.starts_with("The server 'printer' asks: How?\n  Size [small/large; empty declines]: "),
        "{shown}"
    );
    let (answer, _) = said("small\n\n\n");
    assert_eq!(answer, Answer::Given(json!({"size": "small"}).as_object().unwrap().clone()));
}

#[test]
fn mistakes_are_asked_again_and_silence_declines() {
    let (answer, shown) = said("huge\nlarge\nmany\n3\nperhaps\nno\n");
    let values = json!({"size": "large", "pages": 3, "colour": false});
    assert_eq!(answer, Answer::Given(values.as_object().unwrap().clone()));
    assert!(shown.contains("write one of small, large") && shown.contains("write a whole number"), "{shown}");
    assert_eq!(said("\n").0, Answer::Declined);
    assert_eq!(said("large\n").0, Answer::Declined, "the person went away");
}

#[test]
fn several_can_be_chosen_and_what_is_left_out_is_the_default() {
    let items = json!({"anyOf": [{"const": "a", "title": "A"}, {"const": "b", "title": "B"}]});
    let schema = json!({"properties": {"some": {"type": "array", "items": items}, "many": {"type": "integer", "default": 3}}});
    let (answer, shown) = said_of(schema, "a, c\na, b\n\n");
    assert_eq!(answer, Answer::Given(json!({"some": ["a", "b"], "many": 3}).as_object().unwrap().clone()));
    assert!(
        shown.contains("[some of a/b, with commas; may be empty]") && shown.contains("empty is 3"),
        "{shown}"
    );
}
