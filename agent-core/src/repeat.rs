//! Calls that cannot be made again in a run: they failed, were refused, or gave the same result twice.
//!
//! The model's grammar leaves them out; for models without one the planner settles them. What a run
//! repeats is judged from the history alone, since the person's last message. A successful effect changes
//! the world, so after it everything may be tried again, except what is unknown.

use crate::message::{CallOutcome, CallResult, Message, Part, Role, ToolCall};
use crate::run::PendingCall;
use crate::tool::{Effect, ToolSpec};

/// A call that cannot be made again, and what it came to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Spent<'a> {
    /// The call.
    pub call: &'a ToolCall,
    /// What it came to.
    pub result: &'a CallResult,
}

impl Spent<'_> {
    /// Why it cannot be made again, for the model.
    #[must_use]
    pub fn why(&self) -> String {
        let before = match self.result.outcome {
            CallOutcome::Failed => "it has failed with these arguments",
            CallOutcome::Refused => "it was refused with these arguments",
            CallOutcome::Unknown => "it is unknown whether it took effect, and it must not happen twice",
            CallOutcome::Succeeded | CallOutcome::Cancelled => "it has given the same result before",
        };
        format!("{before}; change something, or answer with what there is")
    }
}

/// The calls of the current run that cannot be made again, oldest first.
#[must_use]
pub fn spent<'a>(history: &'a [Message], tools: &[ToolSpec]) -> Vec<Spent<'a>> {
    let (mut spent, mut seen): (Vec<Spent<'a>>, Vec<Spent<'a>>) = (Vec::new(), Vec::new());
    for made in made(current(history)) {
        match made.result.outcome {
            CallOutcome::Failed | CallOutcome::Refused | CallOutcome::Unknown => spent.push(made),
            CallOutcome::Succeeded if reads(made.call, tools) => {
                let again = seen.iter().any(|earlier| same(earlier.call, made.call));
                let changed = !seen.iter().any(|earlier| {
                    same(earlier.call, made.call) && earlier.result.result == made.result.result
                });
                if again && !changed {
                    spent.push(made);
                } else {
                    seen.retain(|earlier| !same(earlier.call, made.call));
                    seen.push(made);
                }
            }
            CallOutcome::Succeeded => {
                spent.retain(|earlier| earlier.result.outcome == CallOutcome::Unknown);
                seen.clear();
            }
            CallOutcome::Cancelled => {}
        }
    }
    spent
}

/// The same call of this turn that is unknown to have taken effect, if there is one.
pub(crate) fn unknown_in<'a>(turn: &'a [PendingCall], call: &ToolCall) -> Option<Spent<'a>> {
    turn.iter().filter(|pending| same(&pending.call, call)).find_map(|pending| {
        let result = pending.result.as_ref().filter(|result| result.outcome == CallOutcome::Unknown)?;
        Some(Spent { call: &pending.call, result })
    })
}

/// Whether two calls are the same but for their names.
#[must_use]
pub fn same(one: &ToolCall, other: &ToolCall) -> bool {
    one.tool == other.tool && one.arguments == other.arguments
}

/// The messages of the current run: from the person's last one on.
fn current(history: &[Message]) -> &[Message] {
    let from_person = |message: &Message| {
        message.role == Role::User && message.parts.iter().any(|part| matches!(part, Part::Text(_)))
    };
    let begin = history.iter().rposition(from_person).unwrap_or(0);
    history.get(begin..).unwrap_or_default()
}

/// Every call with its result, in the order of the results.
fn made(messages: &[Message]) -> impl Iterator<Item = Spent<'_>> {
    messages.iter().flat_map(Message::results).filter_map(|result| {
        let call = messages.iter().flat_map(Message::calls).find(|call| call.id == result.call)?;
        Some(Spent { call, result })
    })
}

fn reads(call: &ToolCall, tools: &[ToolSpec]) -> bool {
    tools.iter().any(|tool| tool.name == call.tool && tool.effect == Effect::ReadOnly)
}

#[cfg(test)]
mod tests;
