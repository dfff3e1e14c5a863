//! Effects under idempotency keys: what was done is recorded in the transaction that does it.

use handyman_core::{IdempotencyKey, Probe, ToolResult};
use serde_json::Value;
use sqlx::{Sqlite, SqliteConnection, Transaction};

use super::{World, failed};

/// A transaction that makes one effect, or the result that was recorded under the key before.
pub(super) enum Begun {
    /// The effect was not made yet.
    Fresh(Transaction<'static, Sqlite>),
    /// It was, with this result.
    Done(Value),
}

impl World {
    /// Begins an effect. The write lock is taken at once, so that two calls cannot both find it fresh.
    pub(super) async fn begin(&self, key: &IdempotencyKey) -> ToolResult<Begun> {
        let mut transaction = self.pool.begin_with("BEGIN IMMEDIATE").await.map_err(failed)?;
        Ok(match recorded(&mut transaction, key).await? {
            Some(result) => Begun::Done(result),
            None => Begun::Fresh(transaction),
        })
    }

    /// Whether an effect was made under a key, and its result.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub async fn effect(&self, key: &IdempotencyKey) -> ToolResult<Probe> {
        let mut connection = self.pool.acquire().await.map_err(failed)?;
        Ok(recorded(&mut connection, key).await?.map_or(Probe::NotDone, Probe::Done))
    }
}

async fn recorded(connection: &mut SqliteConnection, key: &IdempotencyKey) -> ToolResult<Option<Value>> {
    let row: Option<(String,)> = sqlx::query_as("SELECT result FROM effects WHERE key = ?")
        .bind(key.as_str())
        .fetch_optional(connection)
        .await
        .map_err(failed)?;
    row.map(|(result,)| serde_json::from_str(&result).map_err(handyman_core::ToolError::internal)).transpose()
}

/// Records the result and commits the effect with it.
pub(super) async fn commit(
    mut transaction: Transaction<'static, Sqlite>,
    key: &IdempotencyKey,
    tool: &str,
    result: Value,
) -> ToolResult<Value> {
    sqlx::query("INSERT INTO effects (key, tool, result) VALUES (?, ?, ?)")
        .bind(key.as_str())
        .bind(tool)
        .bind(result.to_string())
        .execute(&mut *transaction)
        .await
        .map_err(failed)?;
    transaction.commit().await.map_err(failed)?;
    Ok(result)
}
