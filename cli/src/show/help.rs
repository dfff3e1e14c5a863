//! Help, in lines that are no longer than the terminal is wide.

use std::io::IsTerminal;

use super::listing::{columns, width};
use super::output::{print_now, prompt};

/// Prints help: on standard error where nobody has asked for it.
pub(crate) fn help(error: &clap::Error) {
    let text = error.render();
    let is_error = error.use_stderr();
    let text = if has_styles(is_error) { text.ansi().to_string() } else { text.to_string() };
    let text = wrapped(text.trim_end(), width()) + "\n";
    if is_error { prompt(&text) } else { print_now(&text) }
}

/// Whether a terminal shows styles there. One that might show their codes instead is spared them.
fn has_styles(is_error: bool) -> bool {
    let is_terminal =
        if is_error { std::io::stderr().is_terminal() } else { std::io::stdout().is_terminal() };
    let is_plain = std::env::var_os("NO_COLOR").is_some_and(|set| !set.is_empty())
        || std::env::var_os("TERM").is_none_or(|term| term == "dumb");
    is_terminal && !is_plain
}

/// A text with its lines broken between words, so that none takes more than so many columns.
fn wrapped(text: &str, width: usize) -> String {
    text.lines().map(|line| wrapped_line(line, width)).collect::<Vec<_>>().join("\n")
}

/// A line, whose rest stands below its last column of text: what comes after two spaces or more.
fn wrapped_line(line: &str, width: usize) -> String {
    let (mut taken, mut spaces) = (0, 0);
    let (mut begins, mut indent) = (0, 0);
    for (at, c) in seen(line) {
        if c != ' ' && spaces > 1 {
            (begins, indent) = (at, taken);
        }
        spaces = if c == ' ' { spaces + 1 } else { 0 };
        taken += columns(c);
    }
    if taken <= width {
        return line.to_owned();
    }
    let (head, text) = line.split_at(begins);
    let (mut out, mut taken) = (head.to_owned(), indent);
    // There is room below, however long the head is.
    let indent = indent.min(width / 3 * 2);
    for (number, word) in text.split(' ').enumerate() {
        let room: usize = seen(word).map(|(_, c)| columns(c)).sum();
        let gap = usize::from(number > 0);
        if taken > indent && taken + gap + room > width {
            out.truncate(out.trim_end().len());
            out.push('\n');
            out.push_str(&" ".repeat(indent));
            taken = indent;
        } else if number > 0 {
            out.push(' ');
            taken += 1;
        }
        out.push_str(word);
        taken += room;
    }
    out
}

/// The characters that are seen, each with where it stands: not those of the sequences that set a style.
fn seen(text: &str) -> impl Iterator<Item = (usize, char)> {
    let mut in_sequence = false;
    text.char_indices().filter(move |(_, c)| {
        let is_seen = !in_sequence && *c != '\u{1b}';
        in_sequence = if in_sequence { *c != 'm' } else { *c == '\u{1b}' };
        is_seen
    })
}

#[cfg(test)]
mod tests;
