//! Times of day as English says them.

use jiff::ToSpan;

use super::{Clock, Said, Window, clock, part};
use crate::resolve::numbers;
use crate::resolve::text::{dashes_said, words};

const LEADING: [&str; 23] = [
    "at", "around", "about", "by", "before", "after", "from", "between", "to", "until", "till", "than",
    "later", "earlier", "in", "for", "the", "on", "this", "of", "past", "no", "not",
];
/// What stands between the two ends of a stretch.
const JOINING: [&str; 4] = ["to", "until", "till", "and"];
/// Numbers that are not said of hours: `a` before another word is no one o'clock.
const LOOSE: [&str; 5] = ["a", "an", "couple", "few", "dozen"];

pub(super) fn said(text: &str) -> Option<Said> {
    let words = words(&dashes_said(text));
    let words: Vec<&str> = words
        .iter()
        .flat_map(|word| match word.split_once('-') {
            Some((from, to)) => vec![from, "to", to],
            None => vec![word.as_str()],
        })
        .filter(|word| !["oclock", "clock"].contains(word))
        .collect();
    spoken(&words)
}

fn spoken(words: &[&str]) -> Option<Said> {
    let (leading, words) = led(words);
    if let Some(window) = part(&words.join(" ")) {
        return Some(Said::open(Clock::Within(window)));
    }
    if let Some((window, rest)) = part_first(words) {
        return spoken(rest)?.in_part(window);
    }
    stretch(words).or_else(|| Some(Said::time(time(words)?, is_last(leading))))
}

/// The words that lead to a time, and those that say it.
fn led<'a, 'b>(words: &'b [&'a str]) -> (&'b [&'a str], &'b [&'a str]) {
    let start = words.iter().position(|word| !LEADING.contains(word)).unwrap_or(words.len());
    words.split_at(start)
}

/// Whether the time is the last of a stretch: `before ten`, `no later than ten`, but not `not before ten`.
fn is_last(leading: &[&str]) -> bool {
    let has = |names: &[&str]| leading.iter().any(|word| names.contains(word));
    let is_negated = has(&["no", "not"]);
    if has(&["before", "by", "earlier", "till", "until"]) {
        !is_negated
    } else {
        is_negated && has(&["after", "later"])
    }
}

/// A part of the day that more is said of: `evening at 8`.
fn part_first<'a, 'b>(words: &'b [&'a str]) -> Option<(Window, &'b [&'a str])> {
    (1..words.len().min(3)).rev().find_map(|length| {
        let (name, rest) = words.split_at(length);
        Some((part(&name.join(" "))?, rest))
    })
}

/// `2 to 4 pm`, `between 2 and 4`, but not the minutes of `ten to nine`.
fn stretch(words: &[&str]) -> Option<Said> {
    (1..words.len()).filter(|at| JOINING.contains(&words[*at])).find_map(|at| {
        let (from, to) = (&words[..at], &words[at + 1..]);
        if words[at] == "to" && are_minutes(from, to) {
            return None;
        }
        Said::stretch(time(from)?, time(to)?)
    })
}

/// Whether what is before `to` is minutes: in fives and in words, for two hours in digits are a stretch.
fn are_minutes(from: &[&str], to: &[&str]) -> bool {
    let in_digits =
        |words: &[&str]| words.first().is_some_and(|word| word.starts_with(|c: char| c.is_ascii_digit()));
    minutes(from).is_some_and(|minutes| minutes.is_multiple_of(5)) && !(in_digits(from) && in_digits(to))
}

fn time(words: &[&str]) -> Option<Clock> {
    let (_, words) = led(words);
    let split = |name: &str| {
        let at = words.iter().position(|word| *word == name).filter(|at| *at > 0)?;
        Some((&words[..at], &words[at + 1..]))
    };
    if let Some((before, of_hour)) = split("past") {
        return hour(of_hour, minutes(before)?);
    }
    if let Some((before, of_hour)) = split("to") {
        return minutes_before(hour(of_hour, 0)?, minutes(before)?);
    }
    match words {
        ["half", of_hour @ ..] => hour(of_hour, 30),
        words => hour(words, 0),
    }
}

/// Minutes past an hour or to it: `ten`, `twenty five`, `a quarter`, `5 minutes`.
fn minutes(words: &[&str]) -> Option<u32> {
    match words {
        ["half"] => Some(30),
        ["quarter"] | ["a", "quarter"] => Some(15),
        words => {
            let (minutes, taken) = numbers::english(words)?;
            let is_all = matches!(words[taken..], [] | ["min" | "mins" | "minute" | "minutes"]);
            (minutes < 60 && is_all).then_some(minutes)
        }
    }
}

/// An hour with what follows it: `8:30 pm`, `eight thirty`, `eight in the evening`, `noon`.
fn hour(words: &[&str], minute: u32) -> Option<Clock> {
    match words {
        ["noon" | "midday"] => return clock(12, minute, Some(Window::hours(12, 17))),
        ["midnight"] => return clock(0, minute, Some(Window::hours(0, 5))),
        _ => {}
    }
    let first = words.first().filter(|first| !LOOSE.contains(first))?;
    let (hour, minute, taken) = if let Some((hour, minutes)) = first.split_once([':', '.']) {
        (hour.parse().ok()?, minutes.get(..2)?.parse().ok()?, 1)
    } else {
        let (hour, taken) = numbers::english(words)?;
        let (minute, more) = minutes_after(&words[taken..]).unwrap_or((minute, 0));
        (hour, minute, taken + more)
    };
    let rest: Vec<&str> =
        words[taken..].iter().copied().filter(|word| !LEADING.contains(word) && *word != "o").collect();
    let half = if rest.is_empty() { None } else { Some(half(&rest)?) };
    clock(hour, minute, half)
}

/// The minutes that follow an hour, and the words they take. One digit alone is none: `3 4 pm` are two hours.
fn minutes_after(words: &[&str]) -> Option<(u32, usize)> {
    match words {
        ["o" | "oh", word, ..] => {
            let (minutes, _) = numbers::english(&[word]).filter(|(minutes, _)| *minutes < 10)?;
            Some((minutes, 2))
        }
        [first, ..] => {
            let (minutes, taken) = numbers::english(words)?;
            let is_long = minutes >= 10 || first.len() == 2 && first.starts_with('0');
            (is_long && minutes < 60).then_some((minutes, taken))
        }
        [] => None,
    }
}

/// The half of the day that the words after an hour name; `8 pm` in the evening names it twice.
fn half(words: &[&str]) -> Option<Window> {
    let (half, again) = match words {
        ["am", again @ ..] => (Window::hours(0, 11), again),
        ["pm" | "noon", again @ ..] => (Window::hours(12, 17), again),
        ["midnight", again @ ..] => (Window::hours(0, 5), again),
        names => return part(&names.join(" ")),
    };
    (again.is_empty() || part(&again.join(" ")).is_some()).then_some(half)
}

fn minutes_before(clock: Clock, minutes: u32) -> Option<Clock> {
    match clock {
        Clock::At { time, half_said, next_day } => {
            let earlier = time.wrapping_sub(i64::from(minutes).minutes());
            // Ten to midnight is on the day before it.
            Some(Clock::At { time: earlier, half_said, next_day: next_day && earlier <= time })
        }
        Clock::Within(_) => None,
    }
}
