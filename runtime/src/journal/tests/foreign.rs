//! A database that somebody else has made is left as it is, and a journal that is only looked at is not made.

use std::path::Path;

use handyman_core::{FaultKind, Journal};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection};
use tempfile::TempDir;

use super::super::SqliteJournal;
use super::{finished, started};

const WORLD: &str = "CREATE TABLE about (name TEXT); CREATE TABLE effects (key TEXT); CREATE TABLE offers (id TEXT); \
     CREATE TABLE hotels (id TEXT)";

/// A file in which these statements were executed.
async fn made(path: &Path, statements: &'static str) {
    let options = SqliteConnectOptions::new().filename(path).create_if_missing(true);
    let mut connection = options.connect().await.unwrap();
    sqlx::raw_sql(statements).execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
}

/// A journal with one run, closed.
async fn of_one_run(path: &Path) {
    let journal = SqliteJournal::open(path).await.unwrap();
    journal.append(&"r1".into(), &started("r1", "s1")).await.unwrap();
    journal.append(&"r1".into(), &finished()).await.unwrap();
    journal.close().await;
}

fn files(folder: &TempDir) -> usize {
    std::fs::read_dir(folder.path()).unwrap().count()
}

#[tokio::test]
async fn somebody_elses_database_is_left_as_it_is() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("shop.db");
    made(&path, "CREATE TABLE customers (id INTEGER PRIMARY KEY, name TEXT)").await;
    let before = std::fs::read(&path).unwrap();
    for opened in [SqliteJournal::open(&path).await, SqliteJournal::open_existing(&path).await] {
        let fault = opened.unwrap_err();
        assert_eq!(fault.kind(), FaultKind::Journal);
        assert!(fault.to_string().contains("shop.db is somebody else's database"), "{fault}");
        assert!(fault.hint().unwrap().contains("--database FILE"), "{:?}", fault.hint());
    }
    assert_eq!(std::fs::read(&path).unwrap(), before);
    assert_eq!(files(&folder), 1, "there is nothing beside it");
}

#[tokio::test]
async fn a_journal_is_made_beside_a_world_and_keeps_what_others_put_beside_it() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("handyman.db");
    made(&path, WORLD).await;
    of_one_run(&path).await;
    made(&path, "CREATE TABLE notes (text TEXT)").await;
    assert_eq!(SqliteJournal::open(&path).await.unwrap().runs(None).await.unwrap().len(), 1);
}

#[tokio::test]
async fn looking_makes_no_journal() {
    let folder = TempDir::new().unwrap();
    let nowhere = SqliteJournal::open_existing(folder.path().join("nowhere.db")).await.unwrap_err();
    assert!(nowhere.to_string().contains("there is no journal"), "{nowhere}");
    let (empty, world) = (folder.path().join("empty.db"), folder.path().join("world.db"));
    std::fs::write(&empty, "").unwrap();
    made(&world, WORLD).await;
    for path in [&empty, &world] {
        let before = std::fs::read(path).unwrap();
        let journal = SqliteJournal::open_existing(path).await.unwrap();
        assert!(journal.runs(None).await.unwrap().is_empty());
        assert!(journal.append(&"r1".into(), &started("r1", "s1")).await.is_err(), "it would be lost");
        journal.close().await;
        assert_eq!(std::fs::read(path).unwrap(), before);
    }
    assert_eq!(files(&folder), 2, "there is nothing beside them");
}

#[tokio::test]
async fn a_journal_that_is_there_can_be_changed() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("journal.db");
    of_one_run(&path).await;
    let journal = SqliteJournal::open_existing(&path).await.unwrap();
    assert!(!journal.is_read_only());
    journal.append(&"r2".into(), &started("r2", "s2")).await.unwrap();
    assert_eq!(journal.runs(None).await.unwrap().len(), 2);
}

#[tokio::test]
async fn a_copy_that_cannot_be_written_can_be_listed_and_verified() {
    let (folder, elsewhere) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let (path, copy) = (folder.path().join("journal.db"), elsewhere.path().join("copy.db"));
    of_one_run(&path).await;
    std::fs::copy(&path, &copy).unwrap();
    let mut rights = std::fs::metadata(&copy).unwrap().permissions();
    rights.set_readonly(true);
    std::fs::set_permissions(&copy, rights).unwrap();

    let journal = SqliteJournal::open_existing(&copy).await.unwrap();
    assert!(journal.is_read_only());
    assert_eq!(journal.runs(None).await.unwrap().len(), 1);
    assert_eq!(journal.events(&"r1".into()).await.unwrap().len(), 2);
    let checked = journal.verify().await.unwrap();
    assert_eq!((checked.runs, checked.events, checked.damage), (1, 2, vec![]));
    assert!(journal.append(&"r2".into(), &started("r2", "s2")).await.is_err());
    journal.close().await;
    assert_eq!(files(&elsewhere), 1, "there is nothing beside it");
    assert_eq!(std::fs::read(&copy).unwrap(), std::fs::read(&path).unwrap());
}
