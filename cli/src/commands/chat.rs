//! `handyman chat`: one message a line, in a session that goes on after a restart.

use std::io::{BufRead, IsTerminal, Write};
use std::process::ExitCode;

use handyman::{Outcome, Session};

use super::{observer, observer_after};
use crate::approve::settle;
use crate::args::RunOptions;
use crate::interrupt::{self, Interrupt};
use crate::problem::Problem;
use crate::settings::{self, Files};
use crate::show;

pub(crate) async fn chat(session: String, options: &RunOptions) -> Result<ExitCode, Problem> {
    let files = Files::of(&options.places)?;
    let session = settings::agent(options, &files).await?.session_named(session.into());
    let observer = observer(options.json);
    if let Err(problem) = finish_last(&session, options).await {
        // The next message closes what cannot go on.
        problem.report();
    }
    loop {
        let Some(message) = next_message().await? else { return Ok(ExitCode::SUCCESS) };
        if message.trim().is_empty() {
            continue;
        }
        let interrupt = Interrupt::new();
        let watch = interrupt.watch(observer.as_ref());
        let outcome = match session.run_watched(message.trim(), &watch).await {
            Ok(run) => settle(&session, run, &watch).await.map(|_| ()),
            Err(fault) => Err(fault.into()),
        };
        if let Err(problem) = outcome {
            // The next message may fare better; the session holds what happened.
            problem.report();
        }
    }
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
    let read = tokio::task::spawn_blocking(|| {
        if std::io::stdin().is_terminal() {
            let mut terminal = std::io::stderr().lock();
            write!(terminal, "» ")?;
            terminal.flush()?;
        }
        let mut line = String::new();
        let bytes = std::io::stdin().lock().read_line(&mut line)?;
        Ok::<_, std::io::Error>((bytes > 0).then_some(line))
    });
    let read = tokio::select! {
        read = read => read,
        () = interrupt::pressed() => return Ok(None),
    };
    read.map_err(|error| Problem::new(format!("the input cannot be read: {error}")))?.map_err(|error| {
        Problem::new(format!("the input cannot be read: {error}")).with_hint("write it in UTF-8")
    })
}
