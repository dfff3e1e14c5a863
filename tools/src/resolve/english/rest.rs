//! Whether the words that are left beside an English day mean another day than that one.

use super::JOINING;
use super::dates::month;
use crate::resolve::numbers;

/// Words that move a day, or name what a day lies in.
const MOVING: [&str; 9] =
    ["ago", "eve", "fortnight", "fortnights", "now", "previous", "prior", "weekend", "weekends"];
/// What may also say how long something lasts.
const LENGTHS: [&str; 6] = ["week", "weeks", "month", "months", "year", "years"];
/// What a number of days is counted by.
const DIRECTIONS: [&str; 6] = ["after", "ago", "ahead", "before", "from", "later"];
/// What is after or before an hour of a day, not after or before a day.
const EVENTS: [&str; 15] = [
    "breakfast",
    "class",
    "dark",
    "dawn",
    "dinner",
    "dusk",
    "hours",
    "lunch",
    "midday",
    "midnight",
    "noon",
    "school",
    "sunset",
    "that",
    "work",
];
/// What is the next or the last of its kind without saying of which day.
const KINDS: [&str; 7] = ["available", "bus", "flight", "minute", "one", "thing", "train"];

/// Whether words around a day take it away: `before Friday` is not Friday, but `before Friday at 8` is.
pub(super) fn is_another_day(ahead: &[&str], behind: &[&str]) -> bool {
    matches!(ahead, [.., "before" | "after"]) && !behind.iter().any(|word| starts_with_digit(word))
}

/// Whether words around a day speak of days as well.
pub(super) fn is_about_days(ahead: &[&str], behind: &[&str]) -> bool {
    // What comes after `to` or `or` is another day, which is not asked for.
    let behind = behind.split(|word| JOINING.contains(word)).next().unwrap_or_default();
    [ahead, behind].into_iter().any(|words| (0..words.len()).any(|at| is_about_day(words, at)))
}

fn is_about_day(words: &[&str], at: usize) -> bool {
    let next = words.get(at + 1).copied().unwrap_or_default();
    let near = &words[at.saturating_sub(3)..at];
    match words[at] {
        "before" | "after" => {
            !EVENTS.contains(&next) && !starts_with_digit(next) && numbers::english(&[next]).is_none()
        }
        "next" | "last" => !KINDS.contains(&next),
        "days" => DIRECTIONS.contains(&next) || near.contains(&"in") || near.contains(&"within"),
        length if LENGTHS.contains(&length) => DIRECTIONS.contains(&next) || !near.contains(&"for"),
        word => MOVING.contains(&word) || month(word).is_some(),
    }
}

fn starts_with_digit(word: &str) -> bool {
    word.starts_with(|c: char| c.is_ascii_digit())
}
