//! Tools that are revealed step by step, on the real engine: nothing is computed twice.

use handyman_core::{
    Discard, Message, Model, ModelReply, ModelRequest, ReplyBody, ReplyMode, ReplyOptions, SessionId,
    ToolChoice, ToolSpec, catalogue,
};
use serde_json::json;

use super::{as_message, load};
use crate::tiny::{person, result, trip_tools};

struct Asked<'a> {
    head: &'a [ToolSpec],
    revealed: &'a [ToolSpec],
    choice: ToolChoice,
}

async fn ask(model: &super::LocalModel, history: &[Message], asked: Asked<'_>) -> ModelReply {
    let options = ReplyOptions { tool_choice: asked.choice, ..ReplyOptions::default() };
    let request = ModelRequest {
        session: &SessionId::from("many"),
        history,
        tools: asked.head,
        revealed: asked.revealed,
        mode: ReplyMode::Free,
        tokens_max: 60,
        options: &options,
    };
    model.reply(request, &Discard).await.unwrap()
}

fn tools_called(reply: &ModelReply) -> Vec<String> {
    match &reply.body {
        ReplyBody::Said { calls, .. } => calls.iter().map(|call| call.tool.clone()).collect(),
        ReplyBody::Malformed { .. } => Vec::new(),
    }
}

#[tokio::test]
async fn revealing_tools_widens_the_grammar_and_computes_nothing_again() {
    let model = load().await;
    let all = trip_tools();
    let head = [catalogue::show_tools(&all, |list| model.tokens(list) < 400)];
    let mut history = vec![person("Find a train from Paris to Rome tomorrow")];
    let choice = ToolChoice::Tool("list".to_owned());
    let asked = Asked { head: &head, revealed: &[], choice: choice.clone() };
    let first = ask(&model, &history, asked).await;
    assert!(tools_called(&first).is_empty(), "what was not shown is not in the language: {:?}", first.body);
    history.push(as_message(&first.body));
    let described = |tool: &ToolSpec| json!({"name": tool.name, "parameters": tool.parameters});
    history.push(result("show_tools", json!({"tools": all.iter().map(described).collect::<Vec<_>>()})));
    let held = first.usage.prefilled + first.usage.decoded();
    let second = ask(&model, &history, Asked { head: &head, revealed: &all, choice }).await;
    assert_eq!(tools_called(&second).first().map(String::as_str), Some("list"), "{:?}", second.body);
    assert_eq!((second.usage.reused, second.usage.recomputed), (held, 0), "only what is new was computed");
}

#[tokio::test]
async fn a_model_knows_its_window_and_its_tokens() {
    let model = load().await;
    assert_eq!(model.window(), Some(model.card().window.into()));
    assert!(model.tokens("weather in Lagos") < 10);
    assert!(model.tokens(&"weather in Lagos ".repeat(100)) >= 300);
}
