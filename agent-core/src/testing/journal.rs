//! What every journal has to do, put to the test.

use std::fmt::Debug;

use jiff::civil::date;
use serde_json::json;

use crate::event::{Event, ModelInfo, Outcome, Recording, Verdict};
use crate::fault::{Fault, FaultKind};
use crate::ids::{RunId, SessionId};
use crate::limits::{LimitKind, TokenUsage, Usage};
use crate::message::{CallOutcome, ToolCall};
use crate::ports::{Journal, RunSummary, StopReason};

/// Puts a journal to the test: the order of events, unknown runs, sessions, leases, and how runs are listed whatever became
/// of them. `make` gives an empty journal each time.
///
/// What only a store of one's own can be tested with is left to its author: that events outlive the process, that an
/// append after another process's event is refused, and that other processes respect a lease.
///
/// ```
/// use handyman_core::testing::{MemoryJournal, check_journal};
/// # async fn test() {
/// check_journal(async || MemoryJournal::default()).await;
/// # }
/// ```
///
/// # Panics
/// If the journal does not keep one of the promises of [`Journal`], with what is wrong.
pub async fn check_journal<J: Journal>(make: impl AsyncFn() -> J) {
    keeps_events_in_order(&make().await).await;
    knows_no_others(&make().await).await;
    tells_sessions_apart(&make().await).await;
    adds_several_at_once(&make().await).await;
    has_one_writer_a_session(&make().await).await;
    lists_how_runs_ended(&make().await).await;
    lists_a_run_that_goes_on(&make().await).await;
}

async fn keeps_events_in_order(journal: &impl Journal) {
    let runs = ["r1", "r2"].map(|run| (RunId::from(run), worked(run)));
    let [(_, first), (_, second)] = &runs;
    for pair in first.iter().zip(second) {
        for ((run, _), event) in runs.iter().zip([pair.0, pair.1]) {
            append(journal, run, event).await;
        }
    }
    for (run, events) in &runs {
        let kept = unfailing(journal.events(run).await);
        same(&kept, events, "the events of a run are those that were appended to it, oldest first");
    }
}

async fn knows_no_others(journal: &impl Journal) {
    let nowhere = SessionId::from("s2");
    same(&unfailing(journal.runs(None).await), &vec![], "a new journal has no runs");
    append(journal, &"r1".into(), &started("r1", "s1")).await;
    same(&unfailing(journal.events(&"r2".into()).await), &vec![], "an unknown run has no events");
    same(&unfailing(journal.runs(Some(&nowhere)).await), &vec![], "an unknown session has no runs");
    same(&unfailing(journal.events_of(&nowhere, None).await), &vec![], "an unknown session has no events");
}

async fn tells_sessions_apart(journal: &impl Journal) {
    // Neither by name nor by when they ended in the order in which they began.
    let begun = [("r2", "s1"), ("r9", "s2"), ("r1", "s1"), ("r3", "s1")];
    for (run, session) in begun {
        append(journal, &run.into(), &started(run, session)).await;
    }
    for run in ["r1", "r2"] {
        append(journal, &run.into(), &finished(Outcome::Answered)).await;
    }
    let (session, until) = (SessionId::from("s1"), RunId::from("r3"));
    let listed = |runs: Vec<RunSummary>| -> Vec<String> {
        runs.into_iter().map(|summary| summary.run.to_string()).collect()
    };
    let all = listed(unfailing(journal.runs(None).await));
    same(&all, &strings(&["r2", "r9", "r1", "r3"]), "all runs are listed, the oldest first");
    let own = listed(unfailing(journal.runs(Some(&session)).await));
    same(&own, &strings(&["r2", "r1", "r3"]), "the runs of a session are listed alone");
    let ended = |run: &str| (RunId::from(run), vec![started(run, "s1"), finished(Outcome::Answered)]);
    let mut whole = vec![ended("r2"), ended("r1")];
    let before = unfailing(journal.events_of(&session, Some(&until)).await);
    same(&before, &whole, "events_of gives the runs of the session before `until`, and not that one");
    whole.push((until, vec![started("r3", "s1")]));
    let all = unfailing(journal.events_of(&session, None).await);
    same(&all, &whole, "events_of without `until` gives every run of the session");
}

async fn adds_several_at_once(journal: &impl Journal) {
    unfailing(journal.append_all(&[]).await);
    append(journal, &"r1".into(), &started("r1", "s1")).await;
    let runs = ["r2", "r3"].map(|run| (RunId::from(run), worked(run)));
    let more = (RunId::from("r1"), vec![finished(Outcome::Asked)]);
    unfailing(journal.append_all(&[runs.as_slice(), &[more]].concat()).await);
    for (run, events) in &runs {
        let kept = unfailing(journal.events(run).await);
        same(&kept, events, "append_all keeps the events of each run in their order");
    }
    let kept = unfailing(journal.events(&"r1".into()).await);
    same(&kept, &vec![started("r1", "s1"), finished(Outcome::Asked)], "append_all adds at the end of a run");
}

async fn has_one_writer_a_session(journal: &impl Journal) {
    let (one, other) = (SessionId::from("s1"), SessionId::from("s2"));
    let held = unfailing(journal.lease(&one).await);
    match journal.lease(&one).await {
        Ok(_) => panic!("a lease is given while somebody holds it: two at once can write one session"),
        Err(fault) => same(&fault.kind(), &FaultKind::Busy, "a lease that is held is refused as Busy"),
    }
    drop(unfailing(journal.lease(&other).await));
    // Writing and reading leave it alone, and so does the lease of another session.
    append(journal, &"r1".into(), &started("r1", "s1")).await;
    append(journal, &"r1".into(), &finished(Outcome::Answered)).await;
    drop(unfailing(journal.events(&"r1".into()).await));
    assert!(journal.lease(&one).await.is_err(), "a lease ends before it is dropped");
    drop(held);
    for _ in 0..3 {
        let again = journal.lease(&one).await;
        assert!(again.is_ok(), "a lease that was dropped is not free at once: {again:?}");
    }
}

