//! What makes a claim true: a call that did it, a result that shows it, or the person's own words.

use serde_json::Value;

use crate::deeds::Deed;
use crate::message::{CallOutcome, CallResult, Message, Part, Role};
use crate::run::{Done, Run};
use crate::tool::{Effect, ToolSpec};

use super::asked::Asked;

/// Fields whose value people refer to an effect by, the most telling first.
const REFERENCES: [&str; 8] =
    ["receipt", "reference", "confirmation", "booking", "order", "ticket", "event", "id"];
/// How an answer says in Chinese that the speaker did it.
const OURS_ZH: [&str; 4] = ["我", "为您", "为你", "帮"];
/// How a task ended that was handed to another agent, where it has not done it.
const UNDONE: [&str; 4] = ["waiting", "limit", "cancelled", "failed"];
/// Texts that say that there is nothing.
const NOTHING: [&str; 9] = ["", "no", "none", "null", "nil", "n/a", "false", "-", "无"];

/// Whether a call of this run did it, a result shows it as a state, or the person said it. What the person said, and a
/// result of an earlier run, show nothing of what the person orders now, unless the answer refers to that result.
pub(super) fn is_backed(
    deed: Deed<'_>,
    text: &str,
    asked: &Asked<'_>,
    run: &Run,
    tools: &[ToolSpec],
) -> bool {
    let said = |message: &Message| {
        let mut parts = message.parts.iter().filter(|_| message.role == Role::User);
        parts.any(|part| matches!(part, Part::Text(text) if deed.stated_in(text)))
    };
    let holds = |result: &CallResult| !run.done().iter().any(|done| takes_back(done, &result.call));
    let mut now = asked.since.iter().flat_map(Message::results);
    run.done().iter().any(|done| stands(done, run, tools) && does(deed, done, tools))
        || now.any(|result| holds(result) && (is_told_by(deed, result, tools) || is_why(deed, result, text)))
        || asked.before.iter().chain(asked.since).any(said) && !asked.orders(deed)
        || {
            let mut earlier = asked.before.iter().flat_map(Message::results);
            let is_told = |result: &CallResult| refers_to(text, &result.result) || !asked.orders(deed);
            earlier.any(|result| tells(deed, result, tools) && is_told(result))
        }
}

/// Whether something earlier may have done it.
pub(super) fn shows_earlier(deed: Deed<'_>, asked: &Asked<'_>, tools: &[ToolSpec]) -> bool {
    let mut earlier = asked.before.iter().flat_map(Message::results);
    earlier.any(|result| tells(deed, result, tools) || is_of_doer(deed, result, tools))
}

/// Whether a result among these messages shows it, or is of a call that did it.
pub(super) fn shows_done(deed: Deed<'_>, messages: &[Message], tools: &[ToolSpec]) -> bool {
    messages.iter().flat_map(Message::results).any(|result| tells(deed, result, tools))
}

fn tells(deed: Deed<'_>, result: &CallResult, tools: &[ToolSpec]) -> bool {
    is_told_by(deed, result, tools) || is_of_doer(deed, result, tools) && !is_left_undone(&result.result)
}

/// Whether a result tells of it, or, of a tool's own deed, is that of a tool that looks under the same verb: a page was
/// opened as well as a door.
fn is_told_by(deed: Deed<'_>, result: &CallResult, tools: &[ToolSpec]) -> bool {
    let looks = |tool: &ToolSpec| tool.effect == Effect::ReadOnly && deed.is_named_by(tool);
    let is_read = || deed.is_own() && tools.iter().any(|tool| tool.name == result.tool && looks(tool));
    succeeded(result) && (shows(deed, told(&result.result)) || is_read())
}

/// Whether a call failed because it was so already, and the text does not claim to have done it: "it is already cancelled".
fn is_why(deed: Deed<'_>, result: &CallResult, text: &str) -> bool {
    let lower = text.to_lowercase();
    let mut words = lower.split(|c: char| !c.is_alphanumeric());
    let is_own =
        words.any(|word| ["i", "we"].contains(&word)) || OURS_ZH.iter().any(|word| lower.contains(word));
    let is_stated = |error: &Value| error.as_str().is_some_and(|error| deed.stated_in(error));
    !succeeded(result) && !is_own && is_stated(&result.result["error"])
}

/// Whether a result is of a call that had an effect, which may have been the deed.
fn is_of_doer(deed: Deed<'_>, result: &CallResult, tools: &[ToolSpec]) -> bool {
    let acts = |tool: &ToolSpec| tool.effect != Effect::ReadOnly && deed.may_be_done_by(tool);
    succeeded(result) && tools.iter().any(|tool| tool.name == result.tool && acts(tool))
}

/// Whether a result is that of another agent that was handed a task and has not done it: what it answers, and how it
/// ended. It may have had effects all the same.
fn is_left_undone(result: &Value) -> bool {
    let ended = result.get("outcome").and_then(Value::as_str);
    result.get("answer").is_some() && ended.is_some_and(|outcome| UNDONE.contains(&outcome))
}

