//! `handyman replay` and `handyman fork`.

use std::process::ExitCode;
use std::sync::Arc;

use handyman::{Event, Journal, RunId, SqliteJournal};

use super::{agent_for, another_model, began_otherwise, began_with, chosen_model, exit_code, observer};
use crate::approve::settle;
use crate::args::RunOptions;
use crate::interrupt::Interrupt;
use crate::problem::Problem;
use crate::settings::{self, Files, JournalFile};
use crate::show;

pub(crate) async fn replay(run: String, with_model: bool, options: &RunOptions) -> Result<ExitCode, Problem> {
    let journal = JournalFile::of(&options.record)?.open_existing().await?;
    let run = run.into();
    let journal = to_go_through(&journal, &run).await?;
    // A run that follows a workflow without a step for the model has no reply to generate again.
    let asks = with_model && began_with(&journal.events(&run).await?).is_some();
    let agent = settings::agent_to_look(journal, asks, options).await?;
    let session = agent.session_of(&run).await?;
    let made_by = if with_model { another_model(&agent, &session, &run).await? } else { None };
    if let (Some(first), None) = (&made_by, &options.model) {
        return Err(began_otherwise(&run, first, &agent.model())
            .with_hint("name it with --model …, or check the events alone: --without-model"));
    }
    let replayed = session.replay(&run, with_model).await?;
    if let Some(model) = &made_by {
        let which = model.sha256.get(..12).unwrap_or_default();
        show::note(&format!("the run was made by another model: {} {which}", model.name));
    }
    let replies = match replayed.replies {
        _ if !with_model => String::new(),
        1 => ", 1 reply generated again".to_owned(),
        replies => format!(", {replies} replies generated again"),
    };
    show::line(&format!("{} the same{replies}", show::counted(replayed.events, "event")));
    let Some(difference) = replayed.difference else { return Ok(ExitCode::SUCCESS) };
    let token = difference.token.map_or_else(String::new, |(at, before, now)| {
        let name = |token: Option<u32>| token.map_or_else(|| "the end".to_owned(), |token| token.to_string());
        format!(", token {at} of the reply ({} before, {} now)", name(before), name(now))
    });
    show::line(&format!("differs at event {}{token}", difference.event));
    show::line(&format!("  recorded: {}", difference.recorded));
    show::line(&format!("  now:      {}", difference.now));
    Ok(ExitCode::FAILURE)
}

/// A copy in memory of a run and of what it came after. Who goes through a run again holds its session's lease meanwhile, and
/// neither needs the journal to be written to nor keeps others from the session.
async fn to_go_through(journal: &SqliteJournal, run: &RunId) -> Result<Arc<SqliteJournal>, Problem> {
    let copy = SqliteJournal::in_memory().await?;
    if let Some(Event::Started { session, .. }) = journal.events(run).await?.first() {
        let mut runs = Vec::new();
        for summary in journal.runs(Some(session)).await? {
            let events = journal.events(&summary.run).await?;
            let is_it = summary.run == *run;
            runs.push((summary.run, events));
            if is_it {
                break;
            }
        }
        copy.append_all(&runs).await?;
    }
    Ok(Arc::new(copy))
}

/// Where a fork goes its own way.
pub(crate) enum At {
    /// At a turn, from 1.
    Turn(u32),
    /// At a step of the workflow.
    Step(String),
}

pub(crate) async fn fork(run: String, at: &At, options: &RunOptions) -> Result<ExitCode, Problem> {
    JournalFile::of(&options.record)?.check()?;
    let files = Files::of(&options.places)?;
    let run = run.into();
    let agent = agent_for(&run, options, &files).await?;
    let session = agent.session_of(&run).await?;
    chosen_model(&agent, &session, &run, options).await?;
    let ((session, forked), place) = match at {
        At::Turn(turn) => (session.fork(&run, *turn).await?, format!("turn {turn}")),
        At::Step(step) => (session.fork_at_step(&run, step).await?, format!("step {step}")),
    };
    if !options.json {
        show::note(&format!("run {forked} is a copy of {run} up to {place}"));
    }
    let observer = observer(options.json);
    let interrupt = Interrupt::new();
    let watch = interrupt.watch(observer.as_ref());
    let run = session.resume(&forked, &watch).await?;
    Ok(exit_code(&settle(&session, run, &watch).await?))
}
