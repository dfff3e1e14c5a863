//! `handyman runs list|show`.

use std::process::ExitCode;

use handyman::{Event, Journal, Observer, Outcome};

use crate::args::Places;
use crate::problem::Problem;
use crate::settings::Files;
use crate::show::{self, JsonLines, Terminal};

pub(crate) async fn list(places: &Places, json: bool) -> Result<ExitCode, Problem> {
    let journal = Files::of(places)?.open_journal().await?;
    for summary in journal.runs(None).await? {
        if json {
            let text = serde_json::to_string(&summary).map_err(|error| Problem::new(error.to_string()))?;
            show::line(&text);
        } else {
            let outcome = summary.outcome.as_ref().map_or("interrupted", outcome_word);
            let started = summary.started.strftime("%Y-%m-%d %H:%M");
            show::line(&format!("{}  {started}  {outcome:<11}  {}", summary.run, summary.message));
        }
    }
    Ok(ExitCode::SUCCESS)
}

pub(crate) async fn show(run: String, places: &Places, json: bool) -> Result<ExitCode, Problem> {
    let journal = Files::of(places)?.open_journal().await?;
    let events = journal.events(&run.as_str().into()).await?;
    if events.is_empty() {
        return Err(Problem::usage(format!("there is no run {run} in the journal"))
            .with_hint("`handyman runs list` shows the runs there are"));
    }
    let terminal = Terminal::default();
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
