//! Values of arguments that have to be copied, with and without the rules that hold the model to it.

use std::error::Error;
use std::path::Path;

use handyman::core::schema::{FROM, VERBATIM};
use handyman::prelude::*;
use handyman::{
    CallOutcome, CallRequest, CallResult, Discard, Effect, Message, Model, ModelRequest, Part, ReplyBody,
    ReplyMode, ReplyOptions, Role, Safety, ToolCall, ToolSpec,
};
use serde_json::{Map, Value};

use crate::share::Table;

/// A conversation whose calls are right.
#[derive(Debug, serde::Deserialize)]
struct Talk {
    lang: String,
    tools: Vec<Offered>,
    messages: Vec<Said>,
}

#[derive(Debug, serde::Deserialize)]
struct Offered {
    name: String,
    description: String,
    parameters: Value,
}

#[derive(Debug, serde::Deserialize)]
struct Said {
    role: String,
    content: String,
    #[serde(default)]
    tool_calls: Vec<Called>,
}

#[derive(Debug, serde::Deserialize)]
struct Called {
    name: String,
    arguments: Map<String, Value>,
}

/// Counts, over every reply that calls: values that are not the right ones, and values that stand nowhere in
/// what was said. Calls of another tool than the right one are left out.
pub(crate) async fn measure(
    model: &LocalModel,
    file: &Path,
    most: usize,
) -> Result<[String; 2], Box<dyn Error>> {
    let text = std::fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))?;
    let (mut wrong, mut invented) = (Table::default(), Table::default());
    for (held, row) in
        [(false, "by the schemas alone"), (true, "as shipped: copied by `from` and `verbatim`")]
    {
        for (number, line) in text.lines().take(most).enumerate() {
            let talk: Talk = serde_json::from_str(line)?;
            let declared: Vec<ToolSpec> = talk.tools.iter().map(|tool| spec(tool, true)).collect();
            let tools: Vec<ToolSpec> = talk.tools.iter().map(|tool| spec(tool, held)).collect();
            let history: Vec<Message> = history(&talk.messages);
            for (at, right) in
                talk.messages.iter().enumerate().filter(|(_, said)| !said.tool_calls.is_empty())
            {
                let before = before(&history, &talk.messages, at);
                let session = format!("{number}.{at}.{held}").as_str().into();
                let made = reply(model, &session, before, &tools).await?;
                for (made, right) in made.iter().zip(&right.tool_calls).filter(|(m, r)| m.tool == r.name) {
                    for name in copied(&declared, &right.name) {
                        let Some(wanted) = right.arguments.get(&name) else { continue };
                        let value = made.arguments.get(&name);
                        wrong.count(row, &talk.lang, value != Some(wanted));
                        invented.count(row, &talk.lang, value.is_some_and(|value| !stands(value, before)));
                    }
                }
            }
        }
    }
    Ok([
        wrong.markdown("copied values that are wrong"),
        invented.markdown("copied values found nowhere in the conversation"),
    ])
}

async fn reply(
    model: &LocalModel,
    session: &handyman::SessionId,
    history: &[Message],
    tools: &[ToolSpec],
) -> Result<Vec<CallRequest>, Box<dyn Error>> {
    let request = ModelRequest {
        session,
        history,
        tools,
        revealed: &[],
        mode: ReplyMode::Free,
        tokens_max: 400,
        options: ReplyOptions::usual(),
    };
    Ok(match model.reply(request, &Discard).await?.body {
        ReplyBody::Said { calls, .. } => calls,
        ReplyBody::Malformed { .. } => Vec::new(),
    })
}

/// The names of a tool's arguments that are declared `from` or `verbatim`.
fn copied(tools: &[ToolSpec], tool: &str) -> Vec<String> {
    let spec = tools.iter().find(|spec| spec.name == tool);
    let properties = spec.and_then(|spec| spec.parameters.get("properties")?.as_object());
    let declared = |schema: &Value| schema.get(FROM).is_some() || schema.get(VERBATIM).is_some();
    let named = properties.into_iter().flatten().filter(|(_, schema)| declared(schema));
    named.map(|(name, _)| name.clone()).collect()
}

