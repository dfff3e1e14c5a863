//! Sagas: an effect that another call should have completed is undone when that call fails for good.
//!
//! Which tool completes which is declared ([`Safety::completes`](crate::tool::Safety)); which call
//! completes which is read from the arguments: they name what the earlier call resulted in, and no
//! less of it than of what any other one resulted in. "For good" means that the run is about to end and no call has
//! completed it, or may have.

use serde_json::Value;

use super::Step;
use crate::message::{CallOutcome, ToolCall};
use crate::run::{Done, Run};
use crate::tool::ToolSpec;

/// Names of what is referred to by a number.
const REFERENCES: [&str; 6] = ["id", "booking", "reservation", "order", "ticket", "reference"];

/// The effect to take back next, if one was left half done. The newest comes first.
pub(super) fn undo(run: &Run, tools: &[ToolSpec]) -> Option<Step> {
    let spec = |done: &Done| tools.iter().find(|tool| tool.name == done.call.tool);
    let done = run.done();
    let completes = |later: &Done, earlier: &Done| {
        let can_be = |made: &&Done| {
            spec(later).is_some_and(|spec| spec.safety.completes.contains(&made.call.tool))
                && made.outcome == CallOutcome::Succeeded
                && made.undoes.is_none()
        };
        let named = names(&later.call, &earlier.result);
        let most = done.iter().filter(can_be).map(|made| names(&later.call, &made.result)).max();
        can_be(&earlier) && named > 0 && most == Some(named)
    };
    let (earlier, failed) = done.iter().enumerate().rev().find_map(|(index, earlier)| {
        let can_be = earlier.outcome == CallOutcome::Succeeded
            && earlier.undoes.is_none()
            && spec(earlier).is_some_and(|spec| spec.safety.undo)
            && !done.iter().any(|other| other.undoes.as_ref() == Some(&earlier.call.id));
        let tried = || done.iter().skip(index).filter(|later| can_be && completes(later, earlier));
        // A second payment may fail because the first one succeeded.
        let is_open =
            tried().all(|later| !matches!(later.outcome, CallOutcome::Succeeded | CallOutcome::Unknown));
        let failed = |last: &&Done| is_open && last.outcome == CallOutcome::Failed;
        tried().next_back().filter(failed).map(|last| (earlier, last))
    })?;
    Some(Step::Undo {
        call: ToolCall { id: run.next_call_id(0), ..earlier.call.clone() },
        undoes: earlier.call.id.clone(),
        why: format!("{} ({}) failed, which should have completed it", failed.call.tool, failed.call.id),
    })
}

/// How many arguments of the call are values of the result: texts, and numbers that are ids. Two for dinner and two nights
/// are the same number, and no reference.
fn names(call: &ToolCall, result: &Value) -> usize {
    let is_named = |(name, argument): &(&String, &Value)| match argument {
        Value::String(_) => contains(result, argument),
        Value::Number(_) => is_reference(name) && is_referred_to(result, argument),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => false,
    };
    call.arguments.iter().filter(is_named).count()
}

/// Whether a number is a reference by its name: `id`, `booking_id`, `orderId`, `booking`.
fn is_reference(name: &str) -> bool {
    let last = name.rsplit('_').next().unwrap_or_default().to_ascii_lowercase();
    name.ends_with("Id") || name.ends_with("ID") || REFERENCES.contains(&last.as_str())
}

/// Whether a result has a number as a reference.
fn is_referred_to(result: &Value, wanted: &Value) -> bool {
    match result {
        Value::Object(fields) => fields
            .iter()
            .any(|(name, inner)| is_reference(name) && inner == wanted || is_referred_to(inner, wanted)),
        Value::Array(items) => items.iter().any(|inner| is_referred_to(inner, wanted)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}

fn contains(value: &Value, wanted: &Value) -> bool {
    match value {
        Value::Object(fields) => fields.values().any(|inner| contains(inner, wanted)),
        Value::Array(items) => items.iter().any(|inner| contains(inner, wanted)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value == wanted,
    }
}

#[cfg(test)]
mod tests;
