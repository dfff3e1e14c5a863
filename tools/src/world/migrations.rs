//! The schema of a sandbox world. Steps are only ever added at the end.

use sqlx::{SqliteConnection, SqliteExecutor};

/// Each step brings a world from one version to the next; `user_version` counts the steps taken.
const STEPS: [&str; 2] = [include_str!("schema/001_world.sql"), include_str!("schema/002_asked.sql")];

/// By these tables a file is known to be a world, if perhaps a damaged one.
const OF_A_WORLD: [&str; 3] = ["about", "effects", "offers"];
/// What the tables of a journal begin with, which may be in the same file.
const OF_A_JOURNAL: &str = "journal_";

/// The tables and views of a file.
pub(super) async fn tables(file: impl SqliteExecutor<'_>) -> sqlx::Result<Vec<String>> {
    sqlx::query_scalar(
        "SELECT name FROM sqlite_schema WHERE type IN ('table', 'view') AND substr(name, 1, 7) <> 'sqlite_' \
         ORDER BY rowid",
    )
    .fetch_all(file)
    .await
}

/// Whether these are the tables of a world.
pub(super) fn is_world(tables: &[String]) -> bool {
    OF_A_WORLD.iter().all(|name| tables.iter().any(|table| table == name))
}

/// The first of a file's tables that is neither a world's nor a journal's: it makes the file somebody else's.
pub(super) fn stranger(tables: &[String]) -> Option<&str> {
    let mut strangers = tables.iter().filter(|table| !table.starts_with(OF_A_JOURNAL));
    if is_world(tables) { None } else { strangers.next().map(String::as_str) }
}

/// Brings a world to the newest version. Says whether it was empty before.
pub(super) async fn migrate(connection: &mut SqliteConnection) -> sqlx::Result<bool> {
    let (version,): (i64,) = sqlx::query_as("PRAGMA user_version").fetch_one(&mut *connection).await?;
    let taken = usize::try_from(version).unwrap_or_default();
    for step in STEPS.iter().skip(taken) {
        sqlx::raw_sql(*step).execute(&mut *connection).await?;
    }
    Ok(taken == 0)
}

#[cfg(test)]
mod tests;
