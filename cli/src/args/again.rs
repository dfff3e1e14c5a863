//! The options of this command, for another one that goes on with what it began.

use clap::CommandFactory;

use super::Args;

/// The options of this process that the command at `path` takes as well.
pub(crate) fn options_here(path: &[&str]) -> String {
    options_for(path, &std::env::args().collect::<Vec<_>>())
}

/// A command, without the name of the program, with the options of this process that it takes as well.
pub(crate) fn with_options_here(command: &str) -> String {
    with_options(command, &std::env::args().collect::<Vec<_>>())
}

/// A command with the options among `typed` that it takes and does not have yet.
fn with_options(command: &str, typed: &[String]) -> String {
    let words: Vec<&str> = command.split_whitespace().collect();
    let (root, mut path) = (Args::command(), Vec::new());
    let mut found = &root;
    for word in &words {
        let Some(next) = found.find_subcommand(word) else { break };
        found = next;
        path.push(*word);
    }
    if path.is_empty() {
        return command.to_owned();
    }
    let is_there = |argument: &str| argument.starts_with("--") && words.contains(&argument);
    let others: Vec<String> = typed.iter().filter(|argument| !is_there(argument)).cloned().collect();
    format!("{command}{}", options_for(&path, &others))
}

/// The options among `typed` that the command at `path` takes as well, as they have to be typed for a shell, with a space
/// before each. Where things are kept, the model and the tools are the same then.
fn options_for(path: &[&str], typed: &[String]) -> String {
    let mut root = Args::command();
    root.build();
    let Some(target) = path.iter().try_fold(&root, |command, name| command.find_subcommand(name)) else {
        return String::new();
    };
    let mut said = String::new();
    let mut rest = typed.iter().skip(1);
    while let Some(argument) = rest.next() {
        let Some(option) = argument.strip_prefix("--") else { continue };
        if option.is_empty() {
            // What follows are no options.
            break;
        }
        let (name, joined) = option.split_once('=').map_or((option, false), |(name, _)| (name, true));
        let Some(known) = all_options(&root).find(|known| known.get_long() == Some(name)) else { continue };
        let value = if known.get_action().takes_values() && !joined { rest.next() } else { None };
        if target.get_arguments().any(|taken| taken.get_long() == Some(name)) {
            said.push(' ');
            said.push_str(&quoted(argument));
            if let Some(value) = value {
                said.push(' ');
                said.push_str(&quoted(value));
            }
        }
    }
    said
}

/// The options of all commands.
pub(super) fn all_options(root: &clap::Command) -> impl Iterator<Item = &clap::Arg> {
    root.get_arguments().chain(root.get_subcommands().flat_map(|command| {
        command.get_arguments().chain(command.get_subcommands().flat_map(clap::Command::get_arguments))
    }))
}

/// A word that a shell takes as it is.
fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./:,=@%+".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests;
