//! Which calls cannot be made again, over one run's history.

use serde_json::{Value, json};

use crate::message::{CallOutcome, CallResult, Message, Part, Role, ToolCall};
use crate::samples::tools;

use super::{same, spent};

/// A history of calls, each with what it came to; the arguments are one number.
fn history(made: &[(&str, i64, CallOutcome, Value)]) -> Vec<Message> {
    let mut messages = vec![Message::text_of(Role::User, "Go")];
    for (index, (tool, n, outcome, result)) in made.iter().enumerate() {
        let (call, tool) = (crate::ids::CallId::from(format!("c{index}")), (*tool).to_owned());
        let arguments = json!({"n": n}).as_object().unwrap().clone();
        let asked = Part::Call(ToolCall { id: call.clone(), tool: tool.clone(), arguments });
        messages.push(Message { role: Role::Assistant, parts: vec![asked] });
        let result = Part::Result(CallResult { call, tool, outcome: *outcome, result: result.clone() });
        messages.push(Message { role: Role::Tool, parts: vec![result] });
    }
    messages
}

fn names(history: &[Message]) -> Vec<(String, i64)> {
    let spent = spent(history, &tools());
    spent.iter().map(|s| (s.call.tool.clone(), s.call.arguments["n"].as_i64().unwrap())).collect()
}

#[test]
fn what_failed_or_was_refused_is_spent_with_its_arguments() {
    use CallOutcome::{Cancelled, Failed, Refused};
    let made =
        [("look", 1, Failed, json!({})), ("pay", 2, Refused, json!({})), ("put", 3, Cancelled, json!({}))];
    assert_eq!(names(&history(&made)), [("look".to_owned(), 1), ("pay".to_owned(), 2)]);
}

#[test]
fn reading_the_same_twice_is_spent_but_news_is_not() {
    let ok = CallOutcome::Succeeded;
    let once = history(&[("look", 1, ok, json!(1))]);
    assert!(names(&once).is_empty());
    let twice = history(&[("look", 1, ok, json!(1)), ("look", 1, ok, json!(1))]);
    assert_eq!(names(&twice), [("look".to_owned(), 1)]);
    let news = history(&[("look", 1, ok, json!(1)), ("look", 1, ok, json!(2))]);
    assert!(names(&news).is_empty(), "a clock may be read as often as it moves");
    let other = history(&[("look", 1, ok, json!(1)), ("look", 2, ok, json!(1))]);
    assert!(names(&other).is_empty());
}

#[test]
fn an_effect_changes_the_world_but_not_what_is_unknown() {
    use CallOutcome::{Failed, Succeeded, Unknown};
    let made = [
        ("look", 1, Succeeded, json!(1)),
        ("look", 1, Succeeded, json!(1)),
        ("pay", 2, Failed, json!({"error": "too little money"})),
        ("pay", 3, Unknown, json!({})),
        ("put", 4, Succeeded, json!({})),
    ];
    assert_eq!(names(&history(&made[..4])).len(), 3);
    assert_eq!(names(&history(&made)), [("pay".to_owned(), 3)]);
}

#[test]
fn a_new_message_begins_anew_and_a_note_does_not() {
    let mut messages = history(&[("look", 1, CallOutcome::Failed, json!({}))]);
    messages.push(Message { role: Role::User, parts: vec![Part::Note("Reply again.".into())] });
    assert_eq!(names(&messages).len(), 1);
    messages.push(Message::text_of(Role::User, "Try again"));
    assert!(names(&messages).is_empty());
}

#[test]
fn the_reason_says_what_it_came_to() {
    let messages = history(&[("look", 1, CallOutcome::Failed, json!({}))]);
    let spent = spent(&messages, &tools());
    assert!(spent[0].why().starts_with("it has failed with these arguments"), "{}", spent[0].why());
    let named = ToolCall { id: "c9".into(), ..spent[0].call.clone() };
    assert!(same(&named, spent[0].call), "the id does not matter");
}
