//! PostgreSQL: read-only transactions, time limits, and a `SELECT` of the model's own.

use handyman_core::{ToolError, ToolErrorKind, ToolResult};
use jiff::tz::TimeZone;
use sqlx::{
    AssertSqlSafe, Column as _, Connection, Executor, Pool, Row, SqlSafeStr, Statement as _, Transaction,
    TypeInfo,
};
use sqlx_postgres::{PgConnectOptions, PgConnection, PgPoolOptions, PgRow, Postgres};

use super::engine::{Access, CONNECT_TIMEOUT, failed, too_long, try_out};
use super::select::{Rows, TIME_MAX};
use super::syntax::{Class, Syntax};
use super::{called, cells};

const CONNECTIONS_MAX: u32 = 4;
/// How the option of a URL begins that names the session's time zone.
const ZONE: &str = "timezone=";
const READ_ONLY: &str = "BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY";
/// Functions of PostgreSQL's own that are volatile and only read: they give another value each time. The last two choose
/// rows for `TABLESAMPLE`.
const HARMLESS: [&str; 19] = [
    "random",
    "random_normal",
    "array_sample",
    "array_shuffle",
    "gen_random_uuid",
    "uuidv4",
    "uuidv7",
    "clock_timestamp",
    "timeofday",
    "pg_sleep",
    "currval",
    "lastval",
    "pg_relation_size",
    "pg_table_size",
    "pg_indexes_size",
    "pg_total_relation_size",
    "pg_database_size",
    "bernoulli",
    "system",
];
/// Functions of extensions that are said to be stable and run what SQL they are given, as they are called in their libraries.
const RUNS_SQL: [&str; 5] =
    ["crosstab", "crosstab_hash", "connectby_text", "connectby_text_serial", "xpath_table"];

pub(super) async fn open(url: &str) -> Result<Pool<Postgres>, sqlx::Error> {
    let (url, zone) = apart_from_zone(url)?;
    let options: PgConnectOptions = url.parse()?;
    try_out::<PgConnection>(&options).await?;
    PgPoolOptions::new()
        .max_connections(CONNECTIONS_MAX)
        .acquire_timeout(CONNECT_TIMEOUT)
        .after_connect(move |connection, _| Box::pin(prepare_session(connection, zone.clone())))
        .connect_with(options.application_name("handyman"))
        .await
}

/// A URL without the time zone that it names for the session (`?timezone=Asia/Shanghai`), and that zone. sqlx knows no such
/// option and asks for UTC, which hides the server's own.
pub(super) fn apart_from_zone(url: &str) -> Result<(String, Option<String>), sqlx::Error> {
    let Some((server, query)) = url.split_once('?') else { return Ok((url.to_owned(), None)) };
    let (zones, others): (Vec<&str>, Vec<&str>) =
        query.split('&').partition(|option| option.starts_with(ZONE));
    let zone = zones.last().map(|option| option[ZONE.len()..].replace("%2F", "/"));
    if let Some(unknown) = zone.as_ref().filter(|zone| TimeZone::get(zone).is_err()) {
        let problem = format!("there is no time zone '{unknown}'; write one such as timezone=Asia/Shanghai");
        return Err(sqlx::Error::Configuration(problem.into()));
    }
    Ok((format!("{server}?{}", others.join("&")), zone))
}

async fn prepare_session(connection: &mut PgConnection, zone: Option<String>) -> Result<(), sqlx::Error> {
    let Some(zone) = zone else { return Ok(()) };
    let set = sqlx::query("SELECT set_config('TimeZone', $1, false)").bind(zone);
    set.persistent(false).execute(connection).await.map(drop)
}

pub(super) async fn begin(
    pool: &Pool<Postgres>,
    access: Access,
) -> Result<Transaction<'static, Postgres>, sqlx::Error> {
    let mut transaction = match access {
        Access::Read => pool.begin_with(READ_ONLY).await?,
        Access::Write => pool.begin().await?,
    };
    limit_time(&mut transaction).await?;
    Ok(transaction)
}

async fn limit_time(connection: &mut PgConnection) -> Result<(), sqlx::Error> {
    let limit = TIME_MAX.as_millis();
    let set = format!(
        "SELECT set_config('statement_timeout', '{limit}', true), set_config('lock_timeout', '{limit}', true)"
    );
    connection.execute(AssertSqlSafe(set)).await.map(drop)
}

/// Runs a `SELECT` that somebody wrote, on a connection of its own that is closed afterwards: whatever it
/// does to its session ends with it.
pub(super) async fn select(pool: &Pool<Postgres>, text: &str, rows_max: usize) -> ToolResult<Rows> {
    let mut connection = pool.acquire().await.map_err(failed)?.detach();
    let answer = tokio::time::timeout(TIME_MAX * 2, select_on(&mut connection, text, rows_max)).await;
    let closed = connection.close_hard().await;
    let rows = answer.map_err(|_| too_long())??;
    closed.map_err(failed)?;
    Ok(rows)
}

