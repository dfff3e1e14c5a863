//! What a scripted model replies, and what it remembers.

use serde_json::json;

use super::ScriptedModel;
use crate::fault::{Fault, FaultKind};
use crate::limits::TokenUsage;
use crate::message::{Message, Role};
use crate::options::ReplyOptions;
use crate::ports::{Discard, Model, ModelReply, ModelRequest, ReplyBody, ReplyMode, StopReason};

/// Asks for one reply to a message.
async fn reply_to(model: &ScriptedModel, message: &str) -> Result<ModelReply, Fault> {
    let request = ModelRequest {
        session: &"s".into(),
        history: &[Message::text_of(Role::User, message)],
        tools: &[],
        revealed: &[],
        mode: ReplyMode::Free,
        tokens_max: 100,
        options: &ReplyOptions::default(),
    };
    model.reply(request, &Discard).await
}

#[tokio::test]
async fn a_reply_can_depend_on_what_the_model_was_shown() {
    let model = ScriptedModel::by(|request| match request.history.last().map(Message::text) {
        Some(said) if said == "fail" => Err(Fault::new(FaultKind::Model, "as asked")),
        said => Ok(ScriptedModel::answer(&format!("You said {}", said.unwrap_or_default())).into()),
    });
    let body = reply_to(&model, "hello").await.unwrap().body;
    assert_eq!(body, ScriptedModel::answer("You said hello"));
    assert_eq!(reply_to(&model, "fail").await.unwrap_err().to_string(), "as asked");
    assert_eq!((model.seen().len(), model.left()), (2, 0));
}

#[tokio::test]
async fn a_whole_reply_is_given_as_it_is() {
    let usage = TokenUsage { sampled: 7, ..TokenUsage::default() };
    let whole = ModelReply {
        usage,
        stop: StopReason::Tokens,
        confidence: Some(0.5),
        ..ModelReply::from(ScriptedModel::answer("Well, "))
    };
    let model = ScriptedModel::from_replies([whole.clone()]);
    assert_eq!(model.left(), 1);
    assert_eq!(reply_to(&model, "hello").await.unwrap(), whole);
    assert_eq!(reply_to(&model, "hello").await.unwrap_err().kind(), FaultKind::Model, "none is left");
}

#[test]
fn a_reply_can_hold_several_calls() {
    let body = ScriptedModel::calls([("a", json!({"n": 1})), ("b", json!({}))]);
    let ReplyBody::Said { calls, .. } = body else { panic!("{body:?}") };
    let named: Vec<(&str, usize)> =
        calls.iter().map(|call| (call.tool.as_str(), call.arguments.len())).collect();
    assert_eq!(named, [("a", 1), ("b", 0)]);
}
