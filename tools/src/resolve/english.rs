//! Days as English says them.

mod dates;
mod rest;

use jiff::Unit;
use jiff::civil::{Date, Weekday};

use self::dates::weekday;
use super::days::{When, after, end_of_month, in_week, is_pair, next_weekday, not_understood, weekend, when};
use super::meant::{Meant, Named};
use super::numbers;
use super::text::{dashes_said, words};

const FILLERS: [&str; 5] = ["on", "the", "of", "coming", "please"];
/// What comes before another day that is not asked for: `Friday to Sunday`.
const JOINING: [&str; 7] = ["to", "until", "till", "through", "thru", "or", "and"];

/// A day that begins at some word, and how many words it takes.
struct Match {
    meant: Result<Meant, String>,
    taken: usize,
}

impl Match {
    fn new(named: Named, date: Result<Date, String>, taken: usize) -> Self {
        Self { meant: date.map(|date| Meant { named, date }), taken }
    }

    fn day((date, taken): dates::Dated) -> Self {
        Self::new(Named::Day, date, taken)
    }
}

/// Finds the first day in a text, with what the words around it say of it and of the time.
pub(super) fn find(text: &str, today: Date) -> Option<Result<When, String>> {
    let words = words(&dashes_said(text));
    let words: Vec<&str> = words
        .iter()
        .map(String::as_str)
        .filter(|word| !FILLERS.contains(word))
        .flat_map(|word| if word == "tonight" { vec!["this", "night"] } else { vec![word] })
        .collect();
    let first = |with_pairs: bool| {
        (0..words.len())
            .filter(|start| with_pairs || !is_pair(words[*start]))
            .find_map(|start| Some((start, day_at(&words[start..], today)?)))
    };
    // `8-10` may be hours: a day that is said more plainly comes first.
    let (start, found) = first(false).or_else(|| first(true))?;
    let around = (&words[..start], &words[start + found.taken..]);
    Some(settled(found.meant, around, text, today))
}

/// The day that a text means where one was found in it, from the words ahead of that one and behind it.
fn settled(
    found: Result<Meant, String>,
    (ahead, behind): (&[&str], &[&str]),
    text: &str,
    today: Date,
) -> Result<When, String> {
    let (meant, ahead) = beside(found?, ahead, today)?;
    let (meant, behind) = beside(meant, behind, today)?;
    let rest = [ahead.as_slice(), behind.as_slice()].concat().join(" ");
    if rest::is_another_day(&ahead, &behind) {
        return Err(not_understood(&rest, text, today));
    }
    when(meant.date, &rest, rest::is_about_days(&ahead, &behind), text, today)
}

/// What a date, a weekday or a week among the words beside a day makes of it, and the words that are left then.
fn beside<'a>(mut meant: Meant, mut words: &[&'a str], today: Date) -> Result<(Meant, Vec<&'a str>), String> {
    let mut left = Vec::new();
    while let Some((word, more)) = words.split_first() {
        if JOINING.contains(word) {
            break;
        }
        if let Some(second) = second_at(words, today) {
            match second.meant.and_then(|other| meant.with(other)) {
                Ok(both) => {
                    meant = both;
                    words = &words[second.taken..];
                    continue;
                }
                // Hours, then.
                Err(_) if is_pair(word) => {}
                Err(wrong) => return Err(wrong),
            }
        }
        left.push(*word);
        words = more;
    }
    left.extend_from_slice(words);
    Ok((meant, left))
}

fn day_at(words: &[&str], today: Date) -> Option<Match> {
    relative(words, today)
        .or_else(|| dates::nth_weekday(words, today).map(Match::day))
        .or_else(|| of_week(words, today))
        .or_else(|| dates::date_at(words, today).map(Match::day))
        .or_else(|| counted(words, today))
}

/// What may stand beside a day to say the same, or more exactly which one is meant.
fn second_at(words: &[&str], today: Date) -> Option<Match> {
    let this_week = || match words {
        ["this", "week", ..] => Some(Match::new(Named::Week, Ok(today), 2)),
        _ => None,
    };
    dates::nth_weekday(words, today)
        .map(Match::day)
        .or_else(|| of_week(words, today))
        .or_else(this_week)
        .or_else(|| dates::date_at(words, today).map(Match::day))
}

