//! Which failures are tried again, how often, and how long is waited.

use std::time::Duration;

use crate::event::{Event, Verdict};
use crate::limits::Limits;
use crate::run::Run;
use crate::samples::{asked_for, begun, decided, run_of, started};
use crate::tool::{ToolError, ToolErrorKind};

use super::wait_before_retry;

fn after(attempts: u32) -> Run {
    let mut events = vec![started(), asked_for(&["put"]), decided("c1", Verdict::Allow), begun("c1")];
    events.extend((1..=attempts).map(|attempt| Event::CallRetried {
        call: "c1".into(),
        attempt,
        error: "busy".into(),
        in_doubt: false,
        wait_ms: 1,
        ms: 1,
    }));
    run_of(&events)
}

fn wait(run: &Run, error: &ToolError, limits: &Limits) -> Option<Duration> {
    wait_before_retry(&run.pending()[0], error, limits, limits.wall_time)
}

#[test]
fn the_wait_doubles_up_to_the_limit() {
    let (busy, limits) = (ToolError::unavailable("busy"), Limits { retries_max: 3, ..Limits::default() });
    let waits: Vec<Option<u128>> =
        (0..5).map(|attempts| wait(&after(attempts), &busy, &limits).map(|wait| wait.as_millis())).collect();
    assert_eq!(waits, [Some(250), Some(500), Some(1000), None, None]);
}

#[test]
fn the_tool_may_ask_for_a_longer_wait_but_not_beyond_the_runs_time() {
    let asks = |seconds| ToolError::unavailable("busy").retry_after(Duration::from_secs(seconds));
    let run = after(0);
    assert_eq!(wait(&run, &asks(7), &Limits::default()), Some(Duration::from_secs(7)));
    assert_eq!(wait(&run, &asks(3600), &Limits::default()), None);
}

#[test]
fn a_wait_that_leaves_no_time_for_an_attempt_is_not_made() {
    let (run, limits) = (after(0), Limits::default());
    let busy = ToolError::unavailable("busy").retry_after(Duration::from_secs(30));
    let within = |left| wait_before_retry(&run.pending()[0], &busy, &limits, Duration::from_secs(left));
    assert_eq!([within(31), within(30), within(5)], [Some(Duration::from_secs(30)), None, None]);
}

#[test]
fn what_cannot_be_mended_by_waiting_is_not_tried_again() {
    let run = after(0);
    for kind in
        [ToolErrorKind::NotFound, ToolErrorKind::Conflict, ToolErrorKind::Refused, ToolErrorKind::Internal]
    {
        assert_eq!(wait(&run, &ToolError::new(kind, "no"), &Limits::default()), None);
    }
    assert_eq!(wait(&run, &ToolError::argument("n", "no"), &Limits::default()), None);
    assert!(wait(&run, &ToolError::in_doubt("lost"), &Limits::default()).is_some());
}
