//! Who may write a session, and how a run is listed.

use std::sync::Barrier;
use std::thread;

use super::*;
use crate::event::Verdict;
use crate::samples::{asked_for, finished, started};

#[test]
fn a_session_has_one_writer_until_it_is_done() {
    let leases = Leases::default();
    let shared = leases.clone();
    let held = leases.take(&"s1".into()).unwrap();
    for leases in [&leases, &shared] {
        let fault = leases.take(&"s1".into()).unwrap_err();
        assert_eq!(fault.kind(), FaultKind::Busy);
        assert_eq!(fault.to_string(), "session s1 is busy: this process is already at work on it");
        assert!(fault.hint().is_some());
    }
    let other = shared.take(&"s2".into()).unwrap();
    drop(held);
    assert!(!shared.holds(&"s1".into()) && shared.holds(&"s2".into()));
    drop(other);
    assert!(leases.is_empty());
    shared.take(&"s1".into()).unwrap();
}

#[test]
fn of_many_who_want_to_write_one_may() {
    let (leases, gate) = (Leases::default(), Barrier::new(8));
    let won = thread::scope(|scope| {
        let tries: Vec<_> = (0..8)
            .map(|_| {
                scope.spawn(|| {
                    gate.wait();
                    leases.take(&"s1".into())
                })
            })
            .collect();
        // The lease of the one who has it lives until all have tried.
        let tried: Vec<_> = tries.into_iter().map(|thread| thread.join().unwrap()).collect();
        tried.iter().filter(|lease| lease.is_ok()).count()
    });
    assert_eq!(won, 1);
}

#[test]
fn a_run_is_listed_as_it_stands() {
    let waiting = Outcome::Waiting { call: "c1".into() };
    let (call, digest) = ("c1".into(), String::new());
    let decided = Event::PersonDecided { call, decision: Verdict::Allow, digest, why: None };
    let events = [
        (started(), None),
        (asked_for(&["pay"]), None),
        (finished(waiting.clone()), Some(waiting.clone())),
        (decided, Some(waiting)),
        (Event::Resumed, None),
        (finished(Outcome::Cancelled), Some(Outcome::Cancelled)),
        (Event::Resumed, Some(Outcome::Cancelled)),
    ];
    let run = RunId::from("r1");
    assert_eq!(RunSummary::of(&run, &[]), None);
    assert_eq!(RunSummary::of(&run, &[Event::Resumed]), None, "it has not begun");
    let mut so_far = Vec::new();
    for (event, outcome) in events {
        so_far.push(event);
        let summary = RunSummary::of(&run, &so_far).unwrap();
        assert_eq!((summary.run.as_str(), summary.session.as_str()), ("r1", "s1"));
        assert_eq!((summary.message.as_str(), summary.outcome), ("Pay the bill", outcome), "{so_far:?}");
        assert_eq!(summary.started, jiff::civil::date(2026, 11, 23).at(9, 30, 0, 0));
    }
}
