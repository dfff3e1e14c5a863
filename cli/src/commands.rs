//! What each command does.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::io::IsTerminal;
use std::process::ExitCode;

use handyman::{Agent, Event, Journal, ModelInfo, Observer, Outcome, Run, RunId, Session, ToolSpec, Toolset};

use crate::approve::settle;
use crate::args::{Args, Command, RunOptions};
use crate::interrupt::{INTERRUPTED, Interrupt};
use crate::problem::Problem;
use crate::settings::{self, Files, JournalFile};
use crate::show::{self, JsonLines, Terminal};

use replay::At;

mod approvals;
mod chat;
mod doctor;
mod eval;
mod model;
mod new_tool;
mod replay;
mod runs;
#[cfg(feature = "services")]
mod serve;
mod tools;
mod workflow;

/// A run that ended without an answer: a limit, or a person has to decide.
const UNFINISHED: u8 = 3;

pub(crate) async fn dispatch(args: Args) -> Result<ExitCode, Problem> {
    match (args.command, args.task) {
        (Some(Command::Run { task, options }), _) => run(&task, &options).await,
        (Some(Command::Resume { run, options }), _) => resume(run, &options).await,
        (Some(Command::Chat { session, options }), _) => chat::chat(session, &options).await,
        (Some(Command::Workflow { command }), _) => workflow::dispatch(command).await,
        (Some(Command::Eval { evaluation }), _) => eval::evaluate(&evaluation).await,
        (Some(Command::Approvals { command }), _) => approvals::dispatch(command).await,
        (Some(Command::Replay { run, without_model, options }), _) => {
            replay::replay(run, !without_model, &options).await
        }
        (Some(Command::Fork { run, at, at_step, options }), _) => {
            let at = at_step.map_or_else(|| At::Turn(at.unwrap_or(1)), At::Step);
            replay::fork(run, &at, &options).await
        }
        (Some(Command::Runs { command }), _) => runs::dispatch(command).await,
        (Some(Command::Tools { command }), _) => tools::dispatch(command).await,
        #[cfg(feature = "services")]
        (Some(Command::Serve { command }), _) => serve::dispatch(command).await,
        #[cfg(feature = "services")]
        (Some(Command::Mcp { no_agent, options }), _) => serve::mcp(no_agent, &options).await,
        (Some(Command::Model { command }), _) => model::dispatch(command).await,
        (Some(Command::Doctor { model, json }), _) => doctor::examine(model.as_deref(), json).await,
        (None, Some(task)) => run(&task, &args.options).await,
        (None, None) => {
            Err(Problem::usage("there is no task").with_hint("say what should be done: handyman \"TASK\""))
        }
    }
}

async fn run(task: &str, options: &RunOptions) -> Result<ExitCode, Problem> {
    // Read first: until then Ctrl-C ends the program, and nothing waits for it.
    let task = typed_or_piped(task)?;
    let files = Files::of(&options.places)?;
    let session = settings::agent(options, &files).await?.session();
    let observer = observer(options.json);
    let interrupt = Interrupt::new();
    let watch = interrupt.watch(observer.as_ref());
    let run = session.run_watched(&task, &watch).await?;
    Ok(exit_code(&settle(&session, run, &watch).await?))
}

/// The task; `-` means that it comes from standard input.
fn typed_or_piped(task: &str) -> Result<Cow<'_, str>, Problem> {
    if task != "-" {
        return Ok(task.into());
    }
    if std::io::stdin().is_terminal() {
        show::note("write the task, then Ctrl-D");
    }
    let piped = std::io::read_to_string(std::io::stdin()).map_err(|error| {
        Problem::new(format!("the task cannot be read from standard input: {error}"))
            .with_hint("write it in UTF-8")
    })?;
    Ok(piped.trim().to_owned().into())
}

async fn resume(run: String, options: &RunOptions) -> Result<ExitCode, Problem> {
    JournalFile::of(&options.record)?.check()?;
    let files = Files::of(&options.places)?;
    let id = run.into();
    let agent = agent_for(&id, options, &files).await?;
    let session = agent.session_of(&id).await?;
    let observer = observer_after(options.json, &session, &id).await?;
    let ended = ended(&session, &id).await?;
    if ended.is_none() {
        chosen_model(&agent, &session, &id, options).await?;
        tell_untrusted(&agent, &session, options).await?;
    }
    let interrupt = Interrupt::new();
    let watch = interrupt.watch(observer.as_ref());
    let run = session.resume(&id, &watch).await?;
    if let Some(end) = ended {
        if !options.json {
            show::note(&format!("run {id} has ended; this is how"));
        }
        observer.event(&end);
    }
    Ok(exit_code(&settle(&session, run, &watch).await?))
}

