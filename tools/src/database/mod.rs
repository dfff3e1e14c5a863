//! Tools that ask a SQLite database: the sandbox world, or any file. They can only read.

mod cells;
mod query;
mod select;

pub use query::{Comparison, Condition};

use std::path::Path;
use std::time::Duration;

use handyman_core::{ToolError, ToolErrorKind, ToolResult, tool};
use serde_json::{Value, json};
use sqlx::SqlitePool;
use sqlx::sqlite::{SqliteConnectOptions, SqlitePoolOptions};

const CONNECTIONS_MAX: u32 = 2;
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
const TABLES_MAX: usize = 30;

/// A database that is open for reading only.
#[derive(Debug)]
pub struct Database {
    pool: SqlitePool,
}

/// A column of a table.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
struct Column {
    name: String,
    #[sqlx(rename = "type")]
    kind: String,
}

impl Database {
    /// Opens a file that exists. SQLite itself refuses to write through this connection.
    ///
    /// # Errors
    /// No such file, or not a SQLite database.
    pub async fn open(path: &Path) -> ToolResult<Self> {
        let options = SqliteConnectOptions::new()
            .filename(path)
            .read_only(true)
            .pragma("query_only", "ON")
            .pragma("trusted_schema", "OFF")
            .busy_timeout(BUSY_TIMEOUT);
        let wrong = |error: sqlx::Error| {
            ToolError::new(
                ToolErrorKind::NotFound,
                format!("cannot open the database {}: {error}", path.display()),
            )
        };
        let pool = SqlitePoolOptions::new()
            .max_connections(CONNECTIONS_MAX)
            .connect_with(options)
            .await
            .map_err(wrong)?;
        sqlx::query("SELECT count(*) FROM sqlite_schema").fetch_one(&pool).await.map_err(wrong)?;
        Ok(Self { pool })
    }

    async fn tables(&self) -> ToolResult<Vec<String>> {
        let names: Vec<(String,)> = sqlx::query_as(
            "SELECT name FROM sqlite_schema WHERE type IN ('table', 'view') AND substr(name, 1, 7) <> 'sqlite_' \
             ORDER BY name",
        )
        .fetch_all(&self.pool)
        .await
        .map_err(failed)?;
        Ok(names.into_iter().map(|(name,)| name).collect())
    }

    /// The real name of a table, and its columns.
    async fn columns(&self, table: &str) -> ToolResult<(String, Vec<Column>)> {
        let tables = self.tables().await?;
        let Some(name) = tables.iter().find(|name| name.eq_ignore_ascii_case(table)) else {
            let message = format!("there is no table '{table}'; there are {}", tables.join(", "));
            return Err(ToolError::argument("table", message));
        };
        let columns = sqlx::query_as("SELECT name, type FROM pragma_table_info(?)")
            .bind(name)
            .fetch_all(&self.pool)
            .await
            .map_err(failed)?;
        Ok((name.clone(), columns))
    }
}

/// A failure of a query, in SQLite's words.
fn failed(error: sqlx::Error) -> ToolError {
    match error {
        sqlx::Error::Database(error) => {
            ToolError::new(ToolErrorKind::Refused, format!("the database says: {}", error.message()))
        }
        other => ToolError::internal(other),
    }
}

/// An identifier as SQL writes it.
fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// List database tables
#[tool(read_only)]
pub async fn list_tables(#[state] database: &Database) -> ToolResult<Value> {
    let tables = database.tables().await?;
    let more = tables.len().saturating_sub(TABLES_MAX);
    Ok(json!({"tables": tables.into_iter().take(TABLES_MAX).collect::<Vec<_>>(), "more": more}))
}

/// Columns of a table
#[tool(read_only)]
pub async fn describe_table(#[state] database: &Database, table: String) -> ToolResult<Value> {
    let (table, columns) = database.columns(&table).await?;
    let (rows,): (i64,) =
        sqlx::query_as(sqlx::AssertSqlSafe(format!("SELECT count(*) FROM {}", quoted(&table))))
            .fetch_one(&database.pool)
            .await
            .map_err(failed)?;
    let columns: Vec<String> =
        columns.iter().map(|column| format!("{} {}", column.name, column.kind)).collect();
    Ok(json!({"table": table, "columns": columns, "rows": rows}))
}

/// Query rows of a table
#[tool(read_only)]
pub async fn query_table(
    #[state] database: &Database,
    table: String,
    columns: Option<Vec<String>>,
    r#where: Option<Vec<Condition>>,
    order_by: Option<String>,
    descending: Option<bool>,
    #[arg(range = 1..=20)] limit: Option<usize>,
) -> ToolResult<Value> {
    let query = query::Query {
        columns: columns.unwrap_or_default(),
        conditions: r#where.unwrap_or_default(),
        order_by,
        descending: descending.unwrap_or_default(),
        limit: limit.unwrap_or(query::DEFAULT_LIMIT),
    };
    query.run(database, &table).await
}

/// Run one read-only SQL SELECT
#[tool(read_only)]
pub async fn run_sql(#[state] database: &Database, select: String) -> ToolResult<Value> {
    select::run(database, &select).await
}

#[cfg(test)]
mod tests;
