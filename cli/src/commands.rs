//! What each command does.

use std::process::ExitCode;

use handyman::{CancellationToken, Observer, Outcome, Run, Watch};

use crate::args::{Args, Command, RunOptions, RunsCommand};
use crate::problem::Problem;
use crate::settings::{self, Files};
use crate::show::{JsonLines, Terminal};

mod doctor;
mod model;
mod runs;
mod tools;

/// A run that ended without an answer: a limit, or a person has to decide.
const UNFINISHED: u8 = 3;
/// A run that the person cancelled (128 + SIGINT).
const CANCELLED: u8 = 130;

pub(crate) async fn dispatch(args: Args) -> Result<ExitCode, Problem> {
    match (args.command, args.task) {
        (Some(Command::Run { task, options }), _) => run(&task, &options).await,
        (Some(Command::Resume { run, options }), _) => resume(run, &options).await,
        (Some(Command::Runs { command: RunsCommand::List { places, json } }), _) => {
            runs::list(&places, json).await
        }
        (Some(Command::Runs { command: RunsCommand::Show { run, places, json } }), _) => {
            runs::show(run, &places, json).await
        }
        (Some(Command::Tools { command }), _) => tools::dispatch(command).await,
        (Some(Command::Model { command }), _) => model::dispatch(command).await,
        (Some(Command::Doctor { model }), _) => doctor::examine(model.as_deref()).await,
        (None, Some(task)) => run(&task, &args.options).await,
        (None, None) => {
            Err(Problem::usage("there is no task").with_hint("say what should be done: handyman \"TASK\""))
        }
    }
}

async fn run(task: &str, options: &RunOptions) -> Result<ExitCode, Problem> {
    let files = Files::of(&options.places)?;
    let session = settings::agent(options, &files).await?.session();
    let observer = observer(options.json);
    let run = session.run_watched(task, &interruptible(observer.as_ref())).await?;
    Ok(exit_code(&run))
}

async fn resume(run: String, options: &RunOptions) -> Result<ExitCode, Problem> {
    let files = Files::of(&options.places)?;
    let id = run.into();
    let session = settings::agent(options, &files).await?.session_of(&id).await?;
    let observer = observer(options.json);
    let run = session.resume(&id, &interruptible(observer.as_ref())).await?;
    Ok(exit_code(&run))
}

fn observer(json: bool) -> Box<dyn Observer> {
    if json { Box::new(JsonLines) } else { Box::new(Terminal::default()) }
}

/// Ctrl-C ends the run at its next step, with every call accounted for.
fn interruptible(observer: &dyn Observer) -> Watch<'_> {
    let cancel = CancellationToken::new();
    tokio::spawn({
        let cancel = cancel.clone();
        async move {
            if tokio::signal::ctrl_c().await.is_ok() {
                cancel.cancel();
            }
        }
    });
    Watch::new(observer).cancelled_by(cancel)
}

fn exit_code(run: &Run) -> ExitCode {
    match run.outcome() {
        Some(Outcome::Answered | Outcome::Asked) => ExitCode::SUCCESS,
        Some(Outcome::Cancelled) => ExitCode::from(CANCELLED),
        Some(Outcome::Limit { .. } | Outcome::Waiting { .. }) | None => ExitCode::from(UNFINISHED),
    }
}
