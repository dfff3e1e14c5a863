//! Looking after a journal: finding damage, and dropping what is old.

use handyman_core::{
    CallId, CallOutcome, Effect, Event, Fault, FaultKind, Journal, Outcome, RunId, SessionId, Verdict,
};
use jiff::civil::DateTime;

use super::writer::chained;
use super::{SqliteJournal, fault};
use crate::agent::handed_on_by;

/// Something wrong with a journal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Damage {
    /// The run it is in; none if it is the file itself.
    pub run: Option<RunId>,
    /// What is wrong.
    pub problem: String,
}

/// What a check of a journal has found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Checked {
    /// Runs looked at.
    pub runs: usize,
    /// Events that could be read.
    pub events: usize,
    /// What is wrong.
    pub damage: Vec<Damage>,
}

impl SqliteJournal {
    /// Reads everything and checks it: SQLite's own integrity, positions without gaps, every event
    /// readable, the chain of hashes unbroken, every run begun by its first event. Goes on after damage.
    ///
    /// # Errors
    /// A [`Fault`] of kind `Journal` if not even the list of runs can be read.
    pub async fn verify(&self) -> Result<Checked, Fault> {
        let mut checked = Checked::default();
        let integrity: Result<Vec<String>, sqlx::Error> =
            sqlx::query_scalar("PRAGMA integrity_check(20)").fetch_all(&self.file.pool).await;
        let problems = match integrity {
            Ok(lines) => lines.into_iter().filter(|line| line != "ok").collect(),
            Err(error) => vec![error.to_string()],
        };
        checked.damage.extend(problems.into_iter().map(|problem| Damage { run: None, problem }));
        let runs: Vec<Vec<u8>> = sqlx::query_scalar("SELECT run FROM journal_runs ORDER BY rowid")
            .fetch_all(&self.file.pool)
            .await
            .map_err(|error| fault(&self.file.place, "read", &error))?;
        for run in runs {
            checked.runs += 1;
            // A damaged name is that of no events.
            let run = String::from_utf8_lossy(&run).into_owned();
            match self.check_run(&run).await {
                Ok(events) => checked.events += events,
                Err(problem) => checked.damage.push(Damage { run: Some(run.into()), problem }),
            }
        }
        Ok(checked)
    }

    /// Checks one run and counts its events; the error says what is wrong.
    async fn check_run(&self, run: &str) -> Result<usize, String> {
        let rows: Vec<(i64, String, Option<String>)> =
            sqlx::query_as("SELECT seq, event, chain FROM journal_events WHERE run = ? ORDER BY seq")
                .bind(run)
                .fetch_all(&self.file.pool)
                .await
                .map_err(|error| error.to_string())?;
        let mut chain = run.to_owned();
        for (index, (seq, text, kept)) in rows.iter().enumerate() {
            if usize::try_from(*seq) != Ok(index) {
                return Err(format!("event {index} is missing"));
            }
            let event: Event = serde_json::from_str(text)
                .map_err(|error| format!("event {index} cannot be read: {error}"))?;
            if (index == 0) != matches!(event, Event::Started { .. }) {
                return Err(format!("event {index} is not where a run begins"));
            }
            // Events of the first version have no chain.
            if let Some(kept) = kept {
                chain = chained(&chain, text);
                if chain != *kept {
                    return Err(format!(
                        "event {index} is not what was written: the chain of hashes breaks there"
                    ));
                }
            }
        }
        if rows.is_empty() { Err("it has no events".to_owned()) } else { Ok(rows.len()) }
    }

