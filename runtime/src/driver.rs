//! The driver: asks the planner for the next step, performs it, records the fact, folds it in.

use std::time::{Duration, Instant};

use handyman_core::planner::{self, Step};
use handyman_core::{
    CallRequest, CallState, Event, Fault, FaultKind, Given, Journal, LimitKind, Limits, Model, ModelReply,
    ModelRequest, Outcome, Policy, ReplyBody, ReplyMode, ReplyOptions, Run, StopReason, TokenUsage, ToolCall,
    ToolChoice, Toolset, catalogue, claims, compact,
};
use tokio_util::sync::CancellationToken;

use crate::agent::Guards;
use crate::decide::decide;
use crate::execute;
use crate::observe::{Heard, Observer};

/// Everything a run touches.
pub(crate) struct Ports<'a> {
    pub(crate) model: &'a dyn Model,
    pub(crate) tools: &'a dyn Toolset,
    pub(crate) policy: &'a dyn Policy,
    pub(crate) journal: &'a dyn Journal,
    pub(crate) limits: &'a Limits,
    pub(crate) options: &'a ReplyOptions,
    pub(crate) given: &'a Given,
    pub(crate) guards: &'a Guards,
    pub(crate) observer: &'a dyn Observer,
    pub(crate) cancel: &'a CancellationToken,
}

/// Drives a run until it has ended or waits for a person.
///
/// An event is durable before it is folded, shown, or acted on. After a fault the run must be folded
/// anew from the journal. A cancelled run still asks what became of calls in doubt, and runs no other.
pub(crate) async fn drive(run: &mut Run, ports: &Ports<'_>) -> Result<(), Fault> {
    loop {
        let events = match planner::next_step(run, ports.tools.specs(), ports.limits) {
            Step::Done => return Ok(()),
            // Nobody is asked about what nobody wants any more.
            Step::Finish(Outcome::Waiting { .. }) if ports.cancel.is_cancelled() => {
                vec![finish(run, ports, Outcome::Cancelled)]
            }
            Step::Finish(outcome) => vec![finish(run, ports, outcome)],
            Step::Probe(call) => vec![execute::probe(run, ports, &call).await],
            Step::Execute(calls) if ports.cancel.is_cancelled() => execute::given_up(run, ports, &calls),
            _ if ports.cancel.is_cancelled() => cancelled(run, ports),
            Step::Generate(mode) => generate(run, ports, mode).await?,
            Step::Decide(call) => tokio::select! {
                biased;
                event = decide(run, ports, call) => vec![event],
                // A policy may ask somebody, who takes their time.
                () = ports.cancel.cancelled() => vec![finish(run, ports, Outcome::Cancelled)],
            },
            Step::Start(call) => vec![Event::CallStarted { key: run.key(&call.id), call: call.id }],
            Step::Execute(calls) => execute::execute(run, ports, &calls).await,
            Step::Settle(result) => vec![execute::settled(result)],
            Step::Reveal(tools) => vec![Event::ToolsRevealed { tools }],
            Step::Undo { call, undoes, why } => vec![Event::UndoPlanned { call, undoes, why }],
            Step::Correct { claim, problem } => vec![Event::ClaimRefused { claim, problem }],
            Step::Script(event) => vec![event],
        };
        for event in &events {
            record(run, ports, event).await?;
        }
    }
}

/// The end of a cancelled run, or first what the calls came to that were started and not yet made.
fn cancelled(run: &Run, ports: &Ports<'_>) -> Vec<Event> {
    let started = run.pending().iter().filter(|pending| pending.state == CallState::Started);
    let started: Vec<ToolCall> = started.map(|pending| pending.call.clone()).collect();
    match started.as_slice() {
        [] => vec![finish(run, ports, Outcome::Cancelled)],
        started => execute::given_up(run, ports, started),
    }
}

/// Makes an event durable, then folds it in, then shows it.
pub(crate) async fn record(run: &mut Run, ports: &Ports<'_>, event: &Event) -> Result<(), Fault> {
    ports.journal.append(run.id(), event).await?;
    run.apply(event);
    ports.observer.event_in(run, event);
    Ok(())
}

