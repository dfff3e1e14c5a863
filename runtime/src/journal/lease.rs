//! The right to write a session: one process at a time has it.
//!
//! A process that holds leases is named by a file beside the journal that it keeps locked. The operating
//! system releases the lock when the process ends, however it ends, so a dead holder's lease is taken over
//! at once and no clock is needed.

use std::ffi::{OsStr, OsString};
use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use handyman_core::{Fault, FaultKind, Lease, SessionId};
use sqlx::sqlite::SqlitePool;

use super::fault;
use crate::session::{fresh, is_fresh};

/// How often a name is tried for this process.
const NAMES_MAX: usize = 8;

/// The sessions this process writes.
#[derive(Debug, Clone, Default)]
pub(super) struct Leases(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    held: handyman_core::Leases,
    holder: Mutex<Option<Holder>>,
    /// Who writes or removes a row has this. A lease is given back in the background, and may have been taken again
    /// by then: that nobody holds it and that its row is removed has to be one step.
    rows: tokio::sync::Mutex<()>,
}

/// This process, as others see it.
#[derive(Debug)]
struct Holder {
    name: String,
    path: PathBuf,
    /// Locked while it is open.
    _file: File,
}

impl Holder {
    /// A new name, with its file locked.
    fn new(journal: &Path) -> Result<Self, Fault> {
        let mut tried = None;
        for _ in 0..NAMES_MAX {
            let name = fresh("");
            let path = holder_path(journal, &name);
            let broken = |error: std::io::Error| {
                Fault::new(
                    FaultKind::Journal,
                    format!("the file {} cannot be made and locked: {error}", path.display()),
                )
                .with_hint("the journal's folder must be writable")
            };
            let file = File::create_new(&path).map_err(broken)?;
            // Until it is locked, who sweeps may take it for one that was left, lock it and remove it.
            match file.try_lock() {
                Ok(()) if path.exists() => return Ok(Self { name, path, _file: file }),
                Ok(()) => tried = Some(broken(std::io::ErrorKind::NotFound.into())),
                Err(TryLockError::WouldBlock) => tried = Some(broken(std::io::ErrorKind::WouldBlock.into())),
                Err(TryLockError::Error(error)) => return Err(broken(error)),
            }
        }
        Err(tried.unwrap_or_else(|| Fault::new(FaultKind::Journal, "no file names this process")))
    }
}

impl Drop for Holder {
    fn drop(&mut self) {
        // A file that stays is unlocked, and whoever meets it removes it.
        let _ = std::fs::remove_file(&self.path);
    }
}

impl Leases {
    /// Takes the lease of a session; `journal` is the file it is in, if it is in one.
    pub(super) async fn take(
        &self,
        pool: &SqlitePool,
        journal: Option<&Path>,
        session: &SessionId,
    ) -> Result<Lease, Fault> {
        let held = self.0.held.take(session)?;
        let mut guard = Guard { leases: self.clone(), session: session.clone(), held: Some(held), row: None };
        if let Some(journal) = journal {
            let _rows = self.0.rows.lock().await;
            if pool.is_closed() {
                return Err(fault(&journal.display().to_string(), "written", &sqlx::Error::PoolClosed));
            }
            let holder = self.holder(journal)?;
            // From here on there may be a row, also where nobody waits for it any more.
            guard.row = Some((pool.clone(), holder.clone()));
            write(pool, journal, &holder, session).await?;
        }
        Ok(Lease::new(guard))
    }

    /// The name of this process, with its file locked.
    fn holder(&self, journal: &Path) -> Result<String, Fault> {
        let mut holder = self.0.holder.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(holder) = holder.as_ref() {
            return Ok(holder.name.clone());
        }
        Ok(holder.insert(Holder::new(journal)?).name.clone())
    }

    /// Leaves nothing behind that names this process, unless it is still at work on a session.
    pub(super) async fn end(&self, pool: &SqlitePool) {
        let _rows = self.0.rows.lock().await;
        if !self.0.held.is_empty() {
            return;
        }
        let holder = self.0.holder.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(holder) = holder {
            let gone = sqlx::query("DELETE FROM journal_leases WHERE holder = ?")
                .bind(holder.name.as_str())
                .execute(pool);
            drop(gone.await);
        }
    }
}

