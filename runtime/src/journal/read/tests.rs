//! What is read in one statement is what reading run by run gives.

use handyman_core::{Event, Journal, Outcome, RunId, RunSummary, SessionId, Usage, Verdict};
use sqlx::AssertSqlSafe;
use tempfile::TempDir;

use super::super::SqliteJournal;
use super::super::tests::{finished, started};
use super::{ALL_RUNS, EVENTS_OF_SESSION, Listed, RUNS_OF_SESSION, one_by_one, runs};

fn waiting() -> Event {
    Event::Finished {
        outcome: Outcome::Waiting { call: "c1".into() },
        answer: String::new(),
        receipts: vec![],
        incomplete: vec![],
        usage: Usage::default(),
    }
}

/// Two sessions whose runs have come as far as a run can, one with damage.
async fn journal() -> SqliteJournal {
    let journal = SqliteJournal::in_memory().await.unwrap();
    let decided =
        Event::PersonDecided { call: "c1".into(), decision: Verdict::Allow, digest: "d".into(), why: None };
    for (run, session, rest) in [
        ("r9", "s1", vec![Event::Resumed, finished()]),
        ("r3", "s2", vec![waiting()]),
        ("r5", "s1", vec![waiting(), decided]),
        ("r1", "s1", vec![waiting(), Event::Resumed, waiting()]),
        ("r2", "s1", vec![]),
        ("r7", "s2", vec![finished()]),
        ("r8", "s2", vec![finished()]),
    ] {
        journal.append(&run.into(), &started(run, session)).await.unwrap();
        for event in rest {
            journal.append(&run.into(), &event).await.unwrap();
        }
    }
    for damage in [
        "UPDATE journal_events SET event = '{' WHERE run = 'r7' AND seq = 1",
        "UPDATE journal_events SET event = CAST(x'7bff' AS TEXT) WHERE run = 'r8' AND seq = 1",
    ] {
        sqlx::query(damage).execute(&journal.file.pool).await.unwrap();
    }
    journal
}

#[tokio::test]
async fn runs_are_listed_with_how_they_ended() {
    let journal = journal().await;
    let waits = Some(Outcome::Waiting { call: "c1".into() });
    let of_both = [
        ("r9", Some(Outcome::Answered)),
        ("r3", waits.clone()),
        ("r5", waits.clone()),
        ("r1", waits),
        ("r2", None),
        ("r7", None),
        ("r8", None),
    ];
    let listed = runs(&journal.file, None).await.unwrap();
    let ended: Vec<_> = listed.iter().map(|run| (run.run.as_str(), run.outcome.clone())).collect();
    assert_eq!(ended, of_both);
    for session in [None, Some(SessionId::from("s1")), Some("s2".into()), Some("s3".into())] {
        let listed = runs(&journal.file, session.as_ref()).await.unwrap();
        let singly = one_by_one(&journal.file, session.as_ref()).await.unwrap();
        let singly: Vec<RunSummary> = singly.into_iter().map(Listed::summary).collect();
        assert_eq!(listed, singly, "{session:?}");
    }
}

#[tokio::test]
async fn a_session_is_read_in_the_order_of_its_runs_up_to_one() {
    let journal = journal().await;
    for until in [None, Some(RunId::from("r9")), Some("r1".into()), Some("r0".into())] {
        let mut singly = Vec::new();
        for run in journal.runs(Some(&"s1".into())).await.unwrap() {
            if until.as_ref() == Some(&run.run) {
                break;
            }
            singly.push((run.run.clone(), journal.events(&run.run).await.unwrap()));
        }
        let read = journal.events_of(&"s1".into(), until.as_ref()).await.unwrap();
        assert_eq!(read, singly, "{until:?}");
    }
    // What is damaged is told, and only where it is met.
    let fault = journal.events_of(&"s2".into(), None).await.unwrap_err();
    assert!(fault.to_string().contains("event 1 of run r7"), "{fault}");
    assert!(journal.events_of(&"s2".into(), Some(&"r3".into())).await.unwrap().is_empty());
}

#[tokio::test]
async fn what_is_read_by_session_is_found_by_the_index() {
    let journal = SqliteJournal::in_memory().await.unwrap();
    for (statement, by_session) in [(ALL_RUNS, false), (RUNS_OF_SESSION, true), (EVENTS_OF_SESSION, true)] {
        let plan: Vec<(i64, i64, i64, String)> =
            sqlx::query_as(AssertSqlSafe(format!("EXPLAIN QUERY PLAN {statement}")))
                .fetch_all(&journal.file.pool)
                .await
                .unwrap();
        let plan: Vec<String> = plan.into_iter().map(|(_, _, _, step)| step).collect();
        let uses = |words: &str| plan.iter().any(|step| step.contains(words));
        assert_eq!(uses("journal_runs_of_session"), by_session, "{plan:?}");
        assert!(uses("SEARCH journal_events USING PRIMARY KEY"), "{plan:?}");
        assert!(!uses("SCAN journal_events") && !uses("TEMP B-TREE"), "{plan:?}");
    }
}

#[tokio::test]
async fn who_only_reads_a_session_goes_on_with_none_of_its_runs() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("journal.db");
    let (first, run) = (SqliteJournal::open(&path).await.unwrap(), RunId::from("r1"));
    first.append(&run, &started("r1", "s1")).await.unwrap();
    let second = SqliteJournal::open(&path).await.unwrap();
    second.append(&run, &Event::Resumed).await.unwrap();
    assert_eq!(first.events_of(&"s1".into(), None).await.unwrap()[0].1.len(), 2);
    let late = first.append(&run, &finished()).await.unwrap_err();
    assert!(late.to_string().contains("another process"), "{late}");
    first.events(&run).await.unwrap();
    first.append(&run, &finished()).await.unwrap();
}
