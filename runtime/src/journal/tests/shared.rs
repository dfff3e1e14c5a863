//! Runs that write at once share transactions; a tool in the same file shares its own.

use std::sync::Arc;

use handyman_core::{CallOutcome, Event, Journal, RunId};
use serde_json::json;
use tempfile::TempDir;

use super::super::SqliteJournal;
use super::{finished, started};

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
    sqlx::query(row.statement)
        .bind(row.run)
        .bind(row.seq)
        .bind(row.event)
        .bind(row.chain)
        .execute(&journal.file.pool)
        .await
        .unwrap();
    let kept = journal.events(&run).await.unwrap();
    assert!(matches!(&kept[2], Event::CallFinished { outcome: CallOutcome::Succeeded, .. }), "{kept:?}");

    let journal = SqliteJournal::open(folder.path().join("other.db")).await.unwrap();
    journal.append(&run, &started("r1", "s")).await.unwrap();
    journal.append(&run, &Event::CallStarted { call: "c1".into(), key: "r1.c1".into() }).await.unwrap();
    let row = journal.success_row(&"r1.c1".into(), &result).unwrap();
    sqlx::query(row.statement)
        .bind(row.run)
        .bind(row.seq)
        .bind(row.event)
        .bind(row.chain)
        .execute(&journal.file.pool)
        .await
        .unwrap();
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
