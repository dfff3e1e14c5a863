//! SQLite: files opened for reading or for a change, and a limit for every statement on them.
//!
//! A progress handler ends a statement that takes too many steps. A single function of SQLite's is one step however long
//! it takes: nothing ends that, so whoever waits for rows of its own types is given up on by the clock.

use std::path::Path;

use async_trait::async_trait;
use handyman_core::{ToolError, ToolResult};
use sqlx::sqlite::{SqliteConnectOptions, SqlitePoolOptions};
use sqlx::{
    AssertSqlSafe, Connection, Either, Executor, SqlSafeStr, Sqlite, SqliteConnection, SqlitePool,
    Statement as _, Transaction,
};

use super::engine::{Access, Link, Statement, Texts, failed, too_long};
use super::select::{ONE_STATEMENT, Rows, TIME_MAX};
use super::{BUSY_TIMEOUT, cells};

const CONNECTIONS_MAX: u32 = 2;
/// Steps of SQLite's virtual machine between two counts.
const STEPS: i32 = 100_000;
/// How many counts a statement that reads gets: about a second.
const COUNTS_MAX: u32 = 300;
/// How many counts a statement of a change gets: about as long as servers give it.
const CHANGE_COUNTS_MAX: u32 = 1_500;

/// A transaction in which each statement gets so many steps.
pub(super) struct Limited {
    transaction: Transaction<'static, Sqlite>,
    counts_max: u32,
}

/// Opens a file that exists. Where nothing is to be changed, SQLite itself refuses to.
pub(super) async fn open(path: &Path, access: Access) -> Result<SqlitePool, sqlx::Error> {
    let options = SqliteConnectOptions::new()
        .filename(path)
        .pragma("trusted_schema", "OFF")
        .foreign_keys(true)
        .busy_timeout(BUSY_TIMEOUT);
    let (options, connections) = match access {
        Access::Read => (options.read_only(true).pragma("query_only", "ON"), CONNECTIONS_MAX),
        Access::Write => (options, 1),
    };
    let pool = SqlitePoolOptions::new().max_connections(connections).connect_with(options).await?;
    sqlx::query("SELECT count(*) FROM sqlite_schema").fetch_one(&pool).await?;
    Ok(pool)
}

/// Begins a transaction: one that reads on a connection of the pool, one that changes rows on the file opened anew.
pub(super) async fn begin(pool: &SqlitePool, path: &Path, access: Access) -> Result<Limited, sqlx::Error> {
    Ok(match access {
        Access::Read => Limited { transaction: pool.begin().await?, counts_max: COUNTS_MAX },
        Access::Write => {
            let pool = open(path, access).await?;
            let transaction = pool.begin_with("BEGIN IMMEDIATE").await?;
            Limited { transaction, counts_max: CHANGE_COUNTS_MAX }
        }
    })
}

/// Rows of a query, whose values say of themselves what type they are.
pub(super) async fn rows(pool: &SqlitePool, statement: Statement) -> ToolResult<Rows> {
    let mut connection = pool.acquire().await.map_err(failed)?;
    limit_steps(&mut connection, COUNTS_MAX).await.map_err(failed)?;
    let query = sqlx::query(AssertSqlSafe(statement.sql)).persistent(false);
    let query = statement.values.into_iter().fold(query, sqlx::query::Query::bind);
    let answer = tokio::time::timeout(TIME_MAX, query.fetch_all(&mut *connection)).await;
    if let Ok(rows) = answer {
        return Ok(rows.map_err(failed)?.iter().map(cells::of_sqlite).collect());
    }
    // Its thread ends with the function it is in; the others need not wait for that.
    drop(connection.detach());
    Err(too_long())
}

/// Runs a `SELECT` that somebody wrote, on a connection of its own that is closed afterwards: whatever it
/// does to its session ends with it.
pub(super) async fn select(pool: &SqlitePool, text: &str, rows_max: usize) -> ToolResult<Rows> {
    let mut connection = pool.acquire().await.map_err(failed)?.detach();
    let answer = tokio::time::timeout(TIME_MAX, select_on(&mut connection, text, rows_max)).await;
    // Given up, its thread ends with the function it is in; nobody need wait for that.
    let rows = answer.map_err(|_| too_long())?;
    let closed = connection.close().await;
    let rows = rows?;
    closed.map_err(failed)?;
    Ok(rows)
}

async fn select_on(connection: &mut SqliteConnection, text: &str, rows_max: usize) -> ToolResult<Rows> {
    limit_steps(connection, COUNTS_MAX).await.map_err(failed)?;
    if !is_one_statement(connection, text).await.map_err(failed)? {
        return Err(ToolError::argument("select", ONE_STATEMENT));
    }
    let limit = i64::try_from(rows_max.saturating_add(1)).unwrap_or(i64::MAX);
    let query = sqlx::query(AssertSqlSafe(within(text, 2))).persistent(false);
    let rows = query.bind(None::<i64>).bind(limit).fetch_all(connection).await.map_err(failed)?;
    Ok(rows.iter().map(cells::of_sqlite).collect())
}

/// A text as the sub-query of a statement of ours, which has its first parameter before the text and its last one after.
fn within(text: &str, last: usize) -> String {
    format!("WITH handyman_begin AS (SELECT ?1) SELECT * FROM (\n{text}\n) LIMIT ?{last}")
}

/// Whether SQLite itself reads a text as the sub-query that it is to be, and not as statements of its own.
///
/// sqlx runs every statement that it finds, and does not say how many there are. It says how many parameters all of them
/// have: of one statement, that is the number of the last one. A text that ends ours brings the begin and the end into two
/// statements, which adds the first one's; a text that swallows the end has no last one, whatever its number.
async fn is_one_statement(connection: &mut SqliteConnection, text: &str) -> Result<bool, sqlx::Error> {
    for last in [2, 3] {
        let statement = connection.prepare(AssertSqlSafe(within(text, last)).into_sql_str()).await?;
        if !matches!(statement.parameters(), Some(Either::Right(count)) if count == last) {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Gives the next statement so many counts of steps.
async fn limit_steps(connection: &mut SqliteConnection, counts_max: u32) -> Result<(), sqlx::Error> {
    let mut counts = 0;
    connection.lock_handle().await?.set_progress_handler(STEPS, move || {
        counts += 1;
        counts < counts_max
    });
    Ok(())
}

#[async_trait]
impl Link for Limited {
    async fn texts(&mut self, statement: &Statement) -> ToolResult<Vec<Texts>> {
        limit_steps(&mut self.transaction, self.counts_max).await.map_err(failed)?;
        Link::texts(&mut self.transaction, statement).await
    }

    async fn execute(&mut self, statement: &Statement) -> ToolResult<u64> {
        limit_steps(&mut self.transaction, self.counts_max).await.map_err(failed)?;
        Link::execute(&mut self.transaction, statement).await
    }

    async fn commit(self: Box<Self>) -> ToolResult<()> {
        let Self { transaction, .. } = *self;
        transaction.commit().await.map_err(failed)
    }
}