/// Sees that a run that has not ended goes on with the model that it began with, or with another one that somebody has
/// chosen; that is told.
async fn chosen_model(
    agent: &Agent,
    session: &Session,
    run: &RunId,
    options: &RunOptions,
) -> Result<(), Problem> {
    let Some(first) = another_model(agent, session, run).await? else { return Ok(()) };
    let now = agent.model();
    if options.model.is_none() {
        return Err(began_otherwise(run, &first, &now));
    }
    if !options.json {
        let (first, now) = (told_apart(&first, &now), told_apart(&now, &first));
        show::note(&format!("the run began with the model {first}; now {now} goes on with it"));
    }
    Ok(())
}

/// Tells of the tools that are trusted now and were not when the session had them: in it they stay as they were.
async fn tell_untrusted(agent: &Agent, session: &Session, options: &RunOptions) -> Result<(), Problem> {
    if options.places.trust.is_empty() || options.json {
        return Ok(());
    }
    let journal = session.journal().await?;
    let mut before: BTreeSet<String> = BTreeSet::new();
    for summary in journal.runs(Some(session.id())).await? {
        let first = journal.events(&summary.run).await?.into_iter().next();
        if let Some(Event::Started { untrusted, .. }) = first {
            before.extend(untrusted);
        }
    }
    let is_trusted_now = |spec: &&ToolSpec| !spec.safety.untrusted && before.contains(&spec.name);
    let tools = agent.tools()?.specs().iter().filter(is_trusted_now);
    let names: Vec<&str> = tools.map(|spec| spec.name.as_str()).collect();
    if !names.is_empty() {
        let names = names.join(", ");
        show::note(&format!(
            "--trust: this session began without it, and in it these stay untrusted: {names}"
        ));
    }
    Ok(())
}

/// The agent that goes on with a run. Where that follows a workflow without a step for the model, none is loaded.
async fn agent_for(run: &RunId, options: &RunOptions, files: &Files) -> Result<Agent, Problem> {
    let journal = JournalFile::of(&options.record)?.open().await?;
    match began_with(&journal.events(run).await?) {
        Some(_) => settings::agent(options, files).await,
        None => settings::agent_without_model(options, files).await,
    }
}

/// The model that a run began with, if it is not the agent's.
async fn another_model(agent: &Agent, session: &Session, run: &RunId) -> Result<Option<ModelInfo>, Problem> {
    let began = began_with(&session.journal().await?.events(run).await?);
    Ok(began.filter(|began| *began != agent.model()))
}

/// The model that a run began with; none where it follows a workflow that asks none.
fn began_with(events: &[Event]) -> Option<ModelInfo> {
    events.iter().find_map(|event| match event {
        Event::Started { workflow: Some(begun), .. } if !begun.workflow.needs_model() => None,
        Event::Started { model, .. } => Some(model.clone()),
        _ => None,
    })
}

/// Nobody has said that another model is to go on with a run: the one it began with was chosen for it.
fn began_otherwise(run: &RunId, first: &ModelInfo, now: &ModelInfo) -> Problem {
    Problem::usage(format!("run {run} began with the model {}", told_apart(first, now)))
        .with_hint("name it again with --model …, or --model builtin to go on with the built-in one")
}

/// A model's name, with the beginning of its hash where another one is called the same.
fn told_apart(model: &ModelInfo, other: &ModelInfo) -> String {
    let hash = model.sha256.get(..12).filter(|_| model.name == other.name);
    hash.map_or_else(|| model.name.clone(), |hash| format!("{} {hash}", model.name))
}

/// The event that a run ended with, if it has: it does not go on.
async fn ended(session: &Session, run: &RunId) -> Result<Option<Event>, Problem> {
    let last = session.journal().await?.events(run).await?.pop();
    let has_ended = |event: &Event| match event {
        Event::Finished { outcome, .. } => !matches!(outcome, Outcome::Waiting { .. }),
        _ => false,
    };
    Ok(last.filter(has_ended))
}

fn observer(json: bool) -> Box<dyn Observer> {
    if json { Box::new(JsonLines) } else { Box::new(Terminal::at_work()) }
}

/// An observer that knows what the calls of a run are that goes on.
async fn observer_after(json: bool, session: &Session, run: &RunId) -> Result<Box<dyn Observer>, Problem> {
    if json {
        return Ok(observer(json));
    }
    let terminal = Terminal::at_work();
    session.journal().await?.events(run).await?.iter().for_each(|event| terminal.learn(event));
    Ok(Box::new(terminal))
}

fn exit_code(run: &Run) -> ExitCode {
    match run.outcome() {
        Some(Outcome::Answered | Outcome::Asked) => ExitCode::SUCCESS,
        Some(Outcome::Cancelled) => ExitCode::from(INTERRUPTED),
        Some(Outcome::Failed { .. }) => ExitCode::FAILURE,
        Some(Outcome::Limit { .. } | Outcome::Waiting { .. }) | None => ExitCode::from(UNFINISHED),
    }
}
