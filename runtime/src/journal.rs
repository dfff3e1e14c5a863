//! The journal: events in a SQLite file, durable when `append` returns.

mod lease;
mod ledger;
mod schema;
mod upkeep;
mod writer;

use std::path::{Path, PathBuf};
use std::time::Duration;

use async_trait::async_trait;
use handyman_core::{Event, Fault, FaultKind, Journal, Lease, Outcome, RunId, RunSummary, SessionId};
use jiff::civil::DateTime;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use tokio::sync::{mpsc, oneshot};

pub use ledger::SuccessRow;
pub use upkeep::{Checked, Damage};

use lease::Leases;
use ledger::OpenCalls;
use writer::{Entry, File, Tails};

/// How long a writer waits for another process to release the file.
const LOCK_WAIT: Duration = Duration::from_secs(5);

/// A journal in one SQLite file.
///
/// Write-ahead log with full synchronisation: an event survives a power cut once `append` has
/// returned. Runs that append at the same time share a transaction. Positions within a run are taken
/// explicitly, so when two processes write the same run, the slower one gets a fault before it can act;
/// a lease on the session keeps them from coming that far.
#[derive(Debug)]
pub struct SqliteJournal {
    file: File,
    path: Option<PathBuf>,
    leases: Leases,
    entries: mpsc::UnboundedSender<Entry>,
}

impl SqliteJournal {
    /// Opens the journal at `path`, creating the file and its folder where needed. It is written by a
    /// task of the runtime that this is called in.
    ///
    /// # Errors
    /// A [`Fault`] of kind `Journal` if the file cannot be created, is locked, or is not a journal.
    pub async fn open(path: impl AsRef<Path>) -> Result<Self, Fault> {
        let path: PathBuf = path.as_ref().to_path_buf();
        if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            std::fs::create_dir_all(folder).map_err(|error| {
                Fault::new(
                    FaultKind::Journal,
                    format!("the journal's folder {} cannot be made: {error}", folder.display()),
                )
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
        let mut journal = Self::connect(options, Some(path.clone())).await?;
        // Other processes may know the file by another name, and have to find who is at work on it.
        journal.path = std::fs::canonicalize(&path).ok().or(Some(path));
        Ok(journal)
    }

    /// A journal that lives as long as the value, for runs that need not outlive the process.
    ///
    /// # Errors
    /// A [`Fault`] of kind `Journal` if SQLite cannot be started.
    pub async fn in_memory() -> Result<Self, Fault> {
        Self::connect(SqliteConnectOptions::new().in_memory(true), None).await
    }

    async fn connect(options: SqliteConnectOptions, path: Option<PathBuf>) -> Result<Self, Fault> {
        let place = path.as_ref().map_or_else(|| "in memory".to_owned(), |path| path.display().to_string());
        let pool = SqlitePoolOptions::new()
            .max_connections(1)
            .idle_timeout(None)
            .max_lifetime(None)
            .connect_with(options)
            .await
            .map_err(|error| fault(&place, "opened", &error))?;
        schema::migrate(&pool, &place).await?;
        let file = File { pool, place, tails: Tails::default(), open: OpenCalls::default() };
        let (entries, incoming) = mpsc::unbounded_channel();
        tokio::spawn(writer::write(file.clone(), incoming));
        Ok(Self { file, path, leases: Leases::default(), entries })
    }

    fn fault(&self, verb: &str) -> impl Fn(sqlx::Error) -> Fault + '_ {
        let verb = verb.to_owned();
        move |error| fault(&self.file.place, &verb, &error)
    }
}

#[async_trait]
impl Journal for SqliteJournal {
    async fn append(&self, run: &RunId, event: &Event) -> Result<(), Fault> {
        let stopped = || Fault::new(FaultKind::Journal, format!("the journal {} is closed", self.file.place));
        let (done, written) = oneshot::channel();
        let entry = Entry { run: run.clone(), event: event.clone(), done };
        self.entries.send(entry).map_err(|_| stopped())?;
        written.await.map_err(|_| stopped())??;
        self.file.open.note(run, event);
        Ok(())
    }

