//! A model that plays a file of replies: agents are tested without a model, through everything else.

use std::path::Path;

use async_trait::async_trait;
use handyman_core::{
    CallRequest, Delta, DeltaSink, Fault, FaultKind, Message, Model, ModelInfo, ModelReply, ModelRequest,
    ReplyBody, Role, StopReason, TokenUsage,
};
use serde::Deserialize;
use serde_json::Value;
use sha2::{Digest, Sha256};

/// Plays one reply a line: `{"text": "…", "calls": [{"tool": "…", "arguments": {…}}]}`.
///
/// An argument `"{{tool.field}}"` is the newest value under that field in a result of that tool, so that a
/// script can use what a run made: `{"tool": "pay", "arguments": {"booking": "{{book.booking}}"}}`.
///
/// `"stop": "tokens"` makes a line one that was cut off there; `window` and `withheld` are other reasons.
///
/// The line is chosen by how many replies the session's history already holds, so a resumed run goes on
/// where it stopped. Replies of a conversation that the session began after
/// ([`Agent::session_after`](crate::Agent::session_after)) have a line each, too.
#[derive(Debug, Clone)]
pub struct ScriptModel {
    lines: Vec<Line>,
    info: ModelInfo,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    #[serde(default)]
    text: String,
    #[serde(default)]
    reasoning: String,
    #[serde(default)]
    calls: Vec<CallRequest>,
    #[serde(default)]
    stop: StopReason,
}

impl ScriptModel {
    /// Reads a script from a file.
    ///
    /// # Errors
    /// A [`Fault`] of kind `Model` that names the file and the line.
    pub async fn load(path: impl AsRef<Path>) -> Result<Self, Fault> {
        let path = path.as_ref();
        let text = tokio::fs::read_to_string(path).await.map_err(|error| {
            Fault::new(FaultKind::Model, format!("the script {} cannot be read: {error}", path.display()))
                .with_hint("name a file that is there, with one JSON object a line: {\"text\": \"…\", \"calls\": []}")
                .with_source(error)
        })?;
        Self::parse(&text).map_err(|fault| {
            Fault::new(FaultKind::Model, format!("{}: {fault}", path.display()))
                .with_hint("write one JSON object a line: {\"text\": \"…\", \"calls\": [{\"tool\": \"…\", \"arguments\": {}}]}")
        })
    }

    /// Reads a script from text. Empty lines are skipped.
    ///
    /// # Errors
    /// A [`Fault`] of kind `Model` that names the line.
    pub fn parse(text: &str) -> Result<Self, Fault> {
        let lines = text
            .lines()
            .enumerate()
            .filter(|(_, line)| !line.trim().is_empty())
            .map(|(index, line)| {
                serde_json::from_str(line).map_err(|error| {
                    Fault::new(FaultKind::Model, format!("line {} of the script: {error}", index + 1))
                })
            })
            .collect::<Result<Vec<Line>, Fault>>()?;
        let sha256 = hex::encode(Sha256::digest(text.as_bytes()));
        Ok(Self { lines, info: ModelInfo { name: "script".to_owned(), sha256 } })
    }
}

#[async_trait]
impl Model for ScriptModel {
    fn info(&self) -> ModelInfo {
        self.info.clone()
    }

    async fn reply(&self, request: ModelRequest<'_>, sink: &dyn DeltaSink) -> Result<ModelReply, Fault> {
        let index = request.history.iter().filter(|message| message.role == Role::Assistant).count();
        let line = self.lines.get(index).cloned().ok_or_else(|| {
            let message =
                format!("the script has {} replies, and reply {} was asked for", self.lines.len(), index + 1);
            Fault::new(FaultKind::Model, message).with_hint("let the last line answer without a call")
        })?;
        if !line.text.is_empty() {
            sink.delta(Delta::Text(line.text.clone()));
        }
        let mut line = line;
        for argument in line.calls.iter_mut().flat_map(|call| call.arguments.values_mut()) {
            if let Some(value) = named_in(argument).and_then(|name| newest(request.history, name)) {
                *argument = value;
            }
        }
        let body = ReplyBody::Said { reasoning: line.reasoning, text: line.text, calls: line.calls };
        Ok(ModelReply { stop: line.stop, ..ModelReply::new(body, TokenUsage::default()) })
    }
}

/// `tool.field` in an argument that reads `{{tool.field}}`.
fn named_in(argument: &Value) -> Option<(&str, &str)> {
    argument.as_str()?.strip_prefix("{{")?.strip_suffix("}}")?.rsplit_once('.')
}

/// The newest value under a field in the results of a tool.
fn newest(history: &[Message], (tool, field): (&str, &str)) -> Option<Value> {
    let mut results = history.iter().rev().flat_map(Message::results).filter(|result| result.tool == tool);
    results.find_map(|result| under(&result.result, field).cloned())
}

fn under<'v>(value: &'v Value, field: &str) -> Option<&'v Value> {
    match value {
        Value::Object(fields) => {
            fields.get(field).or_else(|| fields.values().find_map(|inner| under(inner, field)))
        }
        Value::Array(items) => items.iter().find_map(|item| under(item, field)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
    }
}

#[cfg(test)]
mod tests;
