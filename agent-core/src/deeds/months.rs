//! Months, and the one of May: "booked for 3 May" is certain, "may be booked" is not.

use super::words::words_of;

pub(super) const MONTHS: [&str; 12] = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];

/// Words before a month.
const BEFORE: [&str; 4] = ["in", "of", "on", "for"];
/// Words before a month that is written large.
const BEFORE_LARGE: [&str; 13] =
    ["by", "until", "till", "from", "since", "to", "early", "late", "mid", "this", "next", "last", "during"];
/// Words that may follow what may be, and no month: "it may not be booked".
const AFTER_MAY_BE: [&str; 10] =
    ["be", "have", "not", "also", "still", "only", "well", "already", "need", "soon"];
/// Words that may follow a date: "on 3 may at noon".
const AFTER_DATE: [&str; 13] =
    ["is", "was", "are", "were", "has", "at", "from", "to", "for", "in", "on", "with", "and"];

/// A text with "May" blanked out wherever it is the month.
pub(super) fn without_may(text: &str) -> String {
    let (mut left, lower) = (text.to_owned(), text.to_ascii_lowercase());
    for (start, may) in lower.match_indices("may") {
        let (before, after) = (&lower[..start], &lower[start + may.len()..]);
        let is_inner = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
        let is_cut = is_inner(before.chars().next_back()) || is_inner(after.chars().next());
        if !is_cut && is_month(before, text[start..].starts_with('M'), after) {
            left.replace_range(start..start + may.len(), &" ".repeat(may.len()));
        }
    }
    left
}

/// Whether "may" between these texts is a month, be it written large or not.
fn is_month(before: &str, is_large: bool, after: &str) -> bool {
    let (before, after) = (words_of(before), words_of(after));
    let before = before.last().copied().unwrap_or_default();
    let after = after.first().copied().unwrap_or_default();
    let is_figure = |word: &str| word.starts_with(|c: char| c.is_ascii_digit());
    let ends = after.is_empty() || is_large || AFTER_DATE.contains(&after);
    let follows = BEFORE.contains(&before) || is_large && BEFORE_LARGE.contains(&before);
    let is_date = follows || is_figure(after) || is_figure(before) && ends;
    is_date && !AFTER_MAY_BE.contains(&after)
}
