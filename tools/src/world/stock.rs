//! Stock: how much of a resource is left on each of some days.

use handyman_core::ToolResult;
use sqlx::SqliteConnection;

use super::failed;

/// A resource on consecutive days: a train on one, a hotel's rooms over a stay.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stretch<'a> {
    pub(super) resource: &'a str,
    /// The first day, `YYYY-MM-DD`.
    pub(super) date: &'a str,
    /// How many days.
    pub(super) days: i64,
}

impl Stretch<'_> {
    /// What is left on the day that has least.
    pub(super) async fn left(&self, connection: &mut SqliteConnection) -> ToolResult<i64> {
        let (left,): (i64,) = sqlx::query_as(
            "SELECT coalesce(min(available), 0) FROM stock \
             WHERE resource = ?1 AND date >= ?2 AND date < date(?2, ?3 || ' days')",
        )
        .bind(self.resource)
        .bind(self.date)
        .bind(self.days)
        .fetch_one(connection)
        .await
        .map_err(failed)?;
        Ok(left)
    }

    /// Adds units to every day, or takes them if negative. The schema refuses less than nothing.
    pub(super) async fn change(&self, connection: &mut SqliteConnection, units: i64) -> ToolResult<()> {
        sqlx::query(
            "UPDATE stock SET available = available + ?4 \
             WHERE resource = ?1 AND date >= ?2 AND date < date(?2, ?3 || ' days')",
        )
        .bind(self.resource)
        .bind(self.date)
        .bind(self.days)
        .bind(units)
        .execute(connection)
        .await
        .map_err(failed)?;
        Ok(())
    }
}
