//! A database that somebody else has made is left as it is.

use std::path::Path;

use sqlx::{ConnectOptions, Connection};

use super::*;

/// A file in which these statements were executed.
async fn made(path: &Path, statements: &'static str) {
    let options = SqliteConnectOptions::new().filename(path).create_if_missing(true);
    let mut connection = options.connect().await.unwrap();
    sqlx::raw_sql(statements).execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
}

fn settings(path: &Path) -> Settings {
    Settings { path: Some(path.to_owned()), seed: 7, today: NOW.date() }
}

#[tokio::test]
async fn somebody_elses_database_is_left_as_it_is() {
    let folder = tempfile::TempDir::new().unwrap();
    let path = folder.path().join("shop.db");
    for statements in [
        "CREATE TABLE customers (id INTEGER PRIMARY KEY, name TEXT)",
        "PRAGMA user_version = 1; CREATE TABLE about (text TEXT)",
        "CREATE TABLE journal_events (run TEXT); CREATE VIEW totals AS SELECT 1",
    ] {
        made(&path, statements).await;
        let before = std::fs::read(&path).unwrap();
        let error = World::open(&settings(&path)).await.unwrap_err();
        assert_eq!(*error.kind(), ToolErrorKind::Conflict, "{error}");
        assert!(error.to_string().contains("shop.db is somebody else's database"), "{error}");
        assert_eq!(std::fs::read(&path).unwrap(), before, "{statements}");
        let files: Vec<_> = std::fs::read_dir(folder.path()).unwrap().collect();
        assert_eq!(files.len(), 1, "there is nothing beside it: {files:?}");
        assert!(!World::is_in(&path).await);
        std::fs::remove_file(&path).unwrap();
    }
}

#[tokio::test]
async fn a_world_is_made_beside_a_journal_and_keeps_what_others_put_into_it() {
    let folder = tempfile::TempDir::new().unwrap();
    let path = folder.path().join("handyman.db");
    made(&path, "CREATE TABLE journal_runs (run TEXT); CREATE TABLE journal_version (version INTEGER)").await;
    drop(World::open(&settings(&path)).await.unwrap());
    assert!(World::is_in(&path).await);
    made(&path, "CREATE TABLE notes (text TEXT)").await;
    World::open(&settings(&path)).await.unwrap();

    let nowhere = folder.path().join("nowhere.db");
    assert!(!World::is_in(&nowhere).await && !nowhere.exists(), "looking makes nothing");
}
