//! Hints of the library, as they help on the command line: with options and commands for methods and fields.

use crate::args::with_options_here;

/// What separates what a program does from what is typed instead.
const TYPED: &str = "; on the command line: ";

/// What the library says, and what is said here.
const HERE: &[(&str, &str)] = &[
    (", or `Hub::pull` in a program", ""),
    ("`HubSettings::offline`, ", ""),
    ("`HubSettings::endpoint`, ", ""),
    ("RemoteSettings::key; on the command line ", ""),
    (", or let more of them wait (queue_max)", ""),
    (" on the command line", ""),
    ("leave the key out", "leave the key out (HANDYMAN_API_KEY)"),
    ("a larger share of the window", "a larger share of the window (--tools-percent)"),
    ("offer fewer tools", "offer fewer tools (--tools)"),
    ("leave the tools out", "leave the tools out (--tools -NAME)"),
    ("let a tool read the text", "let a tool read the text (--docs FOLDER)"),
    ("use a larger window, or another model", "use a larger --window, or another --model"),
    ("use a model with a larger window", "use a model with a larger window (--model)"),
    ("use a smaller window, such as ", "use a smaller window, such as --window "),
    ("8-bit keys and values", "8-bit keys and values (--cache-type q8_0)"),
    ("keep keys and values in 16 bits", "keep keys and values in 16 bits (--cache-type f16)"),
    ("the tools that it began with", "the tools that it began with (the same options)"),
    ("or use another session", "or use another session (handyman chat --session NAME)"),
];

/// A hint with what can be typed. Commands in it have the options of this one that they take, such as the journal's.
pub(super) fn said_here(hint: &str) -> String {
    let said = match hint.split_once(TYPED) {
        Some((ways, command)) => typed_instead(ways, command),
        None => hint.to_owned(),
    };
    let said = HERE.iter().fold(said, |said, (library, here)| said.replace(*library, here));
    with_options(&said)
}

/// What helps in a program, with the command in place of the one method that is named; where several are, the command
/// alone.
fn typed_instead(ways: &str, command: &str) -> String {
    let (other, way) = ways.rsplit_once("; ").map_or((None, ways), |(other, way)| (Some(other), way));
    let parts: Vec<&str> = way.split('`').collect();
    let said = match parts.as_slice() {
        [before, _method, after] => {
            let (command, more) = command.split_at(command.find(", ").unwrap_or(command.len()));
            format!("{before}`{command}`{after}{more}")
        }
        _ => command.to_owned(),
    };
    match other {
        Some(other) => format!("{other}; {said}"),
        None => said,
    }
}

/// The same with options behind every command.
fn with_options(hint: &str) -> String {
    let mut parts = hint.split("handyman ");
    let mut said = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (command, more) = part.split_at(part.find(['`', ',', ';', ')']).unwrap_or(part.len()));
        said.push_str("handyman ");
        said.push_str(&with_options_here(command));
        said.push_str(more);
    }
    said
}

#[cfg(test)]
mod tests;
