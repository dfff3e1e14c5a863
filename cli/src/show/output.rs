//! Writing on standard output and standard error. What could not be written is remembered until the process ends.

use std::collections::BTreeSet;
use std::io::{self, ErrorKind, Write};
use std::sync::{Mutex, OnceLock, PoisonError};

use super::{printable, printable_lines};

/// Why some of the output was not written: the first time, of which later ones follow.
static UNWRITTEN: OnceLock<String> = OnceLock::new();

/// Why some of the output was not written, if some was not.
pub(crate) fn unwritten() -> Option<&'static str> {
    remember(io::stdout().lock().flush());
    UNWRITTEN.get().map(String::as_str)
}

/// A reader that has gone away (`| head`) has what it wanted; anything else is an error of the command's.
fn remember(written: io::Result<()>) {
    let Err(error) = written else { return };
    if error.kind() != ErrorKind::BrokenPipe {
        // What was set already was earlier.
        let _ = UNWRITTEN.set(error.to_string());
    }
}

/// Prints a line for a person.
pub(crate) fn line(text: &str) {
    record(&printable(text));
}

/// Prints a text for a person that may have several lines.
pub(super) fn lines(text: &str) {
    record(&printable_lines(text));
}

/// Prints a text for a person behind these two columns. Its further lines are indented: none of them passes for one of
/// this program's own.
pub(crate) fn indented(first: &str, text: &str) {
    record(&format!("{first}{}", printable_lines(text.trim_end()).replace('\n', "\n  ")));
}

/// Prints a line for a program, as it is.
pub(crate) fn record(text: &str) {
    remember(writeln!(io::stdout().lock(), "{text}"));
}

/// Prints a piece of a line.
pub(super) fn print_now(text: &str) {
    let mut out = io::stdout().lock();
    remember(write!(out, "{text}").and_then(|()| out.flush()));
}

/// Prints what is about the run, not of it, on standard error. Nobody can be told where that is closed.
pub(crate) fn note(text: &str) {
    let _ = writeln!(io::stderr().lock(), "· {}", printable(text));
}

/// Prints what is wrong, or helps, on standard error. It may have several lines.
pub(crate) fn complaint(kind: &str, text: &str) {
    let _ = writeln!(io::stderr().lock(), "{kind}: {}", printable_lines(text));
}

/// Prints the same, but not again: what is left out of tools is left out each time that they are opened.
pub(crate) fn note_once(text: &str) {
    static NOTED: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());
    if NOTED.lock().unwrap_or_else(PoisonError::into_inner).insert(text.to_owned()) {
        note(text);
    }
}

/// Prints what a person is asked on standard error, as it is.
pub(crate) fn prompt(text: &str) {
    let mut out = io::stderr().lock();
    let _ = out.write_all(text.as_bytes());
    let _ = out.flush();
}
