//! Days as English says them.

use jiff::ToSpan;
use jiff::civil::{Date, Weekday};

use super::days::{Found, after, end_of_month, in_month, in_week, in_year, next_weekday, numeric};
use super::numbers;
use super::text::words;

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
const FILLERS: [&str; 5] = ["on", "the", "of", "for", "coming"];

/// A day that begins at some word, and how many words it takes.
type Match = (Result<Date, String>, usize);

/// Finds the first day in a text.
pub(super) fn find(text: &str, today: Date) -> Option<Found> {
    let words: Vec<String> =
        words(text).into_iter().filter(|word| !FILLERS.contains(&word.as_str())).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    (0..words.len()).find_map(|start| {
        let (date, taken) = day_at(&words[start..], today)?;
        let rest = [&words[..start], &words[start + taken..]].concat().join(" ");
        Some(Found { date, rest })
    })
}

fn day_at(words: &[&str], today: Date) -> Option<Match> {
    relative(words, today)
        .or_else(|| of_week(words, today))
        .or_else(|| of_month(words, today))
        .or_else(|| holiday(words, today))
        .or_else(|| numeric(words[0], today).map(|date| (date, 1)))
        .or_else(|| counted(words, today))
}

fn relative(words: &[&str], today: Date) -> Option<Match> {
    let in_days = |days: i32, taken: usize| Some((after(today, days.days()), taken));
    match words {
        ["today", ..] | ["this", "morning" | "afternoon" | "evening", ..] => in_days(0, 1),
        // The word stays, for it also says which part of the day.
        ["tonight", ..] => in_days(0, 0),
        ["tomorrow" | "tomorow" | "tommorow" | "tmr" | "tmrw" | "tomo", ..] => in_days(1, 1),
        ["yesterday", ..] => in_days(-1, 1),
        ["day", "before", "yesterday", ..] => in_days(-2, 3),
        ["day", "after", rest @ ..] => shifted(rest, 1, 2, today),
        ["end", "month", ..] | ["end", "this", "month", ..] => {
            Some((end_of_month(0, today), if words[1] == "this" { 3 } else { 2 }))
        }
        ["end", "next", "month", ..] => Some((end_of_month(1, today), 3)),
        _ => None,
    }
}

/// A day some days after the one that `words` begins with.
fn shifted(words: &[&str], days: i32, taken: usize, today: Date) -> Option<Match> {
    if words.is_empty() {
        return None;
    }
    let (base, more) = day_at(words, today)?;
    Some((base.and_then(|date| after(date, days.days())), taken + more))
}

/// `in 3 days`, `3 days from now`, `two weeks later`, `a week from Friday`.
fn counted(words: &[&str], today: Date) -> Option<Match> {
    let (begins, words) = match words {
        ["in" | "after" | "within", rest @ ..] => (true, rest),
        _ => (false, words),
    };
    let (number, taken) = numbers::english(words)?;
    let number = i32::try_from(number).ok()?;
    let unit = words.get(taken)?;
    let span = match *unit {
        "day" | "days" => number.days(),
        "week" | "weeks" => number.weeks(),
        "fortnight" => (2 * number).weeks(),
        "month" | "months" => number.months(),
        _ => return None,
    };
    let taken = taken + 1 + usize::from(begins);
    match &words[taken - usize::from(begins)..] {
        _ if begins => Some((after(today, span), taken)),
        ["from" | "after", "now" | "today", ..] => Some((after(today, span), taken + 2)),
        ["later" | "ahead" | "on", ..] => Some((after(today, span), taken + 1)),
        ["from" | "after", rest @ ..] if !rest.is_empty() => {
            let (base, more) = day_at(rest, today)?;
            Some((base.and_then(|date| after(date, span)), taken + 1 + more))
        }
        _ => None,
    }
}

fn of_week(words: &[&str], today: Date) -> Option<Match> {
    match words {
        ["next", "week", day, ..] | [day, "next", "week", ..] if weekday(day).is_some() => {
            Some((in_week(weekday(day)?, 1, today), 3))
        }
        [day, "this", "week", ..] if weekday(day).is_some() => Some((in_week(weekday(day)?, 0, today), 3)),
        ["next", "week", ..] => Some((in_week(Weekday::Monday, 1, today), 2)),
        ["next", "weekend", ..] => Some((in_week(Weekday::Saturday, 1, today), 2)),
        ["this", "weekend", ..] => Some((next_weekday(Weekday::Saturday, today), 2)),
        ["weekend", ..] => Some((next_weekday(Weekday::Saturday, today), 1)),
        ["next", day, ..] => Some((in_week(weekday(day)?, 1, today), 2)),
        ["last", day, ..] => Some((in_week(weekday(day)?, -1, today), 2)),
        ["this", day, ..] => Some((next_weekday(weekday(day)?, today), 2)),
        [day, ..] => Some((next_weekday(weekday(day)?, today), 1)),
        [] => None,
    }
}

/// A weekday by its name or the first three or more letters of it.
fn weekday(word: &str) -> Option<Weekday> {
    let word = word.strip_suffix('s').filter(|short| short.ends_with("day")).unwrap_or(word);
    WEEKDAYS.iter().find(|(name, _)| is_short_for(word, name)).map(|(_, weekday)| *weekday)
}

fn month(word: &str) -> Option<i8> {
    let index = MONTHS.iter().position(|name| is_short_for(word, name))?;
    i8::try_from(index + 1).ok()
}

fn is_short_for(word: &str, name: &str) -> bool {
    word.len() >= 3 && name.starts_with(word)
}

/// `Nov 30`, `30th November 2026`, `the 30th`.
fn of_month(words: &[&str], today: Date) -> Option<Match> {
    let year_at =
        |index: usize| words.get(index).and_then(|word| word.parse::<i16>().ok()).filter(|year| *year > 1900);
    if let Some(month) = month(words.first()?) {
        let (day, taken, _) = numbers::ordinal(&words[1..])?;
        let year = year_at(1 + taken);
        return Some((
            in_year(year, month, i8::try_from(day).ok()?, today),
            1 + taken + usize::from(year.is_some()),
        ));
    }
    let (day, taken, suffixed) = numbers::ordinal(words)?;
    let day = i8::try_from(day).ok()?;
    match words.get(taken) {
        Some(word) if month(word).is_some() => {
            let year = year_at(taken + 1);
            Some((in_year(year, month(word)?, day, today), taken + 1 + usize::from(year.is_some())))
        }
        _ if suffixed => Some((in_month(day, today), taken)),
        _ => None,
    }
}

fn holiday(words: &[&str], today: Date) -> Option<Match> {
    HOLIDAYS.iter().find_map(|(name, month, day)| {
        let name: Vec<&str> = name.split(' ').collect();
        words.starts_with(&name).then(|| (in_year(None, *month, *day, today), name.len()))
    })
}
