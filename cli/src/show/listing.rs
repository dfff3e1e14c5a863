//! Lines of listings, which are no longer than the terminal is wide.

use std::borrow::Cow;

use super::printable;

/// Columns of a line where there is no terminal.
const WIDTH: usize = 100;
/// Columns of a text that are shown however narrow the terminal is.
const TEXT_MIN: usize = 10;

/// A text in one line, for listings.
pub(crate) fn one_line(text: &str) -> String {
    printable(&text.split_whitespace().collect::<Vec<_>>().join(" "))
}

/// A line of a listing: its head, and as much of a text as the terminal has room for.
pub(crate) fn fitted(head: &str, text: &str) -> String {
    fitted_in(width(), head, text)
}

fn fitted_in(width: usize, head: &str, text: &str) -> String {
    let taken: usize = head.chars().map(columns).sum();
    let room = width.saturating_sub(taken).max(TEXT_MIN);
    format!("{head}{}", cut(&one_line(text), room))
}

/// A text that takes no more than so many columns, with a mark where something of it is left out.
pub(crate) fn cut(text: &str, room: usize) -> Cow<'_, str> {
    let mut taken = 0;
    // Where the mark can stand.
    let mut end = 0;
    for (at, c) in text.char_indices() {
        taken += columns(c);
        if taken > room {
            return format!("{}…", &text[..end]).into();
        }
        if taken < room {
            end = at + c.len_utf8();
        }
    }
    text.into()
}

/// Columns that a character takes. What joins the one before it counts as one more, which cuts early and not late.
pub(super) fn columns(c: char) -> usize {
    let is_wide = matches!(c,
        '\u{1100}'..='\u{115f}' | '\u{2e80}'..='\u{303e}' | '\u{3041}'..='\u{a4cf}' | '\u{ac00}'..='\u{d7a3}'
        | '\u{f900}'..='\u{faff}' | '\u{fe30}'..='\u{fe6f}' | '\u{ff00}'..='\u{ff60}' | '\u{ffe0}'..='\u{ffe6}'
        | '\u{1f300}'..='\u{1faff}' | '\u{20000}'..='\u{3fffd}');
    if is_wide { 2 } else { 1 }
}

/// Columns of the terminal that standard output is; the usual ones where it is none, or does not know.
#[cfg(unix)]
pub(super) fn width() -> usize {
    let size = rustix::termios::tcgetwinsize(std::io::stdout());
    match size.map(|size| usize::from(size.ws_col)) {
        Ok(columns @ 1..) => columns,
        Ok(0) | Err(_) => WIDTH,
    }
}

/// Columns of a line.
#[cfg(not(unix))]
pub(super) fn width() -> usize {
    WIDTH
}

#[cfg(test)]
mod tests;
