//! The journal: events in a SQLite file, durable when `append` returns.

mod lease;
mod ledger;
mod line;
mod read;
mod schema;
mod upkeep;
mod writer;

use std::path::{Path, PathBuf};
use std::time::Duration;

use async_trait::async_trait;
use handyman_core::{Event, Fault, FaultKind, Journal, Lease, RunId, RunSummary, SessionId};
use sqlx::sqlite::{SqliteConnectOptions, SqlitePool, SqlitePoolOptions, SqliteSynchronous};

pub use ledger::SuccessRow;
pub use upkeep::{Checked, Damage};

use crate::private;
use lease::Leases;
use ledger::OpenCalls;
use line::Line;
use schema::Found;
use writer::{File, Tails, Writer};

/// How long a writer waits for another process to release the file.
const LOCK_WAIT: Duration = Duration::from_secs(5);
const IN_MEMORY: &str = "in memory";

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
    is_read_only: bool,
}

impl SqliteJournal {
    /// Opens the journal at `path`, creating the file and its folder where needed, for nobody else to read. It is
    /// written by a task of the runtime that this is called in. A database in which there is something else is left as
    /// it is; a sandbox world may be there, and tables that were put beside a journal.
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
                .with_hint("name a place you can write to (--journal FILE on the command line)")
                .with_source(error)
            })?;
        }
        private::file(&path);
        let place = path.display().to_string();
        let unopened = |error: sqlx::Error| fault(&place, "opened", &error);
        let pool = connected(options(&path).create_if_missing(true)).await.map_err(unopened)?;
        looked_into(&pool, &place).await?;
        sqlx::query("PRAGMA journal_mode = WAL").execute(&pool).await.map_err(unopened)?;
        schema::migrate(&pool, &place).await?;
        Ok(Self::in_file(pool, path, false).await)
    }

    /// Opens the journal that is in the file at `path`, and makes none: where there is nothing yet, it is empty, and
    /// nothing can be added to it. One that cannot be written can be read.
    ///
    /// # Errors
    /// A [`Fault`] of kind `Journal` if the file is not there, is locked, or is not a journal.
    pub async fn open_existing(path: impl AsRef<Path>) -> Result<Self, Fault> {
        let path: PathBuf = path.as_ref().to_path_buf();
        let place = path.display().to_string();
        if !path.exists() {
            let problem = format!("there is no journal {place}");
            return Err(Fault::new(FaultKind::Journal, problem).with_hint(
                "name the file that the runs were recorded in (--journal FILE on the command line)",
            ));
        }
        if std::fs::metadata(&path).is_ok_and(|file| file.permissions().readonly()) {
            return Self::read(path).await;
        }
        let pool = match connected(options(&path)).await {
            Ok(pool) => pool,
            // The log that belongs to it cannot be made in its folder.
            Err(error) if is_refused(&error) => return Self::read(path).await,
            Err(error) => return Err(fault(&place, "opened", &error)),
        };
        match looked_into(&pool, &place).await? {
            Found::Nothing => {
                pool.close().await;
                return Self::empty().await;
            }
            Found::Earlier => schema::migrate(&pool, &place).await?,
            Found::Newest => {}
        }
        let written = sqlx::query("DELETE FROM journal_leases WHERE false").execute(&pool).await;
        let is_read_only = written.is_err_and(|error| is_refused(&error));
        Ok(Self::in_file(pool, path, is_read_only).await)
    }

    /// Opens a journal that cannot be written.
    async fn read(path: PathBuf) -> Result<Self, Fault> {
        let place = path.display().to_string();
        // Where there is no log beside the file, nobody is writing, and SQLite need make none to read it.
        let mut log = path.clone().into_os_string();
        log.push("-wal");
        let is_all = std::fs::metadata(log).map_or(true, |log| log.len() == 0);
        let pool = connected(options(&path).read_only(true).immutable(is_all)).await;
        let pool = pool.map_err(|error| fault(&place, "opened", &error))?;
        let found = looked_into(&pool, &place).await?;
        if found == Found::Newest {
            return Ok(Self::in_file(pool, path, true).await);
        }
        pool.close().await;
        if found == Found::Nothing {
            return Self::empty().await;
        }
        let problem = format!("the journal {place} is of an earlier version, and cannot be written");
        Err(Fault::new(FaultKind::Journal, problem).with_hint("name a copy of it that you can write to"))
    }

    /// A journal without runs, to which none can be added.
    async fn empty() -> Result<Self, Fault> {
        let journal = Self::in_memory().await?;
        let closed = sqlx::query("PRAGMA query_only = ON").execute(&journal.file.pool).await;
        closed.map_err(|error| fault(IN_MEMORY, "opened", &error))?;
        Ok(journal)
    }

    /// Whether the file can only be read.
    #[must_use]
    pub fn is_read_only(&self) -> bool {
        self.is_read_only
    }

    /// A journal that lives as long as the value, for runs that need not outlive the process.
    ///
    /// # Errors
    /// A [`Fault`] of kind `Journal` if SQLite cannot be started.
    pub async fn in_memory() -> Result<Self, Fault> {
        let pool = connected(SqliteConnectOptions::new().in_memory(true)).await;
        let pool = pool.map_err(|error| fault(IN_MEMORY, "opened", &error))?;
        schema::migrate(&pool, IN_MEMORY).await?;
        Ok(Self::of(pool, IN_MEMORY.to_owned()))
    }

    /// The journal in a file that is ready.
    async fn in_file(pool: SqlitePool, path: PathBuf, is_read_only: bool) -> Self {
        let place = path.display().to_string();
        // Other processes may know the file by another name, and have to find who is at work on it.
        let path = std::fs::canonicalize(&path).unwrap_or(path);
        if !is_read_only {
            lease::sweep(&pool, &path).await;
        }
        Self { path: Some(path), is_read_only, ..Self::of(pool, place) }
    }

    fn of(pool: SqlitePool, place: String) -> Self {
        let file = File { pool, place, tails: Tails::default(), open: OpenCalls::default() };
        let writer = Writer::begin(file.clone());
        Self { file, path: None, leases: Leases::default(), writer, is_read_only: false }
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

/// How a file is opened that has to be there.
fn options(path: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        .synchronous(SqliteSynchronous::Full)
        // What is dropped is overwritten, and not only left for others to use.
        .pragma("secure_delete", "ON")
        .busy_timeout(LOCK_WAIT)
}

async fn connected(options: SqliteConnectOptions) -> sqlx::Result<SqlitePool> {
    let pool = SqlitePoolOptions::new().max_connections(1).idle_timeout(None).max_lifetime(None);
    pool.connect_with(options).await
}

/// What is in a file. One that is no journal's is closed again.
async fn looked_into(pool: &SqlitePool, place: &str) -> Result<Found, Fault> {
    let found = schema::look(pool, place).await;
    if found.is_err() {
        pool.close().await;
    }
    found
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
        let lease = self.leases.take(&self.file.pool, self.path.as_deref(), session).await?;
        // Whoever held it before may have been dropped with an event on its way, which belongs before what comes now.
        self.writer.settle().await;
        Ok(lease)
    }
}

