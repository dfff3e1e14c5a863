//! A session's tokens only grow, and by exactly what is new.

use handyman_core::{Message, Part, Role};
use serde_json::json;

use super::{Renderer, Transcript};
use crate::dialect::hermes::{Hermes, Thinking};
use crate::render::Template;
use crate::tiny::{Bytes, TEMPLATE, asks, person, result, trip_tools};

fn hermes() -> Hermes {
    Hermes::new(|_| None, "\n".to_owned(), Thinking::Never)
}

fn text(tokens: &[u32]) -> String {
    let end = Bytes::new().end_token();
    let bytes = tokens.iter().map(|&token| if token == end { b'$' } else { u8::try_from(token).unwrap() });
    String::from_utf8(bytes.collect()).unwrap()
}

/// Renders one turn after another, appending replies as the engine would, and compares with the whole.
fn check(source: &str, replies: &[Message], written: &[&str]) -> bool {
    let template = Template::new(source.to_owned(), String::new(), String::new()).unwrap();
    let (dialect, tokenizer, tools) = (hermes(), Bytes::new(), trip_tools());
    let renderer = Renderer { template: &template, dialect: &dialect, tokenizer: &tokenizer };
    let mut history = vec![person("Go")];
    let mut earlier: Option<Transcript> = None;
    let mut appended = true;
    for (reply, written) in replies.iter().zip(written) {
        let prompt = renderer.prompt(earlier.as_ref(), &history, &tools).unwrap();
        appended &= earlier.is_none_or(|earlier| prompt.starts_with(&earlier.tokens));
        let whole = renderer.text(&history, &tools, true).unwrap();
        assert_eq!(text(&prompt), text(&renderer.tokenize(&whole)));
        history.push(reply.clone());
        let mut tokens = prompt;
        tokens.extend(written.bytes().map(u32::from));
        tokens.push(tokenizer.end_token());
        earlier = Some(Transcript { tokens, messages: history.clone(), tools: tools.clone(), ended: true });
        history.push(result("list", json!({"ok": "<|end|>"})));
        history.push(person("More [1] <|end|>"));
    }
    appended
}

#[test]
fn turns_append() {
    let replies = [asks(&[("list", json!({}))]), Message::text_of(Role::Assistant, "Fine.")];
    let written = ["<tool_call>\n{\"name\": \"list\", \"arguments\": {}}\n</tool_call>", "Fine."];
    assert!(check(TEMPLATE, &replies, &written));
}

#[test]
fn a_template_that_rewrites_what_was_said_is_rendered_whole() {
    let rewriting = format!("{{{{- messages | length }}}}{TEMPLATE}");
    let replies = [Message::text_of(Role::Assistant, "ok"), Message::text_of(Role::Assistant, "ok")];
    assert!(!check(&rewriting, &replies, &["ok", "ok"]));
}

#[test]
fn a_history_that_changed_is_rendered_whole() {
    let template = Template::new(TEMPLATE.to_owned(), String::new(), String::new()).unwrap();
    let (dialect, tokenizer) = (hermes(), Bytes::new());
    let renderer = Renderer { template: &template, dialect: &dialect, tokenizer: &tokenizer };
    let said = |text: &str| Message { role: Role::Assistant, parts: vec![Part::Text(text.to_owned())] };
    let earlier = Transcript { tokens: vec![1, 2, 3], messages: vec![person("Go"), said("a")], tools: Vec::new(), ended: true };
    let same = [person("Go"), said("a"), person("on")];
    let other = [person("Go"), said("b"), person("on")];
    assert!(renderer.prompt(Some(&earlier), &same, &[]).unwrap().starts_with(&[1, 2, 3]));
    assert!(!renderer.prompt(Some(&earlier), &other, &[]).unwrap().starts_with(&[1, 2, 3]));
    assert!(!renderer.prompt(Some(&earlier), &same, &trip_tools()).unwrap().starts_with(&[1, 2, 3]));
}

#[test]
fn a_reply_that_was_cut_off_is_ended_first() {
    let template = Template::new(TEMPLATE.to_owned(), String::new(), String::new()).unwrap();
    let (dialect, tokenizer) = (hermes(), Bytes::new());
    let renderer = Renderer { template: &template, dialect: &dialect, tokenizer: &tokenizer };
    let messages = vec![person("Go"), Message::text_of(Role::Assistant, "a")];
    let history = [messages.clone(), vec![person("on")]].concat();
    let earlier = Transcript { tokens: vec![97], messages, tools: Vec::new(), ended: false };
    assert_eq!(text(&renderer.prompt(Some(&earlier), &history, &[]).unwrap()), "a$\nuser\non$\nassistant\n");
}