/// What a result tells: of a task that was left undone the answer, since how it ended is no deed.
fn told(result: &Value) -> &Value {
    result.get("answer").filter(|_| is_left_undone(result)).unwrap_or(result)
}

fn succeeded(result: &CallResult) -> bool {
    result.outcome == CallOutcome::Succeeded
}

/// Whether a call may have done it, or takes something back where the deed is that. What takes back the effect of a tool
/// may be called anything but what that tool does.
pub(super) fn does(deed: Deed<'_>, done: &Done, tools: &[ToolSpec]) -> bool {
    if done.undoes.is_some() {
        let is_undone = |tool: &ToolSpec| tool.name == done.call.tool && deed.is_own_of(tool);
        return if deed.is_own() { !tools.iter().any(is_undone) } else { deed.undoes() };
    }
    tools.iter().any(|tool| tool.name == done.call.tool && deed.may_be_done_by(tool))
}

/// Whether a call did what it was to do, and that was not undone.
pub(super) fn stands(done: &Done, run: &Run, tools: &[ToolSpec]) -> bool {
    has_acted(done, run, tools) && !is_left_undone(&done.result)
}

/// Whether a call had an effect, or an agent that was handed a task may have had some, and that was not undone.
pub(super) fn has_acted(done: &Done, run: &Run, tools: &[ToolSpec]) -> bool {
    let acts = |tool: &ToolSpec| tool.name == done.call.tool && tool.effect != Effect::ReadOnly;
    done.outcome == CallOutcome::Succeeded
        && tools.iter().any(acts)
        && !run.done().iter().any(|later| takes_back(later, &done.call.id))
}

fn takes_back(later: &Done, call: &crate::ids::CallId) -> bool {
    later.undoes.as_ref() == Some(call) && later.outcome == CallOutcome::Succeeded
}

/// Whether a result tells of the deed: `"status": "paid"`, `"cancelled": true`, a document that says so, a list of
/// bookings that has any.
pub(super) fn shows(deed: Deed<'_>, value: &Value) -> bool {
    match value {
        Value::String(text) => deed.named_in(text),
        Value::Object(fields) => fields.iter().any(|(name, inner)| {
            let is_so = *inner == Value::Bool(true) && !deed.claims_in(&name.replace('_', " ")).is_empty();
            is_so || deed.shown_by(name) && is_something(inner) || shows(deed, inner)
        }),
        Value::Array(items) => items.iter().any(|item| shows(deed, item)),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

/// Whether a result that was found speaks of the deed, done or not: "refund": "40 EUR". An empty list says nothing of it.
pub(super) fn speaks_of(deed: Deed<'_>, result: &CallResult) -> bool {
    fn is_named(deed: Deed<'_>, value: &Value) -> bool {
        match value {
            Value::String(text) => deed.asked_in(text),
            Value::Object(fields) => fields.iter().any(|(name, inner)| {
                is_something(inner) && (deed.asked_in(&name.replace('_', " ")) || is_named(deed, inner))
            }),
            Value::Array(items) => items.iter().any(|item| is_named(deed, item)),
            Value::Null | Value::Bool(_) | Value::Number(_) => false,
        }
    }
    succeeded(result) && is_named(deed, &result.result)
}

/// Whether a value says that there is something.
pub(super) fn is_something(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(is_so) => *is_so,
        Value::Number(number) => number.as_f64() != Some(0.0),
        Value::String(text) => !NOTHING.contains(&text.trim().to_lowercase().as_str()),
        Value::Array(items) => items.iter().any(is_something),
        Value::Object(fields) => fields.values().any(is_something),
    }
}

/// Whether a text refers to what a result, or a part of it, is referred to by.
fn refers_to(text: &str, result: &Value) -> bool {
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    match result {
        Value::Object(fields) => {
            let named = reference(result).is_some_and(|reference| {
                reference.len() >= 3
                    && text.split(|c| !is_part(c)).any(|word| word.eq_ignore_ascii_case(&reference))
            });
            named || fields.values().any(|inner| refers_to(text, inner))
        }
        Value::Array(items) => items.iter().any(|item| refers_to(text, item)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}

/// What a result is referred to by.
pub(super) fn reference(result: &Value) -> Option<String> {
    let fields = result.as_object()?;
    let named = REFERENCES.iter().filter_map(|name| fields.get(*name));
    named.chain(fields.values()).find_map(|value| match value {
        Value::String(text) if is_reference(text) => Some(text.clone()),
        Value::Number(number) if fields.get("id") == Some(value) => Some(number.to_string()),
        Value::Null
        | Value::Bool(_)
        | Value::Number(_)
        | Value::String(_)
        | Value::Array(_)
        | Value::Object(_) => None,
    })
}

/// Whether a text is made to be referred to: one word of letters with digits or capitals.
fn is_reference(text: &str) -> bool {
    let made_of = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    (3..=64).contains(&text.len())
        && text.chars().all(made_of)
        && text.chars().any(|c| c.is_ascii_alphabetic())
        && text.chars().any(|c| c.is_ascii_digit() || c.is_ascii_uppercase())
}
