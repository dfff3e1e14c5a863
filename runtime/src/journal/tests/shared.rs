//! Runs that write at once share transactions; a tool in the same file shares its own.

use std::sync::Arc;

use handyman_core::{CallOutcome, Event, FaultKind, Journal, RunId};
use serde_json::json;
use tempfile::TempDir;

use super::super::writer::{Tail, Tails};
use super::super::{SqliteJournal, SuccessRow};
use super::{finished, started};

/// What a tool does in the transaction of its effect.
async fn tool_writes(journal: &SqliteJournal, row: SuccessRow) {
    sqlx::query(row.statement)
        .bind(row.run)
        .bind(row.seq)
        .bind(row.event)
        .bind(row.chain)
        .execute(&journal.file.pool)
        .await
        .unwrap();
}

#[tokio::test]
async fn many_runs_at_once_keep_their_order() {
    let folder = TempDir::new().unwrap();
    let journal = Arc::new(SqliteJournal::open(folder.path().join("journal.db")).await.unwrap());
    let write = |n: usize| {
        let journal = Arc::clone(&journal);
        async move {
            let run = RunId::from(format!("r{n}"));
            journal.append(&run, &started(run.as_str(), "s")).await.unwrap();
            for _ in 0..5 {
                journal.append(&run, &Event::Resumed).await.unwrap();
            }
            journal.append(&run, &finished()).await.unwrap();
        }
    };
    futures_util::future::join_all((0..40).map(write)).await;
    let checked = journal.verify().await.unwrap();
    assert_eq!((checked.runs, checked.events, checked.damage.len()), (40, 280, 0));
}

#[tokio::test]
async fn one_that_cannot_be_kept_does_not_fail_the_others() {
    let journal = SqliteJournal::in_memory().await.unwrap();
    let (nowhere, r2) = (RunId::from("nowhere"), RunId::from("r2"));
    let lost = [(nowhere.clone(), vec![Event::Resumed, Event::Resumed])];
    let events = [Event::Resumed, started("r2", "s"), finished()];
    let (one, several, begun, ended) = tokio::join!(
        journal.append(&nowhere, &events[0]),
        journal.append_all(&lost),
        journal.append(&r2, &events[1]),
        journal.append(&r2, &events[2]),
    );
    for fault in [one.unwrap_err(), several.unwrap_err()] {
        assert!(fault.hint().unwrap().contains("not in it any more"), "{fault}: {:?}", fault.hint());
    }
    begun.unwrap();
    ended.unwrap();
    assert_eq!(journal.events(&r2).await.unwrap().len(), 2);
    assert!(journal.events(&nowhere).await.unwrap().is_empty());
}

#[tokio::test]
async fn one_that_is_refused_does_not_fail_the_others() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("journal.db");
    let journal = SqliteJournal::open(&path).await.unwrap();
    let (r1, r2) = (RunId::from("r1"), RunId::from("r2"));
    journal.append(&r1, &started("r1", "s")).await.unwrap();
    let other = SqliteJournal::open(&path).await.unwrap();
    other.append(&r1, &Event::Resumed).await.unwrap();
    let events = (Event::Resumed, started("r2", "s"));
    let (refused, kept) = tokio::join!(journal.append(&r1, &events.0), journal.append(&r2, &events.1));
    assert!(refused.unwrap_err().to_string().contains("another process"));
    kept.unwrap();
}

#[tokio::test]
async fn a_row_that_the_tool_wrote_is_the_event() {
    let folder = TempDir::new().unwrap();
    let journal = SqliteJournal::open(folder.path().join("journal.db")).await.unwrap();
    let run = RunId::from("r1");
    let result = json!({"booking": "HM1"});
    assert_eq!(journal.success_row(&"r1.c1".into(), &result), None, "no such call was started");
    journal.append(&run, &started("r1", "s")).await.unwrap();
    journal.append(&run, &Event::CallStarted { call: "c1".into(), key: "r1.c1".into() }).await.unwrap();
    let row = journal.success_row(&"r1.c1".into(), &result).unwrap();
    tool_writes(&journal, row).await;
    let kept = journal.events(&run).await.unwrap();
    assert!(matches!(&kept[2], Event::CallFinished { outcome: CallOutcome::Succeeded, .. }), "{kept:?}");

    let journal = SqliteJournal::open(folder.path().join("other.db")).await.unwrap();
    journal.append(&run, &started("r1", "s")).await.unwrap();
    journal.append(&run, &Event::CallStarted { call: "c1".into(), key: "r1.c1".into() }).await.unwrap();
    let row = journal.success_row(&"r1.c1".into(), &result).unwrap();
    tool_writes(&journal, row).await;
    let told = Event::CallFinished {
        call: "c1".into(),
        outcome: CallOutcome::Succeeded,
        result,
        failure: None,
        ms: 77,
    };
    journal.append(&run, &told).await.unwrap();
    journal.append(&run, &finished()).await.unwrap();
    assert_eq!(journal.events(&run).await.unwrap()[2..], [told, finished()], "told once, with its time");
    assert!(journal.verify().await.unwrap().damage.is_empty());
}

