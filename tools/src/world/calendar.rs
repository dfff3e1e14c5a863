//! The calendar: events of a day, and the gaps between them.

use handyman_core::{IdempotencyKey, ToolResult};
use jiff::civil::{Date, Time};
use serde_json::{Value, json};

use super::effects::Begun;
use super::{World, failed};
use crate::resolve::{hm, minute_of_day};

/// An event in the calendar. Times are `HH:MM`.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Entry {
    /// What it is.
    pub title: String,
    /// The day.
    pub date: String,
    /// When it begins.
    pub starts: String,
    /// When it ends, at most `23:59` of the same day.
    pub ends: String,
}

impl World {
    /// Adds an event; the same key gives the same event back. An overlap is reported, not refused.
    ///
    /// # Errors
    /// If the database cannot be written.
    pub async fn add_event(
        &self,
        key: &IdempotencyKey,
        title: &str,
        date: Date,
        (starts, ends): (Time, Time),
    ) -> ToolResult<Value> {
        let mut transaction = match self.begin(key, "add_event").await? {
            Begun::Done(result) => return Ok(result),
            Begun::Fresh(transaction) => transaction,
        };
        let (day, starts, ends) = (date.to_string(), hm(starts), hm(ends));
        let overlaps: Vec<(String,)> = sqlx::query_as(
            "SELECT title FROM events WHERE date = ? AND starts < ? AND ends > ? ORDER BY starts LIMIT 3",
        )
        .bind(&day)
        .bind(&ends)
        .bind(&starts)
        .fetch_all(&mut *transaction)
        .await
        .map_err(failed)?;
        let id = sqlx::query("INSERT INTO events (title, date, starts, ends) VALUES (?, ?, ?, ?)")
            .bind(title)
            .bind(&day)
            .bind(&starts)
            .bind(&ends)
            .execute(&mut *transaction)
            .await
            .map_err(failed)?
            .last_insert_rowid();
        let mut result =
            json!({"event": format!("E{id}"), "title": title, "date": day, "starts": starts, "ends": ends});
        if !overlaps.is_empty() {
            result["overlaps"] = overlaps.into_iter().map(|(title,)| title).collect();
        }
        self.commit(transaction, key, "add_event", result).await
    }

    /// The events from a day on, in order, and on that day only if `only`.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub async fn events(&self, from: Date, only: bool) -> ToolResult<Vec<Entry>> {
        sqlx::query_as("SELECT title, date, starts, ends FROM events WHERE date = ?1 OR (date > ?1 AND NOT ?2) ORDER BY date, starts")
            .bind(from.to_string())
            .bind(only)
            .fetch_all(&self.pool)
            .await
            .map_err(failed)
    }
}

/// The gaps of at least `minutes` between events, from `open` to `close`, which are minutes since midnight.
#[must_use]
pub fn gaps(events: &[Entry], (open, close): (i64, i64), minutes: i64) -> Vec<(String, String)> {
    let mut free_from = open;
    let mut gaps = Vec::new();
    let minute = |text: &str| text.parse::<Time>().ok().map(minute_of_day);
    let busy = events.iter().filter_map(|event| Some((minute(&event.starts)?, minute(&event.ends)?)));
    for (starts, ends) in busy.chain([(close, close)]) {
        let starts = starts.min(close);
        if free_from.saturating_add(minutes) <= starts {
            gaps.push((of_minute(free_from), of_minute(starts)));
        }
        free_from = free_from.max(ends);
    }
    gaps
}

/// A minute since midnight as a time; the last of all is `24:00`.
pub(crate) fn of_minute(minute: i64) -> String {
    format!("{:02}:{:02}", minute / 60, minute % 60)
}
