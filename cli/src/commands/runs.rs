//! `handyman runs list|show|cancel|verify|export|prune`.

use std::collections::BTreeSet;
use std::process::ExitCode;

use handyman::{Agent, Event, Journal, Observer, Outcome, RunSummary, ScriptModel, SessionId};
use serde_json::json;

use super::began_with;
use crate::args::{Places, Record, RunsCommand, Today, options_here};
use crate::problem::Problem;
use crate::settings::{self, Files, JournalFile};
use crate::show::{self, JsonLines, Terminal};

/// Columns of a session's name in the list.
const SESSION: usize = 20;

pub(crate) async fn dispatch(command: RunsCommand) -> Result<ExitCode, Problem> {
    match command {
        RunsCommand::List { last, record, json } => list(last, &record, json).await,
        RunsCommand::Show { run, record, json } => show(run, &record, json).await,
        RunsCommand::Cancel { runs, record, places } => cancel(&runs, &record, &places).await,
        RunsCommand::Verify { record } => verify(&record).await,
        RunsCommand::Export { runs, record } => export(&runs, &record).await,
        RunsCommand::Prune { older_than, record, today } => prune(older_than, &record, today).await,
    }
}

/// Checks the journal; damage is told and makes the command fail.
async fn verify(record: &Record) -> Result<ExitCode, Problem> {
    let file = JournalFile::of(record)?;
    let checked = file.open_existing().await?.verify().await?;
    for damage in &checked.damage {
        let place = damage.run.as_ref().map_or_else(|| "the file".to_owned(), |run| format!("run {run}"));
        show::line(&format!("{place}: {}", damage.problem));
    }
    let found = checked.damage.len();
    let (runs, events) = (show::counted(checked.runs, "run"), show::counted(checked.events, "event"));
    show::line(&format!("{runs}, {events}, {found} damaged"));
    if found == 0 {
        return Ok(ExitCode::SUCCESS);
    }
    let problem = Problem::new(format!("the journal {} is damaged", file.path.display()));
    let export = format!("handyman runs export{}", options_here(&["runs", "export"]));
    Err(problem.with_hint(format!("the other runs can be read; `{export}` saves them")))
}

/// Prints runs with their events. One that cannot be read is told of, and the others are printed.
async fn export(only: &[String], record: &Record) -> Result<ExitCode, Problem> {
    let journal = JournalFile::of(record)?.open_existing().await?;
    let all = journal.runs(None).await?;
    if let Some(unknown) =
        only.iter().find(|run| !all.iter().any(|summary| summary.run.as_str() == run.as_str()))
    {
        return Err(unknown_run(unknown));
    }
    let mut code = ExitCode::SUCCESS;
    for summary in
        all.iter().filter(|summary| only.is_empty() || only.iter().any(|run| run == summary.run.as_str()))
    {
        match journal.events(&summary.run).await {
            Ok(events) => show::record(
                &json!({"run": summary.run, "session": summary.session, "events": events}).to_string(),
            ),
            Err(fault) => code = Problem::from(fault).report(),
        }
    }
    Ok(code)
}

async fn prune(older_than: std::time::Duration, record: &Record, today: Today) -> Result<ExitCode, Problem> {
    // Nothing is older than what cannot be counted.
    let age = jiff::SignedDuration::try_from(older_than).unwrap_or(jiff::SignedDuration::MAX);
    let before = today.now().saturating_sub(age);
    let journal = JournalFile::of(record)?.open_to_change().await?;
    let listed = journal.runs(None).await?;
    let dropped = journal.prune(before).await?;
    for run in &dropped {
        show::line(run.as_str());
    }
    show::note(&format!(
        "{} dropped that began before {}",
        show::counted(dropped.len(), "run"),
        before.strftime("%Y-%m-%d %H:%M")
    ));
    settings::forget_states(&gone(&listed, &journal.runs(None).await?))?;
    Ok(ExitCode::SUCCESS)
}

