//! Effects under idempotency keys: what was done is recorded in the transaction that does it. A key is for one effect
//! of one tool.

use handyman_core::{IdempotencyKey, Probe, ToolError, ToolErrorKind, ToolResult};
use serde_json::Value;
use sqlx::SqliteConnection;

use super::transaction::Transaction;
use super::{World, failed};

/// A transaction that makes one effect, or the result that was recorded under the key before.
pub(super) enum Begun {
    /// The effect was not made yet.
    Fresh(Transaction),
    /// It was, with this result.
    Done(Value),
}

impl World {
    /// Begins an effect of a tool. The write lock is taken at once, so that two calls cannot both find it fresh.
    pub(super) async fn begin(&self, key: &IdempotencyKey, tool: &str) -> ToolResult<Begun> {
        let mut transaction = Transaction::begin(&self.pool).await.map_err(failed)?;
        if let Some(rehearsed) = &self.rehearsed {
            rehearsed.watch(&mut transaction).await?;
        }
        match recorded(&mut transaction, key).await? {
            None => Ok(Begun::Fresh(transaction)),
            Some((by, result)) if by == tool => Ok(Begun::Done(result)),
            Some((by, _)) => {
                let message = format!(
                    "the key '{key}' was already used for {by}; use a key of its own for each effect"
                );
                Err(ToolError::new(ToolErrorKind::Conflict, message))
            }
        }
    }

    /// Records the result and commits the effect with it; in a rehearsal, notes what would change and takes
    /// it back, as it does with what is not as a person has allowed it. A witness in the same file is part of
    /// the transaction.
    pub(super) async fn commit(
        &self,
        mut transaction: Transaction,
        key: &IdempotencyKey,
        tool: &str,
        result: Value,
    ) -> ToolResult<Value> {
        if let Some(rehearsed) = &self.rehearsed {
            rehearsed.note(&mut transaction, &self.pool).await?;
            let shown = self.shown(&result);
            match &rehearsed.allowed {
                None => {
                    transaction.rollback().await.map_err(failed)?;
                    return Ok(result);
                }
                Some(allowed) if *allowed != shown => {
                    transaction.rollback().await.map_err(failed)?;
                    return Err(ToolError::changed(shown));
                }
                Some(_) => {}
            }
        }
        sqlx::query("INSERT INTO effects (key, tool, result) VALUES (?, ?, ?)")
            .bind(key.as_str())
            .bind(tool)
            .bind(result.to_string())
            .execute(&mut *transaction)
            .await
            .map_err(failed)?;
        if let Some(row) = self.witness.as_ref().and_then(|witness| witness.row(key, &result)) {
            sqlx::query(row.statement)
                .bind(row.run)
                .bind(row.position)
                .bind(row.event)
                .bind(row.chain)
                .execute(&mut *transaction)
                .await
                .map_err(failed)?;
        }
        transaction.commit().await.map_err(failed)?;
        Ok(result)
    }

    /// Checks that a tool was not called with other arguments under a key, by their digest. A key whose effect was
    /// made without a word of its arguments counts as used for these.
    ///
    /// # Errors
    /// A conflict if it was used for something else, or if the database cannot be read.
    #[cfg(feature = "serve")]
    pub(crate) async fn check_asked(&self, key: &IdempotencyKey, tool: &str, asked: &str) -> ToolResult<()> {
        let before: Option<(Option<String>, String)> =
            sqlx::query_as("SELECT asked, tool FROM effects WHERE key = ?")
                .bind(key.as_str())
                .fetch_optional(&self.pool)
                .await
                .map_err(failed)?;
        match before {
            Some((Some(before), by)) if by == tool && before != asked => {
                let message = format!(
                    "the key '{key}' was already used for {tool} with other arguments; use a key of its own for \
                     each effect"
                );
                Err(ToolError::new(ToolErrorKind::Conflict, message))
            }
            Some(_) | None => Ok(()),
        }
    }

    /// Notes what an effect was asked for with, by the digest of the arguments; the first word counts.
    ///
    /// # Errors
    /// If the database cannot be written.
    #[cfg(feature = "serve")]
    pub(crate) async fn note_asked(&self, key: &IdempotencyKey, asked: &str) -> ToolResult<()> {
        sqlx::query("UPDATE effects SET asked = ? WHERE key = ? AND asked IS NULL")
            .bind(asked)
            .bind(key.as_str())
            .execute(&self.pool)
            .await
            .map_err(failed)?;
        Ok(())
    }

    /// What an effect under a key resulted in, for whoever takes it back.
    ///
    /// # Errors
    /// A conflict if there was no such effect, or if the database cannot be read.
    pub async fn made_under(&self, key: &IdempotencyKey) -> ToolResult<Value> {
        match self.effect(key).await? {
            Probe::Done(result) => Ok(result),
            Probe::NotDone | Probe::Unsupported => {
                Err(ToolError::new(ToolErrorKind::Conflict, "there is no such effect to undo"))
            }
        }
    }

    /// Whether an effect was made under a key, and its result.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub async fn effect(&self, key: &IdempotencyKey) -> ToolResult<Probe> {
        let mut connection = self.pool.acquire().await.map_err(failed)?;
        Ok(recorded(&mut connection, key).await?.map_or(Probe::NotDone, |(_, result)| Probe::Done(result)))
    }
}

/// The tool that made the effect under a key, and its result.
async fn recorded(
    connection: &mut SqliteConnection,
    key: &IdempotencyKey,
) -> ToolResult<Option<(String, Value)>> {
    let row: Option<(String, String)> = sqlx::query_as("SELECT tool, result FROM effects WHERE key = ?")
        .bind(key.as_str())
        .fetch_optional(connection)
        .await
        .map_err(failed)?;
    let Some((tool, result)) = row else { return Ok(None) };
    Ok(Some((tool, serde_json::from_str(&result).map_err(ToolError::internal)?)))
}