/// Whether a text stands in something that was said before; other values count as if they did.
fn stands(value: &Value, before: &[Message]) -> bool {
    let Value::String(value) = value else { return true };
    before.iter().flat_map(|message| &message.parts).any(|part| match part {
        Part::Text(text) | Part::Task { text, .. } => text.contains(value.as_str()),
        Part::Result(result) => result.result.to_string().contains(value.as_str()),
        Part::Note(_) | Part::Reasoning(_) | Part::Call(_) => false,
    })
}

/// The conversation as the framework keeps it: one message for the results of a turn.
fn history(said: &[Said]) -> Vec<Message> {
    let (mut history, mut calls): (Vec<Message>, Vec<ToolCall>) = (Vec::new(), Vec::new());
    for (number, said) in said.iter().enumerate() {
        match said.role.as_str() {
            "user" => history.push(person(&said.content)),
            "tool" => {
                let result: Value = serde_json::from_str(&said.content).unwrap_or_default();
                let failed = result.get("error").is_some();
                let outcome = if failed { CallOutcome::Failed } else { CallOutcome::Succeeded };
                let call = if calls.is_empty() { continue } else { calls.remove(0) };
                let part = Part::Result(CallResult { call: call.id, tool: call.tool, outcome, result });
                match history.last_mut().filter(|last| last.role == Role::Tool) {
                    Some(last) => last.parts.push(part),
                    None => history.push(Message { role: Role::Tool, parts: vec![part] }),
                }
            }
            _ => {
                calls = said
                    .tool_calls
                    .iter()
                    .enumerate()
                    .map(|(index, call)| ToolCall {
                        id: format!("c{number}.{index}").into(),
                        tool: call.name.clone(),
                        arguments: call.arguments.clone(),
                    })
                    .collect();
                let text = Some(Part::Text(said.content.clone())).filter(|_| !said.content.is_empty());
                let parts = text.into_iter().chain(calls.iter().cloned().map(Part::Call)).collect();
                history.push(Message { role: Role::Assistant, parts });
            }
        }
    }
    history
}

/// What was said before the message at this place of the conversation.
fn before<'h>(history: &'h [Message], said: &[Said], at: usize) -> &'h [Message] {
    let mut messages = 0;
    for (index, said_before) in said.iter().enumerate().take(at) {
        let goes_on = said_before.role == "tool" && index > 0 && said[index - 1].role == "tool";
        messages += usize::from(!goes_on);
    }
    history.get(..messages).unwrap_or_default()
}

/// The person's message; what the framework added to it is a note.
fn person(content: &str) -> Message {
    let parts = match content.split_once(".)\n") {
        Some((note, text)) if note.starts_with("(Today is") => {
            vec![Part::Note(format!("{note}.)")), Part::Text(text.to_owned())]
        }
        _ => vec![Part::Text(content.to_owned())],
    };
    Message { role: Role::User, parts }
}

/// A tool as the model is told of it, held to copying or not.
fn spec(tool: &Offered, held: bool) -> ToolSpec {
    let mut parameters = tool.parameters.clone();
    if !held {
        forget_sources(&mut parameters);
    }
    let (name, description) = (tool.name.clone(), tool.description.clone());
    ToolSpec { name, description, parameters, effect: Effect::ReadOnly, safety: Safety::default() }
}

fn forget_sources(schema: &mut Value) {
    match schema {
        Value::Object(keywords) => {
            keywords.retain(|keyword, _| keyword != FROM && keyword != VERBATIM);
            keywords.values_mut().for_each(forget_sources);
        }
        Value::Array(items) => items.iter_mut().for_each(forget_sources),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}
