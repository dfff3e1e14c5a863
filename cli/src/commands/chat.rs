//! `handyman chat`: one message a line, in a session that goes on after a restart.

use std::io::{ErrorKind, IsTerminal};
use std::process::ExitCode;

use handyman::{Agent, Observer, Outcome, Run, RunSummary, Session};

use super::{UNFINISHED, chosen_model, observer, observer_after, tell_untrusted};
use crate::approve::{keyboard, settle};
use crate::args::RunOptions;
use crate::interrupt::{self, Interrupt};
use crate::problem::Problem;
use crate::settings::{self, Files};
use crate::show;

/// The session of a chat for which none was named. Those that `/new` begins after it are numbered: `chat.2`.
const UNNAMED: &str = "chat";

/// What the sequence begins with that a terminal sends for a key without a character.
const ESCAPE: char = '\u{1b}';

/// Talks in the session of this name, or in the newest of those without a name.
pub(crate) async fn chat(named: Option<String>, options: &RunOptions) -> Result<ExitCode, Problem> {
    if named.as_deref().is_some_and(|name| name.trim().is_empty()) {
        return Err(Problem::usage("--session: the name is empty")
            .with_hint("name the session, or leave the option out: handyman chat"));
    }
    let files = Files::of(&options.places)?;
    let agent = settings::agent(options, &files).await?;
    let may_begin_another = named.as_deref().is_none_or(|name| number_of(name).is_some());
    let name = match named {
        Some(name) => name,
        None => unnamed(newest(&agent).await?.max(1)),
    };
    let mut session = agent.session_named(name.into());
    greet(&session, may_begin_another, options).await?;
    tell_untrusted(&agent, &session, options).await?;
    let observer = observer(options.json);
    if let Some(last) = unfinished(&session).await? {
        // A message would close the run, which nobody has asked for.
        chosen_model(&agent, &session, &last.run, options).await?;
    }
    // The next message closes what cannot go on.
    let mut worst = how_bad(&session, finish_last(&session, options).await).await?;
    for number in 1_u64.. {
        let line = match next_line().await? {
            Typed::Line(line) => line,
            Typed::Unreadable => {
                let problem = Problem::new(format!("line {number} is not valid UTF-8; it was skipped"));
                problem.with_hint("write it in UTF-8").report();
                worst = Worst::Failed;
                continue;
            }
            Typed::Keys => {
                show::note("arrow keys and the like do nothing here; the line was not sent");
                continue;
            }
            Typed::End => break,
        };
        match meant(&line) {
            Meant::Nothing => {}
            Meant::Leave => break,
            Meant::Help => show::note(if may_begin_another { "/new, /help, /quit" } else { "/help, /quit" }),
            Meant::Unknown(command) => {
                let problem =
                    Problem::usage(format!("unknown command {command}; it was not sent to the model"));
                problem.with_hint("/help lists the commands").report();
                worst = Worst::Failed;
            }
            Meant::Another if may_begin_another => {
                // What waits is not forgotten with the session.
                worst = worst.max(if waits(&session).await? { Worst::Unfinished } else { Worst::Nothing });
                session = agent.session_named(unnamed(newest(&agent).await?.saturating_add(1)).into());
                greet(&session, may_begin_another, options).await?;
            }
            Meant::Another => {
                let problem = Problem::usage(format!("the session {} was chosen by its name", session.id()));
                problem.with_hint("begin another with: handyman chat --session NAME").report();
                worst = Worst::Failed;
            }
            Meant::Message(message) => {
                let outcome = say(&session, message, options, observer.as_ref()).await;
                // The next message may fare better; the session holds what happened.
                worst = worst.max(how_bad(&session, outcome).await?);
            }
        }
    }
    exit_code(&session, worst).await
}

/// What a line is.
enum Meant<'a> {
    Nothing,
    Leave,
    /// Another session.
    Another,
    /// What there is to type beside messages.
    Help,
    /// A word that looks like a command and is none.
    Unknown(&'a str),
    Message(&'a str),
}

fn meant(line: &str) -> Meant<'_> {
    let line = line.trim();
    match line.to_lowercase().as_str() {
        "" => Meant::Nothing,
        "exit" | "quit" | "bye" | "/exit" | "/quit" | ":q" | "退出" => Meant::Leave,
        "/new" => Meant::Another,
        "/help" | "/?" => Meant::Help,
        word if word.strip_prefix('/').is_some_and(|name| name.chars().all(char::is_alphanumeric)) => {
            Meant::Unknown(line)
        }
        _ => Meant::Message(line),
    }
}

