//! Dates as English says them: `Nov 30`, `the 30th`, `the first Monday of December`, `Christmas`, `12/5`.

use jiff::civil::{Date, Weekday};

use crate::resolve::days::{self, in_month, in_other_month, in_year, is_pair, numeric};
use crate::resolve::numbers;

const WEEKDAYS: [(&str, Weekday); 7] = [
    ("monday", Weekday::Monday),
    ("tuesday", Weekday::Tuesday),
    ("wednesday", Weekday::Wednesday),
    ("thursday", Weekday::Thursday),
    ("friday", Weekday::Friday),
    ("saturday", Weekday::Saturday),
    ("sunday", Weekday::Sunday),
];
const MONTHS: [&str; 12] = [
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
const HOLIDAYS: [(&str, i8, i8); 6] = [
    ("christmas eve", 12, 24),
    ("christmas day", 12, 25),
    ("christmas", 12, 25),
    ("new years eve", 12, 31),
    ("new years day", 1, 1),
    ("valentines day", 2, 14),
];
/// What makes `first` before it no day of a month.
const RANKED: [&str; 9] = ["thing", "class", "train", "flight", "bus", "one", "half", "week", "available"];

/// A date that begins at some word, and how many words it takes.
pub(super) type Dated = (Result<Date, String>, usize);

/// A date that words begin with.
pub(super) fn date_at(words: &[&str], today: Date) -> Option<Dated> {
    of_month(words, today)
        .or_else(|| of_other_month(words, today))
        .or_else(|| holiday(words, today))
        .or_else(|| written(words, today))
}

/// `first Monday of December`, `last Friday of next month`.
pub(super) fn nth_weekday(words: &[&str], today: Date) -> Option<Dated> {
    let (nth, taken) = if let ["last", ..] = words {
        (-1, 1)
    } else {
        let (nth, taken, suffixed) = numbers::ordinal(words)?;
        (i8::try_from(nth).ok().filter(|nth| suffixed && (1..=5).contains(nth))?, taken)
    };
    let weekday = weekday(words.get(taken)?)?;
    let rest = &words[taken + 1..];
    let (within, rest) = match rest {
        ["in", rest @ ..] => (1, rest),
        rest => (0, rest),
    };
    let (month, more) = match rest {
        [other, "month", ..] => {
            // Only the month is used.
            let first = in_other_month(1, other_month(other)?, today).ok()?;
            ((Some(first.year()), first.month()), 2)
        }
        [name, rest @ ..] => {
            let month = month(name)?;
            let (year, more) = year(rest, today);
            ((year, month), 1 + more)
        }
        [] => return None,
    };
    Some((days::nth_weekday(nth, weekday, month, today), taken + 1 + within + more))
}

/// A weekday by its name or the first three or more letters of it.
pub(super) fn weekday(word: &str) -> Option<Weekday> {
    let word = word.strip_suffix('s').filter(|short| short.ends_with("day")).unwrap_or(word);
    WEEKDAYS.iter().find(|(name, _)| is_short_for(word, name)).map(|(_, weekday)| *weekday)
}

/// A month by its name or the first three or more letters of it.
pub(super) fn month(word: &str) -> Option<i8> {
    let index = MONTHS.iter().position(|name| is_short_for(word, name))?;
    i8::try_from(index + 1).ok()
}

fn is_short_for(word: &str, name: &str) -> bool {
    word.len() >= 3 && name.starts_with(word)
}

/// `Nov 30`, `30th November 2026`, `the 30th`.
fn of_month(words: &[&str], today: Date) -> Option<Dated> {
    if let Some(month) = month(words.first()?) {
        let (day, taken, _) = numbers::ordinal(&words[1..])?;
        let (year, more) = year(&words[1 + taken..], today);
        return Some((in_year(year, month, i8::try_from(day).ok()?, today), 1 + taken + more));
    }
    let (day, taken, suffixed) = numbers::ordinal(words)?;
    let day = i8::try_from(day).ok()?;
    match &words[taken..] {
        [name, rest @ ..] if month(name).is_some() => {
            let (year, more) = year(rest, today);
            Some((in_year(year, month(name)?, day, today), taken + 1 + more))
        }
        [other, "month", ..] if other_month(other).is_some() => {
            Some((in_other_month(day, other_month(other)?, today), taken + 2))
        }
        [ranked, ..] if RANKED.contains(ranked) => None,
        _ if suffixed => Some((in_month(day, today), taken)),
        _ => None,
    }
}

/// `next month on the 5th`.
fn of_other_month(words: &[&str], today: Date) -> Option<Dated> {
    let [other, "month", rest @ ..] = words else { return None };
    let months = other_month(other)?;
    let (day, taken, suffixed) = numbers::ordinal(rest)?;
    let day = i8::try_from(day).ok().filter(|_| suffixed)?;
    Some((in_other_month(day, months, today), 2 + taken))
}

/// How many months after this one `next` or `this` one is.
fn other_month(word: &str) -> Option<i64> {
    match word {
        "this" => Some(0),
        "next" => Some(1),
        _ => None,
    }
}

/// The year that words behind a date begin with, and how many of them say it.
fn year(words: &[&str], today: Date) -> (Option<i16>, usize) {
    match words {
        ["last", "year", ..] => (Some(today.year() - 1), 2),
        ["this", "year", ..] => (Some(today.year()), 2),
        ["next", "year", ..] => (Some(today.year() + 1), 2),
        ["in", word, ..] if number_of_year(word).is_some() => (number_of_year(word), 2),
        [word, ..] if number_of_year(word).is_some() => (number_of_year(word), 1),
        _ => (None, 0),
    }
}

fn number_of_year(word: &str) -> Option<i16> {
    word.parse().ok().filter(|year| *year > 1900)
}

fn holiday(words: &[&str], today: Date) -> Option<Dated> {
    HOLIDAYS.iter().find_map(|(name, month, day)| {
        let name: Vec<&str> = name.split(' ').collect();
        if !words.starts_with(&name) {
            return None;
        }
        let (year, more) = year(&words[name.len()..], today);
        Some((in_year(year, *month, *day, today), name.len() + more))
    })
}

/// A date in numbers, unless they are hours: `8-10 pm`.
fn written(words: &[&str], today: Date) -> Option<Dated> {
    let (first, rest) = words.split_first()?;
    if is_pair(first) && matches!(rest, ["am" | "pm", ..]) {
        return None;
    }
    numeric(first, today).map(|date| (date, 1))
}
