//! The journal on real files: what is kept, and what a person is told when it cannot be.

mod closing;
mod damage;
mod foreign;
mod lease;
mod shared;

use std::cell::Cell;

use handyman_core::testing::check_journal;
use handyman_core::{Event, FaultKind, Journal, ModelInfo, Outcome, RunId, Usage};
use jiff::civil::date;
use tempfile::TempDir;

use super::SqliteJournal;

pub(super) fn started(run: &str, session: &str) -> Event {
    Event::Started {
        run: run.into(),
        session: session.into(),
        message: "明天上海天气怎么样".into(),
        untrusted_message: false,
        key: None,
        model: ModelInfo::default(),
        tools: vec!["weather".into()],
        untrusted: vec![],
        places: std::collections::BTreeMap::new(),
        answer_schema: None,
        workflow: None,
        now: date(2026, 11, 23).at(9, 0, 0, 0),
    }
}

pub(super) fn finished() -> Event {
    Event::Finished {
        outcome: Outcome::Answered,
        answer: "多云".into(),
        receipts: vec![],
        incomplete: vec![],
        usage: Usage::default(),
    }
}

#[tokio::test]
async fn it_keeps_what_a_journal_promises() {
    check_journal(async || SqliteJournal::in_memory().await.unwrap()).await;
    let (folder, made) = (TempDir::new().unwrap(), Cell::new(0));
    let next = async || {
        made.set(made.get() + 1);
        SqliteJournal::open(folder.path().join(format!("{}.db", made.get()))).await.unwrap()
    };
    check_journal(next).await;
}

#[tokio::test]
async fn events_outlive_the_journal_that_wrote_them() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("deep/journal.db");
    let run = RunId::from("r1");
    let journal = SqliteJournal::open(&path).await.unwrap();
    journal.append(&run, &started("r1", "s1")).await.unwrap();
    journal.append(&run, &finished()).await.unwrap();
    drop(journal);
    let journal = SqliteJournal::open(&path).await.unwrap();
    assert_eq!(journal.events(&run).await.unwrap(), [started("r1", "s1"), finished()]);
    journal.append(&"r2".into(), &started("r2", "s2")).await.unwrap();
    let all = journal.runs(None).await.unwrap();
    assert_eq!(
        all.iter().map(|r| (r.run.as_str(), r.outcome.is_some())).collect::<Vec<_>>(),
        [("r1", true), ("r2", false)]
    );
    assert_eq!(journal.runs(Some(&"s2".into())).await.unwrap().len(), 1);
    assert!(journal.events(&"r3".into()).await.unwrap().is_empty());
}

#[tokio::test]
async fn two_writers_of_one_run_cannot_both_go_on() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("journal.db");
    let run = RunId::from("r1");
    let first = SqliteJournal::open(&path).await.unwrap();
    first.append(&run, &started("r1", "s1")).await.unwrap();
    let second = SqliteJournal::open(&path).await.unwrap();
    second.events(&run).await.unwrap();
    second.append(&run, &Event::Resumed).await.unwrap();
    let fault = first.append(&run, &finished()).await.unwrap_err();
    assert_eq!(fault.kind(), FaultKind::Journal);
    assert!(fault.to_string().contains("another process"), "{fault}");
    second.append(&run, &finished()).await.unwrap();
}

#[tokio::test]
async fn what_is_not_a_journal_is_said_to_be_none() {
    let folder = TempDir::new().unwrap();
    let garbage = folder.path().join("garbage.db");
    std::fs::write(
        &garbage,
        "this is a text, and not a short one, so that SQLite reads its header".repeat(20),
    )
    .unwrap();
    let fault = SqliteJournal::open(&garbage).await.unwrap_err();
    assert!(fault.to_string().contains("garbage.db"), "{fault}");
    assert!(fault.hint().unwrap().contains("damaged"), "{:?}", fault.hint());

    let inside_a_file = garbage.join("journal.db");
    let fault = SqliteJournal::open(&inside_a_file).await.unwrap_err();
    assert_eq!(fault.kind(), FaultKind::Journal);
    assert!(fault.hint().unwrap().contains("--journal FILE on the command line"), "{fault:?}");
}

#[tokio::test]
async fn a_locked_file_is_a_fault_that_says_so() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("journal.db");
    let journal = SqliteJournal::open(&path).await.unwrap();
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(&path);
    let mut other = <sqlx::SqliteConnection as sqlx::Connection>::connect_with(&options).await.unwrap();
    sqlx::query("BEGIN EXCLUSIVE").execute(&mut other).await.unwrap();
    let fault = journal.append(&"r1".into(), &started("r1", "s1")).await.unwrap_err();
    assert!(fault.hint().unwrap().contains("another process holds it"), "{fault}: {:?}", fault.hint());
    sqlx::query("ROLLBACK").execute(&mut other).await.unwrap();
    journal.append(&"r1".into(), &started("r1", "s1")).await.unwrap();
}
