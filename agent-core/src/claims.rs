//! Receipts: an answer may state that something was done only if a call of this run did it.

use serde_json::Value;

use crate::deeds::{Deed, is_chinese};
use crate::event::Receipt;
use crate::message::{CallOutcome, Message, Part, Role};
use crate::run::{Done, Run};
use crate::tool::{Effect, ToolSpec};

/// Fields whose value people refer to an effect by, the most telling first.
const REFERENCES: [&str; 8] =
    ["receipt", "reference", "confirmation", "booking", "order", "ticket", "event", "id"];

/// Words of an answer that nothing backs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Claim {
    deed: Deed,
    /// The words.
    pub(crate) words: String,
    /// Whether a call was to do it, and nobody knows whether it did.
    in_doubt: bool,
}

impl Claim {
    /// What the model is told.
    pub(crate) fn problem(&self) -> String {
        let done = self.deed.name(false);
        if self.in_doubt {
            return format!("it is unknown whether anything was {done}; say so, and do not do it again");
        }
        format!(
            "nothing was {done} by a call of this run; do it now with a tool, or say that it was not {done}"
        )
    }
}

/// The first claim of the answer that nothing backs. Agents without effects claim nothing.
pub(crate) fn unbacked(run: &Run, tools: &[ToolSpec]) -> Option<Claim> {
    unbacked_in(run.said(), run, tools)
}

fn unbacked_in(text: &str, run: &Run, tools: &[ToolSpec]) -> Option<Claim> {
    if tools.iter().all(|tool| tool.effect == Effect::ReadOnly) {
        return None;
    }
    Deed::all().find_map(|deed| {
        let words = deed.claimed_in(text)?;
        let unknown = |done: &Done| done.outcome == CallOutcome::Unknown && does(deed, done, tools);
        let in_doubt = run.done().iter().any(unknown);
        (!is_backed(deed, run, tools)).then_some(Claim { deed, words, in_doubt })
    })
}

/// What the run did, by reference, in the order it was done.
#[must_use]
pub fn receipts(run: &Run, tools: &[ToolSpec]) -> Vec<Receipt> {
    run.done()
        .iter()
        .filter(|done| done.undoes.is_none() && stands(done, run, tools))
        .filter_map(|done| {
            let (call, tool) = (done.call.id.clone(), done.call.tool.clone());
            Some(Receipt { call, tool, reference: reference(&done.result)? })
        })
        .collect()
}

/// The answer to end a run with: what the model said, or, where it goes on to claim what was not done,
/// a text that says so.
#[must_use]
pub fn honest_answer(run: &Run, tools: &[ToolSpec]) -> String {
    if run.claims_refused() > 0 { honest(run.said(), run, tools) } else { run.said().to_owned() }
}

/// A text that nothing can correct any more, or, where it claims what was not done, one in its language that says
/// so.
#[must_use]
pub fn honest(text: &str, run: &Run, tools: &[ToolSpec]) -> String {
    let Some(claim) = unbacked_in(text, run, tools) else { return text.to_owned() };
    let chinese = is_chinese(text);
    let done = claim.deed.name(chinese);
    let receipts: Vec<String> =
        receipts(run, tools).iter().map(|r| format!("{} {}", r.tool, r.reference)).collect();
    let receipts = receipts.join(", ");
    let problem = match (chinese, claim.in_doubt) {
        (false, false) => format!("I cannot confirm this: nothing was {done}."),
        (false, true) => format!("I cannot confirm this: it is unknown whether anything was {done}."),
        (true, false) => format!("无法确认：没有完成{done}。"),
        (true, true) => format!("无法确认：不知道{done}是否已完成。"),
    };
    match (chinese, receipts.is_empty()) {
        (_, true) => problem,
        (false, false) => format!("{problem} What was done: {receipts}."),
        (true, false) => format!("{problem}已完成：{receipts}。"),
    }
}

/// Whether a person's words ask for what a tool does: by a word for the deed, or the tool's own name.
#[must_use]
pub fn asks_for(text: &str, spec: &ToolSpec) -> bool {
    let lower = text.to_lowercase();
    let named = lower.contains(&spec.name.to_lowercase().replace(['_', '-'], " "));
    named || Deed::of_tool(spec).is_some_and(|deed| deed.asked_in(text))
}

/// Whether a call of this run did it, an earlier result shows it as a state, or the person said it.
fn is_backed(deed: Deed, run: &Run, tools: &[ToolSpec]) -> bool {
    let shown = |message: &Message| {
        message
            .results()
            .any(|result| result.outcome == CallOutcome::Succeeded && shows(deed, &result.result))
    };
    let said = |message: &Message| {
        let mut parts = message.parts.iter().filter(|_| message.role == Role::User);
        parts.any(|part| matches!(part, Part::Text(text) if deed.stated_in(text)))
    };
    run.done().iter().any(|done| stands(done, run, tools) && does(deed, done, tools))
        || run.record().iter().any(|message| shown(message) || said(message))
}

/// Whether a call is of a tool that does it, or takes something back where the deed is that.
fn does(deed: Deed, done: &Done, tools: &[ToolSpec]) -> bool {
    let undone = done.undoes.is_some() && deed.undoes();
    let backs = |tool: &ToolSpec| Deed::of_tool(tool).is_some_and(|other| deed.is_backed_by(other));
    undone || tools.iter().any(|tool| tool.name == done.call.tool && backs(tool))
}

/// Whether a call took effect and was not undone.
fn stands(done: &Done, run: &Run, tools: &[ToolSpec]) -> bool {
    let acts = |tool: &ToolSpec| tool.name == done.call.tool && tool.effect != Effect::ReadOnly;
    let undone = |later: &Done| {
        later.undoes.as_ref() == Some(&done.call.id) && later.outcome == CallOutcome::Succeeded
    };
    done.outcome == CallOutcome::Succeeded && tools.iter().any(acts) && !run.done().iter().any(undone)
}

/// Whether a result tells of the deed: `"status": "paid"`, a document that says so, a list of bookings.
fn shows(deed: Deed, value: &Value) -> bool {
    match value {
        Value::String(text) => deed.named_in(text),
        Value::Object(fields) => fields.iter().any(|(name, inner)| deed.shown_by(name) || shows(deed, inner)),
        Value::Array(items) => items.iter().any(|item| shows(deed, item)),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

fn reference(result: &Value) -> Option<String> {
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

#[cfg(test)]
mod tests;
