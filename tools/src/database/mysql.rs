//! MySQL and MariaDB: read-only transactions, time limits, and a `SELECT` of the model's own.

use futures_util::TryStreamExt;
use handyman_core::{ToolError, ToolErrorKind, ToolResult};
use serde_json::{Map, Value, json};
use sqlx::{AssertSqlSafe, Column as _, Connection, Executor, Pool, Row, Transaction, TypeInfo, ValueRef};
use sqlx_mysql::types::MySqlTime;
use sqlx_mysql::{MySql, MySqlConnectOptions, MySqlConnection, MySqlPoolOptions, MySqlRow};

use super::cells;
use super::engine::{Access, CONNECT_TIMEOUT, failed, too_long, try_out};
use super::select::{Rows, TIME_MAX};
use super::syntax::Class;

const CONNECTIONS_MAX: u32 = 4;
const READ_ONLY: &str = "START TRANSACTION READ ONLY";
/// Functions that take locks which programs agree upon, and so keep them waiting. Quoted or not, their names are written like
/// this.
const LOCKS: [&str; 3] = ["get_lock", "service_get_read_locks", "service_get_write_locks"];

pub(super) async fn open(url: &str) -> Result<Pool<MySql>, sqlx::Error> {
    let options = options_of(url)?;
    if options.get_database().is_none() {
        return Err(sqlx::Error::Configuration("the URL names no database: mysql://user@host/NAME".into()));
    }
    try_out::<MySqlConnection>(&options).await?;
    let pool = MySqlPoolOptions::new()
        .max_connections(CONNECTIONS_MAX)
        .acquire_timeout(CONNECT_TIMEOUT)
        .after_connect(|connection, _| Box::pin(prepare_session(connection)));
    Box::pin(pool.connect_with(options)).await
}

/// What a URL says. Where it names no time zone (`?timezone=%2B08:00`), the session has the server's, as other programs'
/// have. Left to itself, sqlx takes UTC: today would be another day, and times written here would be other times there.
pub(super) fn options_of(url: &str) -> Result<MySqlConnectOptions, sqlx::Error> {
    let options: MySqlConnectOptions = url.parse()?;
    let query = url.split_once('?').map_or("", |(_, query)| query);
    let names_zone = ["timezone=", "time-zone="].iter().any(|name| query.contains(name));
    Ok(if names_zone { options } else { options.timezone(None::<String>) })
}

/// Limits every statement's time, and lets no value be changed to fit a column.
async fn prepare_session(connection: &mut MySqlConnection) -> Result<(), sqlx::Error> {
    let (version,): (String,) = sqlx::query_as("SELECT version()").fetch_one(&mut *connection).await?;
    let limit = if version.to_lowercase().contains("mariadb") {
        format!("SET SESSION max_statement_time = {}", TIME_MAX.as_secs_f64())
    } else {
        format!("SET SESSION max_execution_time = {}", TIME_MAX.as_millis())
    };
    connection.execute(AssertSqlSafe(limit)).await?;
    let waits =
        format!("SET SESSION innodb_lock_wait_timeout = {}, lock_wait_timeout = {0}", TIME_MAX.as_secs());
    connection.execute(AssertSqlSafe(waits)).await?;
    connection.execute("SET SESSION sql_mode = concat(@@sql_mode, ',STRICT_ALL_TABLES')").await.map(drop)
}

pub(super) async fn begin(
    pool: &Pool<MySql>,
    access: Access,
) -> Result<Transaction<'static, MySql>, sqlx::Error> {
    match access {
        Access::Read => Box::pin(pool.begin_with(READ_ONLY)).await,
        Access::Write => Box::pin(pool.begin()).await,
    }
}

/// Runs a `SELECT` that somebody wrote, on a connection of its own that is closed afterwards: whatever it
/// does to its session ends with it.
pub(super) async fn select(pool: &Pool<MySql>, text: &str, rows_max: usize) -> ToolResult<Rows> {
    let mut connection = Box::pin(pool.acquire()).await.map_err(failed)?.detach();
    let answer = tokio::time::timeout(TIME_MAX * 2, select_on(&mut connection, text, rows_max)).await;
    let closed = connection.close_hard().await;
    let rows = answer.map_err(|_| too_long())??;
    closed.map_err(failed)?;
    Ok(rows)
}

