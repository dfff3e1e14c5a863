//! Messages: plain values without identity or time; storage adds those.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::ids::CallId;

/// Who speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Instructions of the agent's author.
    System,
    /// The person.
    User,
    /// The model.
    Assistant,
    /// The results of the calls of the assistant message before.
    Tool,
}

/// One piece of a message.
#[derive(Debug, Clone, PartialEq)]
pub enum Part {
    /// What the speaker said.
    Text(String),
    /// What a step of a workflow puts to the model: its author's words, with values in them. Or what another agent hands
    /// on that has heard strangers.
    Task {
        /// The words.
        text: String,
        /// Whether they may be strangers' in part.
        untrusted: bool,
    },
    /// What the framework adds to a person's message, such as today's date: never the person's words.
    Note(String),
    /// What the model thought before it spoke.
    Reasoning(String),
    /// A tool call the model asked for.
    Call(ToolCall),
    /// What a tool call came to.
    Result(CallResult),
}

/// A speaker's content.
#[derive(Debug, Clone, PartialEq)]
pub struct Message {
    /// Who speaks.
    pub role: Role,
    /// The pieces, in order.
    pub parts: Vec<Part>,
}

impl Message {
    /// A message of one text.
    #[must_use]
    pub fn text_of(role: Role, text: impl Into<String>) -> Self {
        Self { role, parts: vec![Part::Text(text.into())] }
    }

    /// All text parts, joined by newlines. Tasks, notes, reasoning, calls and results are left out.
    #[must_use]
    pub fn text(&self) -> String {
        let texts: Vec<&str> = self
            .parts
            .iter()
            .filter_map(|part| if let Part::Text(text) = part { Some(text.as_str()) } else { None })
            .collect();
        texts.join("\n")
    }

    /// Whether it says what is to be done: a person's words, or a task.
    pub(crate) fn asks(&self) -> bool {
        let asks = |part: &Part| matches!(part, Part::Text(_) | Part::Task { .. });
        self.role == Role::User && self.parts.iter().any(asks)
    }

    /// The tool calls in this message, in order.
    pub fn calls(&self) -> impl Iterator<Item = &ToolCall> {
        self.parts.iter().filter_map(|part| if let Part::Call(call) = part { Some(call) } else { None })
    }

    /// The call results in this message, in order.
    pub fn results(&self) -> impl Iterator<Item = &CallResult> {
        self.parts.iter().filter_map(|part| if let Part::Result(result) = part { Some(result) } else { None })
    }
}

/// The model's request to call a tool.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ToolCall {
    /// Unique within the run.
    pub id: CallId,
    /// The tool's name, as the model wrote it.
    pub tool: String,
    /// Named arguments, in the order the model wrote them.
    pub arguments: Map<String, Value>,
}

/// How a call ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CallOutcome {
    /// The tool did what it was asked.
    Succeeded,
    /// The tool ran, or its arguments were checked, and it could not.
    Failed,
    /// Policy or person said no; the tool did not run.
    Refused,
    /// The call was given up before the tool ran.
    Cancelled,
    /// The call was started and nobody can tell whether it took effect.
    Unknown,
}

/// What the model is told a call came to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CallResult {
    /// The call this answers.
    pub call: CallId,
    /// The tool that was called.
    pub tool: String,
    /// How the call ended.
    pub outcome: CallOutcome,
    /// The tool's result, or an object whose `error` says what went wrong.
    pub result: Value,
}
