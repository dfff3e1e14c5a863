//! Days: `tomorrow`, `next Friday`, `Nov 30`, `后天下午`, `三天后`, `2026-11-30`.

use handyman_core::{ToolError, ToolResult};
use jiff::civil::{Date, Weekday};
use jiff::{Span, ToSpan};

use super::times::{self, Clock, Window};
use super::{english, mandarin};
use crate::language::is_han;

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
}

/// A day that was found in a text, or why it is not one, and the text around it.
pub(super) struct Found {
    pub(super) date: Result<Date, String>,
    pub(super) rest: String,
}

/// Reads a day that is today or later.
///
/// # Errors
/// A wrong argument: not a day, a day that does not exist, or one in the past.
pub fn day(parameter: &str, text: &str, today: Date) -> ToolResult<When> {
    let wrong = |message: String| ToolError::argument(parameter, message);
    let found =
        if text.chars().any(is_han) { mandarin::find(text, today) } else { english::find(text, today) };
    let Some(Found { date, rest }) = found else {
        // A part of a day on its own (`evening`) means today's.
        return match times::read(text) {
            Some(clock @ Clock::Within(_)) => Ok(When { date: today, clock: Some(clock) }),
            Some(Clock::At { .. }) | None => Err(wrong(format!(
                "'{text}' is not a day; write for example tomorrow, Friday, 11月30日 or {today}"
            ))),
        };
    };
    let date = date.map_err(wrong)?;
    if date < today {
        return Err(wrong(format!("{date} is in the past; today is {today}")));
    }
    Ok(When { date, clock: times::read(&rest) })
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

/// A day of the week `weeks` after this one; weeks begin on Monday.
pub(super) fn in_week(weekday: Weekday, weeks: i32, today: Date) -> Result<Date, String> {
    let from_monday =
        i32::from(weekday.to_monday_zero_offset()) - i32::from(today.weekday().to_monday_zero_offset());
    after(today, (weeks * 7 + from_monday).days())
}

/// The first such day of the week from today on.
pub(super) fn next_weekday(weekday: Weekday, today: Date) -> Result<Date, String> {
    after(today, i32::from(today.weekday().until(weekday)).days())
}

/// The last day of the month `months` after this one.
pub(super) fn end_of_month(months: i32, today: Date) -> Result<Date, String> {
    after(today.first_of_month(), months.months()).map(Date::last_of_month)
}

/// A day some time after another.
pub(super) fn after(date: Date, span: Span) -> Result<Date, String> {
    date.checked_add(span).map_err(|_| "that day is too far away".to_owned())
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

/// Month first, unless only the other order makes a date.
fn month_and_day(year: Option<i16>, first: i8, second: i8, today: Date) -> Result<Date, String> {
    let (month, day) = if first > 12 { (second, first) } else { (first, second) };
    in_year(year, month, day, today)
}
