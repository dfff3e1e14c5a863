//! `handyman chat`: one message a line, in a session that goes on after a restart.

use std::io::IsTerminal;
use std::process::ExitCode;

use handyman::{Observer, Outcome, Session};

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
    let mut failed = has_failed(&session, finish_last(&session, options).await).await?;
    while let Some(message) = next_message().await? {
        if message.trim().is_empty() {
            continue;
        }
        let outcome = say(&session, message.trim(), options, observer.as_ref()).await;
        // The next message may fare better; the session holds what happened.
        failed |= has_failed(&session, outcome).await?;
    }
    exit_code(&session, failed).await
}

/// Handles one message. Where the run before it still waits, the person at the terminal is asked again first.
async fn say(
    session: &Session,
    message: &str,
    options: &RunOptions,
    observer: &dyn Observer,
) -> Result<(), Problem> {
    if std::io::stdin().is_terminal() && waits(session).await? {
        finish_last(session, options).await?;
        if waits(session).await? {
            show::note("that is to be decided first; the message was not taken");
            return Ok(());
        }
    }
    let interrupt = Interrupt::new();
    let watch = interrupt.watch(observer);
    let run = session.run_watched(message, &watch).await?;
    settle(session, run, &watch).await?;
    Ok(())
}

/// Reports a problem. That the session waits for a person is no failure of its own.
async fn has_failed(session: &Session, outcome: Result<(), Problem>) -> Result<bool, Problem> {
    let Err(problem) = outcome else { return Ok(false) };
    problem.report();
    Ok(!waits(session).await?)
}

/// Who talks at a terminal has seen what happened; a script is told of the worst.
async fn exit_code(session: &Session, failed: bool) -> Result<ExitCode, Problem> {
    Ok(match failed {
        _ if std::io::stdin().is_terminal() => ExitCode::SUCCESS,
        true => ExitCode::FAILURE,
        false if waits(session).await? => ExitCode::from(UNFINISHED),
        false => ExitCode::SUCCESS,
    })
}

/// Whether a person is still to decide on a call of the last run.
async fn waits(session: &Session) -> Result<bool, Problem> {
    let last = session.last().await?;
    Ok(last.is_some_and(|last| matches!(last.outcome, Some(Outcome::Waiting { .. }))))
}

/// Where the last process ended in the middle of a run, or a person was still to decide, that comes first.
async fn finish_last(session: &Session, options: &RunOptions) -> Result<(), Problem> {
    let Some(last) = session.last().await? else { return Ok(()) };
    if matches!(last.outcome, None | Some(Outcome::Waiting { .. })) {
        show::note(&format!("going on with: {}", last.message));
        let observer = observer_after(options.json, session, &last.run).await?;
        let interrupt = Interrupt::new();
        let watch = interrupt.watch(observer.as_ref());
        let run = session.resume(&last.run, &watch).await?;
        settle(session, run, &watch).await?;
    }
    Ok(())
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