/// Gives the lease back when it is dropped.
struct Guard {
    leases: Leases,
    session: SessionId,
    held: Option<Lease>,
    row: Option<(SqlitePool, String)>,
}

impl Drop for Guard {
    fn drop(&mut self) {
        drop(self.held.take());
        // A row that stays names this process: it may take the lease again, and others once it has ended.
        if let (Some((pool, holder)), Ok(runtime)) = (self.row.take(), tokio::runtime::Handle::try_current())
        {
            let (leases, session) = (self.leases.clone(), self.session.clone());
            runtime.spawn(async move {
                let _rows = leases.0.rows.lock().await;
                if !leases.0.held.holds(&session) {
                    let gone = sqlx::query("DELETE FROM journal_leases WHERE session = ? AND holder = ?")
                        .bind(session.as_str())
                        .bind(holder)
                        .execute(&pool);
                    drop(gone.await);
                }
            });
        }
    }
}

/// Removes the files of processes that have ended without doing so.
pub(super) async fn sweep(pool: &SqlitePool, journal: &Path) {
    let files = holders(journal);
    if files.is_empty() {
        return;
    }
    // Who takes over a lease looks at the same files in a transaction, and would take one that is locked here for one
    // of the living.
    let Ok(transaction) = pool.begin_with("BEGIN IMMEDIATE").await else { return };
    for file in files {
        is_locked(&file);
    }
    drop(transaction.rollback().await);
}

/// The files that name processes.
fn holders(journal: &Path) -> Vec<PathBuf> {
    let folder = journal.parent().filter(|folder| !folder.as_os_str().is_empty());
    let (Some(name), Ok(files)) = (journal.file_name(), std::fs::read_dir(folder.unwrap_or(Path::new("."))))
    else {
        return Vec::new();
    };
    let beginning = holder_name(name.to_owned(), "");
    let names_one = |name: &OsStr| name.as_encoded_bytes().starts_with(beginning.as_encoded_bytes());
    files.flatten().filter(|file| names_one(&file.file_name())).map(|file| file.path()).collect()
}

/// Writes the lease into the journal, unless somebody else who lives has it.
async fn write(pool: &SqlitePool, journal: &Path, holder: &str, session: &SessionId) -> Result<(), Fault> {
    let failed = |error: sqlx::Error| fault(&journal.display().to_string(), "written", &error);
    let mut transaction = pool.begin_with("BEGIN IMMEDIATE").await.map_err(failed)?;
    let other: Option<String> = sqlx::query_scalar("SELECT holder FROM journal_leases WHERE session = ?")
        .bind(session.as_str())
        .fetch_optional(&mut *transaction)
        .await
        .map_err(failed)?;
    if other.is_some_and(|other| other != holder && is_alive(journal, &other)) {
        return Err(Lease::refused(session, "another process is at work on it"));
    }
    sqlx::query("INSERT OR REPLACE INTO journal_leases (session, holder) VALUES (?, ?)")
        .bind(session.as_str())
        .bind(holder)
        .execute(&mut *transaction)
        .await
        .map_err(failed)?;
    transaction.commit().await.map_err(failed)
}

/// Whether a holder still lives: it keeps its file locked. What is no name of a process was written by somebody else, and
/// leads to no file of ours.
fn is_alive(journal: &Path, holder: &str) -> bool {
    is_fresh(holder) && is_locked(&holder_path(journal, holder))
}

/// Whether somebody keeps a holder's file locked. A file that nobody does is removed while it is locked here: who has
/// just made it, and was not as fast, finds that it is gone (see [`Holder::new`]).
fn is_locked(path: &Path) -> bool {
    let file = match File::open(path) {
        Ok(file) => file,
        // That it cannot be looked at does not say that it has ended.
        Err(error) => return error.kind() != std::io::ErrorKind::NotFound,
    };
    match file.try_lock() {
        Ok(()) => {
            let _ = std::fs::remove_file(path);
            false
        }
        Err(TryLockError::WouldBlock | TryLockError::Error(_)) => true,
    }
}

fn holder_path(journal: &Path, holder: &str) -> PathBuf {
    PathBuf::from(holder_name(journal.as_os_str().to_owned(), holder))
}

fn holder_name(mut journal: OsString, holder: &str) -> OsString {
    journal.push(format!("-holder-{holder}"));
    journal
}

#[cfg(test)]
mod tests;
