//! Running started calls: side by side, within their time, again where that helps, with results of
//! bounded size.

use std::time::Duration;

use futures_util::future::join_all;
use handyman_core::planner::{self, wait_before_retry};
use handyman_core::{
    CallOutcome, CallResult, Effect, Event, Failure, PendingCall, Probe, ReplyMode, Run, ToolCall, ToolError,
    ToolErrorKind, ToolResult, ToolSpec, compact,
};
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::attend::attended;
use crate::decide::{CHANGED, digest};
use crate::driver::{Ports, millis};

/// Bytes that the result of a workflow's call may have: a step whose result is longer fails.
const SCRIPTED_BYTES_MAX: usize = 1 << 20;

/// How a call ended.
struct End {
    outcome: CallOutcome,
    result: Value,
    failure: Option<Failure>,
}

impl End {
    fn succeeded(result: Value) -> Self {
        Self { outcome: CallOutcome::Succeeded, result, failure: None }
    }

    fn because(outcome: CallOutcome, error: &str) -> Self {
        Self { outcome, result: json!({"error": error}), failure: None }
    }
}

/// Runs calls at the same time; the events come in the order of the calls.
///
/// A cancelled run drops calls that only read. A call with an effect is never dropped half way: it runs
/// to its end or to its time limit, and then the tool is asked what happened.
pub(crate) async fn execute(run: &Run, ports: &Ports<'_>, calls: &[ToolCall]) -> Vec<Event> {
    let wanted = |pending: &&PendingCall| calls.iter().any(|call| call.id == pending.call.id);
    join_all(run.pending().iter().filter(wanted).map(|pending| execute_one(run, ports, pending))).await
}

/// How one attempt went.
enum Attempt {
    Came(ToolResult<Value>),
    /// There was none within this time.
    Late(Duration),
    Dropped,
}

async fn execute_one(run: &Run, ports: &Ports<'_>, pending: &PendingCall) -> Event {
    let began = Instant::now();
    let end = match attempt(run, ports, pending).await {
        Attempt::Came(Ok(value)) => End::succeeded(value),
        Attempt::Came(Err(error)) if let Some(event) = withheld(pending, &error, began) => return event,
        Attempt::Came(Err(error)) => match after_failure(run, ports, pending, &error, began).await {
            Next::End(end) => end,
            Next::Retry(wait) => {
                return Event::CallRetried {
                    call: pending.call.id.clone(),
                    attempt: pending.attempts + 1,
                    error: error.to_string(),
                    in_doubt: may_have_taken_effect(ports, pending, is_lost(&error)),
                    wait_ms: millis(wait),
                    ms: millis(began.elapsed()),
                };
            }
        },
        Attempt::Late(time) => late(run, ports, &pending.call, time).await,
        Attempt::Dropped if may_have_taken_effect(ports, pending, false) => {
            let error = "the run was cancelled; it is unknown whether an earlier attempt took effect";
            End::because(CallOutcome::Unknown, error)
        }
        Attempt::Dropped => End::because(CallOutcome::Cancelled, "the run was cancelled"),
    };
    finished(bytes_max(run, ports, &pending.call), &pending.call, end, began.elapsed())
}

/// An allowed call that would do something else now, and has done nothing.
fn withheld(pending: &PendingCall, error: &ToolError, began: Instant) -> Option<Event> {
    let ToolErrorKind::Changed { plan } = error.kind() else { return None };
    pending.approved.as_ref()?;
    Some(Event::CallWithheld {
        call: pending.call.id.clone(),
        why: CHANGED.to_owned(),
        plan: Value::clone(plan),
        digest: digest(&pending.call, Some(plan)),
        ms: millis(began.elapsed()),
    })
}

