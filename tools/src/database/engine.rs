//! The connection to a database: SQLite, PostgreSQL or MySQL/MariaDB, and transactions on it.
//!
//! Reading happens in a transaction that the database itself holds to reading; every statement is a
//! prepared one, of which all three databases take exactly one at a time; values are parameters.

use std::fmt;
use std::path::PathBuf;

use async_trait::async_trait;
use handyman_core::{ToolError, ToolErrorKind, ToolResult};
use sqlx::error::DatabaseError;
use sqlx::{AssertSqlSafe, Sqlite, SqlitePool, Transaction};

use super::place::{EMPTY, Place};
use super::syntax::Syntax;

/// How long a server may take to let us in.
#[cfg(feature = "databases")]
pub(super) const CONNECT_TIMEOUT: std::time::Duration = std::time::Duration::from_secs(10);

/// What a transaction may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Access {
    Read,
    Write,
}

/// One statement and its parameters, all of them texts or null.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Statement {
    pub(super) sql: String,
    pub(super) values: Vec<Option<String>>,
}

/// The cells of one row as texts.
pub(super) type Texts = Vec<Option<String>>;

/// A transaction. Dropped without a commit, it is rolled back.
#[async_trait]
pub(super) trait Link: Send {
    /// Rows of a statement whose columns are all texts.
    async fn texts(&mut self, statement: &Statement) -> ToolResult<Vec<Texts>>;

    /// Runs a statement and says how many rows it changed.
    async fn execute(&mut self, statement: &Statement) -> ToolResult<u64>;

    async fn commit(self: Box<Self>) -> ToolResult<()>;
}

macro_rules! link {
    ($database:ty) => {
        #[async_trait]
        impl Link for Transaction<'static, $database> {
            async fn texts(&mut self, statement: &Statement) -> ToolResult<Vec<Texts>> {
                let query = sqlx::query(AssertSqlSafe(statement.sql.clone())).persistent(false);
                let query = statement.values.iter().fold(query, |query, value| query.bind(value.clone()));
                let rows = query.fetch_all(&mut **self).await.map_err(failed)?;
                rows.iter()
                    .map(|row| {
                        let cells = (0..sqlx::Row::len(row)).map(|index| sqlx::Row::try_get(row, index));
                        cells.collect::<Result<Texts, sqlx::Error>>().map_err(failed)
                    })
                    .collect()
            }

            async fn execute(&mut self, statement: &Statement) -> ToolResult<u64> {
                let query = sqlx::query(AssertSqlSafe(statement.sql.clone())).persistent(false);
                let query = statement.values.iter().fold(query, |query, value| query.bind(value.clone()));
                Ok(query.execute(&mut **self).await.map_err(failed)?.rows_affected())
            }

            async fn commit(self: Box<Self>) -> ToolResult<()> {
                (*self).commit().await.map_err(failed)
            }
        }
    };
}
link!(Sqlite);
#[cfg(feature = "databases")]
link!(sqlx_postgres::Postgres);
#[cfg(feature = "databases")]
link!(sqlx_mysql::MySql);

/// An open database.
pub(super) enum Engine {
    /// The pool reads only; changes open the file anew.
    Sqlite { pool: SqlitePool, path: PathBuf },
    #[cfg(feature = "databases")]
    Postgres(sqlx::Pool<sqlx_postgres::Postgres>),
    #[cfg(feature = "databases")]
    MySql(sqlx::Pool<sqlx_mysql::MySql>),
}

impl Engine {
    pub(super) async fn close(&self) {
        match self {
            Self::Sqlite { pool, .. } => pool.close().await,
            #[cfg(feature = "databases")]
            Self::Postgres(pool) => pool.close().await,
            #[cfg(feature = "databases")]
            Self::MySql(pool) => pool.close().await,
        }
    }

