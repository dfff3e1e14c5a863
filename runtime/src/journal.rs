//! The journal: events in a SQLite file, durable when `append` returns.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use handyman_core::{Event, Fault, FaultKind, Journal, RunId, RunSummary, SessionId};
use jiff::civil::DateTime;
use sqlx::Row;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous};

/// How long a writer waits for another process to release the file.
const LOCK_WAIT: Duration = Duration::from_secs(5);

/// A journal in one SQLite file.
///
/// Write-ahead log with full synchronisation: an event survives a power cut once `append` has
/// returned. Positions within a run are taken explicitly, so when two processes write the same run, the
/// slower one gets a fault before it can act.
#[derive(Debug)]
pub struct SqliteJournal {
    pool: SqlitePool,
    place: String,
    next: Mutex<HashMap<RunId, i64>>,
}

impl SqliteJournal {
    /// Opens the journal at `path`, creating the file and its folder where needed.
    ///
    /// # Errors
    /// A [`Fault`] of kind `Journal` if the file cannot be created, is locked, or is not a journal.
    pub async fn open(path: impl AsRef<Path>) -> Result<Self, Fault> {
        let path: PathBuf = path.as_ref().to_path_buf();
        let place = path.display().to_string();
        if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            std::fs::create_dir_all(folder).map_err(|error| {
                Fault::new(FaultKind::Journal, format!("the journal's folder {} cannot be made: {error}", folder.display()))
                    .with_hint("name a place you can write to with --journal FILE")
                    .with_source(error)
            })?;
        }
        let options = SqliteConnectOptions::new()
            .filename(&path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .busy_timeout(LOCK_WAIT);
        Self::connect(options, place).await
    }

    /// A journal that lives as long as the value, for runs that need not outlive the process.
    ///
    /// # Errors
    /// A [`Fault`] of kind `Journal` if SQLite cannot be started.
    pub async fn in_memory() -> Result<Self, Fault> {
        Self::connect(SqliteConnectOptions::new().in_memory(true), "in memory".to_owned()).await
    }

    async fn connect(options: SqliteConnectOptions, place: String) -> Result<Self, Fault> {
        let pool = SqlitePoolOptions::new()
            .max_connections(1)
            .idle_timeout(None)
            .max_lifetime(None)
            .connect_with(options)
            .await
            .map_err(|error| fault(&place, "opened", error))?;
        sqlx::migrate!("./migrations").run(&pool).await.map_err(|error| {
            Fault::new(FaultKind::Journal, format!("the journal {place} cannot be opened: {error}"))
                .with_hint("it is damaged, locked, or written by a newer version; name another with --journal FILE")
                .with_source(error)
        })?;
        Ok(Self { pool, place, next: Mutex::default() })
    }

    async fn position(&self, run: &RunId) -> Result<i64, Fault> {
        if let Some(next) = self.next.lock().unwrap_or_else(PoisonError::into_inner).get(run) {
            return Ok(*next);
        }
        sqlx::query_scalar("SELECT count(*) FROM events WHERE run = ?")
            .bind(run.as_str())
            .fetch_one(&self.pool)
            .await
            .map_err(|error| fault(&self.place, "read", error))
    }

    fn set_position(&self, run: &RunId, next: i64) {
        self.next.lock().unwrap_or_else(PoisonError::into_inner).insert(run.clone(), next);
    }

    fn fault(&self, verb: &str) -> impl Fn(sqlx::Error) -> Fault + '_ {
        let verb = verb.to_owned();
        move |error| fault(&self.place, &verb, error)
    }
}

