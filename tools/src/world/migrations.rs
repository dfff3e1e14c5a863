//! The schema of a sandbox world. Steps are only ever added at the end.

use sqlx::SqliteConnection;

/// Each step brings a world from one version to the next; `user_version` counts the steps taken.
const STEPS: [&str; 2] = [include_str!("schema/001_world.sql"), include_str!("schema/002_asked.sql")];

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