#[tokio::test]
async fn what_the_tool_wrote_is_not_written_over_by_another_end() {
    for outcome in [CallOutcome::Failed, CallOutcome::Unknown, CallOutcome::Cancelled] {
        let journal = SqliteJournal::in_memory().await.unwrap();
        let run = RunId::from("r1");
        journal.append(&run, &started("r1", "s")).await.unwrap();
        journal.append(&run, &Event::CallStarted { call: "c1".into(), key: "r1.c1".into() }).await.unwrap();
        let row = journal.success_row(&"r1.c1".into(), &json!({"booking": "HM1"})).unwrap();
        tool_writes(&journal, row).await;
        let result = json!({"error": "no answer within 60 s; it did not take effect"});
        let told = Event::CallFinished { call: "c1".into(), outcome, result, failure: None, ms: 60_000 };
        assert_eq!(journal.append(&run, &told).await.unwrap_err().kind(), FaultKind::Journal, "{outcome:?}");
        let kept = journal.events(&run).await.unwrap();
        assert!(
            matches!(&kept[2..], [Event::CallFinished { outcome: CallOutcome::Succeeded, .. }]),
            "{kept:?}"
        );
        // The run goes on from what is there.
        journal.append(&run, &Event::Resumed).await.unwrap();
        journal.append(&run, &finished()).await.unwrap();
        assert!(journal.verify().await.unwrap().damage.is_empty());
    }
}

#[tokio::test]
async fn events_that_belong_together_are_kept_in_order_or_not_at_all() {
    let folder = TempDir::new().unwrap();
    let journal = SqliteJournal::open(folder.path().join("journal.db")).await.unwrap();
    let of_run = |name: &str, session: &str| {
        (RunId::from(name), vec![started(name, session), Event::Resumed, finished()])
    };
    let runs: Vec<_> = (0..300).map(|n| of_run(&format!("r{n}"), "s1")).collect();
    journal.append_all(&runs).await.unwrap();
    journal.append_all(&[]).await.unwrap();
    assert_eq!(journal.events_of(&"s1".into(), None).await.unwrap(), runs);
    // A name that is taken takes back what came with it, and nothing of others.
    let clash = [of_run("r900", "s2"), of_run("r1", "s2")];
    let (other, event) = (RunId::from("r901"), started("r901", "s3"));
    let (refused, kept) = tokio::join!(journal.append_all(&clash), journal.append(&other, &event));
    assert!(refused.unwrap_err().to_string().contains("another process"));
    kept.unwrap();
    assert!(journal.events(&"r900".into()).await.unwrap().is_empty());
    assert!(journal.runs(Some(&"s2".into())).await.unwrap().is_empty());
    journal.append_all(&[of_run("r900", "s2")]).await.unwrap();
    let checked = journal.verify().await.unwrap();
    assert_eq!((checked.runs, checked.events, checked.damage), (302, 904, vec![]));
}

#[tokio::test]
async fn an_event_that_could_not_be_read_again_fails_alone() {
    let journal = SqliteJournal::in_memory().await.unwrap();
    let (r1, r2) = (RunId::from("r1"), RunId::from("r2"));
    journal.append(&r1, &started("r1", "s1")).await.unwrap();
    journal.append(&r1, &Event::CallStarted { call: "c1".into(), key: "r1.c1".into() }).await.unwrap();
    let deep = (0..200).fold(json!(1), |inner, _| json!([inner]));
    assert_eq!(journal.success_row(&"r1.c1".into(), &deep), None, "a tool does not write it either");
    let ended = Event::CallFinished {
        call: "c1".into(),
        outcome: CallOutcome::Succeeded,
        result: deep,
        failure: None,
        ms: 0,
    };
    let other = started("r2", "s2");
    let (refused, kept) = tokio::join!(journal.append(&r1, &ended), journal.append(&r2, &other));
    assert_eq!(refused.unwrap_err().kind(), FaultKind::Journal);
    kept.unwrap();
    assert_eq!(journal.events(&r1).await.unwrap().len(), 2, "the run can still be read");
    journal.append(&r1, &finished()).await.unwrap();
}

#[test]
fn what_was_read_late_takes_nothing_back() {
    let (tails, run) = (Tails::default(), RunId::from("r1"));
    let end = |next: i64| Tail { next, chain: format!("{next}") };
    tails.reach(&run, end(3));
    tails.set(&run, end(5));
    tails.reach(&run, end(4));
    assert_eq!(tails.get(&run), Some(end(5)));
    tails.reach(&run, end(6));
    assert_eq!(tails.get(&run), Some(end(6)));
}
