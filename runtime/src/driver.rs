//! The driver: asks the planner for the next step, performs it, records the fact, folds it in.

use std::time::{Duration, Instant};

use handyman_core::{
    CallRequest, CallResult, Decision, Event, Fault, FaultKind, Journal, LimitKind, Limits, Model, ModelRequest, Outcome,
    Policy, ReplyBody, ReplyMode, ReplyOptions, Role, Run, Step, ToolCall, ToolChoice, Toolset, Verdict, planner,
};
use tokio_util::sync::CancellationToken;

use crate::execute;
use crate::observe::Observer;

/// Everything a run touches.
pub(crate) struct World<'a> {
    pub(crate) model: &'a dyn Model,
    pub(crate) tools: &'a dyn Toolset,
    pub(crate) policy: &'a dyn Policy,
    pub(crate) journal: &'a dyn Journal,
    pub(crate) limits: &'a Limits,
    pub(crate) options: &'a ReplyOptions,
    pub(crate) observer: &'a dyn Observer,
    pub(crate) cancel: &'a CancellationToken,
}

/// Drives a run until it has ended or waits for a person.
///
/// An event is durable before it is folded, shown, or acted on. After a fault the run must be folded
/// anew from the journal.
pub(crate) async fn drive(run: &mut Run, world: &World<'_>) -> Result<(), Fault> {
    loop {
        let events = match planner::next_step(run, world.tools.specs(), world.limits) {
            Step::Done => return Ok(()),
            Step::Finish(outcome) => vec![finish(run, outcome)],
            _ if world.cancel.is_cancelled() => vec![finish(run, Outcome::Cancelled)],
            Step::Generate(mode) => vec![generate(run, world, mode).await?],
            Step::Decide(call) => vec![decide(run, world, call).await],
            Step::Start(call) => vec![Event::CallStarted { key: run.key(&call.id), call: call.id }],
            Step::Execute(calls) => execute::execute(run, world, &calls).await,
            Step::Probe(call) => vec![execute::probe(run, world, &call).await],
            Step::Settle(result) => vec![finished_call(result, Duration::ZERO)],
        };
        for event in &events {
            record(run, world, event).await?;
        }
    }
}

/// Makes an event durable, then folds it in, then shows it.
pub(crate) async fn record(run: &mut Run, world: &World<'_>, event: &Event) -> Result<(), Fault> {
    world.journal.append(run.id(), event).await?;
    run.apply(event);
    world.observer.event(event);
    Ok(())
}

async fn generate(run: &Run, world: &World<'_>, mode: ReplyMode) -> Result<Event, Fault> {
    let usage = run.usage();
    let options = options_now(run, world.options);
    let request = ModelRequest {
        session: run.session(),
        history: run.history(),
        tools: world.tools.specs(),
        mode,
        tokens_max: world.limits.tokens_max.saturating_sub(usage.tokens.decoded()),
        options: &options,
    };
    let used = Duration::from_millis(usage.model_ms + usage.tool_ms);
    let started = Instant::now();
    let reply = tokio::select! {
        biased;
        () = world.cancel.cancelled() => return Ok(finish(run, Outcome::Cancelled)),
        () = tokio::time::sleep(world.limits.wall_time.saturating_sub(used)) => {
            return Ok(finish(run, Outcome::Limit { limit: LimitKind::WallTime }));
        }
        reply = world.model.reply(request, world.observer) => match reply {
            // What was achieved until the window was full is kept; a window too small to begin is a fault.
            Err(fault) if fault.kind() == FaultKind::Window && usage.turns > 0 => {
                return Ok(finish(run, Outcome::Limit { limit: LimitKind::Window }));
            }
            reply => reply?,
        },
    };
    let (turn, ms) = (usage.turns + 1, millis(started.elapsed()));
    Ok(match reply.body {
        ReplyBody::Malformed { text, problem } => {
            Event::ReplyMalformed { turn, text, problem, usage: reply.usage, ms }
        }
        ReplyBody::Said { reasoning, text, calls } => {
            let named = |(index, call): (usize, CallRequest)| ToolCall {
                id: run.next_call_id(index),
                tool: call.tool,
                arguments: call.arguments,
            };
            let calls = calls.into_iter().enumerate().map(named).collect();
            let (stop, confidence) = (reply.stop, reply.confidence);
            Event::ModelReplied { turn, text, reasoning, calls, stop, confidence, usage: reply.usage, ms }
        }
    })
}

/// What is asked of the next reply: once calls were made, the model chooses, so that the run can end.
fn options_now(run: &Run, options: &ReplyOptions) -> ReplyOptions {
    let called = run.history().last().is_some_and(|message| message.role == Role::Tool);
    match options.tool_choice {
        ToolChoice::Required | ToolChoice::Tool(_) if called => {
            ReplyOptions { tool_choice: ToolChoice::Auto, ..options.clone() }
        }
        ToolChoice::Auto | ToolChoice::None | ToolChoice::Required | ToolChoice::Tool(_) => options.clone(),
    }
}

async fn decide(run: &Run, world: &World<'_>, call: ToolCall) -> Event {
    let spec = world.tools.specs().iter().find(|spec| spec.name == call.tool);
    let decision = match spec {
        Some(spec) => world.policy.decide(&call, spec, run).await,
        None => Decision::new(Verdict::Deny, "there is no such tool"),
    };
    Event::CallDecided { call: call.id, decision: decision.verdict, why: decision.why }
}

fn finish(run: &Run, outcome: Outcome) -> Event {
    Event::Finished { outcome, answer: run.said().to_owned(), usage: run.usage() }
}

pub(crate) fn finished_call(result: CallResult, time: Duration) -> Event {
    Event::CallFinished { call: result.call, outcome: result.outcome, result: result.result, ms: millis(time) }
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests;
