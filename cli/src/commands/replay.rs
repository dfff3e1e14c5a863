//! `handyman replay` and `handyman fork`.

use std::process::ExitCode;

use super::{agent_for, exit_code, observer};
use crate::approve::settle;
use crate::args::RunOptions;
use crate::interrupt::Interrupt;
use crate::problem::Problem;
use crate::settings::{self, Files, JournalFile};
use crate::show;

pub(crate) async fn replay(run: String, with_model: bool, options: &RunOptions) -> Result<ExitCode, Problem> {
    JournalFile::of(&options.record)?.check()?;
    let files = Files::of(&options.places)?;
    let agent = if with_model {
        settings::agent(options, &files).await?
    } else {
        settings::agent_without_model(options, &files).await?
    };
    let run = run.into();
    let replayed = agent.session_of(&run).await?.replay(&run, with_model).await?;
    if let Some(model) = &replayed.made_by {
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
    let ((session, forked), place) = match at {
        At::Turn(turn) => (session.fork(&run, *turn).await?, format!("turn {turn}")),
        At::Step(step) => (session.fork_at_step(&run, step).await?, format!("the step {step}")),
    };
    if !options.json {
        show::note(&format!("run {forked} has happened as {run} until {place}"));
    }
    let observer = observer(options.json);
    let interrupt = Interrupt::new();
    let watch = interrupt.watch(observer.as_ref());
    let run = session.resume(&forked, &watch).await?;
    Ok(exit_code(&settle(&session, run, &watch).await?))
}