const DAMAGED: &str = "the file is damaged or not a journal: keep a copy (`sqlite3 FILE .recover` saves what is whole), \
     and name another (--journal FILE on the command line)";

/// Says what could not be done, where, and what helps.
fn fault(place: &str, verb: &str, error: &sqlx::Error) -> Fault {
    let text = error.to_string();
    let hint = match code(error) {
        Some(5 | 6) => "another process holds it; let that end and try again",
        Some(11 | 26) => DAMAGED,
        Some(10 | 13) => "the disk is full or fails; free some room, then resume the run",
        Some(19) => "the run is not in it any more: begin another",
        None if matches!(error, sqlx::Error::PoolClosed) => "it was closed; open it anew",
        None if matches!(error, sqlx::Error::PoolTimedOut) => {
            "the disk is slow, or much else is being written; try again, or resume the run"
        }
        None if matches!(error, sqlx::Error::ColumnDecode { .. } | sqlx::Error::Decode(_)) => DAMAGED,
        _ => "name a file you can write to (--journal FILE on the command line)",
    };
    Fault::new(FaultKind::Journal, format!("the journal {place} cannot be {verb}: {text}")).with_hint(hint)
}

/// The primary result code of SQLite, in the low byte of an extended one.
fn code(error: &sqlx::Error) -> Option<u32> {
    let code = error.as_database_error().and_then(sqlx::error::DatabaseError::code)?;
    code.parse::<u32>().ok().map(|code| code & 0xff)
}

/// Whether a file cannot be written, or what SQLite keeps beside it cannot be made.
fn is_refused(error: &sqlx::Error) -> bool {
    matches!(code(error), Some(8 | 14))
}

#[cfg(test)]
mod tests;
