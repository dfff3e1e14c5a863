//! The journal: events in a SQLite file, durable when `append` returns.

mod lease;
mod ledger;
mod line;
mod private;
mod read;
mod schema;
mod upkeep;
mod writer;

use std::path::{Path, PathBuf};
use std::time::Duration;

use async_trait::async_trait;
use handyman_core::{Event, Fault, FaultKind, Journal, Lease, RunId, RunSummary, SessionId};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};

pub use ledger::SuccessRow;
pub use upkeep::{Checked, Damage};

use lease::Leases;
use ledger::OpenCalls;
use line::Line;
use writer::{File, Tails, Writer};

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
    writer: Writer,
}

impl SqliteJournal {
    /// Opens the journal at `path`, creating the file and its folder where needed, for nobody else to read. It is
    /// written by a task of the runtime that this is called in.
    ///
    /// # Errors
    /// A [`Fault`] of kind `Journal` if the file cannot be created, is locked, or is not a journal.
    pub async fn open(path: impl AsRef<Path>) -> Result<Self, Fault> {
        let path: PathBuf = path.as_ref().to_path_buf();
        if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            private::folder(folder).map_err(|error| {
                Fault::new(
                    FaultKind::Journal,
                    format!("the journal's folder {} cannot be made: {error}", folder.display()),
                )
                .with_hint("name a place you can write to with --journal FILE")
                .with_source(error)
            })?;
        }
        private::file(&path);
        let options = SqliteConnectOptions::new()
            .filename(&path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            // What is dropped is overwritten, and not only left for others to use.
            .pragma("secure_delete", "ON")
            .busy_timeout(LOCK_WAIT);
        let mut journal = Self::connect(options, Some(path.clone())).await?;
        // Other processes may know the file by another name, and have to find who is at work on it.
        let path = std::fs::canonicalize(&path).unwrap_or(path);
        lease::sweep(&journal.file.pool, &path).await;
        journal.path = Some(path);
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
        let writer = Writer::begin(file.clone());
        Ok(Self { file, path, leases: Leases::default(), writer })
    }

    /// Closes the journal once what it has been given is written. All of it is in the one file then, and the log
    /// beside it is gone, unless somebody else has the file open. Nothing can be added or read any more.
    pub async fn close(&self) {
        self.writer.end().await;
        self.leases.end(&self.file.pool).await;
        // SQLite does this when its last connection closes; others may have one that is open or only reads. It waits
        // for nobody, and what it cannot move stays in the log, where it is durable.
        drop(sqlx::query("PRAGMA wal_checkpoint(PASSIVE)").execute(&self.file.pool).await);
        self.file.pool.close().await;
    }

    async fn keep(&self, lines: Vec<Line>) -> Result<(), Fault> {
        let closed =
            || Err(Fault::new(FaultKind::Journal, format!("the journal {} is closed", self.file.place)));
        self.writer.keep(lines).await.unwrap_or_else(closed)
    }
}

#[async_trait]
impl Journal for SqliteJournal {
    async fn append(&self, run: &RunId, event: &Event) -> Result<(), Fault> {
        self.keep(vec![Line::of(run, event)?]).await?;
        self.file.open.note(run, event);
        Ok(())
    }

    async fn events(&self, run: &RunId) -> Result<Vec<Event>, Fault> {
        read::events(&self.file, run).await
    }

    async fn runs(&self, session: Option<&SessionId>) -> Result<Vec<RunSummary>, Fault> {
        read::runs(&self.file, session).await
    }

    async fn events_of(
        &self,
        session: &SessionId,
        until: Option<&RunId>,
    ) -> Result<Vec<(RunId, Vec<Event>)>, Fault> {
        read::events_of(&self.file, session, until).await
    }

    /// All of them are kept, or none. They are of calls that were made elsewhere: none of them is under way here.
    async fn append_all(&self, runs: &[(RunId, Vec<Event>)]) -> Result<(), Fault> {
        let line = |(run, event): (&RunId, &Event)| Line::of(run, event);
        let events = runs.iter().flat_map(|(run, events)| events.iter().map(move |event| (run, event)));
        let lines: Vec<Line> = events.map(line).collect::<Result<_, _>>()?;
        if lines.is_empty() { Ok(()) } else { self.keep(lines).await }
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
        None if matches!(error, sqlx::Error::PoolClosed) => "it was closed; open it anew",
        None if matches!(error, sqlx::Error::ColumnDecode { .. } | sqlx::Error::Decode(_)) => DAMAGED,
        _ => "name a file you can write to with --journal FILE",
    };
    Fault::new(FaultKind::Journal, format!("the journal {place} cannot be {verb}: {text}")).with_hint(hint)
}

#[cfg(test)]
mod tests;