async fn attempt(run: &Run, ports: &Ports<'_>, pending: &PendingCall) -> Attempt {
    let call = &pending.call;
    let Some(context) = run.context(&call.id) else { return Attempt::Dropped };
    let time = time_for(run, ports, pending);
    // What ran beside it may have taken the time since the wait was agreed on.
    if pending.attempts > 0 && time.is_zero() {
        return Attempt::Late(time);
    }
    tokio::select! {
        () = ports.cancel.cancelled(), if pending.attempts > 0 => return Attempt::Dropped,
        () = tokio::time::sleep(Duration::from_millis(pending.wait_ms)), if pending.attempts > 0 => {}
        else => {}
    }
    let (context, attendant) = attended(ports, context, time);
    let work = attendant.during(async {
        match &pending.undoes {
            Some(undone) => ports.tools.undo(call, &run.key(undone), &context).await,
            None => ports.tools.attempt(call, &context).await,
        }
    });
    tokio::select! {
        // What has come is taken, also at the last moment: without it, what the call did might be unknown.
        biased;
        result = work => Attempt::Came(result),
        () = tokio::time::sleep(time) => Attempt::Late(time),
        () = ports.cancel.cancelled(), if effect_of(ports, call) == Some(Effect::ReadOnly) => Attempt::Dropped,
    }
}

/// How long an attempt may take once it has waited. One that only reads ends while there is time for an answer; one
/// with an effect is not given up earlier because the run's time runs out: what it did would be in doubt.
fn time_for(run: &Run, ports: &Ports<'_>, pending: &PendingCall) -> Duration {
    let tool_time = tool_time(ports, &pending.call);
    match effect_of(ports, &pending.call) {
        Some(Effect::ReadOnly) => {
            let left = time_left(run, ports, &pending.call);
            tool_time.min(left.saturating_sub(Duration::from_millis(pending.wait_ms)))
        }
        Some(Effect::Idempotent | Effect::Once) | None => tool_time,
    }
}

/// What the run has left for a call and its waits. What only reads leaves enough for an answer.
fn time_left(run: &Run, ports: &Ports<'_>, call: &ToolCall) -> Duration {
    let mode = match effect_of(ports, call) {
        Some(Effect::ReadOnly) => ReplyMode::Free,
        Some(Effect::Idempotent | Effect::Once) | None => ReplyMode::AnswerOnly,
    };
    planner::allowance(run, mode, ports.limits).time
}

/// What follows a failed attempt.
enum Next {
    End(End),
    /// Another attempt, after this time.
    Retry(Duration),
}

/// What a failed attempt comes to. A call that must not happen twice is tried again only after its probe, where there
/// is one, has not found the effect.
async fn after_failure(
    run: &Run,
    ports: &Ports<'_>,
    pending: &PendingCall,
    error: &ToolError,
    began: Instant,
) -> Next {
    let call = &pending.call;
    let once = matches!(effect_of(ports, call), Some(Effect::Once) | None);
    let lost = is_lost(error);
    // What a tool calls a fault of its own may be an answer that was lost on its way.
    let may_have = matches!(error.failure(), Failure::InDoubt | Failure::Unavailable | Failure::Internal);
    if once && may_have {
        match probed(run, ports, call).await {
            Probe::Done(value) => return Next::End(End::succeeded(value)),
            Probe::Unsupported if lost => {
                let error = format!("{error}; it is unknown whether this took effect; it was not repeated");
                return Next::End(End {
                    failure: Some(Failure::InDoubt),
                    ..End::because(CallOutcome::Unknown, &error)
                });
            }
            Probe::NotDone | Probe::Unsupported => {}
        }
    }
    let left = time_left(run, ports, call).saturating_sub(began.elapsed());
    if let Some(wait) = wait_before_retry(pending, error, ports.limits, left) {
        return Next::Retry(wait);
    }
    let mut result = error.to_value();
    if pending.attempts > 0 {
        result["attempts"] = (pending.attempts + 1).into();
    }
    let unknown = may_have_taken_effect(ports, pending, lost);
    if unknown && !lost {
        result["error"] = format!("{error}; it is unknown whether an earlier attempt took effect").into();
    }
    let outcome = if unknown { CallOutcome::Unknown } else { CallOutcome::Failed };
    Next::End(End { outcome, result, failure: Some(error.failure()) })
}

fn is_lost(error: &ToolError) -> bool {
    error.failure() == Failure::InDoubt
}

/// Whether a call that may be repeated has perhaps taken effect: the answer of this attempt was lost, or an earlier
/// one is in doubt. A call that must not happen twice is asked about before it is tried again.
fn may_have_taken_effect(ports: &Ports<'_>, pending: &PendingCall, lost: bool) -> bool {
    (lost || pending.in_doubt) && effect_of(ports, &pending.call) == Some(Effect::Idempotent)
}

