//! Rehearsals: what an effect would do, found by doing it in a transaction that is taken back.
//!
//! An effect that a person has allowed is watched in the same way, and only made if it is exactly what they
//! were shown. Nothing can come between, because its transaction holds the write lock.

use std::sync::{Arc, Mutex, PoisonError};

use handyman_core::{ToolError, ToolResult};
use serde_json::{Value, json};
use sqlx::sqlite::SqliteOperation;
use sqlx::{SqliteConnection, SqlitePool};

use super::{World, failed};

/// What has been seen of a rehearsal.
#[derive(Debug, Clone, Default)]
pub(super) struct Rehearsed {
    seen: Arc<Mutex<Seen>>,
    /// What a person has allowed; none in a rehearsal.
    pub(super) allowed: Option<Value>,
}

#[derive(Debug, Default)]
struct Seen {
    /// Table and row, in the order in which they were first written.
    touched: Vec<(String, i64)>,
    rows: Vec<Value>,
}

impl World {
    /// The same world, in which effects are shown and not made. It is for one effect.
    #[must_use]
    pub fn rehearsal(&self) -> Self {
        Self {
            pool: self.pool.clone(),
            path: self.path.clone(),
            seed: self.seed,
            folder: self.folder.clone(),
            witness: None,
            rehearsed: Some(Rehearsed::default()),
        }
    }

    /// The same world, in which an effect is made only as it was allowed, if a person was asked. It is for
    /// one effect.
    #[must_use]
    pub fn held_to(&self, allowed: Option<&Value>) -> Self {
        let watched = |plan: &Value| Rehearsed { allowed: Some(plan.clone()), ..Rehearsed::default() };
        Self { witness: self.witness.clone(), rehearsed: allowed.map(watched), ..self.rehearsal() }
    }

    /// What a person is shown of a rehearsed effect: its result, and each row as it is and as it would become.
    #[must_use]
    pub fn shown(&self, result: &Value) -> Value {
        let rows = self.rehearsed.as_ref().map_or_else(Vec::new, |seen| seen.lock(|seen| seen.rows.clone()));
        json!({"result": result, "rows": rows})
    }
}

impl Rehearsed {
    fn lock<T>(&self, with: impl FnOnce(&mut Seen) -> T) -> T {
        with(&mut self.seen.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Takes note of every row that the connection writes from now on.
    pub(super) async fn watch(&self, connection: &mut SqliteConnection) -> ToolResult<()> {
        let seen = self.clone();
        connection.lock_handle().await.map_err(failed)?.set_update_hook(move |change| {
            let place = (change.table.to_owned(), change.rowid);
            let written = matches!(
                change.operation,
                SqliteOperation::Insert | SqliteOperation::Update | SqliteOperation::Delete
            );
            seen.lock(|seen| {
                if written && !seen.touched.contains(&place) {
                    seen.touched.push(place);
                }
            });
        });
        Ok(())
    }

    /// Reads the rows written so far, as they would become and as they are outside of the transaction.
    pub(super) async fn note(&self, inside: &mut SqliteConnection, outside: &SqlitePool) -> ToolResult<()> {
        inside.lock_handle().await.map_err(failed)?.remove_update_hook();
        let touched = self.lock(|seen| seen.touched.clone());
        for (table, rowid) in touched {
            let becomes = row(inside, &table, rowid).await?;
            let mut other = outside.acquire().await.map_err(failed)?;
            let is = row(&mut other, &table, rowid).await?;
            self.lock(|seen| seen.rows.push(json!({"table": table, "is": is, "becomes": becomes})));
        }
        Ok(())
    }
}

/// A row as a JSON object; null where there is none.
async fn row(connection: &mut SqliteConnection, table: &str, rowid: i64) -> ToolResult<Value> {
    let columns: Vec<(String,)> = sqlx::query_as("SELECT name FROM pragma_table_info(?)")
        .bind(table)
        .fetch_all(&mut *connection)
        .await
        .map_err(failed)?;
    let quoted = |name: &str| format!("\"{}\"", name.replace('"', "\"\""));
    let fields: Vec<String> =
        columns.iter().map(|(name,)| format!("'{}', {}", name.replace('\'', "''"), quoted(name))).collect();
    let statement =
        format!("SELECT json_object({}) FROM {} WHERE rowid = ?", fields.join(", "), quoted(table));
    // The names in the statement are the database's own, quoted.
    let found: Option<(String,)> = sqlx::query_as(sqlx::AssertSqlSafe(statement))
        .bind(rowid)
        .fetch_optional(connection)
        .await
        .map_err(failed)?;
    found.map_or(Ok(Value::Null), |(text,)| serde_json::from_str(&text).map_err(ToolError::internal))
}

#[cfg(test)]
mod tests;