/// The number of the newest session without a name; 0 if there is none yet.
async fn newest(agent: &Agent) -> Result<u64, Problem> {
    let runs = agent.opened_journal().await?.runs(None).await?;
    Ok(runs.iter().filter_map(|run| number_of(run.session.as_str())).max().unwrap_or_default())
}

/// The name of the session that was begun without one as the first, the second and so on.
fn unnamed(number: u64) -> String {
    if number == 1 { UNNAMED.to_owned() } else { format!("{UNNAMED}.{number}") }
}

/// Which of the sessions without a name this is, if it is one.
fn number_of(session: &str) -> Option<u64> {
    let number: u64 = match session.strip_prefix(UNNAMED)? {
        "" => 1,
        rest => rest.strip_prefix('.')?.parse().ok()?,
    };
    (unnamed(number) == session).then_some(number)
}

/// Tells who sits at a terminal what is there already, and how to leave.
async fn greet(session: &Session, may_begin_another: bool, options: &RunOptions) -> Result<(), Problem> {
    if options.json || !std::io::stdin().is_terminal() {
        return Ok(());
    }
    let runs = session.journal().await?.runs(Some(session.id())).await?;
    let (there, another) = match runs.first() {
        Some(first) => {
            let (messages, since) =
                (show::counted(runs.len(), "message"), first.started.strftime("%Y-%m-%d"));
            let another = if may_begin_another { "/new begins another, " } else { "" };
            (format!("{messages} since {since}"), another)
        }
        None => ("no messages yet".to_owned(), ""),
    };
    show::note(&format!("session {}, {there}; {another}/quit or Ctrl-D leaves", session.id()));
    Ok(())
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
            show::note("decide on that call first; your message was not sent");
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

/// The last run, if the process before ended in the middle of it, or a person is still to decide.
async fn unfinished(session: &Session) -> Result<Option<RunSummary>, Problem> {
    let last = session.last().await?;
    Ok(last.filter(|last| matches!(last.outcome, None | Some(Outcome::Waiting { .. }))))
}

/// What is unfinished comes first.
async fn finish_last(session: &Session, options: &RunOptions) -> Result<Option<Run>, Problem> {
    let Some(last) = unfinished(session).await? else { return Ok(None) };
    show::note(&format!("going on with: {}", last.message));
    let observer = observer_after(options.json, session, &last.run).await?;
    let interrupt = Interrupt::new();
    let watch = interrupt.watch(observer.as_ref());
    let run = session.resume(&last.run, &watch).await?;
    settle(session, run, &watch).await.map(Some)
}

/// What comes of waiting for a line.
enum Typed {
    Line(String),
    /// A line that is no text.
    Unreadable,
    /// A line with a key in it that writes nothing, such as an arrow.
    Keys,
    /// The input has ended, or somebody has pressed Ctrl-C instead.
    End,
}

/// The next line a person writes.
async fn next_line() -> Result<Typed, Problem> {
    let mut typed = keyboard().await;
    let is_terminal = std::io::stdin().is_terminal();
    if is_terminal {
        show::prompt("» ");
    }
    let read = tokio::select! {
        read = typed.next_line() => read,
        () = interrupt::pressed() => Ok(None),
    };
    match read {
        Ok(Some(line)) if is_terminal && line.contains(ESCAPE) => Ok(Typed::Keys),
        Ok(Some(line)) => Ok(Typed::Line(line)),
        Ok(None) => {
            if is_terminal {
                // What comes next does not stand beside the prompt.
                show::prompt("\n");
            }
            Ok(Typed::End)
        }
        // The reader has gone past the line.
        Err(error) if error.kind() == ErrorKind::InvalidData => Ok(Typed::Unreadable),
        Err(error) => Err(Problem::new(format!("the input cannot be read: {error}"))
            .with_hint("the session goes on with the next `handyman chat`")),
    }
}
