//! The writer: one task that makes events durable, all that wait at once in one transaction.
//!
//! Committing is what costs (the file is synchronised), so runs that write at the same time share it.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use handyman_core::{CallOutcome, Event, Fault, FaultKind, RunId};
use sha2::{Digest, Sha256};
use sqlx::sqlite::{SqliteConnection, SqlitePool};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

use super::ledger::OpenCalls;
use super::line::Line;
use super::{code, fault};

/// Adds an event: run, position, text, chain.
pub(super) const INSERT: &str = "INSERT INTO journal_events (run, seq, event, chain) VALUES (?1, ?2, ?3, ?4)";
/// Writes an event's text anew.
const REWRITE: &str = "UPDATE journal_events SET event = ?3, chain = ?4 WHERE run = ?1 AND seq = ?2";
/// Entries in one transaction, at most.
const BATCH_MAX: usize = 256;

/// The file, and what this process knows of it.
#[derive(Debug, Clone)]
pub(super) struct File {
    pub(super) pool: SqlitePool,
    pub(super) place: String,
    pub(super) tails: Tails,
    pub(super) open: OpenCalls,
}

/// Events to be made durable, all of them or none.
struct Entry {
    lines: Vec<Line>,
    done: oneshot::Sender<Result<(), Fault>>,
}

/// The way to the task that writes.
#[derive(Debug)]
pub(super) struct Writer {
    /// None once the journal is closed.
    entries: Mutex<Option<mpsc::UnboundedSender<Entry>>>,
    task: Mutex<Option<JoinHandle<()>>>,
    /// Entries whose end nobody waits for any more, and how many of them are known to have come to it.
    left: AtomicU64,
    settled: AtomicU64,
}

/// Somebody waits for the end of an entry. Where they are dropped before, it is counted as left.
struct Waiting<'a>(Option<&'a AtomicU64>);

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        if let Some(left) = self.0 {
            left.fetch_add(1, Ordering::AcqRel);
        }
    }
}

impl Writer {
    /// Lets a task of the runtime that this is called in write the file.
    pub(super) fn begin(file: File) -> Self {
        let (entries, incoming) = mpsc::unbounded_channel();
        let task = tokio::spawn(write(file, incoming));
        Self {
            entries: Mutex::new(Some(entries)),
            task: Mutex::new(Some(task)),
            left: AtomicU64::new(0),
            settled: AtomicU64::new(0),
        }
    }

    /// Makes events durable, in this order; those of calls that came before are before them. `None` once it has
    /// ended.
    pub(super) async fn keep(&self, lines: Vec<Line>) -> Option<Result<(), Fault>> {
        let (done, written) = oneshot::channel();
        let entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner).clone()?;
        entries.send(Entry { lines, done }).ok()?;
        // The task ends once nobody can send any more.
        drop(entries);
        let mut waiting = Waiting(Some(&self.left));
        let written = written.await;
        waiting.0 = None;
        written.ok()
    }

    /// Waits until that is written, or could not be, which others have given it and do not wait for any more.
    pub(super) async fn settle(&self) {
        let left = self.left.load(Ordering::Acquire);
        if self.settled.load(Ordering::Acquire) < left {
            // Nothing, but after all of it.
            drop(self.keep(Vec::new()).await);
            self.settled.fetch_max(left, Ordering::AcqRel);
        }
    }

    /// Ends once what it has been given is written.
    pub(super) async fn end(&self) {
        drop(self.entries.lock().unwrap_or_else(PoisonError::into_inner).take());
        let task = self.task.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(task) = task {
            // It has ended, whichever way.
            drop(task.await);
        }
    }
}

/// Where a run's events end.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Tail {
    /// The position of the next event.
    pub(super) next: i64,
    /// The chain up to it.
    pub(super) chain: String,
}

/// The runs this process writes, and what it knows of them.
#[derive(Debug, Clone, Default)]
pub(super) struct Tails(Arc<Mutex<HashMap<RunId, Tail>>>);

