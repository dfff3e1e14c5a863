//! Days: `tomorrow`, `next Friday`, `Nov 30`, `后天下午`, `三天后`, `2026-11-30`.

use handyman_core::{ToolError, ToolResult};
use jiff::civil::{Date, Time, Weekday};
use jiff::{Span, Unit};

use super::times::{self, Clock, Window};
use super::{english, mandarin};
use crate::language::is_han;

/// A day takes few words; what is longer is not searched for one.
const CHARS_MAX: usize = 200;

/// A day, and the part of it that was named with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct When {
    /// The day.
    pub date: Date,
    /// The part of it, or the time.
    pub clock: Option<Clock>,
}

impl When {
    /// The stretch of the day that is meant: all of it, a part, or from a time on.
    #[must_use]
    pub fn window(&self) -> Window {
        match self.clock {
            None => Window::DAY,
            Some(Clock::Within(window)) => window,
            Some(Clock::At { time, .. }) => Window { from: time, ..Window::DAY },
        }
    }

    /// Whether a time said with this day is of the day after: in the small hours of the night that the day came with.
    pub(crate) fn goes_on_to(&self, time: Time) -> bool {
        match self.clock {
            None => false,
            Some(Clock::Within(part)) => part.goes_on_to(time),
            Some(Clock::At { time: named, next_day, .. }) => next_day && named == time,
        }
    }
}

/// Reads a day that is today or later.
///
/// # Errors
/// A wrong argument: not a day, a day that does not exist, one in the past, or words that cannot be understood.
pub fn day(parameter: &str, text: &str, today: Date) -> ToolResult<When> {
    let when = any_day(parameter, text, today)?;
    if when.date < today {
        let message = format!("{} is in the past; today is {today}", when.date);
        return Err(ToolError::argument(parameter, message));
    }
    Ok(when)
}

/// Reads a day, which may be in the past (`yesterday`, `上周五`).
///
/// # Errors
/// As [`day`], but for those in the past.
pub fn any_day(parameter: &str, text: &str, today: Date) -> ToolResult<When> {
    let wrong = |message: String| ToolError::argument(parameter, message);
    if text.chars().count() > CHARS_MAX {
        return Err(wrong(format!("too long to be a day; write for example tomorrow or {today}")));
    }
    let found =
        if text.chars().any(is_han) { mandarin::find(text, today) } else { english::find(text, today) };
    let Some(when) = found else {
        // A part of a day on its own (`evening`) means today's.
        return match times::read(text) {
            Some(clock @ Clock::Within(_)) => Ok(When { date: today, clock: Some(clock) }),
            Some(Clock::At { .. }) | None => Err(wrong(format!(
                "'{text}' is not a day; write for example tomorrow, Friday, 11月30日 or {today}"
            ))),
        };
    };
    when.map_err(wrong)
}

/// A day with what the words around it in a text say about the time of day. Where they say something else about days,
/// another day than this one is meant, and it is not guessed at.
pub(super) fn when(
    date: Date,
    rest: &str,
    is_about_days: bool,
    text: &str,
    today: Date,
) -> Result<When, String> {
    let clock = times::beside_day(rest);
    if clock.is_none() && is_about_days {
        return Err(not_understood(rest, text, today));
    }
    Ok(When { date, clock })
}

/// What is said where some words of a text are not understood.
pub(super) fn not_understood(words: &str, text: &str, today: Date) -> String {
    format!("what '{words}' means in '{text}' is not understood; write a date such as {today}")
}

/// A day of a month; without a year, the first such day from today on.
pub(super) fn in_year(year: Option<i16>, month: i8, day: i8, today: Date) -> Result<Date, String> {
    let wrong = |_| format!("there is no day {day} in month {month}");
    if let Some(year) = year {
        return Date::new(year, month, day).map_err(wrong);
    }
    let this_year = Date::new(today.year(), month, day);
    match this_year {
        Ok(date) if date >= today => Ok(date),
        _ => Date::new(today.year() + 1, month, day).or(this_year).map_err(wrong),
    }
}

/// The first day with this number from today on.
pub(super) fn in_month(day: i8, today: Date) -> Result<Date, String> {
    (0..12)
        .filter_map(|months| today.first_of_month().checked_add(Span::new().months(months)).ok())
        .filter_map(|month| Date::new(month.year(), month.month(), day).ok())
        .find(|date| *date >= today)
        .ok_or_else(|| format!("no month has a day {day}"))
}

