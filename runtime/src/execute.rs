//! Running started calls: side by side, within their time, with results of bounded size.

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use handyman_core::{CallContext, CallOutcome, CallResult, Effect, Event, Probe, Run, ToolCall};
use serde_json::{Value, json};

use crate::driver::{World, finished_call};

/// Runs calls at the same time; the events come in the order of the calls.
///
/// A cancelled run drops calls that only read. A call with an effect is never dropped half way: it runs
/// to its end or to its time limit, and then the world is asked what happened.
pub(crate) async fn execute(run: &Run, world: &World<'_>, calls: &[ToolCall]) -> Vec<Event> {
    join_all(calls.iter().map(|call| execute_one(run, world, call))).await
}

async fn execute_one(run: &Run, world: &World<'_>, call: &ToolCall) -> Event {
    let Some(context) = context(run, call) else {
        return finished_call(failure(call, CallOutcome::Cancelled, "the run has not begun"), Duration::ZERO);
    };
    let reads = world.tools.specs().iter().any(|spec| spec.name == call.tool && spec.effect == Effect::ReadOnly);
    let started = Instant::now();
    let result = tokio::select! {
        result = world.tools.call(call, &context) => result,
        () = tokio::time::sleep(world.limits.tool_time) => timed_out(run, world, call, reads).await,
        () = world.cancel.cancelled(), if reads => failure(call, CallOutcome::Cancelled, "the run was cancelled"),
    };
    let result = CallResult { result: bounded(result.result, world.limits.output_bytes_max), ..result };
    finished_call(result, started.elapsed())
}

/// Asks the world about a call that a process before this one started.
pub(crate) async fn probe(run: &Run, world: &World<'_>, call: &ToolCall) -> Event {
    let key = run.key(&call.id);
    match world.tools.probe(call, &key).await {
        Probe::Done(value) => finished_call(
            CallResult {
                call: call.id.clone(),
                tool: call.tool.clone(),
                outcome: CallOutcome::Succeeded,
                result: bounded(value, world.limits.output_bytes_max),
            },
            Duration::ZERO,
        ),
        Probe::NotDone => Event::CallStarted { call: call.id.clone(), key },
        Probe::Unsupported => {
            let error = "it is unknown whether this took effect; it was not repeated; check before trying again";
            finished_call(failure(call, CallOutcome::Unknown, error), Duration::ZERO)
        }
    }
}

async fn timed_out(run: &Run, world: &World<'_>, call: &ToolCall, reads: bool) -> CallResult {
    let seconds = world.limits.tool_time.as_secs_f64();
    if reads {
        return failure(call, CallOutcome::Failed, &format!("no answer within {seconds} s"));
    }
    match world.tools.probe(call, &run.key(&call.id)).await {
        Probe::Done(result) => CallResult {
            call: call.id.clone(),
            tool: call.tool.clone(),
            outcome: CallOutcome::Succeeded,
            result,
        },
        Probe::NotDone => {
            failure(call, CallOutcome::Failed, &format!("no answer within {seconds} s; it did not take effect"))
        }
        Probe::Unsupported => {
            let error = format!("no answer within {seconds} s; it is unknown whether this took effect");
            failure(call, CallOutcome::Unknown, &error)
        }
    }
}

fn context(run: &Run, call: &ToolCall) -> Option<CallContext> {
    Some(CallContext {
        run: run.id().clone(),
        call: call.id.clone(),
        key: run.key(&call.id),
        now: run.now()?,
    })
}

fn failure(call: &ToolCall, outcome: CallOutcome, error: &str) -> CallResult {
    CallResult { call: call.id.clone(), tool: call.tool.clone(), outcome, result: json!({"error": error}) }
}

/// Keeps a result within `bytes_max` bytes of JSON: the head stays, and the result says what is missing.
fn bounded(value: Value, bytes_max: usize) -> Value {
    let text = value.to_string();
    if text.len() <= bytes_max {
        return value;
    }
    let mut end = bytes_max.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let head = text.get(..end).unwrap_or_default();
    json!({"cut": format!("only the first {end} of {} bytes are shown", text.len()), "head": head})
}
