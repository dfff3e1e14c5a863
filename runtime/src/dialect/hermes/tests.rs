//! What Hermes replies may be, and how they are read.

use handyman_core::ReplyMode;
use serde_json::json;

use super::{Hermes, Thinking};
use crate::constrain::sources::Sources;
use crate::dialect::{Dialect, Turn};
use crate::tiny::{constrainer, person, tool, trip_tools};

fn accepts(thinking: Thinking, mode: ReplyMode, reply: &str) -> bool {
    let dialect = Hermes::new(|_| None, "\n".to_owned(), thinking);
    let history = [person("Lagos to Rome, today")];
    let tools = [trip_tools(), vec![tool("listing", json!({}), &[])]].concat();
    let turn = Turn { tools: &tools, mode, sources: Sources::new(&history) };
    let mut matcher = constrainer().matcher(&dialect.grammar(&turn).unwrap()).unwrap();
    let tokens: Vec<u32> = reply.bytes().map(u32::from).collect();
    matcher.consume_tokens(&tokens).is_ok() && matcher.is_accepting().unwrap()
}

const LIST: &str = "<tool_call>\n{\"name\": \"list\", \"arguments\": {}}\n</tool_call>";

#[test]
fn replies_are_text_calls_or_both() {
    let search = r#"{"name": "search", "arguments": {"from": "Lagos", "to": "Rome", "day": "today"}}"#;
    let search = format!("<tool_call>\n{search}\n</tool_call>");
    for right in ["Hello <b>.", LIST, &format!("First.\n{LIST}"), &format!("{search}\n{LIST}")] {
        assert!(accepts(Thinking::Never, ReplyMode::Free, right), "{right}");
    }
    let wrong = ["", "a <tool_call>", "</tool_call>", &format!("{LIST} and"), &LIST.replace("list", "lost"), &LIST.replace("\": ", "\":"),
        &LIST.replace("list", "book")];
    for wrong in wrong {
        assert!(!accepts(Thinking::Never, ReplyMode::Free, wrong), "{wrong}");
    }
    assert!(accepts(Thinking::Never, ReplyMode::Free, &LIST.replace("list", "listing")));
}

#[test]
fn the_last_turn_can_only_answer() {
    assert!(accepts(Thinking::Never, ReplyMode::AnswerOnly, "Hello."));
    assert!(!accepts(Thinking::Never, ReplyMode::AnswerOnly, LIST));
    assert!(!accepts(Thinking::Never, ReplyMode::AnswerOnly, "<tool_call>"));
}

#[test]
fn reasoning_comes_first_and_is_closed() {
    let thought = format!("<think>\nso\n</think>\n\n{LIST}");
    assert!(accepts(Thinking::May, ReplyMode::Free, &thought));
    assert!(accepts(Thinking::May, ReplyMode::Free, "Hello"));
    assert!(accepts(Thinking::Begun, ReplyMode::Free, "so</think>Hello"));
    assert!(!accepts(Thinking::Begun, ReplyMode::Free, "so"));
    assert!(!accepts(Thinking::May, ReplyMode::Free, "<think>so"));
    assert!(!accepts(Thinking::Never, ReplyMode::Free, &thought));
    let said = Hermes::new(|_| None, "\n".to_owned(), Thinking::May).parse(&thought).unwrap();
    assert_eq!((said.reasoning.as_str(), said.text.as_str(), said.calls.len()), ("so", "", 1));
}

#[test]
fn an_argument_may_hold_a_tag() {
    let reply = "<tool_call>\n{\"name\": \"x\", \"arguments\": {\"a\": \"</tool_call><tool_call>\"}}\n</tool_call>";
    let said = Hermes::new(|_| None, "\n".to_owned(), Thinking::Never).parse(reply).unwrap();
    assert_eq!(said.calls[0].arguments["a"], "</tool_call><tool_call>");
}

#[test]
fn what_cannot_be_read_says_why() {
    let dialect = Hermes::new(|_| None, "\n".to_owned(), Thinking::Never);
    for (reply, problem) in [
        ("<tool_call>\n{\"name\"", "not valid JSON"),
        ("<tool_call>\n{\"name\": \"x\", \"arguments\": {}}", "does not end"),
        ("<tool_call>\n", "is empty"),
        ("<tool_call>{]</tool_call>", "not valid JSON"),
        ("<tool_call>{\"name\": \"x\"}</tool_call>", "needs a 'name' and 'arguments'"),
        ("<tool_call>[]</tool_call>", "not a JSON object"),
        (&format!("{LIST} so"), "text after a call"),
    ] {
        let why = dialect.parse(reply).unwrap_err();
        assert!(why.contains(problem), "{reply}: {why}");
    }
}
