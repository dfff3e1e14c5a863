//! A closed journal is one file, and what is made is nobody else's to read.

use std::path::Path;
use std::sync::Arc;

use handyman_core::{Event, FaultKind, Journal, RunId};
use tempfile::TempDir;

use super::super::SqliteJournal;
use super::{finished, started};

fn names(folder: &Path) -> Vec<String> {
    let files = std::fs::read_dir(folder).unwrap();
    files.map(|file| file.unwrap().file_name().into_string().unwrap()).collect()
}

/// What a copy of the one file holds.
async fn events_in_a_copy(path: &Path, run: &RunId) -> Vec<Event> {
    let elsewhere = TempDir::new().unwrap();
    let copy = elsewhere.path().join("copy.db");
    std::fs::copy(path, &copy).unwrap();
    SqliteJournal::open(&copy).await.unwrap().events(run).await.unwrap()
}

#[tokio::test]
async fn a_closed_journal_is_its_one_file() {
    let folder = TempDir::new().unwrap();
    let (path, run) = (folder.path().join("journal.db"), RunId::from("r1"));
    let journal = SqliteJournal::open(&path).await.unwrap();
    let lease = journal.lease(&"s1".into()).await.unwrap();
    journal.append(&run, &started("r1", "s1")).await.unwrap();
    journal.append(&run, &finished()).await.unwrap();
    drop(lease);
    journal.close().await;
    assert_eq!(names(folder.path()), ["journal.db"]);
    assert_eq!(events_in_a_copy(&path, &run).await.len(), 2);

    let fault = journal.append(&run, &Event::Resumed).await.unwrap_err();
    assert_eq!(
        (fault.kind(), fault.to_string().contains("is closed")),
        (FaultKind::Journal, true),
        "{fault}"
    );
    let fault = journal.events(&run).await.unwrap_err();
    assert!(fault.hint().unwrap().contains("closed"), "{fault}: {:?}", fault.hint());
    assert_eq!(journal.lease(&"s2".into()).await.unwrap_err().kind(), FaultKind::Journal);
    journal.close().await;
    assert_eq!(names(folder.path()), ["journal.db"], "closing again changes nothing");
    SqliteJournal::open(&path).await.unwrap().lease(&"s1".into()).await.unwrap();
}

#[tokio::test]
async fn the_file_is_whole_while_somebody_else_has_it_open() {
    let folder = TempDir::new().unwrap();
    let (path, run) = (folder.path().join("journal.db"), RunId::from("r1"));
    let journal = SqliteJournal::open(&path).await.unwrap();
    let other = SqliteJournal::open(&path).await.unwrap();
    journal.append(&run, &started("r1", "s1")).await.unwrap();
    journal.close().await;
    assert_eq!(events_in_a_copy(&path, &run).await.len(), 1);
    other.events(&run).await.unwrap();
    other.append(&run, &finished()).await.unwrap();
}

#[tokio::test]
async fn what_was_given_before_is_written() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("journal.db");
    let journal = Arc::new(SqliteJournal::open(&path).await.unwrap());
    let write = |n: usize| {
        let journal = Arc::clone(&journal);
        async move {
            let run = format!("r{n}");
            journal.append(&run.as_str().into(), &started(&run, "s1")).await
        }
    };
    let (written, ()) = tokio::join!(futures_util::future::join_all((0..20).map(write)), journal.close());
    assert!(written.iter().all(Result::is_ok), "{written:?}");
    assert_eq!(SqliteJournal::open(&path).await.unwrap().runs(None).await.unwrap().len(), 20);
}

#[tokio::test]
async fn a_session_that_is_still_at_work_keeps_its_lease() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("journal.db");
    let (journal, other) =
        (SqliteJournal::open(&path).await.unwrap(), SqliteJournal::open(&path).await.unwrap());
    let held = journal.lease(&"s1".into()).await.unwrap();
    journal.close().await;
    assert_eq!(other.lease(&"s1".into()).await.unwrap_err().kind(), FaultKind::Busy);
    drop(held);
    drop(journal);
    for _ in 0..1_000 {
        if other.lease(&"s1".into()).await.is_ok() {
            return;
        }
        tokio::task::yield_now().await;
    }
    panic!("the lease was never given back");
}

#[cfg(unix)]
#[tokio::test]
async fn what_is_made_is_private_and_what_was_there_stays_as_it_was() {
    use std::os::unix::fs::PermissionsExt;

    let folder = TempDir::new().unwrap();
    let mode = |name: &str| std::fs::metadata(folder.path().join(name)).unwrap().permissions().mode() & 0o777;
    let journal = SqliteJournal::open(folder.path().join("data/deep/journal.db")).await.unwrap();
    journal.append(&"r1".into(), &started("r1", "s1")).await.unwrap();
    for name in ["journal.db", "journal.db-wal", "journal.db-shm"] {
        assert_eq!(mode(&format!("data/deep/{name}")), 0o600, "{name}");
    }
    assert_eq!((mode("data"), mode("data/deep")), (0o700, 0o700));

    let (shared, file) = (folder.path().join("shared"), folder.path().join("shared/journal.db"));
    std::fs::create_dir(&shared).unwrap();
    std::fs::write(&file, "").unwrap();
    for (path, rights) in [(&shared, 0o755), (&file, 0o640)] {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(rights)).unwrap();
    }
    let journal = SqliteJournal::open(&file).await.unwrap();
    journal.append(&"r1".into(), &started("r1", "s1")).await.unwrap();
    assert_eq!((mode("shared"), mode("shared/journal.db")), (0o755, 0o640));
}
