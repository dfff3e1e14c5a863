//! `handyman runs list|show|verify|export|prune`.

use std::process::ExitCode;

use handyman::{Event, Journal, Observer, Outcome};
use serde_json::json;

use crate::args::{Record, RunsCommand, Today};
use crate::problem::Problem;
use crate::settings::JournalFile;
use crate::show::{self, JsonLines, Terminal};

pub(crate) async fn dispatch(command: RunsCommand) -> Result<ExitCode, Problem> {
    match command {
        RunsCommand::List { record, json } => list(&record, json).await,
        RunsCommand::Show { run, record, json } => show(run, &record, json).await,
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
    Err(problem.with_hint("the other runs can be read; `handyman runs export` saves them"))
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
    let age =
        jiff::SignedDuration::try_from(older_than).map_err(|error| Problem::usage(error.to_string()))?;
    let before = today.now().saturating_sub(age);
    let dropped = JournalFile::of(record)?.open_existing().await?.prune(before).await?;
    for run in &dropped {
        show::line(run.as_str());
    }
    show::note(&format!(
        "{} dropped that began before {}",
        show::counted(dropped.len(), "run"),
        before.strftime("%Y-%m-%d %H:%M")
    ));
    Ok(ExitCode::SUCCESS)
}

fn unknown_run(run: &str) -> Problem {
    Problem::usage(format!("there is no run {run} in the journal"))
        .with_hint("`handyman runs list` shows the runs there are")
}

async fn list(record: &Record, json: bool) -> Result<ExitCode, Problem> {
    let journal = JournalFile::of(record)?.open_existing().await?;
    for summary in journal.runs(None).await? {
        if json {
            let text = serde_json::to_string(&summary).map_err(|error| Problem::new(error.to_string()))?;
            show::record(&text);
        } else {
            let outcome = summary.outcome.as_ref().map_or("interrupted", outcome_word);
            let (run, message) = (&summary.run, show::one_line(&summary.message));
            let started = summary.started.strftime("%Y-%m-%d %H:%M");
            show::line(&format!("{run}  {started}  {outcome:<11}  {message}"));
        }
    }
    Ok(ExitCode::SUCCESS)
}

async fn show(run: String, record: &Record, json: bool) -> Result<ExitCode, Problem> {
    let journal = JournalFile::of(record)?.open_existing().await?;
    let events = journal.events(&run.as_str().into()).await?;
    if events.is_empty() {
        return Err(unknown_run(&run));
    }
    let terminal = Terminal::detailed();
    for event in &events {
        if json {
            JsonLines.event(event);
        } else {
            if let Event::Started { message, now, model, .. } = event {
                show::line(&format!("{} · {}", now.strftime("%Y-%m-%d %H:%M"), model.name));
                show::line(&format!("» {message}"));
            }
            terminal.event(event);
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn outcome_word(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Answered => "answered",
        Outcome::Asked => "asked",
        Outcome::Limit { .. } => "limit",
        Outcome::Waiting { .. } => "waiting",
        Outcome::Cancelled => "cancelled",
    }
}