async fn select_on(connection: &mut PgConnection, text: &str, rows_max: usize) -> ToolResult<Rows> {
    refuse_powerful(connection).await?;
    connection.execute(READ_ONLY).await.map_err(failed)?;
    limit_time(connection).await.map_err(failed)?;
    refuse_calls(connection, text).await?;
    // Prepared, not run: PostgreSQL refuses more than one statement here, and says what the columns are.
    let statement =
        connection.prepare(AssertSqlSafe(text.to_owned()).into_sql_str()).await.map_err(failed)?;
    let columns: Vec<(String, Class)> = statement
        .columns()
        .iter()
        .map(|column| (column.name().to_owned(), Class::of(type_name(column.type_info().name()))))
        .collect();
    cells::check_names(columns.iter().map(|(name, _)| name.as_str()))?;
    let shown: Vec<String> = columns
        .iter()
        .map(|(name, class)| {
            Syntax::Postgres.cell(&format!("answer.{}", Syntax::Postgres.quoted(name)), *class)
        })
        .collect();
    let wrapped = format!("SELECT {} FROM (\n{text}\n) AS answer LIMIT {}", shown.join(", "), rows_max + 1);
    let rows = sqlx::query(AssertSqlSafe(wrapped))
        .persistent(false)
        .fetch_all(&mut *connection)
        .await
        .map_err(failed)?;
    let row = |row: PgRow| {
        let texts =
            (0..row.len()).map(|index| row.try_get(index)).collect::<Result<Vec<_>, _>>().map_err(failed)?;
        Ok(cells::object(&columns, texts))
    };
    rows.into_iter().map(row).collect()
}

/// The names sqlx gives its own types, as SQL does.
fn type_name(name: &str) -> &str {
    match name {
        "OID" => "int",
        "NAME" | "BPCHAR" => "text",
        other => other,
    }
}

/// A role that can read and write the server's files or run its programs can do so in a `SELECT`, whatever the
/// transaction allows: for such a role no text is run.
async fn refuse_powerful(connection: &mut PgConnection) -> ToolResult<()> {
    let (powerful,): (bool,) = sqlx::query_as(
        "SELECT EXISTS (SELECT FROM pg_catalog.pg_roles r WHERE pg_catalog.pg_has_role(session_user, r.oid, 'MEMBER') \
         AND (r.rolsuper OR r.rolname IN ('pg_read_server_files', 'pg_write_server_files', 'pg_execute_server_program')))",
    )
    .fetch_one(connection)
    .await
    .map_err(failed)?;
    if powerful {
        let message = "this database role may use the server's files and programs, which a SELECT can reach; \
                       connect as a role that may only read, or use query_table";
        return Err(ToolError::new(ToolErrorKind::Refused, message));
    }
    Ok(())
}

/// A function that acts on other sessions or outside the database does so in whatever transaction: PostgreSQL has them down
/// as volatile, and a text that calls one is not run.
async fn refuse_calls(connection: &mut PgConnection, text: &str) -> ToolResult<()> {
    let names = called::names(text).map_err(|problem| ToolError::argument("select", problem))?;
    // What `names` took for a text is one.
    connection.execute("SET LOCAL standard_conforming_strings = on").await.map_err(failed)?;
    let found: Option<(String,)> = sqlx::query_as(
        "SELECT p.proname::text FROM pg_catalog.pg_proc p \
         LEFT JOIN pg_catalog.pg_type t ON t.oid = p.proargtypes[0] \
         WHERE (p.provolatile = 'v' OR p.prosrc = ANY ($4)) \
         AND NOT (p.pronamespace = 'pg_catalog'::pg_catalog.regnamespace AND p.proname = ANY ($3)) \
         AND (pg_catalog.lower(p.proname::text) IN (SELECT pg_catalog.lower(n::name::text) FROM pg_catalog.unnest($1) n) \
         OR (t.typtype IN ('c', 'p') AND \
         pg_catalog.lower(p.proname::text) IN (SELECT pg_catalog.lower(n::name::text) FROM pg_catalog.unnest($2) n))) \
         ORDER BY 1 LIMIT 1",
    )
    .bind(names.called.into_iter().collect::<Vec<_>>())
    .bind(names.fields.into_iter().collect::<Vec<_>>())
    .bind(HARMLESS.map(str::to_owned).to_vec())
    .bind(RUNS_SQL.map(str::to_owned).to_vec())
    .persistent(false)
    .fetch_optional(connection)
    .await
    .map_err(failed)?;
    let Some((name,)) = found else { return Ok(()) };
    let message = format!(
        "the function {name} may do more than read (PostgreSQL calls it volatile, or it runs SQL that it is given), and \
         cannot be called here; a function of your own that only reads is to be declared STABLE"
    );
    Err(ToolError::new(ToolErrorKind::Refused, message))
}
