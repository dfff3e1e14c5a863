//! One transaction for an effect and its event, where the effect is in the journal's own file.
//!
//! A tool that changes the same SQLite file asks for the row that says its call succeeded and inserts it
//! in the transaction of the effect. A crash then finds both or neither, and nothing is in doubt.

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use handyman_core::{CallId, CallOutcome, Event, IdempotencyKey, RunId};
use serde_json::Value;
use sqlx::sqlite::SqliteConnection;

use super::SqliteJournal;
use super::line::text_of;
use super::writer::{INSERT, chained};
use crate::driver::millis;

/// The row that says a call succeeded; its values are bound in this order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SuccessRow {
    /// The statement that inserts it.
    pub statement: &'static str,
    /// The run.
    pub run: String,
    /// The position in the run.
    pub seq: i64,
    /// The event, as JSON.
    pub event: String,
    /// The chain up to it.
    pub chain: String,
}

/// The calls this process has started and not finished, by key.
#[derive(Debug, Clone, Default)]
pub(super) struct OpenCalls(Arc<Mutex<HashMap<IdempotencyKey, OpenCall>>>);

#[derive(Debug, Clone)]
struct OpenCall {
    run: RunId,
    call: CallId,
    since: Instant,
    row_given: bool,
}

impl OpenCalls {
    /// Takes note of calls that start and end.
    pub(super) fn note(&self, run: &RunId, event: &Event) {
        let mut open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match event {
            Event::CallStarted { call, key } => {
                let started = OpenCall {
                    run: run.clone(),
                    call: call.clone(),
                    since: Instant::now(),
                    row_given: false,
                };
                open.insert(key.clone(), started);
            }
            Event::CallFinished { call, .. } => {
                open.retain(|_, other| other.run != *run || other.call != *call);
            }
            Event::Finished { .. } => open.retain(|_, other| other.run != *run),
            _ => {}
        }
    }

    /// Whether a tool may be writing the end of a call of this run itself.
    pub(super) fn has_row_given(&self, run: &RunId) -> bool {
        let open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        open.values().any(|call| call.row_given && call.run == *run)
    }

    /// Whether the tool has written the event itself, at this position.
    pub(super) async fn written(
        &self,
        connection: &mut SqliteConnection,
        run: &RunId,
        call: &CallId,
        seq: i64,
    ) -> sqlx::Result<bool> {
        let given = {
            let open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            open.values().any(|other| other.row_given && other.run == *run && other.call == *call)
        };
        if !given {
            return Ok(false);
        }
        let there: Option<i64> = sqlx::query_scalar("SELECT 1 FROM journal_events WHERE run = ? AND seq = ?")
            .bind(run.as_str())
            .bind(seq)
            .fetch_optional(connection)
            .await?;
        Ok(there.is_some())
    }
}

impl SqliteJournal {
    /// The file the journal is kept in; none for one in memory.
    #[must_use]
    pub fn path(&self) -> Option<&Path> {
        self.path.as_deref()
    }

    /// The row that says the call under `key` succeeded with `result`, for a tool whose effect is in this
    /// journal's file: it inserts the row in the transaction of the effect. `None` where this process has
    /// started no such call, or the result nests too deep to be read again.
    #[must_use]
    pub fn success_row(&self, key: &IdempotencyKey, result: &Value) -> Option<SuccessRow> {
        let mut open = self.file.open.0.lock().unwrap_or_else(PoisonError::into_inner);
        let started = open.get_mut(key)?;
        let tail = self.file.tails.get(&started.run)?;
        let event = Event::CallFinished {
            call: started.call.clone(),
            outcome: CallOutcome::Succeeded,
            result: result.clone(),
            failure: None,
            ms: millis(started.since.elapsed()),
        };
        let event = text_of(&started.run, &event).ok()?;
        started.row_given = true;
        let chain = chained(&tail.chain, &event);
        Some(SuccessRow { statement: INSERT, run: started.run.to_string(), seq: tail.next, event, chain })
    }
}
