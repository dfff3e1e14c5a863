//! The planner: one pure function that says what a run needs next.

use serde_json::json;

use crate::event::Outcome;
use crate::limits::{LimitKind, Limits};
use crate::message::{CallOutcome, CallResult, Role, ToolCall};
use crate::ports::ReplyMode;
use crate::run::{CallState, PendingCall, Run};
use crate::tool::{Effect, ToolSpec};

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
    /// Record that the run ended.
    Finish(Outcome),
    /// Nothing: the run has ended or has not begun.
    Done,
}

/// Says what the run needs next.
///
/// Read-only calls of a turn run at the same time and first; calls with effects run one at a time,
/// after them, in call order.
#[must_use]
pub fn next_step(run: &Run, tools: &[ToolSpec], limits: &Limits) -> Step {
    if run.outcome().is_some() || run.now().is_none() {
        return Step::Done;
    }
    if !run.pending().is_empty() {
        return next_call_step(run, tools, limits);
    }
    if let Some(limit) = limit_reached(run, limits) {
        return Step::Finish(Outcome::Limit { limit });
    }
    match run.history().last().map(|message| message.role) {
        // A reply that used the last token was cut off by the limit.
        Some(Role::Assistant) if run.usage().tokens.decoded() >= limits.tokens_max => {
            Step::Finish(Outcome::Limit { limit: LimitKind::Tokens })
        }
        Some(Role::Assistant) => Step::Finish(how_it_ended(run.said())),
        Some(Role::User | Role::Tool | Role::System) | None => Step::Generate(reply_mode(run, tools, limits)),
    }
}

fn limit_reached(run: &Run, limits: &Limits) -> Option<LimitKind> {
    let usage = run.usage();
    let answered = run.history().last().is_some_and(|message| message.role == Role::Assistant);
    if answered {
        None
    } else if run.malformed_in_a_row() >= limits.malformed_max {
        Some(LimitKind::Malformed)
    } else if usage.turns >= limits.turns_max {
        Some(LimitKind::Turns)
    } else if usage.tokens.decoded() >= limits.tokens_max {
        Some(LimitKind::Tokens)
    } else if u128::from(usage.model_ms) + u128::from(usage.tool_ms) >= limits.wall_time.as_millis() {
        Some(LimitKind::WallTime)
    } else {
        None
    }
}

/// The last reply before a limit can only answer or ask, so that a run at its limit still lands.
fn reply_mode(run: &Run, tools: &[ToolSpec], limits: &Limits) -> ReplyMode {
    let last_turn = run.usage().turns + 1 >= limits.turns_max;
    if last_turn || run.usage().calls >= limits.calls_max || tools.is_empty() {
        ReplyMode::AnswerOnly
    } else {
        ReplyMode::Free
    }
}

fn how_it_ended(text: &str) -> Outcome {
    if text.trim_end().ends_with(['?', '？']) { Outcome::Asked } else { Outcome::Answered }
}

fn next_call_step(run: &Run, tools: &[ToolSpec], limits: &Limits) -> Step {
    let pending = run.pending();
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
        Some(p) => act(p, tools),
        None => Step::Done,
    }
}

/// What a call needs before any call of the turn is started.
fn step_before_start(pending: &PendingCall, run: &Run, tools: &[ToolSpec], limits: &Limits) -> Option<Step> {
    let call = &pending.call;
    match &pending.state {
        CallState::Undecided if effect_of(call, tools).is_none() => {
            let names: Vec<&str> = tools.iter().map(|tool| tool.name.as_str()).collect();
            let error = format!("there is no tool '{}'; the tools are: {}", call.tool, names.join(", "));
            Some(settle(call, CallOutcome::Failed, &error))
        }
        CallState::Undecided if calls_begun(run) >= limits.calls_max => {
            Some(settle(call, CallOutcome::Cancelled, "no more tool calls are allowed in this run"))
        }
        CallState::Undecided => Some(Step::Decide(call.clone())),
        CallState::Denied(why) => Some(settle(call, CallOutcome::Refused, why)),
        CallState::AwaitingPerson => Some(Step::Finish(Outcome::Waiting { call: call.id.clone() })),
        CallState::Allowed | CallState::Started | CallState::InDoubt | CallState::Finished => None,
    }
}

/// Calls started so far and calls of this turn that may still start.
fn calls_begun(run: &Run) -> u32 {
    let allowed = run.pending().iter().filter(|p| p.state == CallState::Allowed).count();
    run.usage().calls + u32::try_from(allowed).unwrap_or(u32::MAX)
}

/// The next step of the first unfinished call with an effect.
fn act(pending: &PendingCall, tools: &[ToolSpec]) -> Step {
    let call = pending.call.clone();
    match (&pending.state, effect_of(&call, tools)) {
        (CallState::Started, _) => Step::Execute(vec![call]),
        (CallState::InDoubt, Some(Effect::Once) | None) => Step::Probe(call),
        (
            CallState::InDoubt
            | CallState::Allowed
            | CallState::Undecided
            | CallState::Denied(_)
            | CallState::AwaitingPerson
            | CallState::Finished,
            _,
        ) => Step::Start(call),
    }
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
