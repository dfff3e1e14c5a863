//! Reading a journal: the events of a run, those of a session, and lists of runs.

use futures_util::TryStreamExt;
use handyman_core::{Event, Fault, FaultKind, Outcome, RunId, RunSummary, SessionId};
use jiff::civil::DateTime;
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use super::fault;
use super::writer::{File, Tail};

/// Lists runs, each with its last event.
macro_rules! listing {
    ($which:literal) => {
        concat!(
            "SELECT run, session, message, started, (SELECT event FROM journal_events ",
            "WHERE journal_events.run = journal_runs.run ORDER BY seq DESC LIMIT 1) FROM journal_runs ",
            $which,
            " ORDER BY rowid"
        )
    };
}

/// Two statements: one for both would not use the index by session.
const ALL_RUNS: &str = listing!("");
const RUNS_OF_SESSION: &str = listing!("WHERE session = ?");
const ALL_BARE_RUNS: &str = "SELECT run, session, message, started FROM journal_runs ORDER BY rowid";
const BARE_RUNS_OF_SESSION: &str =
    "SELECT run, session, message, started FROM journal_runs WHERE session = ? ORDER BY rowid";
const LAST_EVENT: &str = "SELECT event FROM journal_events WHERE run = ? ORDER BY seq DESC LIMIT 1";
/// The events of a session's runs that began before a run, or of all.
const EVENTS_OF_SESSION: &str = "SELECT journal_runs.run, event FROM journal_runs \
     JOIN journal_events ON journal_events.run = journal_runs.run \
     WHERE session = ?1 AND journal_runs.rowid < \
     coalesce((SELECT rowid FROM journal_runs WHERE run = ?2), 9223372036854775807) \
     ORDER BY journal_runs.rowid, seq";

/// The events of a run. Who goes on with it does so from the last of them.
pub(super) async fn events(file: &File, run: &RunId) -> Result<Vec<Event>, Fault> {
    let rows: Vec<(i64, String, Option<String>)> =
        sqlx::query_as("SELECT seq, event, chain FROM journal_events WHERE run = ? ORDER BY seq")
            .bind(run.as_str())
            .fetch_all(&file.pool)
            .await
            .map_err(|error| fault(&file.place, "read", &error))?;
    let events: Vec<Event> = rows
        .iter()
        .enumerate()
        .map(|(index, (_, text, _))| event(file, run, index, text))
        .collect::<Result<_, _>>()?;
    match (rows.last(), events.last()) {
        (None, _) | (_, Some(Event::Finished { .. })) => file.tails.forget(run),
        // A tool that ends a call of this process in the file itself has only been faster.
        (Some(_), _) if file.open.has_row_given(run) => {}
        (Some((seq, _, chain)), _) => {
            let chain = chain.clone().unwrap_or_else(|| run.to_string());
            file.tails.reach(run, Tail { next: seq + 1, chain });
        }
    }
    Ok(events)
}

/// The runs of a session before `until`, or all, with their events. Nobody goes on with a run from here.
pub(super) async fn events_of(
    file: &File,
    session: &SessionId,
    until: Option<&RunId>,
) -> Result<Vec<(RunId, Vec<Event>)>, Fault> {
    let unreadable = |error: sqlx::Error| fault(&file.place, "read", &error);
    let rows = sqlx::query(EVENTS_OF_SESSION)
        .bind(session.as_str())
        .bind(until.map(RunId::as_str))
        .fetch_all(&file.pool)
        .await
        .map_err(unreadable)?;
    let mut runs: Vec<(RunId, Vec<Event>)> = Vec::new();
    for row in rows {
        let run: String = row.try_get(0).map_err(unreadable)?;
        if runs.last().is_none_or(|(last, _)| last.as_str() != run) {
            runs.push((RunId::from(run), Vec::new()));
        }
        if let Some((run, events)) = runs.last_mut() {
            let text: sqlx::Result<String> = row.try_get(1);
            let next = text.map_err(|error| damaged(file, run, events.len(), &error))?;
            events.push(event(file, run, events.len(), &next)?);
        }
    }
    Ok(runs)
}

