//! `handyman replay` and `handyman fork`.

use std::process::ExitCode;
use std::sync::Arc;

use handyman::{Event, Journal, RunId, SqliteJournal};

use super::{agent_for, another_model, began_otherwise, chosen_model, exit_code, observer};
use crate::approve::settle;
use crate::args::RunOptions;
use crate::interrupt::Interrupt;
use crate::problem::Problem;
use crate::settings::{self, Files, JournalFile};
use crate::show;

pub(crate) async fn replay(run: String, with_model: bool, options: &RunOptions) -> Result<ExitCode, Problem> {
    let file = JournalFile::of(&options.record)?;
    file.check()?;
    let run = run.into();
    let agent = if with_model {
        agent_for(&run, options, &Files::of(&options.places)?).await?
    } else {
        settings::agent_to_look(to_go_through(file.open_existing().await?, &run).await?, options).await?
    };
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

/// The journal of a run. Of one that cannot be written it is a copy in memory, with what the run came after: who goes
/// through a run again holds its session's lease meanwhile.
async fn to_go_through(journal: Arc<SqliteJournal>, run: &RunId) -> Result<Arc<SqliteJournal>, Problem> {
    if !journal.is_read_only() {
        return Ok(journal);
    }
    let copy = SqliteJournal::in_memory().await?;
    if let Some(Event::Started { session, .. }) = journal.events(run).await?.first() {
        let mut runs = Vec::new();
        for summary in journal.runs(Some(session)).await? {
            let events = journal.events(&summary.run).await?;
            runs.push((summary.run, events));
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
