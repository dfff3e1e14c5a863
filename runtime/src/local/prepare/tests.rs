//! What takes long is worked on elsewhere, and comes to the same.

use handyman_core::{ModelRequest, ReplyMode, ReplyOptions, SessionId};
use serde_json::json;

use super::{Asked, LONG, is_long};
use crate::tiny::{person, result, trip_tools};

#[test]
fn what_is_long_is_all_that_was_said_and_found() {
    let said = |bytes: usize| person(&"x".repeat(bytes));
    let found = |bytes: usize| result("search", json!({"items": [{"id": "x".repeat(bytes)}]}));
    assert!(!is_long(&[]));
    assert!(is_long(&[said(LONG)]));
    assert!(!is_long(&[said(10), found(100)]));
    assert!(is_long(&[said(LONG / 2), found(LONG / 2)]));
}

#[test]
fn a_request_that_is_handed_on_is_the_same() {
    let session = SessionId::from("s");
    let options = ReplyOptions { grounded: true, ..ReplyOptions::default() };
    let (history, tools) = ([person("Find a train"), result("search", json!({"id": 3}))], trip_tools());
    let request = ModelRequest {
        session: &session,
        history: &history,
        tools: &tools[..1],
        revealed: &tools[1..],
        mode: ReplyMode::AnswerOnly,
        tokens_max: 7,
        options: &options,
    };
    let asked = Asked::of(&request);
    assert_eq!(format!("{:?}", asked.request()), format!("{request:?}"));
}