    /// Drops the sessions all of whose runs began before a time, and gives the runs dropped. A session
    /// stays if a run of it has not ended, waits for a person, or has a call of which it is unknown
    /// whether it took effect, or if it cannot be read: nothing in doubt is dropped. A call is not in doubt of
    /// which the journal knows that it only read, or could be made again: its policy allowed it for that. A task that
    /// one agent handed on to another ([`Agent::as_tool`](crate::Agent::as_tool)) stays with the run that did: once that is
    /// resumed, it asks what came of the task.
    ///
    /// What is dropped is overwritten in the file. Bits of it may outlast that where SQLite has moved them before;
    /// SQLite's `VACUUM` leaves none.
    ///
    /// # Errors
    /// A [`Fault`] of kind `Journal`.
    pub async fn prune(&self, before: DateTime) -> Result<Vec<RunId>, Fault> {
        let failed = |error: sqlx::Error| fault(&self.file.place, "written", &error);
        let old: Vec<String> = sqlx::query_scalar(
            "SELECT session FROM journal_runs GROUP BY session HAVING max(started) < ? ORDER BY min(rowid)",
        )
        .bind(before.to_string())
        .fetch_all(&self.file.pool)
        .await
        .map_err(failed)?;
        let mut dropped = Vec::new();
        for session in old {
            let id = SessionId::from(session.as_str());
            let _lease = match self.lease(&id).await {
                Ok(lease) => lease,
                Err(fault) if fault.kind() == FaultKind::Busy => continue,
                // A disk that is full, or a file that can only be read, would keep every other session too.
                Err(fault) => return Err(fault),
            };
            let runs: Vec<String> = sqlx::query_scalar("SELECT run FROM journal_runs WHERE session = ?")
                .bind(&session)
                .fetch_all(&self.file.pool)
                .await
                .map_err(failed)?;
            if !self.all_settled(&id, runs.len()).await || self.is_asked_about(&id).await {
                continue;
            }
            let mut transaction = self.file.pool.begin_with("BEGIN IMMEDIATE").await.map_err(failed)?;
            for statement in [
                "DELETE FROM journal_events WHERE run IN (SELECT run FROM journal_runs WHERE session = ?)",
                "DELETE FROM journal_runs WHERE session = ?",
            ] {
                sqlx::query(statement).bind(&session).execute(&mut *transaction).await.map_err(failed)?;
            }
            transaction.commit().await.map_err(failed)?;
            dropped.extend(runs.into_iter().map(RunId::from));
        }
        if !dropped.is_empty() {
            // The log beside the file still has what was there. Where another process is reading, it stays until
            // that is done; the runs are dropped all the same.
            drop(sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)").execute(&self.file.pool).await);
        }
        Ok(dropped)
    }

    /// Whether so many runs of a session can be read, all have ended and nothing of them is in doubt.
    async fn all_settled(&self, session: &SessionId, count: usize) -> bool {
        let Ok(runs) = self.events_of(session, None).await else { return false };
        runs.len() == count && runs.iter().all(|(_, events)| is_settled(events))
    }

    /// Whether a session is that of a task which a run of this journal handed on and may still ask about.
    async fn is_asked_about(&self, session: &SessionId) -> bool {
        let Some(run) = handed_on_by(session) else { return false };
        match self.events(&run).await {
            Ok(events) => !events.is_empty() && !is_settled(&events),
            Err(_) => true,
        }
    }
}

/// Whether a run has ended and nothing of it is in doubt: no call that must not happen twice.
fn is_settled(events: &[Event]) -> bool {
    let ended = matches!(
        events.last(),
        Some(Event::Finished { outcome, .. }) if !matches!(outcome, Outcome::Waiting { .. })
    );
    let in_doubt = |event: &Event| match event {
        Event::CallFinished { call, outcome: CallOutcome::Unknown, .. } => !may_be_repeated(call, events),
        // It was cut off, and the run was closed before it ran again.
        Event::CallStarted { call, .. } => !has_ended(call, events) && !may_be_repeated(call, events),
        _ => false,
    };
    ended && !events.iter().any(in_doubt)
}

fn has_ended(call: &CallId, events: &[Event]) -> bool {
    events.iter().any(|event| matches!(event, Event::CallFinished { call: other, .. } if other == call))
}

/// Whether a call only read, or could be made again under its key. The journal knows it of a call that was allowed for
/// being of that effect, whose name is the policy's reason then; every other call may be one that happens once.
fn may_be_repeated(call: &CallId, events: &[Event]) -> bool {
    let decided = events.iter().rev().find_map(|event| match event {
        Event::CallDecided { call: other, decision, why, .. } if other == call => Some((*decision, why)),
        _ => None,
    });
    let names = [Effect::ReadOnly, Effect::Idempotent].map(Effect::name);
    decided.is_some_and(|(decision, why)| decision == Verdict::Allow && names.contains(&why.as_str()))
}