impl Tails {
    pub(super) fn get(&self, run: &RunId) -> Option<Tail> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(run).cloned()
    }

    pub(super) fn set(&self, run: &RunId, tail: Tail) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(run.clone(), tail);
    }

    /// Takes note of an end that was read. What this process has written since is not undone by it.
    pub(super) fn reach(&self, run: &RunId, tail: Tail) {
        let mut tails = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if tails.get(run).is_none_or(|known| known.next < tail.next) {
            tails.insert(run.clone(), tail);
        }
    }

    pub(super) fn forget(&self, run: &RunId) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(run);
    }
}

/// The chain after an event: SHA-256 over the chain before, a newline and the event's text, in hex.
/// Before the first event the chain is the run's name.
pub(super) fn chained(before: &str, text: &str) -> String {
    let mut hash = Sha256::new();
    hash.update(before.as_bytes());
    hash.update(b"\n");
    hash.update(text.as_bytes());
    hex::encode(hash.finalize())
}

/// Writes what comes in until nobody can send any more.
async fn write(file: File, mut entries: mpsc::UnboundedReceiver<Entry>) {
    let mut batch = Vec::new();
    while entries.recv_many(&mut batch, BATCH_MAX).await > 0 {
        commit(&file, std::mem::take(&mut batch)).await;
    }
}

async fn commit(file: &File, batch: Vec<Entry>) {
    let File { pool, place, tails, .. } = file;
    // Who only waits for those before them needs no transaction.
    if batch.iter().all(|entry| entry.lines.is_empty()) {
        for entry in batch {
            let _ = entry.done.send(Ok(()));
        }
        return;
    }
    let (mut entries, mut waiting) = (batch.into_iter(), Vec::new());
    let mut ends: HashMap<RunId, Tail> = HashMap::new();
    // The transaction is ours, not the pool's: SQLite takes some back by itself, as when the disk is full.
    let written = async {
        let mut connection = pool.acquire().await?;
        sqlx::query("BEGIN IMMEDIATE").execute(&mut *connection).await?;
        let mut written = Ok(());
        for entry in entries.by_ref() {
            let inserted = insert_all(&mut connection, &entry.lines, file, &mut ends).await;
            let refusal = inserted.as_ref().err().filter(|error| is_its_own(error)).map(|error| {
                if is_position_taken(error) { taken(&entry.lines) } else { fault(place, "written", error) }
            });
            let goes_on = inserted.is_ok() || refusal.is_some();
            waiting.push((entry, refusal));
            if !goes_on {
                written = inserted;
                break;
            }
        }
        if written.is_ok() {
            written = sqlx::query("COMMIT").execute(&mut *connection).await.map(drop);
        }
        if written.is_err() {
            drop(sqlx::query("ROLLBACK").execute(&mut *connection).await);
        }
        written
    }
    .await;
    waiting.extend(entries.map(|entry| (entry, None)));
    for (run, tail) in ends {
        match written {
            Ok(()) => tails.set(&run, tail),
            Err(_) => tails.forget(&run),
        }
    }
    for (entry, refusal) in waiting {
        let result = match (&written, refusal) {
            (Ok(()), None) => Ok(()),
            (Ok(()), Some(refusal)) => Err(refusal),
            (Err(error), _) => Err(fault(place, "written", error)),
        };
        for Line { run, event, .. } in &entry.lines {
            if result.is_err() || matches!(event, Event::Finished { .. }) {
                tails.forget(run);
            }
        }
        // Who asked may have gone away; the event stays.
        let _ = entry.done.send(result);
    }
}

