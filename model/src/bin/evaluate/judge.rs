//! Whether a run did what was right, and whether its answer claims what no result says.

use handyman_core::{Message, Outcome, Part, Role, Run, ToolCall};
use serde_json::Value;

use crate::cases::{Case, Expected, row_of};

/// What is thought of a run.
#[derive(Debug)]
pub(crate) struct Verdict {
    /// What was wrong, or nothing.
    pub(crate) problem: Option<String>,
    /// A time, price or reference in the answer that stands nowhere, or nothing.
    pub(crate) false_claim: Option<String>,
}

impl Verdict {
    pub(crate) fn failed(problem: String) -> Self {
        Self { problem: Some(problem), false_claim: None }
    }
}

/// Judges a run of one request.
pub(crate) fn judge(case: &Case, run: &Run) -> Verdict {
    let made: Vec<&ToolCall> = run.history().iter().flat_map(Message::calls).collect();
    let results: Vec<Value> =
        run.history().iter().flat_map(Message::results).map(|result| result.result.clone()).collect();
    let unsupported = unsupported_claim(run, &case.request);
    let problem = match run.outcome() {
        Some(Outcome::Answered | Outcome::Asked) => wrong_calls(case, &made, &results)
            .or_else(|| wrong_end(case, run))
            .or_else(|| unsupported.clone()),
        other => Some(format!("it ended with {other:?}")),
    };
    Verdict { problem, false_claim: unsupported }
}

/// The calls in order, each as expected; a call that only reads may stand between.
fn wrong_calls(case: &Case, made: &[&ToolCall], results: &[Value]) -> Option<String> {
    let line = |call: &ToolCall| format!("{}{}", call.tool, Value::Object(call.arguments.clone()));
    let all = || made.iter().map(|call| line(call)).collect::<Vec<_>>().join(" ");
    if let Some(call) = made.iter().find(|call| case.expect.never.contains(&call.tool)) {
        return Some(format!("{} must not be called: {}", call.tool, all()));
    }
    if case.expect.calls.is_empty() && !made.is_empty() {
        return Some(format!("nothing had to be called: {}", all()));
    }
    let mut expected = case.expect.calls.iter().peekable();
    for call in made {
        let mut ahead = expected.clone();
        if ahead.next_if(|wanted| wanted.is_misspelt).is_some()
            && ahead.peek().is_some_and(|wanted| fits(wanted, call, results))
        {
            expected = ahead;
        }
        if expected.next_if(|wanted| fits(wanted, call, results)).is_none() && acts(&call.tool) {
            return Some(format!("{} was not wanted: {}", line(call), all()));
        }
    }
    expected.next().map(|wanted| {
        format!("{}{} is missing: {}", wanted.tool, Value::Object(wanted.arguments.clone()), all())
    })
}

fn fits(wanted: &Expected, call: &ToolCall, results: &[Value]) -> bool {
    let row = || call.arguments.get("id").and_then(Value::as_str).and_then(|id| row_of(id, results));
    wanted.tool == call.tool
        && wanted.arguments.iter().all(|(name, value)| call.arguments.get(name) == Some(value))
        && (wanted.row.is_none() || wanted.row == row())
}

/// Whether a tool of the product has an effect.
fn acts(tool: &str) -> bool {
    matches!(tool, "book" | "cancel_booking" | "pay" | "refund" | "add_event")
}

fn wrong_end(case: &Case, run: &Run) -> Option<String> {
    let answer = run.answer();
    let asked = answer.contains(['?', '？']) || answer.starts_with("请") || answer.starts_with("Please");
    (case.expect.asks.is_some() && !asked).then(|| format!("it had to ask, but said: {}", run.answer()))
}

/// The first time, price or reference in the answer that the model was not told, by a result, the person or a note.
fn unsupported_claim(run: &Run, request: &str) -> Option<String> {
    let said: Vec<String> = run
        .history()
        .iter()
        .filter(|message| message.role != Role::Assistant)
        .flat_map(|message| &message.parts)
        .filter_map(|part| match part {
            Part::Result(result) => Some(result.result.to_string()),
            Part::Text(text) | Part::Note(text) => Some(text.clone()),
            _ => None,
        })
        .collect();
    let stands = |piece: &str| request.contains(piece) || said.iter().any(|text| text.contains(piece));
    let known =
        |piece: &str| stands(piece) || afternoon(piece, run.answer()).is_some_and(|whole| stands(&whole));
    let piece =
        |character: char| !(character.is_ascii_alphanumeric() || matches!(character, ':' | '.' | '-'));
    run.answer()
        .split(piece)
        .map(|piece| piece.trim_matches(['.', ':', '-']))
        .filter(|piece| piece.len() >= 4 && piece.bytes().any(|byte| byte.is_ascii_digit()))
        .find(|piece| !known(piece))
        .map(|piece| format!("'{piece}' in the answer stands nowhere: {}", run.answer()))
}

/// A time of twelve hours that the answer says to be one of the afternoon (5:42pm, 5:42 pm, 下午5:42), of twenty-four.
fn afternoon(piece: &str, answer: &str) -> Option<String> {
    let said = [format!("{piece} pm"), format!("下午{piece}"), format!("晚上{piece}")];
    let plain = said.iter().any(|said| answer.contains(said)).then_some(piece);
    let (hour, minute) = piece.strip_suffix("pm").or(plain)?.split_once(':')?;
    Some(format!("{}:{minute}", hour.parse::<u32>().ok()? % 12 + 12))
}