fn event(file: &File, run: &RunId, index: usize, text: &str) -> Result<Event, Fault> {
    serde_json::from_str(text).map_err(|error| damaged(file, run, index, &error))
}

fn damaged(file: &File, run: &RunId, index: usize, error: &dyn std::fmt::Display) -> Fault {
    let place = &file.place;
    let message = format!("event {index} of run {run} in the journal {place} cannot be read: {error}");
    Fault::new(FaultKind::Journal, message)
        .with_hint(
            "the file is damaged or of a newer version; `SqliteJournal::verify` tells more; on the command line: handyman \
             runs verify",
        )
}

/// A run as it is listed.
struct Listed {
    run: String,
    session: String,
    message: String,
    started: String,
    outcome: Option<Outcome>,
}

impl Listed {
    fn of(row: &SqliteRow, outcome: Option<Outcome>) -> sqlx::Result<Self> {
        // What is damaged of one run hides no other.
        let text = |at: usize| -> sqlx::Result<String> {
            Ok(String::from_utf8_lossy(row.try_get::<&[u8], _>(at)?).into_owned())
        };
        Ok(Self { run: text(0)?, session: text(1)?, message: text(2)?, started: text(3)?, outcome })
    }

    fn summary(self) -> RunSummary {
        let Self { run, session, message, started, outcome } = self;
        // A time that cannot be read is the year 0.
        let started = started.parse::<DateTime>().unwrap_or_default();
        RunSummary { run: run.into(), session: session.into(), message, started, outcome }
    }
}

/// The runs of a session, or all.
pub(super) async fn runs(file: &File, session: Option<&SessionId>) -> Result<Vec<RunSummary>, Fault> {
    let listed = match at_once(file, session).await {
        Ok(listed) => listed,
        // One place that SQLite cannot read fails the whole statement, and hides no other run.
        Err(_) => one_by_one(file, session).await.map_err(|error| fault(&file.place, "read", &error))?,
    };
    Ok(listed.into_iter().map(Listed::summary).collect())
}

async fn at_once(file: &File, session: Option<&SessionId>) -> sqlx::Result<Vec<Listed>> {
    let query = match session {
        Some(session) => sqlx::query(RUNS_OF_SESSION).bind(session.as_str()),
        None => sqlx::query(ALL_RUNS),
    };
    // Row by row: the last events of a long journal are not held at once.
    let mut rows = query.fetch(&file.pool);
    let mut listed = Vec::new();
    while let Some(row) = rows.try_next().await? {
        let last = row.try_get::<Option<String>, _>(4).ok().flatten();
        listed.push(Listed::of(&row, outcome_after(last.as_deref()))?);
    }
    Ok(listed)
}

async fn one_by_one(file: &File, session: Option<&SessionId>) -> sqlx::Result<Vec<Listed>> {
    let query = match session {
        Some(session) => sqlx::query(BARE_RUNS_OF_SESSION).bind(session.as_str()),
        None => sqlx::query(ALL_BARE_RUNS),
    };
    let rows = query.fetch_all(&file.pool).await?;
    let mut listed: Vec<Listed> = rows.iter().map(|row| Listed::of(row, None)).collect::<Result<_, _>>()?;
    drop(rows);
    for run in &mut listed {
        let last: sqlx::Result<Option<String>> =
            sqlx::query_scalar(LAST_EVENT).bind(run.run.as_str()).fetch_optional(&file.pool).await;
        run.outcome = outcome_after(last.ok().flatten().as_deref());
    }
    Ok(listed)
}

/// How a run has ended whose last event this is. One that cannot be read counts as not ended.
fn outcome_after(last: Option<&str>) -> Option<Outcome> {
    match serde_json::from_str(last?) {
        Ok(Event::Finished { outcome, .. }) => Some(outcome),
        // A person has decided, and the run has not gone on yet.
        Ok(Event::PersonDecided { call, .. }) => Some(Outcome::Waiting { call }),
        Ok(_) | Err(_) => None,
    }
}

#[cfg(test)]
mod tests;
