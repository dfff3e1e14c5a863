//! Calls, values and endings in words for a person.

use std::borrow::Cow;

use handyman_core::{LimitKind, Outcome, Run, ToolCall};
use serde_json::{Map, Value};

/// Characters of a text that are shown.
const SHORT: usize = 160;

/// A call as one line: `book(id: G273, people: 1)`.
pub(super) fn call_text(call: &ToolCall) -> String {
    written(&call.tool, &call.arguments)
}

/// A tool with its arguments; its name alone where there are none.
pub(super) fn written(tool: &str, arguments: &Map<String, Value>) -> String {
    if arguments.is_empty() {
        return tool.to_owned();
    }
    let arguments: Vec<String> =
        arguments.iter().map(|(name, value)| format!("{name}: {}", value_text(value))).collect();
    format!("{tool}({})", arguments.join(", "))
}

/// A value; a text without quotation marks.
pub(super) fn value_text(value: &Value) -> String {
    let whole: Cow<'_, str> = match value {
        Value::String(text) => text.into(),
        other => other.to_string().into(),
    };
    short(&whole)
}

/// The beginning of a text, with a mark where something of it is left out.
pub(super) fn short(text: &str) -> String {
    let mut kept: String = text.chars().take(SHORT).collect();
    if kept.len() < text.len() {
        kept.push('…');
    }
    kept
}

/// How a run ended.
pub(super) fn end_text(run: &Run) -> String {
    let said = || short(run.answer());
    match run.outcome() {
        Some(Outcome::Answered) => format!("it answered: {}", said()),
        Some(Outcome::Asked) => format!("it asked: {}", said()),
        Some(Outcome::Limit { limit }) => format!("a limit was reached: {}", limit_text(*limit)),
        Some(Outcome::Waiting { call }) => {
            let pending = run.pending().iter().find(|pending| pending.call.id == *call);
            let call = pending.map_or_else(|| call.to_string(), |pending| call_text(&pending.call));
            format!("it waits for a person's decision on {call}")
        }
        Some(Outcome::Cancelled) => "it was cancelled".to_owned(),
        Some(Outcome::Failed { step }) => format!("the step '{step}' failed"),
        None => "it has not ended".to_owned(),
    }
}

fn limit_text(limit: LimitKind) -> &'static str {
    match limit {
        LimitKind::Turns => "turns",
        LimitKind::Tokens => "tokens",
        LimitKind::Malformed => "replies that could not be read",
        LimitKind::WallTime => "time",
        LimitKind::Window => "the model's window",
        LimitKind::Withheld => "the service withheld the rest of the reply",
    }
}