    async fn events(&self, run: &RunId) -> Result<Vec<Event>, Fault> {
        let rows: Vec<String> =
            sqlx::query_scalar("SELECT event FROM journal_events WHERE run = ? ORDER BY seq")
                .bind(run.as_str())
                .fetch_all(&self.file.pool)
                .await
                .map_err(self.fault("read"))?;
        let events = rows.iter().enumerate().map(|(seq, text)| {
            serde_json::from_str(text).map_err(|error| {
                let place = &self.file.place;
                let message =
                    format!("event {seq} of run {run} in the journal {place} cannot be read: {error}");
                Fault::new(FaultKind::Journal, message)
                    .with_hint("the file is damaged or of a newer version; `handyman runs verify` tells more")
            })
        });
        let events = events.collect::<Result<Vec<Event>, Fault>>()?;
        // Whoever goes on with the run goes on from here.
        let mut connection = self.file.pool.acquire().await.map_err(self.fault("read"))?;
        let tail = writer::tail(&mut connection, run).await.map_err(self.fault("read"))?;
        match events.last() {
            None | Some(Event::Finished { .. }) => self.file.tails.forget(run),
            Some(_) => self.file.tails.set(run, tail),
        }
        Ok(events)
    }

    async fn runs(&self, session: Option<&SessionId>) -> Result<Vec<RunSummary>, Fault> {
        let rows: Vec<(String, String, String, String)> = sqlx::query_as(
            "SELECT run, session, message, started FROM journal_runs WHERE ?1 IS NULL OR session = ?1 ORDER BY rowid",
        )
        .bind(session.map(SessionId::as_str))
        .fetch_all(&self.file.pool)
        .await
        .map_err(self.fault("read"))?;
        let mut summaries = Vec::with_capacity(rows.len());
        for (run, session, message, started) in rows {
            let last: Result<Option<String>, sqlx::Error> = sqlx::query_scalar(
                "SELECT event FROM journal_events WHERE run = ? ORDER BY seq DESC LIMIT 1",
            )
            .bind(&run)
            .fetch_optional(&self.file.pool)
            .await;
            // A run that cannot be read is listed all the same, as one that has not ended.
            let outcome = match last.map(|text| text.as_deref().map(serde_json::from_str)) {
                Ok(Some(Ok(Event::Finished { outcome, .. }))) => Some(outcome),
                // A person has decided, and the run has not gone on yet.
                Ok(Some(Ok(Event::PersonDecided { call, .. }))) => Some(Outcome::Waiting { call }),
                Ok(Some(_) | None) | Err(_) => None,
            };
            let started = started.parse::<DateTime>().map_err(|error| {
                Fault::new(FaultKind::Journal, format!("'{started}' in the journal is not a time: {error}"))
            })?;
            summaries.push(RunSummary {
                run: run.into(),
                session: session.into(),
                message,
                started,
                outcome,
            });
        }
        Ok(summaries)
    }

    async fn lease(&self, session: &SessionId) -> Result<Lease, Fault> {
        self.leases.take(&self.file.pool, self.path.as_deref(), session).await
    }
}

const DAMAGED: &str = "the file is damaged or not a journal: keep a copy (`sqlite3 FILE .recover` saves what is whole), \
     and name another with --journal FILE";

/// Says what could not be done, where, and what helps.
fn fault(place: &str, verb: &str, error: &sqlx::Error) -> Fault {
    let text = error.to_string();
    let code = error.as_database_error().and_then(sqlx::error::DatabaseError::code);
    // Primary result codes of SQLite, in the low byte of extended ones.
    let hint = match code.and_then(|code| code.parse::<u32>().ok()).map(|code| code & 0xff) {
        Some(5 | 6) => "another process holds it; let that end and try again",
        Some(11 | 26) => DAMAGED,
        Some(10 | 13) => "the disk is full or fails; free some room, then resume the run",
        None if matches!(error, sqlx::Error::ColumnDecode { .. } | sqlx::Error::Decode(_)) => DAMAGED,
        _ => "name a file you can write to with --journal FILE",
    };
    Fault::new(FaultKind::Journal, format!("the journal {place} cannot be {verb}: {text}")).with_hint(hint)
}

#[cfg(test)]
mod tests;
