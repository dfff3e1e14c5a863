//! `handyman chat`: one message a line, in a session that goes on after a restart.

use std::io::IsTerminal;
use std::process::ExitCode;

use handyman::{Observer, Outcome, Run, Session};

use super::{UNFINISHED, observer, observer_after};
use crate::approve::{keyboard, settle};
use crate::args::RunOptions;
use crate::interrupt::{self, Interrupt};
use crate::problem::Problem;
use crate::settings::{self, Files};
use crate::show;

pub(crate) async fn chat(session: String, options: &RunOptions) -> Result<ExitCode, Problem> {
    let files = Files::of(&options.places)?;
    let session = settings::agent(options, &files).await?.session_named(session.into());
    let observer = observer(options.json);
    // The next message closes what cannot go on.
    let mut worst = how_bad(&session, finish_last(&session, options).await).await?;
    while let Some(message) = next_message().await? {
        if message.trim().is_empty() {
            continue;
        }
        let outcome = say(&session, message.trim(), options, observer.as_ref()).await;
        // The next message may fare better; the session holds what happened.
        worst = worst.max(how_bad(&session, outcome).await?);
    }
    exit_code(&session, worst).await
}

/// The worst that became of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Worst {
    Nothing,
    /// A run ended at a limit.
    Unfinished,
    Failed,
}

/// Handles one message. Where the run before it still waits, the person at the terminal is asked again first.
async fn say(
    session: &Session,
    message: &str,
    options: &RunOptions,
    observer: &dyn Observer,
) -> Result<Option<Run>, Problem> {
    if std::io::stdin().is_terminal() && waits(session).await? {
        finish_last(session, options).await?;
        if waits(session).await? {
            show::note("that is to be decided first; the message was not taken");
            return Ok(None);
        }
    }
    let interrupt = Interrupt::new();
    let watch = interrupt.watch(observer);
    let run = session.run_watched(message, &watch).await?;
    settle(session, run, &watch).await.map(Some)
}

/// What became of a message; a problem is reported. That the session waits for a person is no failure of its own.
async fn how_bad(session: &Session, outcome: Result<Option<Run>, Problem>) -> Result<Worst, Problem> {
    let problem = match outcome {
        Ok(Some(run)) if matches!(run.outcome(), Some(Outcome::Limit { .. })) => {
            return Ok(Worst::Unfinished);
        }
        Ok(_) => return Ok(Worst::Nothing),
        Err(problem) => problem,
    };
    problem.report();
    Ok(if waits(session).await? { Worst::Nothing } else { Worst::Failed })
}

/// Who talks at a terminal has seen what happened; a script is told of the worst.
async fn exit_code(session: &Session, worst: Worst) -> Result<ExitCode, Problem> {
    Ok(match worst {
        _ if std::io::stdin().is_terminal() => ExitCode::SUCCESS,
        Worst::Failed => ExitCode::FAILURE,
        Worst::Unfinished => ExitCode::from(UNFINISHED),
        Worst::Nothing if waits(session).await? => ExitCode::from(UNFINISHED),
        Worst::Nothing => ExitCode::SUCCESS,
    })
}

/// Whether a person is still to decide on a call of the last run.
async fn waits(session: &Session) -> Result<bool, Problem> {
    let last = session.last().await?;
    Ok(last.is_some_and(|last| matches!(last.outcome, Some(Outcome::Waiting { .. }))))
}

/// Where the last process ended in the middle of a run, or a person was still to decide, that comes first.
async fn finish_last(session: &Session, options: &RunOptions) -> Result<Option<Run>, Problem> {
    let Some(last) = session.last().await? else { return Ok(None) };
    if !matches!(last.outcome, None | Some(Outcome::Waiting { .. })) {
        return Ok(None);
    }
    show::note(&format!("going on with: {}", last.message));
    let observer = observer_after(options.json, session, &last.run).await?;
    let interrupt = Interrupt::new();
    let watch = interrupt.watch(observer.as_ref());
    let run = session.resume(&last.run, &watch).await?;
    settle(session, run, &watch).await.map(Some)
}

/// The next line a person writes; nothing at the end of the input, or when they press Ctrl-C instead.
async fn next_message() -> Result<Option<String>, Problem> {
    let mut typed = keyboard().await;
    if std::io::stdin().is_terminal() {
        show::prompt("» ");
    }
    let read = tokio::select! {
        read = typed.next_line() => read,
        () = interrupt::pressed() => return Ok(None),
    };
    read.map_err(|error| {
        Problem::new(format!("the input cannot be read: {error}")).with_hint("write it in UTF-8")
    })
}