/// Asks the model, within what is left of the limits. The part of a reply that arrived before its time ran out is
/// kept: as a malformed reply if there is time for another one, else as the answer.
async fn generate(run: &Run, ports: &Ports<'_>, mode: ReplyMode) -> Result<Vec<Event>, Fault> {
    let allowance = planner::allowance(run, mode, ports.limits);
    let ruled_out = ports.policy.ruled_out(ports.tools.specs(), run);
    let options = options_now(run, ports.options, mode, allowance.tokens).without(ruled_out);
    let offered = catalogue::offered(run, ports.tools.specs());
    let request = ModelRequest {
        session: run.session(),
        history: run.history(),
        tools: offered.described,
        revealed: &offered.revealed,
        mode,
        tokens_max: allowance.tokens,
        options: &options,
    };
    let heard = Heard::new(ports.observer);
    ports.observer.asked(run);
    let started = Instant::now();
    let reply = tokio::select! {
        biased;
        () = ports.cancel.cancelled() => return Ok(vec![finish(run, ports, Outcome::Cancelled)]),
        () = tokio::time::sleep(allowance.time) => None,
        reply = ports.model.reply(request, &heard) => Some(reply),
    };
    let (turn, ms) = (run.usage().turns + 1, millis(started.elapsed()));
    match reply {
        Some(Ok(reply)) => {
            let ending = run.usage().tokens.decoded() + reply.usage.decoded() >= ports.limits.tokens_max;
            let body = passing(run, typed(run, reply.body, ending), reply.stop, ports.guards);
            let full = reply.stop == StopReason::Window && matches!(body, ReplyBody::Malformed { .. });
            let event = replied(run, ModelReply { body, ..reply }, turn, ms);
            // The reply itself may be what fills the window.
            let room = full.then(|| {
                let mut after = run.clone();
                after.apply(&event);
                compact(&after, "the reply was cut off where the window ends")
            });
            Ok(std::iter::once(event).chain(room.flatten()).collect())
        }
        Some(Err(fault)) if fault.kind() == FaultKind::Window => match compact(run, &fault.to_string()) {
            Some(event) => Ok(vec![event]),
            // What was achieved until the window was full is kept; a window too small to begin is a fault.
            None if turn > 1 || !run.done().is_empty() => {
                Ok(vec![finish(run, ports, Outcome::Limit { limit: LimitKind::Window })])
            }
            None => Err(fault),
        },
        Some(Err(fault)) => Err(fault),
        None if mode == ReplyMode::Free => {
            let problem = "it was cut off, because the time for it was used up; answer briefly".to_owned();
            let body = ReplyBody::Malformed { text: heard.text(), problem };
            let reply = ModelReply { stop: StopReason::Time, ..ModelReply::new(body, TokenUsage::default()) };
            // The clock that cut the reply off may be finer than the one that counts.
            Ok(vec![replied(run, reply, turn, ms.max(millis(allowance.time)))])
        }
        None => {
            let heard = Some(heard.text()).filter(|text| !text.trim().is_empty());
            Ok(vec![finish_with(run, ports, Outcome::Limit { limit: LimitKind::WallTime }, heard)])
        }
    }
}

/// Makes room in the window, if anything can be spared.
fn compact(run: &Run, why: &str) -> Option<Event> {
    compact::next(run).map(|step| Event::Compacted { step, why: why.to_owned() })
}

/// An answer of another shape than the one asked for is malformed. One that the last token cut off is kept: it
/// is completed when the run ends.
fn typed(run: &Run, body: ReplyBody, ending: bool) -> ReplyBody {
    match (body, run.answer_schema()) {
        (ReplyBody::Said { text, calls, .. }, Some(schema))
            if calls.is_empty()
                && !ending
                && let Err(problem) = schema.read(&text) =>
        {
            ReplyBody::Malformed {
                text,
                problem: format!("it is not the answer that was asked for: {problem}"),
            }
        }
        (body, _) => body,
    }
}