/// The day with this number in the month `months` after this one.
pub(super) fn in_other_month(day: i8, months: i64, today: Date) -> Result<Date, String> {
    let month = after(today.first_of_month(), months, Unit::Month)?;
    Date::new(month.year(), month.month(), day)
        .map_err(|_| format!("there is no day {day} in {}", month.strftime("%Y-%m")))
}

/// The `nth` such day of the week in a month, or with -1 the last; without a year, the first such day from today on.
pub(super) fn nth_weekday(
    nth: i8,
    weekday: Weekday,
    (year, month): (Option<i16>, i8),
    today: Date,
) -> Result<Date, String> {
    let in_year = |year: i16| {
        Date::new(year, month, 1)
            .and_then(|first| first.nth_weekday_of_month(nth, weekday))
            .map_err(|_| format!("month {month} of {year} has no {weekday:?} number {nth}"))
    };
    match in_year(year.unwrap_or(today.year())) {
        Ok(date) if year.is_none() && date < today => in_year(today.year() + 1),
        found => found,
    }
}

/// A day of the week `weeks` after this one; weeks begin on Monday.
pub(super) fn in_week(weekday: Weekday, weeks: i64, today: Date) -> Result<Date, String> {
    let from_monday =
        i64::from(weekday.to_monday_zero_offset()) - i64::from(today.weekday().to_monday_zero_offset());
    after(today, weeks * 7 + from_monday, Unit::Day)
}

/// The first such day of the week from today on.
pub(super) fn next_weekday(weekday: Weekday, today: Date) -> Result<Date, String> {
    after(today, i64::from(today.weekday().until(weekday)), Unit::Day)
}

/// The first day of the next weekend; on a Sunday, what is left of this one.
pub(super) fn weekend(today: Date) -> Result<Date, String> {
    if today.weekday() == Weekday::Sunday { Ok(today) } else { next_weekday(Weekday::Saturday, today) }
}

/// The last day of the month `months` after this one.
pub(super) fn end_of_month(months: i64, today: Date) -> Result<Date, String> {
    after(today.first_of_month(), months, Unit::Month).map(Date::last_of_month)
}

/// A day some days, weeks or months after another, or before it with a negative count.
pub(super) fn after(date: Date, count: i64, unit: Unit) -> Result<Date, String> {
    let span = match unit {
        Unit::Month => Span::new().try_months(count),
        Unit::Week => Span::new().try_weeks(count),
        _ => Span::new().try_days(count),
    };
    span.and_then(|span| date.checked_add(span))
        .map_err(|_| "that day is too far away; name a nearer one".to_owned())
}

/// `2026-11-30`, `2026/11/30`, `20261130`, `11/30` (month first), `30/11`.
pub(super) fn numeric(word: &str, today: Date) -> Option<Result<Date, String>> {
    if word.len() == 8 && word.bytes().all(|byte| byte.is_ascii_digit()) {
        let (month, day) = (word[4..6].parse().ok()?, word[6..].parse().ok()?);
        return Some(in_year(word[..4].parse().ok(), month, day, today));
    }
    let numbers: Vec<i16> = word.split(['-', '/', '.']).map(str::parse).collect::<Result<_, _>>().ok()?;
    let small = |number: i16| i8::try_from(number).ok();
    match numbers.as_slice() {
        [year, month, day] if *year > 1900 => Some(in_year(Some(*year), small(*month)?, small(*day)?, today)),
        [first, second, year] if *year > 1900 => {
            Some(month_and_day(Some(*year), small(*first)?, small(*second)?, today))
        }
        [first, second] if word.contains(['/', '-']) => {
            Some(month_and_day(None, small(*first)?, small(*second)?, today))
        }
        _ => None,
    }
}

/// Whether a word may be two hours as well as a date: `8-10`.
pub(super) fn is_pair(word: &str) -> bool {
    let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    word.split_once('-').is_some_and(|(first, second)| is_number(first) && is_number(second))
}

/// Month first, unless only the other order makes a date.
fn month_and_day(year: Option<i16>, first: i8, second: i8, today: Date) -> Result<Date, String> {
    let (month, day) = if first > 12 { (second, first) } else { (first, second) };
    in_year(year, month, day, today)
}
