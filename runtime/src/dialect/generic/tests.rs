//! The generic envelope: one JSON object, whatever the model.

use handyman_core::{Message, ReplyMode, Role};
use serde_json::json;

use super::Generic;
use crate::constrain::sources::Sources;
use crate::dialect::{Dialect, Turn};
use crate::tiny::{asks, constrainer, person, result, trip_tools};

fn accepts(mode: ReplyMode, reply: &str) -> bool {
    let (history, tools) = ([person("Go")], trip_tools());
    let grammar = Generic::plain(true).grammar(&Turn::new(&tools, mode, Sources::new(&history))).unwrap();
    let mut matcher = constrainer().matcher(&grammar).unwrap();
    let tokens: Vec<u32> = reply.bytes().map(u32::from).collect();
    matcher.consume_tokens(&tokens).is_ok() && matcher.is_accepting().unwrap()
}

#[test]
fn a_reply_is_an_answer_or_calls() {
    let calls = r#"{"calls": [{"name": "list", "arguments": {}}, {"name": "list", "arguments": {}}]}"#;
    assert!(accepts(ReplyMode::Free, calls));
    assert!(accepts(ReplyMode::Free, r#"{"answer": "so"}"#));
    assert!(accepts(ReplyMode::AnswerOnly, r#"{"answer": "so"}"#));
    assert!(!accepts(ReplyMode::AnswerOnly, calls));
    assert!(!accepts(ReplyMode::Free, r#"{"calls": []}"#));
    assert!(!accepts(ReplyMode::Free, "so"));
    let dialect = Generic::plain(true);
    assert_eq!(dialect.parse(calls, &[]).unwrap().calls.len(), 2);
    assert_eq!(dialect.parse(r#"{"answer": "so"}"#, &[]).unwrap().text, "so");
    assert!(dialect.parse("{}", &[]).is_err());
}

#[test]
fn tools_are_told_in_text_and_every_role_is_one_that_all_templates_know() {
    let history = [
        Message::text_of(Role::System, "Be brief."),
        person("Go"),
        asks(&[("list", json!({}))]),
        result("list", json!({"n": 1})),
        Message::text_of(Role::Assistant, "Done."),
    ];
    for system_allowed in [true, false] {
        let conversation = Generic::plain(system_allowed).conversation(&history, &trip_tools());
        let messages = serde_json::to_string_pretty(&conversation.messages).unwrap();
        insta::assert_snapshot!(format!("conversation_{system_allowed}"), messages);
        assert!(conversation.tools.is_null());
    }
}