fn relative(words: &[&str], today: Date) -> Option<Match> {
    let in_days = |days: i64, taken: usize| Some(Match::day((after(today, days, Unit::Day), taken)));
    match words {
        // The part of the day stays, for it also says when.
        ["today", ..] | ["this", "morning" | "afternoon" | "evening" | "night", ..] => in_days(0, 1),
        ["tomorrow" | "tomorow" | "tommorow" | "tmr" | "tmrw" | "tomo", ..] => in_days(1, 1),
        ["yesterday", ..] => in_days(-1, 1),
        ["day", "before", "yesterday", ..] => in_days(-2, 3),
        ["day", "after", base @ ..] => from_day(base, (1, Unit::Day), 2, today),
        ["day", "before", base @ ..] => from_day(base, (-1, Unit::Day), 2, today),
        ["end", "month", ..] => Some(Match::day((end_of_month(0, today), 2))),
        ["end", "this", "month", ..] => Some(Match::day((end_of_month(0, today), 3))),
        ["end", "next", "month", ..] => Some(Match::day((end_of_month(1, today), 3))),
        _ => None,
    }
}

/// A day some time after the one that `words` begin with, or before it; `taken` words ahead of them say so.
fn from_day(words: &[&str], (count, unit): (i64, Unit), taken: usize, today: Date) -> Option<Match> {
    let base = day_at(words, today)?;
    let date = base.meant.and_then(|base| after(base.date, count, unit));
    Some(Match::day((date, taken + base.taken)))
}

/// `in 3 days`, `3 days from now`, `two weeks later`, `a week from Friday`, `a week on Friday`, `a week before Friday`.
fn counted(words: &[&str], today: Date) -> Option<Match> {
    let (begins, words) = match words {
        ["in" | "after" | "within", rest @ ..] => (true, rest),
        _ => (false, words),
    };
    let (number, length) = numbers::english(words)?;
    let (each, unit) = match *words.get(length)? {
        "day" | "days" => (1, Unit::Day),
        "week" | "weeks" => (1, Unit::Week),
        "fortnight" | "fortnights" => (2, Unit::Week),
        "month" | "months" => (1, Unit::Month),
        _ => return None,
    };
    let count = each * i64::from(number);
    let rest = &words[length + 1..];
    let taken = length + 1 + usize::from(begins);
    // A weekday beside a number of weeks tells the day of that week.
    let named = if unit == Unit::Week { Named::Week } else { Named::Day };
    let from_today = |more: usize| Some(Match::new(named, after(today, count, unit), taken + more));
    let from_base = match rest {
        ["from" | "after", "now" | "today", ..] => return from_today(2),
        ["later" | "ahead", ..] => return from_today(1),
        ["from" | "after", base @ ..] => from_day(base, (count, unit), taken + 1, today),
        ["before", base @ ..] => from_day(base, (-count, unit), taken + 1, today),
        // `a week on Friday`, `a week tomorrow`.
        base if unit == Unit::Week && !begins => from_day(base, (count, unit), taken, today),
        _ => None,
    };
    if from_base.is_none() && begins { from_today(0) } else { from_base }
}

fn of_week(words: &[&str], today: Date) -> Option<Match> {
    let week = |date: Result<Date, String>, taken: usize| Some(Match::new(Named::Week, date, taken));
    let in_weeks = |day: &str, weeks: i64, taken: usize| {
        let date = in_week(weekday(day)?, weeks, today);
        Some(Match::new(Named::Weekday, date, taken))
    };
    let coming = |day: &str, taken: usize| {
        let date = next_weekday(weekday(day)?, today);
        Some(Match::new(Named::Weekday, date, taken))
    };
    match words {
        ["next", "week", day, ..] | [day, "next", "week", ..] if weekday(day).is_some() => {
            in_weeks(day, 1, 3)
        }
        ["this", "week", day, ..] | [day, "this", "week", ..] if weekday(day).is_some() => {
            in_weeks(day, 0, 3)
        }
        ["last", "week", day, ..] | [day, "last", "week", ..] if weekday(day).is_some() => {
            in_weeks(day, -1, 3)
        }
        // The Friday after next Monday is another one than the Friday after the next.
        [day, "after", "next", more @ ..]
            if weekday(day).is_some() && more.first().is_none_or(|word| weekday(word).is_none()) =>
        {
            in_weeks(day, 2, 3)
        }
        ["week", "after", "next", ..] => week(in_week(Weekday::Monday, 2, today), 3),
        ["weekend", "after", "next", ..] => week(in_week(Weekday::Saturday, 2, today), 3),
        ["next", "week", ..] => week(in_week(Weekday::Monday, 1, today), 2),
        ["next", "weekend", ..] => week(in_week(Weekday::Saturday, 1, today), 2),
        ["this", "weekend", ..] => week(weekend(today), 2),
        ["weekend", ..] => week(weekend(today), 1),
        ["next", day, ..] => in_weeks(day, 1, 2),
        ["last", day, ..] => in_weeks(day, -1, 2),
        ["this", day, ..] => coming(day, 2),
        [day, ..] => coming(day, 1),
        [] => None,
    }
}
