//! Text that others wrote, made fit for a terminal: nothing in it moves the cursor, hides what follows or turns it round.

use std::fmt::Write;

/// A text in one line, in which what steers a terminal or begins a new line is written out: `\n`, `\u001b`.
pub(crate) fn printable(text: &str) -> String {
    escaped(text, |_| false)
}

/// A text of several lines in which what steers a terminal is written out.
pub(crate) fn printable_lines(text: &str) -> String {
    escaped(text, |c| matches!(c, '\n' | '\t'))
}

fn escaped(text: &str, is_kept: impl Fn(char) -> bool) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            c if is_kept(c) || !steers(c) => out.push(c),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c => {
                // Writing to a string does not fail.
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            }
        }
    }
    out
}

/// C0, DEL and C1; marks, embeddings, overrides and isolates of the direction; separators of lines and paragraphs.
fn steers(c: char) -> bool {
    let is_direction =
        matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    c.is_control() || is_direction || matches!(c, '\u{2028}' | '\u{2029}')
}

#[cfg(test)]
mod tests;
