//! MCP servers that say what they should not: what belongs to no call harms none, and what was meant as an answer is
//! heard.

use std::time::Duration;

use handyman_core::{Effect, ToolErrorKind};
use handyman_tools::mcp::{Launch, Listening, Server};
use serde_json::json;

use crate::mcp::{by_hand, named, tools_of};
use crate::support::{call, context, object};

#[tokio::test]
async fn a_server_that_chats_on_its_standard_output_is_understood() {
    let tools = tools_of(&by_hand("--chatty")).await;
    let said = call(named(&tools, "echo"), json!({"text": "hello"})).await.unwrap();
    assert_eq!(said, json!({"source": "mcp:by hand", "text": "hello"}));
    // Nobody waits in vain without a word of what it said instead.
    let context = context("c1").timed_by(|| Duration::from_secs(1));
    let error = named(&tools, "never").call(object(json!({})), &context).await.unwrap_err();
    assert_eq!(error.kind(), &ToolErrorKind::InDoubt, "{error}");
    let why = "no answer in time; it wrote to its standard output, where only messages belong: still at it";
    assert!(error.to_string().ends_with(why), "{error}");
}

#[tokio::test]
async fn an_answer_to_what_was_not_asked_ends_the_call_that_waits() {
    let mut launch = by_hand("");
    for (effect, kind) in
        [(Effect::ReadOnly, ToolErrorKind::Unavailable), (Effect::Once, ToolErrorKind::InDoubt)]
    {
        launch.effects.insert("stray".to_owned(), effect);
        let tools = tools_of(&launch).await;
        let error = call(named(&tools, "stray"), json!({})).await.unwrap_err();
        assert_eq!(error.kind(), &kind, "{error}");
        let why = "it answered a request '4711', which it was not sent";
        assert!(error.to_string().ends_with(why), "{error}");
        assert!(call(named(&tools, "echo"), json!({"text": "hello"})).await.is_ok());
    }
}

#[tokio::test]
async fn a_program_that_is_no_server_is_quoted() {
    let launch = Launch::of_command_line("sh -c 'echo usage: serve FILE; read line'").unwrap();
    let error = Server::connect("s", &launch, Listening::default()).await.unwrap_err().to_string();
    let quoted = "it wrote to its standard output, where only messages belong: usage: serve FILE";
    assert!(error.ends_with(quoted), "{error}");
}
