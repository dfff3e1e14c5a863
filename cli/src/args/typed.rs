//! Reads what was typed, and says what was probably meant where it is no command.

use std::process::ExitCode;

use clap::error::ErrorKind;
use clap::{CommandFactory, Parser};

use super::Args;
use super::again::all_options;
use crate::problem::Problem;
use crate::show;

/// From this likeness on (Jaro and Winkler's, 0 to 1) a word is taken for a misspelt command.
const ALIKE: f64 = 0.87;

/// What comes of what was typed.
pub(crate) enum Typed {
    /// Something is to be done.
    Work(Box<Args>),
    /// Help has been printed, and that is all.
    Help(ExitCode),
}

/// The arguments, where they can be read. What clap itself explains best is printed, and the process exits.
pub(crate) fn parse(arguments: &[String]) -> Result<Typed, Problem> {
    match Args::try_parse_from(messages_last(arguments)) {
        Ok(args) => {
            if let (Some(task), None) = (&args.task, &args.command) {
                no_command(task, arguments)?;
            }
            Ok(Typed::Work(Box::new(args)))
        }
        Err(error) if is_help(error.kind()) => {
            show::help(&error);
            Ok(Typed::Help(u8::try_from(error.exit_code()).map_or(ExitCode::FAILURE, ExitCode::from)))
        }
        Err(error) => {
            let is_order = matches!(
                error.kind(),
                ErrorKind::ArgumentConflict | ErrorKind::InvalidSubcommand | ErrorKind::UnknownArgument
            );
            match is_order.then(|| meant(arguments)).flatten() {
                Some(problem) => Err(problem),
                None => error.exit(),
            }
        }
    }
}

fn is_help(kind: ErrorKind) -> bool {
    matches!(
        kind,
        ErrorKind::DisplayHelp
            | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand
            | ErrorKind::DisplayVersion
    )
}

/// The arguments with those at the end, and marked as no options, that begin with a hyphen and can only be messages:
/// `-5 + 3 = ?`. A misspelt option stays one.
fn messages_last(arguments: &[String]) -> Vec<String> {
    let mut root = Args::command();
    root.build();
    let takes_next = |argument: &str| {
        let name = argument.strip_prefix("--");
        name.is_some() && all_options(&root).any(|a| a.get_long() == name && a.get_action().takes_values())
    };
    let (mut others, mut messages) = (Vec::new(), Vec::new());
    let mut rest = arguments.iter();
    while let Some(argument) = rest.next() {
        match argument.as_str() {
            // Whoever marks them knows what is which.
            "--" => return arguments.to_vec(),
            message if is_message(message) => messages.push(argument.clone()),
            option if takes_next(option) => {
                others.push(argument.clone());
                others.extend(rest.next().cloned());
            }
            _ => others.push(argument.clone()),
        }
    }
    if !messages.is_empty() {
        others.push("--".to_owned());
    }
    [others, messages].concat()
}

/// Whether an argument begins like an option and has what no option's name has: a blank, another script.
fn is_message(argument: &str) -> bool {
    let in_no_name = |c: char| c.is_whitespace() || !c.is_ascii();
    match argument.strip_prefix("--") {
        Some(option) => option.split('=').next().is_some_and(|name| name.contains(in_no_name)),
        None => argument.starts_with('-') && argument.contains(in_no_name),
    }
}

/// A task of one word that names a command, or nearly so, is a command in the wrong place.
fn no_command(task: &str, arguments: &[String]) -> Result<(), Problem> {
    let Some(command) = alike(task) else { return nested(task) };
    let options: Vec<&str> =
        arguments.iter().skip(1).map(String::as_str).filter(|argument| *argument != task).collect();
    let problem = if command == task {
        format!("the command '{task}' has to stand before its options")
    } else {
        format!("there is no command '{task}'")
    };
    let line = [&["handyman", &command], options.as_slice()].concat().join(" ");
    Err(Problem::usage(problem).with_hint(format!("did you mean: {line}; as a task: handyman run {task}")))
}

/// What may have been meant by arguments that cannot be read.
fn meant(arguments: &[String]) -> Option<Problem> {
    let commands = commands();
    let (first, rest) = arguments.get(1..)?.split_first()?;
    if first.starts_with('-') {
        let command = rest.iter().find(|argument| commands.contains(argument))?;
        return Some(
            Problem::usage(format!("the command '{command}' has to stand before its options"))
                .with_hint(format!("write: handyman {command} … with the options at the end")),
        );
    }
    let words = rest.iter().take_while(|argument| !argument.starts_with('-')).count();
    if first == "run" && words > 1 {
        return Some(several_words(&rest[..words].join(" ")));
    }
    if commands.contains(first) || words == 0 {
        return None;
    }
    let task = arguments[1..2 + words].join(" ");
    let is_help = first == "help";
    let named = if is_help { &rest[0] } else { first };
    if is_help && commands.contains(named) {
        return None;
    }
    if let Some(command) = alike(named) {
        let line =
            if is_help { format!("help {command}") } else { [&[command][..], rest].concat().join(" ") };
        return Some(
            Problem::usage(format!("there is no command '{named}'"))
                .with_hint(format!("did you mean: handyman {line}; as a task: handyman \"{task}\"")),
        );
    }
    if is_help {
        return Some(
            Problem::usage(format!("there is no command '{named}'"))
                .with_hint(format!("handyman --help lists them; as a task: handyman \"{task}\"")),
        );
    }
    Some(several_words(&task))
}

/// A task of one word that is a command below others, such as `list`.
fn nested(task: &str) -> Result<(), Problem> {
    let root = Args::command();
    let meant: Vec<String> = root
        .get_subcommands()
        .filter(|command| command.find_subcommand(task).is_some())
        .map(|command| format!("handyman {} {task}", command.get_name()))
        .collect();
    if meant.is_empty() {
        return Ok(());
    }
    let meant = meant.join(", ");
    Err(Problem::usage(format!("there is no command '{task}'"))
        .with_hint(format!("did you mean: {meant}; as a task: handyman run {task}")))
}

fn several_words(task: &str) -> Problem {
    Problem::usage("a task of several words has to be one argument")
        .with_hint(format!("put it in quotes: handyman \"{task}\""))
}

/// The command that a word is, or is nearly.
fn alike(word: &str) -> Option<String> {
    let likeness = |name: &String| strsim::jaro_winkler(name, word);
    commands()
        .into_iter()
        .filter(|name| likeness(name) >= ALIKE)
        .max_by(|one, other| likeness(one).total_cmp(&likeness(other)))
}

fn commands() -> Vec<String> {
    Args::command().get_subcommands().map(|command| command.get_name().to_owned()).collect()
}

#[cfg(test)]
mod tests;
