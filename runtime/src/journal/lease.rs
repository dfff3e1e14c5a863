//! The right to write a session: one process at a time has it.
//!
//! A process that holds leases is named by a file beside the journal that it keeps locked. The operating
//! system releases the lock when the process ends, however it ends, so a dead holder's lease is taken over
//! at once and no clock is needed.

use std::collections::HashSet;
use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use handyman_core::{Fault, FaultKind, Lease, SessionId};
use sqlx::sqlite::SqlitePool;

use super::fault;

/// The sessions this process writes.
#[derive(Debug, Clone, Default)]
pub(super) struct Leases(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    held: Mutex<HashSet<SessionId>>,
    holder: OnceLock<Holder>,
}

/// This process, as others see it.
#[derive(Debug)]
struct Holder {
    name: String,
    path: PathBuf,
    /// Locked while it is open.
    _file: File,
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
        if !self.0.held.lock().unwrap_or_else(PoisonError::into_inner).insert(session.clone()) {
            return Err(busy(session, "this process is already at work on it"));
        }
        let mut guard = Guard { leases: self.clone(), session: session.clone(), row: None };
        if let Some(journal) = journal {
            let holder = self.holder(journal)?.to_owned();
            write(pool, journal, &holder, session).await?;
            guard.row = Some((pool.clone(), holder));
        }
        Ok(Lease::new(guard))
    }

    /// The name of this process, with its file locked.
    fn holder(&self, journal: &Path) -> Result<&str, Fault> {
        if let Some(holder) = self.0.holder.get() {
            return Ok(&holder.name);
        }
        let name = format!("{:016x}", fastrand::u64(..));
        let path = holder_path(journal, &name);
        let broken = |error: std::io::Error| {
            Fault::new(
                FaultKind::Journal,
                format!("the file {} cannot be made and locked: {error}", path.display()),
            )
            .with_hint("the journal's folder must be writable")
        };
        let file = File::create(&path).map_err(broken)?;
        file.try_lock().map_err(|error| broken(error.into()))?;
        Ok(&self.0.holder.get_or_init(|| Holder { name, path, _file: file }).name)
    }
}

/// Gives the lease back when it is dropped.
struct Guard {
    leases: Leases,
    session: SessionId,
    row: Option<(SqlitePool, String)>,
}

impl Drop for Guard {
    fn drop(&mut self) {
        self.leases.0.held.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.session);
        // A row that stays names this process: it may take the lease again, and others once it has ended.
        if let (Some((pool, holder)), Ok(runtime)) = (self.row.take(), tokio::runtime::Handle::try_current())
        {
            let (leases, session) = (self.leases.clone(), self.session.clone());
            runtime.spawn(async move {
                let taken_again =
                    leases.0.held.lock().unwrap_or_else(PoisonError::into_inner).contains(&session);
                if !taken_again {
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
        return Err(busy(session, "another process is at work on it"));
    }
    sqlx::query("INSERT OR REPLACE INTO journal_leases (session, holder) VALUES (?, ?)")
        .bind(session.as_str())
        .bind(holder)
        .execute(&mut *transaction)
        .await
        .map_err(failed)?;
    transaction.commit().await.map_err(failed)
}

/// Whether a holder still lives: it keeps its file locked. The file of one that does not is removed.
fn is_alive(journal: &Path, holder: &str) -> bool {
    let path = holder_path(journal, holder);
    let file = match File::open(&path) {
        Ok(file) => file,
        // That it cannot be looked at does not say that it has ended.
        Err(error) => return error.kind() != std::io::ErrorKind::NotFound,
    };
    match file.try_lock() {
        Ok(()) => {
            let _ = std::fs::remove_file(&path);
            false
        }
        Err(TryLockError::WouldBlock | TryLockError::Error(_)) => true,
    }
}

fn holder_path(journal: &Path, holder: &str) -> PathBuf {
    let mut name = journal.as_os_str().to_owned();
    name.push(format!("-holder-{holder}"));
    PathBuf::from(name)
}

fn busy(session: &SessionId, who: &str) -> Fault {
    Fault::new(FaultKind::Busy, format!("session {session} is busy: {who}"))
        .with_hint("let that end, cancel it, or use another session")
}