async fn select_on(connection: &mut MySqlConnection, text: &str, rows_max: usize) -> ToolResult<Rows> {
    let words = text.to_ascii_lowercase();
    if let Some(lock) = LOCKS.iter().find(|lock| words.contains(**lock)) {
        let message = format!("the function {lock} keeps other programs waiting, and cannot be called here");
        return Err(ToolError::new(ToolErrorKind::Refused, message));
    }
    refuse_powerful(connection).await?;
    let limit = format!("SET SESSION sql_select_limit = {}", rows_max + 1);
    connection.execute(AssertSqlSafe(limit)).await.map_err(failed)?;
    connection.execute(READ_ONLY).await.map_err(failed)?;
    // A prepared statement: the server takes one at a time only.
    let mut stream = sqlx::query(AssertSqlSafe(text.to_owned())).persistent(false).fetch(connection);
    let mut rows = Rows::new();
    while let Some(row) = stream.try_next().await.map_err(failed)? {
        if rows.is_empty() {
            cells::check_names(row.columns().iter().map(sqlx::Column::name))?;
        }
        rows.push(object(&row));
        if rows.len() > rows_max {
            break;
        }
    }
    Ok(rows)
}

fn object(row: &MySqlRow) -> Map<String, Value> {
    row.columns().iter().map(|column| (column.name().to_owned(), cell(row, column.ordinal()))).collect()
}

/// A value of any type. Exact decimals stay texts where a number would lose digits.
fn cell(row: &MySqlRow, index: usize) -> Value {
    let Ok(raw) = row.try_get_raw(index) else { return Value::Null };
    if raw.is_null() {
        return Value::Null;
    }
    let kind = raw.type_info().name().to_owned();
    let text = |text: String| cells::value(Class::Other, &text);
    match kind.trim_end_matches(" UNSIGNED") {
        "BOOLEAN" => row.try_get::<bool, _>(index).map_or(Value::Null, Value::from),
        "TINYINT" | "SMALLINT" | "MEDIUMINT" | "INT" | "BIGINT" if kind.ends_with("UNSIGNED") => {
            row.try_get::<u64, _>(index).map_or(Value::Null, Value::from)
        }
        "TINYINT" | "SMALLINT" | "MEDIUMINT" | "INT" | "BIGINT" => {
            row.try_get::<i64, _>(index).map_or(Value::Null, Value::from)
        }
        "YEAR" => row.try_get::<u16, _>(index).map_or(Value::Null, Value::from),
        "BIT" => row.try_get::<u64, _>(index).map_or(Value::Null, Value::from),
        // Widened to 64 bits, 21.3 would be 21.299999237060547.
        "FLOAT" => row
            .try_get::<f32, _>(index)
            .map_or(Value::Null, |number| cells::value(Class::Number, &number.to_string())),
        "DOUBLE" => row.try_get::<f64, _>(index).map_or(Value::Null, |number| json!(number)),
        "DECIMAL" => row
            .try_get_unchecked::<String, _>(index)
            .map_or(Value::Null, |digits| cells::value(Class::Number, &digits)),
        "DATE" => row.try_get::<time::Date, _>(index).map_or(Value::Null, |date| text(date.to_string())),
        "DATETIME" | "TIMESTAMP" => row
            .try_get::<time::PrimitiveDateTime, _>(index)
            .map_or(Value::Null, |when| text(when.to_string().trim_end_matches(".0").to_owned())),
        "TIME" => row.try_get::<MySqlTime, _>(index).map_or(Value::Null, |time| text(time.to_string())),
        "BLOB" | "TINYBLOB" | "MEDIUMBLOB" | "LONGBLOB" | "BINARY" | "VARBINARY" | "GEOMETRY" => {
            row.try_get_unchecked::<Vec<u8>, _>(index).map_or(Value::Null, of_bytes)
        }
        _ => row.try_get_unchecked::<String, _>(index).map_or(Value::Null, text),
    }
}

/// A text whose order is by bytes (`utf8mb4_bin`, as MariaDB's JSON has it) comes as bytes too.
fn of_bytes(bytes: Vec<u8>) -> Value {
    let length = bytes.len();
    match String::from_utf8(bytes) {
        Ok(text) if !text.chars().any(|c| c.is_control() && !c.is_whitespace()) => {
            cells::value(Class::Text, &text)
        }
        Ok(_) | Err(_) => json!(format!("{length} bytes")),
    }
}

/// A user that can read and write the server's files can do so in a `SELECT`, whatever the transaction
/// allows: for such a user no text is run.
async fn refuse_powerful(connection: &mut MySqlConnection) -> ToolResult<()> {
    let (powerful,): (i64,) = sqlx::query_as(
        "SELECT count(*) FROM information_schema.user_privileges WHERE privilege_type IN ('FILE', 'SUPER')",
    )
    .fetch_one(connection)
    .await
    .map_err(failed)?;
    if powerful > 0 {
        let message = "this database user may use the server's files, which a SELECT can reach; \
                       connect as a user that may only read, or use query_table";
        return Err(ToolError::new(ToolErrorKind::Refused, message));
    }
    Ok(())
}
