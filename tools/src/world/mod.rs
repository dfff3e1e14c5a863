//! The sandbox world: one embedded SQLite database with inventory, bookings, money and a calendar.
//!
//! It is made from the bundled data, a seed and a date, and is the same every time. All of it is
//! invented except the names of places. Every change is one transaction that also records the
//! idempotency key it was made under, so that a repeated request gives the first answer back.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use handyman_core::{IdempotencyKey, ToolError, ToolErrorKind};
use jiff::civil::Date;
use rehearsal::Rehearsed;
use serde_json::Value;
use sqlx::sqlite::{SqliteConnectOptions, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{ConnectOptions, Connection, SqlitePool};
use tempfile::TempDir;

pub mod bookings;
pub mod calendar;
pub mod chance;
mod effects;
pub mod forecast;
pub mod lodging;
mod migrations;
pub mod offers;
pub mod payments;
mod private;
pub mod rehearsal;
mod seeding;
mod stock;
pub mod timetable;
mod transaction;

/// What sandbox results name as their source.
pub const SOURCE: &str = "sandbox";
/// Currency of everything the sandbox sells.
pub const CURRENCY: &str = "CNY";
/// How many days ahead the sandbox sells.
pub const SALE_DAYS: i32 = 300;

const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
const CONNECTIONS_MAX: u32 = 4;

/// Which world to open.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Its file; a temporary one that goes away with the world, if none is named.
    pub path: Option<PathBuf>,
    /// What its inventory follows from.
    pub seed: u64,
    /// The day it begins on.
    pub today: Date,
}

/// An open sandbox world.
#[derive(Debug)]
pub struct World {
    pool: SqlitePool,
    path: PathBuf,
    seed: u64,
    /// Keeps the folder of a temporary world until the world is dropped.
    folder: Option<Arc<TempDir>>,
    witness: Option<Arc<dyn Witness>>,
    /// In a rehearsal, or where what happens is held to what was allowed, what has been seen of it.
    rehearsed: Option<Rehearsed>,
}

/// A journal in the world's own file: what it writes down becomes part of the effect's transaction.
pub trait Witness: Send + Sync + fmt::Debug {
    /// The row that says the effect under this key took place; none if the journal knows of no such call.
    fn row(&self, key: &IdempotencyKey, result: &Value) -> Option<WitnessRow>;
}

/// A row of a journal; its values are bound in this order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WitnessRow {
    /// The statement that inserts it.
    pub statement: &'static str,
    /// The run.
    pub run: String,
    /// The position in the run.
    pub position: i64,
    /// The event, as JSON.
    pub event: String,
    /// What ties it to the event before.
    pub chain: String,
}

impl World {
    /// Opens a world, and makes it first if there is none, for nobody else to read. A database in which there is
    /// something else, beside a journal, is left as it is.
    ///
    /// # Errors
    /// An internal error that names the file, if it cannot be made, read or written; a conflict, if it is somebody
    /// else's database.
    pub async fn open(settings: &Settings) -> Result<Self, ToolError> {
        let folder = match settings.path {
            Some(_) => None,
            None => Some(TempDir::new().map_err(ToolError::internal)?),
        };
        let path = match (&settings.path, &folder) {
            (Some(path), _) => path.clone(),
            (None, Some(folder)) => folder.path().join("world.db"),
            (None, None) => return Err(ToolError::internal("no place for the world")),
        };
        let broken = |error: sqlx::Error| ToolError::internal(format!("world {}: {error}", path.display()));
        private::file(&path);
        let options = SqliteConnectOptions::new()
            .filename(&path)
            .create_if_missing(true)
            .synchronous(if folder.is_some() { SqliteSynchronous::Off } else { SqliteSynchronous::Full })
            .foreign_keys(true)
            .busy_timeout(BUSY_TIMEOUT);
        let pool = SqlitePoolOptions::new()
            .max_connections(CONNECTIONS_MAX)
            .connect_with(options)
            .await
            .map_err(broken)?;
        let tables = migrations::tables(&pool).await.map_err(broken)?;
        if let Some(table) = migrations::stranger(&tables) {
            pool.close().await;
            let problem = format!(
                "{} is somebody else's database and no world: there is a table '{table}' in it; nothing was changed",
                path.display()
            );
            return Err(ToolError::new(ToolErrorKind::Conflict, problem));
        }
        sqlx::query("PRAGMA journal_mode = WAL").execute(&pool).await.map_err(broken)?;
        let seed = seeding::ready(&pool, settings).await.map_err(broken)?;
        Ok(Self { pool, path, seed, folder: folder.map(Arc::new), witness: None, rehearsed: None })
    }

    /// Whether there is a world in a file, if perhaps a damaged one.
    pub async fn is_in(file: &Path) -> bool {
        let options = SqliteConnectOptions::new().filename(file).read_only(true);
        let Ok(mut connection) = options.connect().await else { return false };
        let tables = migrations::tables(&mut connection).await.unwrap_or_default();
        drop(connection.close().await);
        migrations::is_world(&tables)
    }

    /// Lets a journal in the same file witness every effect in its transaction.
    #[must_use]
    pub fn witnessed_by(self, witness: Arc<dyn Witness>) -> Self {
        Self { witness: Some(witness), ..self }
    }

    /// The file the world is kept in.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What its inventory follows from.
    #[must_use]
    pub fn seed(&self) -> u64 {
        self.seed
    }

    pub(crate) fn pool(&self) -> &SqlitePool {
        &self.pool
    }
}

/// A database failure as a tool error; a locked database or a full disk may work later.
#[expect(clippy::needless_pass_by_value, reason = "handed to map_err")]
pub(crate) fn failed(error: sqlx::Error) -> ToolError {
    let code = error.as_database_error().and_then(sqlx::error::DatabaseError::code);
    // Primary result codes SQLITE_BUSY, SQLITE_LOCKED and SQLITE_FULL, in the low byte of extended ones.
    match code.and_then(|code| code.parse::<u32>().ok()).map(|code| code & 0xff) {
        Some(5 | 6) => ToolError::unavailable("the sandbox database is locked; try again"),
        Some(13) => {
            ToolError::unavailable("the disk is full, nothing was changed; free some room and try again")
        }
        Some(_) | None => ToolError::internal(format!("sandbox database: {error}")),
    }
}

#[cfg(test)]
mod tests;
