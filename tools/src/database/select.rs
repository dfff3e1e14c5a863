//! One read-only `SELECT`, held to that by the database.
//!
//! SQLite: the connection is opened read-only. The text becomes the sub-query of a `SELECT` of ours, so
//! that SQLite's own parser refuses everything that is not a query; for this the text must be one piece,
//! which [`enclosed`] makes sure of, and SQLite is asked too. It is ended after so many steps; see `sqlite`.
//!
//! PostgreSQL, MySQL and MariaDB: a prepared statement, of which they take one at a time, in a read-only
//! transaction with a time limit, for a role that cannot reach the server's files, without the functions that act on
//! other sessions; see `postgres`, `mysql`.

use handyman_core::{ToolError, ToolResult};
use serde_json::{Map, Value, json};

use super::engine::Engine;
use super::{Database, cells};

/// Rows of a result, each with its columns in order.
pub(super) type Rows = Vec<Map<String, Value>>;

/// How long a database may work on one statement.
pub(super) const TIME_MAX: std::time::Duration = std::time::Duration::from_secs(5);
const ROWS_MAX: usize = 5;
const SELECT_CHARS_MAX: usize = 2_000;
/// What is said of a text that holds more.
pub(super) const ONE_STATEMENT: &str = "only one statement can be run";

/// Runs a `SELECT`.
pub(super) async fn run(database: &Database, text: &str) -> ToolResult<Value> {
    let wrong = |problem: String| ToolError::argument("select", problem);
    let select = plausible(text).map_err(wrong)?;
    let rows = match &database.engine {
        Engine::Sqlite { pool, .. } => {
            super::sqlite::select(pool, enclosed(select).map_err(wrong)?, ROWS_MAX).await?
        }
        #[cfg(feature = "databases")]
        Engine::Postgres(pool) => super::postgres::select(pool, select, ROWS_MAX).await?,
        #[cfg(feature = "databases")]
        Engine::MySql(pool) => super::mysql::select(pool, select, ROWS_MAX).await?,
    };
    let (shown, more) = cells::fitting(rows, ROWS_MAX);
    Ok(json!({"rows": shown, "more": more}))
}

/// The text without a closing semicolon, if it begins as a `SELECT` does. This only words the error early:
/// what the text may do is up to the database.
fn plausible(text: &str) -> Result<&str, String> {
    let text = text.trim().trim_end_matches(|c: char| c == ';' || c.is_whitespace());
    if text.chars().count() > SELECT_CHARS_MAX {
        return Err(format!("longer than {SELECT_CHARS_MAX} characters"));
    }
    let first: String = text.chars().take_while(char::is_ascii_alphabetic).collect();
    if !["select", "with", "values"].contains(&first.to_lowercase().as_str()) {
        return Err("only a SELECT can be run here; the database cannot be changed".to_owned());
    }
    if text.contains('\0') {
        return Err("a zero character cannot be in a statement".to_owned());
    }
    Ok(text)
}

/// The text, if it cannot reach out of a sub-query of SQLite's: every quotation, comment and bracket is
/// closed, and neither a semicolon nor a parameter stands between. To SQLite, `$1(')` is one parameter: what
/// stands in its brackets is no quotation (<https://sqlite.org/c3ref/bind_blob.html>, and `tokenize.c`).
fn enclosed(text: &str) -> Result<&str, String> {
    let mut depth = 0_u32;
    let mut rest = text;
    while let Some(character) = rest.chars().next() {
        let taken = match character {
            '\'' | '"' | '`' => quotation(rest, character)?,
            '[' => quotation(rest, ']')?,
            '-' if rest.starts_with("--") => rest.find('\n').unwrap_or(rest.len()),
            '/' if rest.starts_with("/*") => rest[2..].find("*/").ok_or("a comment is not closed")? + 4,
            ';' => return Err(ONE_STATEMENT.to_owned()),
            '$' | '@' | '#' | ':' | '?' => {
                return Err(format!(
                    "a parameter cannot stand in a statement here; a name with '{character}' in it is written in \
                     quotation marks"
                ));
            }
            '(' => {
                depth += 1;
                1
            }
            ')' => {
                depth = depth.checked_sub(1).ok_or("a bracket is closed that was not opened")?;
                1
            }
            other => other.len_utf8(),
        };
        rest = &rest[taken..];
    }
    if depth == 0 { Ok(text) } else { Err("a bracket is not closed".to_owned()) }
}

/// How long a quotation is. A doubled sign inside one reads as its end and the begin of another, which
/// comes to the same.
fn quotation(text: &str, end: char) -> Result<usize, String> {
    text[1..]
        .find(end)
        .map(|length| length + 1 + end.len_utf8())
        .ok_or_else(|| "a quotation is not closed".to_owned())
}