/// Inserts events that belong together, and takes note of where their runs end then. Where one of them cannot be kept, as
/// when another process has taken its position, none of them is there afterwards.
async fn insert_all(
    connection: &mut SqliteConnection,
    lines: &[Line],
    file: &File,
    ends: &mut HashMap<RunId, Tail>,
) -> sqlx::Result<()> {
    let several = lines.len() > 1;
    if several {
        sqlx::query("SAVEPOINT together").execute(&mut *connection).await?;
    }
    let mut reached: HashMap<RunId, Tail> = HashMap::new();
    for line in lines {
        let known = reached.get(&line.run).or_else(|| ends.get(&line.run)).cloned();
        let known = known.or_else(|| file.tails.get(&line.run));
        match insert(connection, line, known, &file.open).await {
            Ok(tail) => drop(reached.insert(line.run.clone(), tail)),
            Err(error) => {
                if is_its_own(&error) {
                    for line in lines {
                        ends.remove(&line.run);
                    }
                    if several {
                        sqlx::query("ROLLBACK TO together").execute(&mut *connection).await?;
                        sqlx::query("RELEASE together").execute(&mut *connection).await?;
                    }
                }
                return Err(error);
            }
        }
    }
    ends.extend(reached);
    if several {
        sqlx::query("RELEASE together").execute(&mut *connection).await?;
    }
    Ok(())
}

/// Inserts one event and gives the run's new end.
async fn insert(
    connection: &mut SqliteConnection,
    line: &Line,
    known: Option<Tail>,
    open: &OpenCalls,
) -> sqlx::Result<Tail> {
    let Line { run, event, text } = line;
    let tail = match known {
        Some(tail) => tail,
        None => tail(connection, run).await?,
    };
    if let Event::Started { session, message, now, .. } = event {
        sqlx::query("INSERT INTO journal_runs (run, session, message, started) VALUES (?, ?, ?, ?)")
            .bind(run.as_str())
            .bind(session.as_str())
            .bind(message)
            .bind(now.to_string())
            .execute(&mut *connection)
            .await?;
    }
    let chain = chained(&tail.chain, text);
    let statement = match event {
        // The tool has written it in its own transaction; only the time it took was not known there. What says
        // anything but that it succeeded finds the position taken.
        Event::CallFinished { call, outcome: CallOutcome::Succeeded, .. }
            if open.written(connection, run, call, tail.next).await? =>
        {
            REWRITE
        }
        _ => INSERT,
    };
    sqlx::query(statement)
        .bind(run.as_str())
        .bind(tail.next)
        .bind(text)
        .bind(&chain)
        .execute(&mut *connection)
        .await?;
    Ok(Tail { next: tail.next + 1, chain })
}

/// Where a run's events end in the file.
async fn tail(connection: &mut SqliteConnection, run: &RunId) -> sqlx::Result<Tail> {
    let last: Option<(i64, Option<String>)> =
        sqlx::query_as("SELECT seq, chain FROM journal_events WHERE run = ? ORDER BY seq DESC LIMIT 1")
            .bind(run.as_str())
            .fetch_optional(connection)
            .await?;
    Ok(match last {
        Some((seq, chain)) => Tail { next: seq + 1, chain: chain.unwrap_or_else(|| run.to_string()) },
        None => Tail { next: 0, chain: run.to_string() },
    })
}

/// Whether an error is that of some events alone: their position is taken, their run is none, or it stands where the
/// file is damaged. The others that wait are written all the same.
fn is_its_own(error: &sqlx::Error) -> bool {
    let of_rows = matches!(error, sqlx::Error::ColumnDecode { .. } | sqlx::Error::Decode(_));
    // SQLITE_CORRUPT, SQLITE_TOOBIG, SQLITE_CONSTRAINT.
    of_rows || matches!(code(error), Some(11 | 18 | 19))
}

fn is_position_taken(error: &sqlx::Error) -> bool {
    error.as_database_error().is_some_and(sqlx::error::DatabaseError::is_unique_violation)
}

fn taken(lines: &[Line]) -> Fault {
    let run = lines.first().map_or("", |line| line.run.as_str());
    Fault::new(FaultKind::Journal, format!("run {run} is being written by another process"))
        .with_hint("let that process end, or resume the run when it has")
}
