//! One writer a session, whoever dies.

use handyman_core::{FaultKind, Journal};
use tempfile::TempDir;

use super::super::SqliteJournal;

#[tokio::test]
async fn the_second_writer_is_told_and_may_when_the_first_is_done() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("journal.db");
    let first = SqliteJournal::open(&path).await.unwrap();
    let second = SqliteJournal::open(&path).await.unwrap();
    let held = first.lease(&"s1".into()).await.unwrap();
    for journal in [&first, &second] {
        let fault = journal.lease(&"s1".into()).await.unwrap_err();
        assert_eq!(fault.kind(), FaultKind::Busy);
        assert!(fault.to_string().contains("session s1 is busy") && fault.hint().is_some(), "{fault}");
    }
    second.lease(&"s2".into()).await.unwrap();
    drop(held);
    drop(first.lease(&"s1".into()).await.unwrap());
    // The row goes in the background; whoever holds it no longer gives way at the latest when it ends.
    drop(first);
    for _ in 0..1_000 {
        if second.lease(&"s1".into()).await.is_ok() {
            return;
        }
        tokio::task::yield_now().await;
    }
    panic!("the lease was never given back");
}

#[tokio::test]
async fn a_dead_holders_lease_is_taken_over() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("journal.db");
    let journal = SqliteJournal::open(&path).await.unwrap();
    // What a process that was killed leaves: a row, and perhaps its file, which nobody locks any more.
    for (session, leaves_file) in [("s1", true), ("s2", false)] {
        if leaves_file {
            std::fs::write(folder.path().join("journal.db-holder-dead"), "").unwrap();
        }
        sqlx::query("INSERT INTO journal_leases VALUES (?, 'dead')")
            .bind(session)
            .execute(&journal.file.pool)
            .await
            .unwrap();
        journal.lease(&session.into()).await.unwrap();
        assert!(!folder.path().join("journal.db-holder-dead").exists(), "the file of the dead is removed");
    }
}

#[tokio::test]
async fn files_of_the_dead_are_swept_and_those_of_the_living_stay() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("journal.db");
    let living = SqliteJournal::open(&path).await.unwrap();
    let _held = living.lease(&"s1".into()).await.unwrap();
    for left in ["journal.db-holder-dead", "journal.db-holder-gone", "other.db-holder-dead"] {
        std::fs::write(folder.path().join(left), "").unwrap();
    }
    let second = SqliteJournal::open(&path).await.unwrap();
    let names = std::fs::read_dir(folder.path()).unwrap();
    let names: Vec<String> = names.map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
    let holders = names.iter().filter(|name| name.starts_with("journal.db-holder-")).count();
    assert_eq!(holders, 1, "the one who lives: {names:?}");
    assert!(names.contains(&"other.db-holder-dead".to_owned()), "of another journal: {names:?}");
    assert_eq!(second.lease(&"s1".into()).await.unwrap_err().kind(), FaultKind::Busy);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_lease_that_is_taken_again_at_once_keeps_its_row() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("journal.db");
    let journal = SqliteJournal::open(&path).await.unwrap();
    for _ in 0..30 {
        drop(journal.lease(&"s1".into()).await.unwrap());
        let held = journal.lease(&"s1".into()).await.unwrap();
        // Meanwhile the first one is given back.
        drop(journal.lease(&"s2".into()).await.unwrap());
        let rows: i64 = sqlx::query_scalar("SELECT count(*) FROM journal_leases WHERE session = 's1'")
            .fetch_one(&journal.file.pool)
            .await
            .unwrap();
        assert_eq!(rows, 1);
        drop(held);
    }
}

#[tokio::test]
async fn a_journal_in_memory_leases_too() {
    let journal = SqliteJournal::in_memory().await.unwrap();
    let held = journal.lease(&"s1".into()).await.unwrap();
    assert!(journal.lease(&"s1".into()).await.is_err());
    drop(held);
    journal.lease(&"s1".into()).await.unwrap();
}

#[cfg(unix)]
#[tokio::test]
async fn a_journal_under_two_names_has_one_writer() {
    let folder = TempDir::new().unwrap();
    let (real, link) = (folder.path().join("real.db"), folder.path().join("link.db"));
    let first = SqliteJournal::open(&real).await.unwrap();
    std::os::unix::fs::symlink(&real, &link).unwrap();
    let second = SqliteJournal::open(&link).await.unwrap();
    let held = second.lease(&"s1".into()).await.unwrap();
    assert_eq!(first.lease(&"s1".into()).await.unwrap_err().kind(), FaultKind::Busy);
    drop(held);
}