async fn lists_how_runs_ended(journal: &impl Journal) {
    let outcomes = [
        Outcome::Answered,
        Outcome::Asked,
        Outcome::Limit { limit: LimitKind::Turns },
        Outcome::Waiting { call: "c1".into() },
        Outcome::Cancelled,
        Outcome::Failed { step: "pay".to_owned() },
    ];
    for (index, outcome) in outcomes.into_iter().map(Some).chain([None]).enumerate() {
        let (run, session) = (format!("r{index}"), format!("s{index}"));
        append(journal, &run.as_str().into(), &started(&run, &session)).await;
        if let Some(outcome) = outcome.clone() {
            append(journal, &run.as_str().into(), &finished(outcome)).await;
        }
        listed_as(journal, (&run, &session), outcome).await;
    }
}

async fn lists_a_run_that_goes_on(journal: &impl Journal) {
    let waiting = Some(Outcome::Waiting { call: "c1".into() });
    let events = worked("r1").into_iter().take(3).chain([finished(Outcome::Waiting { call: "c1".into() })]);
    for event in events {
        append(journal, &"r1".into(), &event).await;
    }
    let decided =
        Event::PersonDecided { call: "c1".into(), decision: Verdict::Deny, digest: String::new(), why: None };
    for (event, outcome) in
        [(decided, waiting), (Event::Resumed, None), (finished(Outcome::Cancelled), Some(Outcome::Cancelled))]
    {
        // As whoever goes on with a run does.
        drop(unfailing(journal.events(&"r1".into()).await));
        append(journal, &"r1".into(), &event).await;
        listed_as(journal, ("r1", "s1"), outcome).await;
    }
}

/// Sees how the only run of a session is listed.
async fn listed_as(journal: &impl Journal, (run, session): (&str, &str), outcome: Option<Outcome>) {
    let summary = RunSummary {
        run: run.into(),
        session: session.into(),
        message: MESSAGE.to_owned(),
        started: NOW,
        outcome,
    };
    let listed = unfailing(journal.runs(Some(&session.into())).await);
    same(&listed, &vec![summary], "a run is listed with its message, its beginning and how it ended");
}

/// Characters that a store may take for its own: none of them is.
const MESSAGE: &str = "订票 🚄 \"it's\" 100% \\ \n\t$1 ?";
const NOW: jiff::civil::DateTime = date(2026, 11, 23).at(9, 30, 0, 0);

fn started(run: &str, session: &str) -> Event {
    Event::Started {
        run: run.into(),
        session: session.into(),
        message: MESSAGE.to_owned(),
        untrusted_message: false,
        key: Some("k1".to_owned()),
        model: ModelInfo::default(),
        tools: vec!["pay".to_owned()],
        untrusted: Vec::new(),
        places: std::collections::BTreeMap::new(),
        answer_schema: None,
        workflow: None,
        now: NOW,
    }
}

fn finished(outcome: Outcome) -> Event {
    Event::Finished {
        outcome,
        answer: MESSAGE.to_owned(),
        receipts: Vec::new(),
        incomplete: Vec::new(),
        usage: Usage::default(),
    }
}

/// The events of a run of session `s1` with one call.
fn worked(run: &str) -> Vec<Event> {
    let arguments = json!({"nested": {"list": [1, 2.5, null, MESSAGE]}, "of": run});
    let arguments = arguments.as_object().cloned().unwrap_or_default();
    let call = ToolCall { id: "c1".into(), tool: "pay".to_owned(), arguments };
    let replied = Event::ModelReplied {
        turn: 1,
        text: String::new(),
        reasoning: MESSAGE.to_owned(),
        calls: vec![call],
        stop: StopReason::Ended,
        confidence: Some(0.5),
        usage: TokenUsage::default(),
        ms: u64::MAX,
        recording: Recording::default(),
    };
    let decided = Event::CallDecided {
        call: "c1".into(),
        decision: Verdict::Allow,
        why: "idempotent".to_owned(),
        origins: Vec::new(),
        plan: None,
        digest: None,
    };
    let begun = Event::CallStarted { call: "c1".into(), key: format!("{run}.c1").into() };
    let ended = Event::CallFinished {
        call: "c1".into(),
        outcome: CallOutcome::Succeeded,
        result: json!({"paid": true, "note": "\u{0}"}),
        failure: None,
        ms: 5,
    };
    vec![started(run, "s1"), replied, decided, begun, ended, finished(Outcome::Answered)]
}

async fn append(journal: &impl Journal, run: &RunId, event: &Event) {
    unfailing(journal.append(run, event).await);
}

/// What a journal gives that has no reason to fail.
fn unfailing<T>(given: Result<T, Fault>) -> T {
    given.unwrap_or_else(|fault| panic!("the journal failed: {fault}"))
}

fn same<T: PartialEq + Debug>(found: &T, wanted: &T, promise: &str) {
    assert!(found == wanted, "{promise}\n  wanted: {wanted:?}\n   found: {found:?}");
}

fn strings(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

#[cfg(test)]
mod tests;