/// A whole reply that answers and does not pass the agent's checks is malformed.
fn passing(run: &Run, body: ReplyBody, stop: StopReason, guards: &Guards) -> ReplyBody {
    let is_whole = |text: &str| match run.answer_schema() {
        Some(schema) => schema.read(text).is_ok(),
        None => stop.is_ended(),
    };
    match body {
        ReplyBody::Said { text, calls, .. }
            if calls.is_empty()
                && is_whole(&text)
                && let Err(problem) = guards.answer(run, &text) =>
        {
            ReplyBody::Malformed { text, problem }
        }
        body => body,
    }
}

fn replied(run: &Run, reply: ModelReply, turn: u32, ms: u64) -> Event {
    let ModelReply { body, usage, stop, confidence, recording } = reply;
    match body {
        ReplyBody::Malformed { text, problem } => {
            Event::ReplyMalformed { turn, text, problem, stop, usage, ms, recording }
        }
        ReplyBody::Said { reasoning, text, calls } => {
            let named = |(index, call): (usize, CallRequest)| ToolCall {
                id: run.next_call_id(index),
                tool: call.tool,
                arguments: call.arguments,
            };
            let calls = calls.into_iter().enumerate().map(named).collect();
            Event::ModelReplied { turn, text, reasoning, calls, stop, confidence, usage, ms, recording }
        }
    }
}

/// What is asked of the next reply: once calls were made, the model chooses, so that the run can end. The
/// answer's shape is the one the run began with. Reasoning leaves a reply that has to answer half of its tokens.
pub(crate) fn options_now(
    run: &Run,
    options: &ReplyOptions,
    mode: ReplyMode,
    tokens_max: u64,
) -> ReplyOptions {
    // Looking for a tool is no use of one.
    let called = run.done().iter().any(|done| !run.reveals() || done.call.tool != catalogue::SHOW_TOOLS);
    let half = u32::try_from(tokens_max / 2).unwrap_or(u32::MAX).max(1);
    let reasoning_max = match (mode, options.reasoning_max) {
        (ReplyMode::Free, most) => most,
        (ReplyMode::AnswerOnly, most) => Some(most.map_or(half, |most| most.min(half))),
    };
    let options = ReplyOptions { answer: run.answer_schema().cloned(), reasoning_max, ..options.clone() };
    match options.tool_choice {
        ToolChoice::Required | ToolChoice::Tool(_) if called => {
            ReplyOptions { tool_choice: ToolChoice::Auto, ..options }
        }
        ToolChoice::Auto | ToolChoice::None | ToolChoice::Required | ToolChoice::Tool(_) => options,
    }
}

fn finish(run: &Run, ports: &Ports<'_>, outcome: Outcome) -> Event {
    finish_with(run, ports, outcome, None)
}

/// The end of a run, with what was heard of a reply that never ended. At a limit, an answer of a given shape is
/// made of what there is.
fn finish_with(run: &Run, ports: &Ports<'_>, outcome: Outcome, heard: Option<String>) -> Event {
    let tools = ports.tools.specs();
    let (answer, incomplete) = match (&outcome, run.answer_schema()) {
        (outcome, _) if let Some(answer) = planner::scripted_answer(run, tools, outcome) => {
            (answer, Vec::new())
        }
        (Outcome::Limit { .. }, Some(schema)) => {
            // What was whole and did not pass a check is not given after all.
            let refused =
                |text: &String| schema.read(text).is_ok() && ports.guards.answer(run, text).is_err();
            let written = Some(heard.unwrap_or_else(|| run.written()));
            let written = written.filter(|text| !refused(text)).unwrap_or_default();
            let completed = schema.completed(&written);
            completed.map_or((written, Vec::new()), |made| (made.value.to_string(), made.incomplete))
        }
        (Outcome::Answered | Outcome::Asked, None) => (claims::honest_answer(run, tools), Vec::new()),
        (_, Some(_)) => (run.said().to_owned(), Vec::new()),
        (_, None) => {
            let text = heard.unwrap_or_else(|| run.said().to_owned());
            (claims::honest(&text, run, tools), Vec::new())
        }
    };
    let (receipts, usage) = (claims::receipts(run, tools), run.usage());
    Event::Finished { outcome, answer, receipts, incomplete, usage }
}

pub(crate) fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests;