    pub(super) async fn open(place: &Place) -> ToolResult<Self> {
        match place {
            // SQLite would make a new database there, and throw it away.
            Place::File(path) if path.as_os_str().is_empty() => {
                Err(ToolError::new(ToolErrorKind::NotFound, EMPTY))
            }
            Place::File(path) => {
                let pool = super::sqlite::open(path, Access::Read)
                    .await
                    .map_err(|error| unreachable_place(place, &error))?;
                Ok(Self::Sqlite { pool, path: path.clone() })
            }
            #[cfg(feature = "databases")]
            Place::Postgres(url) => {
                let pool =
                    super::postgres::open(url).await.map_err(|error| unreachable_place(place, &error))?;
                Ok(Self::Postgres(pool))
            }
            #[cfg(feature = "databases")]
            Place::MySql(url) => {
                let pool = super::mysql::open(url).await.map_err(|error| unreachable_place(place, &error))?;
                Ok(Self::MySql(pool))
            }
            #[cfg(not(feature = "databases"))]
            Place::Postgres(_) | Place::MySql(_) => {
                let message =
                    format!("cannot open {place}: this build knows SQLite only (feature `databases`)");
                Err(ToolError::new(ToolErrorKind::Refused, message))
            }
        }
    }

    pub(super) fn syntax(&self) -> Syntax {
        match self {
            Self::Sqlite { .. } => Syntax::Sqlite,
            #[cfg(feature = "databases")]
            Self::Postgres(_) => Syntax::Postgres,
            #[cfg(feature = "databases")]
            Self::MySql(_) => Syntax::MySql,
        }
    }

    /// Begins a transaction; one that reads cannot change anything. Every statement in it has a time limit.
    pub(super) async fn begin(&self, access: Access) -> ToolResult<Box<dyn Link>> {
        Ok(match (self, access) {
            (Self::Sqlite { pool, path }, access) => {
                Box::new(super::sqlite::begin(pool, path, access).await.map_err(failed)?)
            }
            #[cfg(feature = "databases")]
            (Self::Postgres(pool), access) => {
                Box::new(super::postgres::begin(pool, access).await.map_err(failed)?)
            }
            #[cfg(feature = "databases")]
            (Self::MySql(pool), access) => Box::new(super::mysql::begin(pool, access).await.map_err(failed)?),
        })
    }
}

/// Connects once, so that what is wrong is said: a pool repeats a refused connection until its time is up, and then
/// says only that.
#[cfg(feature = "databases")]
pub(super) async fn try_out<C: sqlx::Connection>(options: &C::Options) -> Result<(), sqlx::Error> {
    let connected = tokio::time::timeout(CONNECT_TIMEOUT, Box::pin(C::connect_with(options))).await;
    let connection = connected.map_err(|_| sqlx::Error::Io(std::io::ErrorKind::TimedOut.into()))??;
    Box::pin(connection.close()).await
}

fn unreachable_place(place: &Place, error: &sqlx::Error) -> ToolError {
    ToolError::new(ToolErrorKind::NotFound, format!("cannot open the database {place}: {error}"))
}

/// A failure of a query, in the database's words.
#[expect(clippy::needless_pass_by_value, reason = "it is what `map_err` hands over")]
pub(super) fn failed(error: sqlx::Error) -> ToolError {
    match &error {
        sqlx::Error::Database(inner) => {
            let message = inner.message();
            let ended = [
                "interrupted",
                "statement timeout",
                "max_statement_time",
                "maximum statement execution time",
            ];
            if ended.iter().any(|words| message.contains(words)) {
                return too_long();
            }
            if is_held(&**inner) {
                return ToolError::unavailable(format!("another program is at work there: {message}"));
            }
            ToolError::new(ToolErrorKind::Refused, format!("the database says: {message}"))
        }
        sqlx::Error::Io(_) | sqlx::Error::PoolTimedOut | sqlx::Error::Tls(_) => {
            ToolError::new(ToolErrorKind::Unavailable, format!("the database cannot be reached: {error}"))
        }
        _ => ToolError::internal(&error),
    }
}

/// Whether others hold what a statement needs, be it rows or the whole file: it did nothing, and may be free later.
fn is_held(error: &dyn DatabaseError) -> bool {
    // PostgreSQL's states for a lock and for two kinds of conflicts; MySQL has the last for its own.
    let is_conflict = error.code().is_some_and(|code| ["55P03", "40P01", "40001"].contains(&code.as_ref()));
    let words = ["database is locked", "database table is locked", "Lock wait timeout exceeded"];
    is_conflict || words.iter().any(|words| error.message().contains(words))
}

/// A query that was ended by its limit.
pub(super) fn too_long() -> ToolError {
    ToolError::new(ToolErrorKind::Refused, "the query takes too long; ask for less")
}

impl fmt::Debug for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.syntax())
    }
}