#[async_trait]
impl Journal for SqliteJournal {
    async fn append(&self, run: &RunId, event: &Event) -> Result<(), Fault> {
        let seq = self.position(run).await?;
        let text = serde_json::to_string(event).map_err(|error| {
            Fault::new(FaultKind::Journal, format!("an event of run {run} cannot be written as JSON: {error}"))
        })?;
        let mut transaction = self.pool.begin().await.map_err(self.fault("written"))?;
        if let Event::Started { session, message, now, .. } = event {
            sqlx::query("INSERT INTO runs (run, session, message, started) VALUES (?, ?, ?, ?)")
                .bind(run.as_str())
                .bind(session.as_str())
                .bind(message)
                .bind(now.to_string())
                .execute(&mut *transaction)
                .await
                .map_err(self.fault("written"))?;
        }
        let inserted = sqlx::query("INSERT INTO events (run, seq, event) VALUES (?, ?, ?)")
            .bind(run.as_str())
            .bind(seq)
            .bind(text)
            .execute(&mut *transaction)
            .await;
        match inserted {
            Ok(_) => {}
            Err(sqlx::Error::Database(error)) if error.is_unique_violation() => {
                return Err(Fault::new(FaultKind::Journal, format!("run {run} is being written by another process"))
                    .with_hint("let that process end, or resume the run when it has"));
            }
            Err(error) => return Err(fault(&self.place, "written", error)),
        }
        transaction.commit().await.map_err(self.fault("written"))?;
        self.set_position(run, seq + 1);
        Ok(())
    }

    async fn events(&self, run: &RunId) -> Result<Vec<Event>, Fault> {
        let rows: Vec<String> = sqlx::query_scalar("SELECT event FROM events WHERE run = ? ORDER BY seq")
            .bind(run.as_str())
            .fetch_all(&self.pool)
            .await
            .map_err(self.fault("read"))?;
        let events = rows
            .iter()
            .enumerate()
            .map(|(seq, text)| {
                serde_json::from_str(text).map_err(|error| {
                    let message = format!("event {seq} of run {run} in the journal {} cannot be read: {error}", self.place);
                    Fault::new(FaultKind::Journal, message).with_hint("the file is damaged or of a newer version")
                })
            })
            .collect::<Result<Vec<Event>, Fault>>()?;
        self.set_position(run, i64::try_from(events.len()).unwrap_or(i64::MAX));
        Ok(events)
    }

    async fn runs(&self, session: Option<&SessionId>) -> Result<Vec<RunSummary>, Fault> {
        let rows = sqlx::query(
            "SELECT runs.run, session, message, started,
                    (SELECT event FROM events WHERE events.run = runs.run ORDER BY seq DESC LIMIT 1) AS last
             FROM runs WHERE ?1 IS NULL OR session = ?1 ORDER BY runs.rowid",
        )
        .bind(session.map(SessionId::as_str))
        .fetch_all(&self.pool)
        .await
        .map_err(self.fault("read"))?;
        rows.iter()
            .map(|row| {
                let last: Option<String> = row.try_get("last").map_err(self.fault("read"))?;
                let outcome = match last.as_deref().map(serde_json::from_str) {
                    Some(Ok(Event::Finished { outcome, .. })) => Some(outcome),
                    Some(_) | None => None,
                };
                let text = |column| row.try_get::<String, &str>(column).map_err(self.fault("read"));
                let started = text("started")?;
                Ok(RunSummary {
                    run: text("run")?.into(),
                    session: text("session")?.into(),
                    message: text("message")?,
                    started: started.parse::<DateTime>().map_err(|error| {
                        Fault::new(FaultKind::Journal, format!("'{started}' in the journal is not a time: {error}"))
                    })?,
                    outcome,
                })
            })
            .collect()
    }
}

/// Says what could not be done, where, and what helps.
fn fault(place: &str, verb: &str, error: sqlx::Error) -> Fault {
    let text = error.to_string();
    let hint = if text.contains("locked") || text.contains("busy") {
        "another process holds it; let that end and try again"
    } else if text.contains("not a database") || text.contains("malformed") {
        "the file is not a journal or is damaged; name another with --journal FILE"
    } else if text.contains("full") {
        "the disk is full; free some room, then resume the run"
    } else {
        "name a file you can write to with --journal FILE"
    };
    Fault::new(FaultKind::Journal, format!("the journal {place} cannot be {verb}: {text}"))
        .with_hint(hint)
        .with_source(error)
}

#[cfg(test)]
mod tests;