/// The sessions of which no run is left.
fn gone(listed: &[RunSummary], left: &[RunSummary]) -> Vec<SessionId> {
    let sessions = |runs: &[RunSummary]| -> BTreeSet<SessionId> {
        runs.iter().map(|summary| summary.session.clone()).collect()
    };
    sessions(listed).difference(&sessions(left)).cloned().collect()
}

fn unknown_run(run: &str) -> Problem {
    Problem::usage(format!("there is no run {run} in the journal")).with_hint(format!(
        "`handyman runs list{}` shows the runs there are",
        options_here(&["runs", "list"])
    ))
}

async fn list(last: Option<u32>, record: &Record, json: bool) -> Result<ExitCode, Problem> {
    let journal = JournalFile::of(record)?.open_existing().await?;
    let all = journal.runs(None).await?;
    let last = last.and_then(|last| usize::try_from(last).ok()).unwrap_or(all.len());
    for summary in all.iter().skip(all.len().saturating_sub(last)) {
        if json {
            let text = serde_json::to_string(summary).map_err(|error| Problem::new(error.to_string()))?;
            show::record(&text);
        } else {
            show::line(&listed(summary));
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// A run in one line; of its message what fits.
fn listed(summary: &RunSummary) -> String {
    let RunSummary { run, session, message, started, outcome, .. } = summary;
    let (started, outcome) =
        (started.strftime("%Y-%m-%d %H:%M"), outcome.as_ref().map_or(INTERRUPTED, outcome_word));
    let session = show::one_line(session.as_str());
    let session = show::cut(&session, SESSION);
    show::fitted(&format!("{run}  {started}  {outcome:<11}  {session:<9}  "), message)
}

/// Ends runs, each with a line on what became of it. One that cannot be ended is told of, and the others are ended.
async fn cancel(runs: &[String], record: &Record, places: &Places) -> Result<ExitCode, Problem> {
    let journal = JournalFile::of(record)?.open_to_change().await?;
    let tools = Files::of(places)?.open_toolbox().await?;
    // Whoever ends a run asks no model.
    let agent = Agent::new(ScriptModel::parse("")?).toolbox(tools).journal_with(journal);
    let mut code = ExitCode::SUCCESS;
    for run in runs {
        match agent.cancel(&run.as_str().into()).await {
            Ok(ended) => show::line(&format!("run {run}: {}", how_ended(ended.outcome()))),
            Err(fault) => code = Problem::from(fault).report(),
        }
    }
    Ok(code)
}

/// What became of a run that was to be cancelled.
fn how_ended(outcome: Option<&Outcome>) -> String {
    match outcome {
        Some(Outcome::Cancelled) => outcome_word(&Outcome::Cancelled).to_owned(),
        Some(outcome) => format!("has ended already ({})", outcome_word(outcome)),
        None => INTERRUPTED.to_owned(),
    }
}

async fn show(run: String, record: &Record, json: bool) -> Result<ExitCode, Problem> {
    let journal = JournalFile::of(record)?.open_existing().await?;
    let events = journal.events(&run.as_str().into()).await?;
    if events.is_empty() {
        return Err(unknown_run(&run));
    }
    let (terminal, model) = (Terminal::detailed(), began_with(&events));
    for event in &events {
        if json {
            JsonLines.event(event);
        } else {
            if let Event::Started { message, now, .. } = event {
                let model = model.as_ref().map_or_else(String::new, |model| format!(" · {}", model.name));
                show::line(&format!("{}{model}", now.strftime("%Y-%m-%d %H:%M")));
                show::indented("» ", message);
            }
            terminal.event(event);
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// A run that has not ended.
const INTERRUPTED: &str = "interrupted";

fn outcome_word(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Answered => "answered",
        Outcome::Asked => "asked",
        Outcome::Limit { .. } => "limit",
        Outcome::Waiting { .. } => "waiting",
        Outcome::Cancelled => "cancelled",
        Outcome::Failed { .. } => "failed",
    }
}
