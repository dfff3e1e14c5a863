//! The planner: one pure function that says what a run needs next.

mod ending;
mod retry;
mod saga;
mod scripted;

use serde_json::{Value, json};

use crate::catalogue::{self, SHOW_TOOLS};
use crate::claims::{self, Claim};
use crate::event::{Event, Outcome};
use crate::ids::CallId;
use crate::limits::Limits;
use crate::message::{CallOutcome, CallResult, ToolCall};
use crate::ports::ReplyMode;
use crate::repeat;
use crate::run::{CallState, PendingCall, Run};
use crate::tool::{Effect, ToolSpec};
use crate::workflow::{Progress, WorkflowStep};

pub use ending::{Allowance, allowance};
pub use retry::wait_before_retry;

/// One thing the planner asks of the driver.
#[derive(Debug, Clone, PartialEq)]
pub enum Step {
    /// Ask the model for a reply.
    Generate(ReplyMode),
    /// Ask the policy about a call.
    Decide(ToolCall),
    /// Record that a call is about to run.
    Start(ToolCall),
    /// Run started calls at the same time and record their results in this order.
    Execute(Vec<ToolCall>),
    /// Ask the tool whether a call in doubt took effect.
    Probe(ToolCall),
    /// Record a result that needs no tool: refused, unknown tool, over a limit.
    Settle(CallResult),
    /// Record which of many tools fit the request, before the model is asked.
    Reveal(Vec<Value>),
    /// Record that an effect is to be taken back, by a call of the planner's own.
    Undo {
        /// The call that undoes.
        call: ToolCall,
        /// The call that is undone.
        undoes: CallId,
        /// Why.
        why: String,
    },
    /// Record that the answer claims what was not done, and tell the model.
    Correct {
        /// The words of the answer.
        claim: String,
        /// What is wrong with them.
        problem: String,
    },
    /// Record what a step of the workflow does, or how it ended.
    Script(Event),
    /// Record that the run ended.
    Finish(Outcome),
    /// Nothing: the run has ended or has not begun.
    Done,
}

/// Says what the run needs next.
///
/// Read-only calls of a turn run at the same time and first; calls with effects run one at a time,
/// after them, in call order. Before a run ends, what was left half done is undone, and an answer that
/// claims what was not done is corrected.
#[must_use]
pub fn next_step(run: &Run, tools: &[ToolSpec], limits: &Limits) -> Step {
    if run.outcome().is_some() || run.now().is_none() {
        return Step::Done;
    }
    if !run.pending().is_empty() {
        return next_call_step(run, tools, limits);
    }
    if let Some(progress) = run.progress() {
        return scripted::next_step(run, progress, tools, limits);
    }
    match ending::outcome(run, limits) {
        Some(outcome) => {
            let undo = saga::undo(run, tools);
            undo.or_else(|| correct(run, tools, &outcome)).unwrap_or(Step::Finish(outcome))
        }
        None => match catalogue::first_look(run, tools, limits) {
            found if found.is_empty() => Step::Generate(ending::reply_mode(run, tools, limits)),
            found => Step::Reveal(found),
        },
    }
}

/// The answer of a run that follows a workflow and ends like this; `None` where the run follows none.
#[must_use]
pub fn scripted_answer(run: &Run, tools: &[ToolSpec], outcome: &Outcome) -> Option<String> {
    scripted::answer_at(run, tools, outcome)
}

/// An answer gets one chance to take back what it claims; a partial one has no turn left for it.
fn correct(run: &Run, tools: &[ToolSpec], outcome: &Outcome) -> Option<Step> {
    let ended = matches!(outcome, Outcome::Answered | Outcome::Asked);
    let claim = claims::unbacked(run, tools).filter(|_| ended && run.claims_refused() == 0)?;
    let problem = claim.problem();
    let Claim { words: claim, .. } = claim;
    Some(Step::Correct { claim, problem })
}

fn next_call_step(run: &Run, tools: &[ToolSpec], limits: &Limits) -> Step {
    let pending = run.pending();
    // What has happened is known before anybody decides what else may.
    if let Some(p) = pending.iter().find(|p| needs_probe(p, tools)) {
        return Step::Probe(p.call.clone());
    }
    // Effects of a workflow's step are decided on one at a time, so that each plan shows the world as the previous call
    // left it.
    let open = pending.iter().find(|p| p.state != CallState::Finished);
    if let Some(p) = open.filter(|p| p.scripted && effect_of(&p.call, tools) != Some(Effect::ReadOnly)) {
        return step_before_start(p, run, tools, limits).unwrap_or_else(|| act(p));
    }
    if let Some(step) = pending.iter().find_map(|p| step_before_start(p, run, tools, limits)) {
        return step;
    }
    let (reading, acting): (Vec<_>, Vec<_>) = pending
        .iter()
        .filter(|p| p.state != CallState::Finished)
        .partition(|p| effect_of(&p.call, tools) == Some(Effect::ReadOnly));
    if let Some(p) = reading.iter().find(|p| p.state != CallState::Started) {
        return Step::Start(p.call.clone());
    }
    if !reading.is_empty() {
        return Step::Execute(reading.iter().map(|p| p.call.clone()).collect());
    }
    match acting.first() {
        Some(p) => act(p),
        None => Step::Done,
    }
}

/// Whether nobody knows if a call took effect that must not happen twice.
fn needs_probe(pending: &PendingCall, tools: &[ToolSpec]) -> bool {
    let once = matches!(effect_of(&pending.call, tools), Some(Effect::Once) | None);
    pending.state == CallState::InDoubt && once
}

