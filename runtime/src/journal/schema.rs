//! The journal's tables, and how a file of an older version gets them. Steps are only ever added.

use handyman_core::{Fault, FaultKind};
use sqlx::sqlite::SqlitePool;

use super::fault;

/// Step n brings a file from version n to version n + 1.
const STEPS: [&str; 1] = [include_str!("../../migrations/0001_journal.sql")];
/// A file of the first version, which kept its version in another way, becomes version 1 by this.
const FROM_FIRST: &str = include_str!("../../migrations/before_names.sql");

const VERSIONS: &str = "CREATE TABLE IF NOT EXISTS journal_version (version INTEGER NOT NULL) STRICT";
const IS_FIRST: &str =
    "SELECT count(*) FROM sqlite_schema WHERE name IN ('_sqlx_migrations', 'runs_of_session')";

const TABLES: &str = "SELECT name FROM sqlite_schema \
     WHERE type IN ('table', 'view') AND substr(name, 1, 7) <> 'sqlite_' ORDER BY rowid";
/// By these tables a sandbox world is known, which may be in the same file.
const OF_A_WORLD: [&str; 3] = ["about", "effects", "offers"];

/// What there is of a journal in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Found {
    /// Nothing.
    Nothing,
    /// One of an earlier version.
    Earlier,
    /// One of this version.
    Newest,
}

/// Looks what there is in a file, and changes nothing. Tables that are neither a journal's nor a world's make it
/// somebody else's.
pub(super) async fn look(pool: &SqlitePool, place: &str) -> Result<Found, Fault> {
    let unreadable = |error: sqlx::Error| fault(place, "opened", &error);
    let tables: Vec<String> = sqlx::query_scalar(TABLES).fetch_all(pool).await.map_err(unreadable)?;
    let has = |name: &str| tables.iter().any(|table| table == name);
    if has("journal_version") {
        let known: Option<i64> = sqlx::query_scalar("SELECT version FROM journal_version")
            .fetch_optional(pool)
            .await
            .map_err(unreadable)?;
        let known = known.unwrap_or(0);
        check(known, place)?;
        return Ok(if known < newest() { Found::Earlier } else { Found::Newest });
    }
    if sqlx::query_scalar::<_, i64>(IS_FIRST).fetch_one(pool).await.map_err(unreadable)? == 2 {
        return Ok(Found::Earlier);
    }
    match tables.first() {
        Some(table) if !OF_A_WORLD.into_iter().all(has) => Err(strangers(place, table)),
        Some(_) | None => Ok(Found::Nothing),
    }
}

fn strangers(place: &str, table: &str) -> Fault {
    let problem = format!(
        "{place} is somebody else's database and no journal: there is a table '{table}' in it; nothing was changed"
    );
    Fault::new(FaultKind::Journal, problem).with_hint(
        "name another file (--journal FILE on the command line, where a database for the tools to look into is named with \
         --database FILE)",
    )
}

fn newest() -> i64 {
    i64::try_from(STEPS.len()).unwrap_or(i64::MAX)
}

/// Refuses what a newer program has written.
fn check(known: i64, place: &str) -> Result<(), Fault> {
    let newest = newest();
    if known > newest {
        let problem = format!("the journal {place} is of version {known}, and this program knows {newest}");
        return Err(Fault::new(FaultKind::Journal, problem).with_hint("use the newer program that wrote it"));
    }
    Ok(())
}

/// Brings the file to the newest version.
pub(super) async fn migrate(pool: &SqlitePool, place: &str) -> Result<(), Fault> {
    let known: i64 = steps(pool).await.map_err(|error| {
        Fault::new(FaultKind::Journal, format!("the journal {place} cannot be opened: {error}"))
            .with_hint(
                "it is damaged or locked: let other processes that hold it end, or name another file (--journal FILE on the \
                 command line)",
            )
            .with_source(error)
    })?;
    check(known, place)
}

/// Takes the steps that are missing and gives the version of the file.
async fn steps(pool: &SqlitePool) -> sqlx::Result<i64> {
    let mut transaction = pool.begin_with("BEGIN IMMEDIATE").await?;
    sqlx::query(VERSIONS).execute(&mut *transaction).await?;
    let found: Option<i64> =
        sqlx::query_scalar("SELECT version FROM journal_version").fetch_optional(&mut *transaction).await?;
    let mut version = found.unwrap_or(0);
    if found.is_none() {
        sqlx::query("INSERT INTO journal_version VALUES (0)").execute(&mut *transaction).await?;
        if sqlx::query_scalar::<_, i64>(IS_FIRST).fetch_one(&mut *transaction).await? == 2 {
            sqlx::raw_sql(FROM_FIRST).execute(&mut *transaction).await?;
            version = 1;
        }
    }
    for step in STEPS.iter().skip(usize::try_from(version).unwrap_or(usize::MAX)) {
        sqlx::raw_sql(*step).execute(&mut *transaction).await?;
        version += 1;
    }
    sqlx::query("UPDATE journal_version SET version = max(version, ?)")
        .bind(version)
        .execute(&mut *transaction)
        .await?;
    transaction.commit().await?;
    Ok(version)
}
