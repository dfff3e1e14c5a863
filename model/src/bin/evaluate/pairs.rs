//! Pairs for the preference stage: a reply of the oracle and the wrong one that the model gives instead.

use std::error::Error;
use std::io::Write;
use std::path::Path;

use handyman_core::{
    CallId, CallOutcome, CallResult, Discard, Message, Model, ModelRequest, Part, ReplyBody, ReplyMode,
    ReplyOptions, Role, ToolCall, ToolSpec,
};
use handyman_runtime::LocalModel;
use serde_json::{Value, json};

use crate::first::{Called, Constraint, Talk, message, same, spec};

/// Runs the model at every turn of the conversations, each with the oracle's history before it, and writes a line
/// for every call that it gets wrong; returns how many turns there were and how many were wrong.
pub(crate) async fn write(model: &LocalModel, file: &Path, out: &Path) -> Result<(u32, u32), Box<dyn Error>> {
    let text = std::fs::read_to_string(file)?;
    let mut out = std::io::BufWriter::new(std::fs::File::create(out)?);
    let (mut turns, mut wrong) = (0, 0);
    for (number, line) in text.lines().enumerate() {
        let talk: Talk = serde_json::from_str(line)?;
        let whole: Value = serde_json::from_str(line)?;
        let tools: Vec<ToolSpec> = talk.tools.iter().map(|tool| spec(tool, Constraint::Shipped)).collect();
        let session = format!("talk {number}").as_str().into();
        for (place, right) in talk.messages.iter().enumerate().filter(|(_, said)| said.role == "assistant") {
            let history = history(&talk, place);
            let request = ModelRequest {
                session: &session,
                history: &history,
                tools: &tools,
                revealed: &[],
                mode: ReplyMode::Free,
                tokens_max: 400,
                options: ReplyOptions::usual(),
            };
            turns += 1;
            let ReplyBody::Said { text, calls, .. } = model.reply(request, &Discard).await?.body else {
                continue;
            };
            if same(&calls, &right.tool_calls) {
                continue;
            }
            wrong += 1;
            let calls: Vec<Value> =
                calls.iter().map(|call| json!({"name": call.tool, "arguments": call.arguments})).collect();
            let pair = json!({
                "lang": whole["lang"], "kind": whole["kind"], "tools": whole["tools"], "system": whole["system"],
                "messages": whole["messages"].as_array().map(|messages| &messages[..place]),
                "chosen": whole["messages"][place],
                "rejected": {"role": "assistant", "content": text, "tool_calls": calls},
            });
            writeln!(out, "{pair}")?;
        }
    }
    out.flush()?;
    Ok((turns, wrong))
}

/// The messages before this place, as the runtime keeps them.
fn history(talk: &Talk, place: usize) -> Vec<Message> {
    let mut history: Vec<Message> = Vec::new();
    let mut open: Vec<ToolCall> = Vec::new();
    for said in &talk.messages[..place] {
        match said.role.as_str() {
            "assistant" => {
                open = said
                    .tool_calls
                    .iter()
                    .enumerate()
                    .map(|(index, call)| named(call, history.len(), index))
                    .collect();
                let text = (!said.content.is_empty()).then(|| Part::Text(said.content.clone()));
                let parts = text.into_iter().chain(open.iter().cloned().map(Part::Call)).collect();
                open.reverse();
                history.push(Message { role: Role::Assistant, parts });
            }
            "tool" => {
                let Some(call) = open.pop() else { continue };
                let result = serde_json::from_str(&said.content).unwrap_or_default();
                let part = Part::Result(CallResult {
                    call: call.id,
                    tool: call.tool,
                    outcome: CallOutcome::Succeeded,
                    result,
                });
                match history.last_mut().filter(|last| last.role == Role::Tool) {
                    Some(last) => last.parts.push(part),
                    None => history.push(Message { role: Role::Tool, parts: vec![part] }),
                }
            }
            _ => history.push(message(&said.content)),
        }
    }
    history
}

fn named(call: &Called, turn: usize, index: usize) -> ToolCall {
    let id = CallId::from(format!("c{turn}-{index}"));
    ToolCall { id, tool: call.name.clone(), arguments: call.arguments.clone() }
}