/// What a call needs before any call of the turn is started.
fn step_before_start(pending: &PendingCall, run: &Run, tools: &[ToolSpec], limits: &Limits) -> Option<Step> {
    let call = &pending.call;
    match &pending.state {
        CallState::Undecided if effect_of(call, tools).is_none() => {
            Some(settle(call, CallOutcome::Failed, &no_such_tool(run, call, tools)))
        }
        CallState::Undecided
            if let Some(unseen) = catalogue::unseen(run, call).filter(|_| !pending.scripted) =>
        {
            // Once it has been shown, the same call can be made.
            Some(settle(call, CallOutcome::Cancelled, &unseen))
        }
        CallState::Undecided | CallState::Allowed if is_past_failure(pending, run) => {
            Some(settle(call, CallOutcome::Cancelled, "an earlier call of this step did not succeed"))
        }
        // All calls of a reply are decided on before the first of them comes to anything.
        CallState::Undecided | CallState::Allowed
            if let Some(spent) = repeat::unknown_in(run.pending(), call).filter(|_| !pending.scripted) =>
        {
            Some(settle(call, CallOutcome::Cancelled, &spent.why()))
        }
        // A workflow's author knows what they repeat, and the limits of replies are not those of steps.
        CallState::Undecided if pending.scripted && !ending::no_time_left(run, limits) => {
            Some(Step::Decide(call.clone()))
        }
        CallState::Undecided if !pending.begun && calls_begun(run) >= limits.calls_max => {
            Some(settle(call, CallOutcome::Cancelled, "no more tool calls are allowed in this run"))
        }
        // A call that undoes still runs when the time is used up.
        CallState::Undecided | CallState::Allowed
            if pending.undoes.is_none() && ending::no_time_left(run, limits) =>
        {
            Some(settle(call, CallOutcome::Cancelled, "the time for this run is used up"))
        }
        CallState::Undecided if run.usage().turns >= limits.turns_max => {
            Some(settle(call, CallOutcome::Cancelled, "this was the last reply; it could only answer"))
        }
        CallState::Undecided => {
            match repeat::spent(run.record(), tools).iter().find(|s| repeat::same(s.call, call)) {
                Some(spent) => Some(settle(call, CallOutcome::Cancelled, &spent.why())),
                // It shows what is in the run and its tools already: nobody has to be asked.
                None if run.reveals() && call.tool == SHOW_TOOLS => {
                    Some(Step::Settle(catalogue::show(run, tools, call, limits)))
                }
                None => Some(Step::Decide(call.clone())),
            }
        }
        // Of a call that must not happen twice, its probe has said that it has not happened.
        CallState::Denied(why) if pending.in_doubt && effect_of(call, tools) == Some(Effect::Idempotent) => {
            let unknown = format!("{why}; it is unknown whether an earlier attempt took effect");
            Some(settle(call, CallOutcome::Unknown, &unknown))
        }
        CallState::Denied(why) => Some(settle(call, CallOutcome::Refused, why)),
        CallState::AwaitingPerson => Some(Step::Finish(Outcome::Waiting { call: call.id.clone() })),
        CallState::Allowed | CallState::Started | CallState::InDoubt | CallState::Finished => None,
    }
}

/// Whether a call of a workflow's step comes after one that did not succeed, and must have.
fn is_past_failure(pending: &PendingCall, run: &Run) -> bool {
    let may_fail = || run.progress().and_then(Progress::step).is_some_and(WorkflowStep::may_fail);
    let has_failed = |other: &PendingCall| {
        other.result.as_ref().is_some_and(|result| result.outcome != CallOutcome::Succeeded)
    };
    pending.scripted && run.pending().iter().any(has_failed) && !may_fail()
}

/// Calls started so far and calls of this turn that may still start.
fn calls_begun(run: &Run) -> u32 {
    let allowed = run.pending().iter().filter(|p| p.state == CallState::Allowed && !p.begun).count();
    run.calls_of_model() + u32::try_from(allowed).unwrap_or(u32::MAX)
}

/// The next step of the first unfinished call with an effect.
fn act(pending: &PendingCall) -> Step {
    let call = pending.call.clone();
    match pending.state {
        CallState::Started => Step::Execute(vec![call]),
        CallState::InDoubt
        | CallState::Allowed
        | CallState::Undecided
        | CallState::Denied(_)
        | CallState::AwaitingPerson
        | CallState::Finished => Step::Start(call),
    }
}

fn no_such_tool(run: &Run, call: &ToolCall, tools: &[ToolSpec]) -> String {
    if run.reveals() {
        return format!("there is no tool '{}'; {SHOW_TOOLS} shows what there is", call.tool);
    }
    let names: Vec<&str> = tools.iter().map(|tool| tool.name.as_str()).collect();
    format!("there is no tool '{}'; the tools are: {}", call.tool, names.join(", "))
}

fn effect_of(call: &ToolCall, tools: &[ToolSpec]) -> Option<Effect> {
    tools.iter().find(|tool| tool.name == call.tool).map(|tool| tool.effect)
}

fn settle(call: &ToolCall, outcome: CallOutcome, error: &str) -> Step {
    Step::Settle(CallResult {
        call: call.id.clone(),
        tool: call.tool.clone(),
        outcome,
        result: json!({"error": error}),
    })
}

#[cfg(test)]
pub(crate) mod tests;