async fn late(run: &Run, ports: &Ports<'_>, call: &ToolCall, time: Duration) -> End {
    let seconds = time.as_secs_f64();
    if effect_of(ports, call) == Some(Effect::ReadOnly) {
        return End::because(CallOutcome::Failed, &format!("no answer within {seconds} s"));
    }
    match probed(run, ports, call).await {
        Probe::Done(result) => End::succeeded(result),
        Probe::NotDone => End::because(
            CallOutcome::Failed,
            &format!("no answer within {seconds} s; it did not take effect"),
        ),
        Probe::Unsupported => {
            let error = format!("no answer within {seconds} s; it is unknown whether this took effect");
            End::because(CallOutcome::Unknown, &error)
        }
    }
}

/// What became of a call. A tool that does not say so within its time does not know.
async fn probed(run: &Run, ports: &Ports<'_>, call: &ToolCall) -> Probe {
    let key = run.key(&call.id);
    let asked = ports.tools.probe(call, &key);
    tokio::time::timeout(tool_time(ports, call), asked).await.unwrap_or(Probe::Unsupported)
}

/// Asks the tool about a call that a process before this one started.
pub(crate) async fn probe(run: &Run, ports: &Ports<'_>, call: &ToolCall) -> Event {
    let end = match probed(run, ports, call).await {
        Probe::Done(value) => End::succeeded(value),
        Probe::NotDone if ports.cancel.is_cancelled() => {
            End::because(CallOutcome::Cancelled, "the run was cancelled before this took effect")
        }
        Probe::NotDone => return Event::CallStarted { call: call.id.clone(), key: run.key(&call.id) },
        Probe::Unsupported => {
            let error =
                "it is unknown whether this took effect; it was not repeated; check before trying again";
            End::because(CallOutcome::Unknown, error)
        }
    };
    finished(bytes_max(run, ports, call), call, end, Duration::ZERO)
}

/// Bytes that a call's result may have. What a workflow works on is kept whole; the model is shown less of it.
pub(crate) fn bytes_max(run: &Run, ports: &Ports<'_>, call: &ToolCall) -> usize {
    if run.is_scripted(&call.id) { SCRIPTED_BYTES_MAX } else { ports.limits.output_bytes_max }
}

/// What the started calls of a cancelled run come to, none of which runs any more.
pub(crate) fn given_up(run: &Run, ports: &Ports<'_>, calls: &[ToolCall]) -> Vec<Event> {
    let ended = |pending: &PendingCall| {
        let end = if may_have_taken_effect(ports, pending, false) {
            let error = "the run was cancelled; it is unknown whether an earlier attempt took effect";
            End::because(CallOutcome::Unknown, error)
        } else {
            End::because(CallOutcome::Cancelled, "the run was cancelled before this call ran")
        };
        finished(ports.limits.output_bytes_max, &pending.call, end, Duration::ZERO)
    };
    let wanted = |pending: &&PendingCall| calls.iter().any(|call| call.id == pending.call.id);
    run.pending().iter().filter(wanted).map(ended).collect()
}

/// A result that needed no tool.
pub(crate) fn settled(result: CallResult) -> Event {
    let CallResult { call, outcome, result, .. } = result;
    Event::CallFinished { call, outcome, result, failure: None, ms: 0 }
}

fn finished(bytes: usize, call: &ToolCall, end: End, time: Duration) -> Event {
    let result = compact::bounded(end.result, bytes);
    Event::CallFinished {
        call: call.id.clone(),
        outcome: end.outcome,
        result,
        failure: end.failure,
        ms: millis(time),
    }
}

/// The time that the tool of a call may take.
pub(crate) fn tool_time(ports: &Ports<'_>, call: &ToolCall) -> Duration {
    spec_of(ports, call).map_or(ports.limits.tool_time, |spec| ports.limits.time_of(spec))
}

fn effect_of(ports: &Ports<'_>, call: &ToolCall) -> Option<Effect> {
    spec_of(ports, call).map(|spec| spec.effect)
}

fn spec_of<'p>(ports: &'p Ports<'_>, call: &ToolCall) -> Option<&'p ToolSpec> {
    ports.tools.specs().iter().find(|spec| spec.name == call.tool)
}
