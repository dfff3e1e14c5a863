//! Times of day: `8am`, `half past eight`, `早上8点`, `下午三点半`, `19:00`, `evening`, `2 to 4pm`.

mod english;
mod mandarin;

use handyman_core::{ToolError, ToolResult};
use jiff::ToSpan;
use jiff::civil::{Time, time as at};

use super::text::folded;
use crate::language::is_han;

/// From this hour on, an evening or a night begins.
const NIGHT: i8 = 18;
/// From this hour on, it is a new day for whoever was up at night.
const DAWN: i8 = 5;

/// A stretch of a day, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// First moment.
    pub from: Time,
    /// Last moment.
    pub to: Time,
}

impl Window {
    /// The whole day.
    pub const DAY: Self = Self { from: Time::MIN, to: at(23, 59, 59, 0) };

    const fn hours(from: i8, to: i8) -> Self {
        Self { from: at(from, 0, 0, 0), to: at(to, 59, 0, 0) }
    }

    /// Whether a time lies inside.
    #[must_use]
    pub fn contains(&self, time: Time) -> bool {
        self.from <= time && time <= self.to
    }

    /// Whether it is an evening or a night, which goes on after midnight.
    pub(crate) fn is_night(&self) -> bool {
        self.from.hour() >= NIGHT
    }

    /// Whether a time is of the day after: in the small hours of this night.
    pub(crate) fn goes_on_to(&self, time: Time) -> bool {
        self.is_night() && time.hour() < DAWN
    }

    /// When it is over, in minutes of the day. The last minute of an hour is part of it.
    pub(crate) fn over_at(&self) -> i64 {
        let last = minute_of_day(self.to);
        if self.to.minute() == 59 { last + 1 } else { last }
    }

    /// What of a stretch between named times lies in a part of the day. Where nothing does, though both are in the same
    /// half of it ("tomorrow morning, before six"), the named times count.
    ///
    /// # Errors
    /// A wrong argument, if the times and the part contradict each other.
    pub fn within(self, part: Self) -> ToolResult<Self> {
        let both = Self { from: self.from.max(part.from), to: self.to.min(part.to) };
        if both.from < both.to || both == self {
            return Ok(both);
        }
        let (named, bound) = if self.to <= part.from { (self.to, part.from) } else { (self.from, part.to) };
        if (named.hour() < 12) == (bound.hour() < 12) { Ok(self) } else { Err(both.nothing()) }
    }

    fn nothing(self) -> ToolError {
        let message = format!("nothing lies after {} and before {}", hm(self.from), hm(self.to));
        ToolError::argument("before", message)
    }
}

/// What a text says about the time of day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Clock {
    /// A time. `half_said` tells whether the text says which half of the day it means.
    At {
        /// The time; `8` without more is eight in the morning.
        time: Time,
        /// Whether it said am or pm, a part of the day, or a 24-hour time.
        half_said: bool,
        /// Whether it is of the day after: in the small hours of a night that was named (`1 at night`), or where a day
        /// ends (`24:00`).
        next_day: bool,
    },
    /// A part of the day.
    Within(Window),
}

/// What a text says about the time of day, with what it says of the end.
#[derive(Debug, Clone, Copy)]
struct Said {
    clock: Clock,
    end: End,
}

/// Where a time ends.
#[derive(Debug, Clone, Copy)]
enum End {
    /// That is not said.
    Open,
    /// There: `before ten`, which begins at `from`.
    There { from: Time },
    /// At another time: `2 to 4pm`.
    At(Time),
}

impl Said {
    fn open(clock: Clock) -> Self {
        Self { clock, end: End::Open }
    }

    /// One time, which is the last of a stretch or not.
    fn time(clock: Clock, is_last: bool) -> Self {
        Self { clock, end: if is_last { End::There { from: Window::DAY.from } } else { End::Open } }
    }

    /// From one time to another; each takes from the other which half of the day it means.
    fn stretch(from: Clock, to: Clock) -> Option<Self> {
        let (
            Clock::At { time: from, half_said: from_said, next_day },
            Clock::At { time: to, half_said: to_said, .. },
        ) = (from, to)
        else {
            return None;
        };
        let start = if to_said && !from_said {
            // The nearest one before the end: from 11 to 1pm begins in the morning.
            let (early, late) = (from.min(half_later(from)), from.max(half_later(from)));
            [late, early].into_iter().find(|start| *start < last_moment(to)).unwrap_or(from)
        } else {
            from
        };
        let end = if !to_said && to <= start { half_later(to) } else { to };
        let clock = Clock::At { time: start, half_said: from_said || to_said, next_day };
        Some(Self { clock, end: End::At(end) })
    }

    /// The same in a part of the day that was named with it: `3` in the afternoon.
    fn in_part(self, part: Window) -> Option<Self> {
        let Clock::At { time, half_said, next_day } = self.clock else { return None };
        let clock = if half_said {
            Clock::At { time, half_said, next_day: next_day || part.goes_on_to(time) }
        } else {
            clock(hour(time)?, minute(time)?, Some(part))?
        };
        let has_moved = matches!(clock, Clock::At { time: now, .. } if now != time);
        let end = match self.end {
            End::Open => End::Open,
            End::There { .. } => End::There { from: part.from },
            End::At(end) => End::At(if has_moved { half_later(end) } else { end }),
        };
        Some(Self { clock, end })
    }

    /// What it means beside a day: the stretch, where it has an end.
    fn beside_day(self) -> Clock {
        let Clock::At { time, .. } = self.clock else { return self.clock };
        let (from, to) = match self.end {
            End::Open => return self.clock,
            End::There { from } if from < last_moment(time) => (from, last_moment(time)),
            End::There { .. } => (Window::DAY.from, last_moment(time)),
            End::At(end) => (time, last_moment(end)),
        };
        if from < to { Clock::Within(Window { from, to }) } else { self.clock }
    }
}

const PARTS: [(&str, Window); 33] = [
    ("early morning", Window::hours(5, 8)),
    ("late morning", Window::hours(10, 11)),
    ("morning", Window::hours(6, 11)),
    ("lunchtime", Window::hours(11, 13)),
    ("lunch", Window::hours(11, 13)),
    ("afternoon", Window::hours(12, 17)),
    ("evening", Window::hours(18, 22)),
    ("tonight", Window::hours(18, 23)),
    ("dinnertime", Window::hours(17, 20)),
    ("dinner", Window::hours(17, 20)),
    ("night", Window::hours(18, 23)),
    ("凌晨", Window::hours(0, 5)),
    ("半夜", Window::hours(0, 5)),
    ("清晨", Window::hours(5, 8)),
    ("清早", Window::hours(5, 8)),
    ("一大早", Window::hours(5, 8)),
    ("早晨", Window::hours(6, 9)),
    ("早上", Window::hours(6, 11)),
    ("上午", Window::hours(6, 11)),
    ("早", Window::hours(6, 11)),
    ("正午", Window::hours(11, 13)),
    ("中午", Window::hours(11, 13)),
    ("午饭", Window::hours(11, 13)),
    ("午后", Window::hours(12, 17)),
    ("下午", Window::hours(12, 17)),
    ("傍晚", Window::hours(17, 19)),
    ("晚饭", Window::hours(17, 20)),
    ("晚上", Window::hours(18, 23)),
    ("晚间", Window::hours(18, 23)),
    ("夜里", Window::hours(18, 23)),
    ("夜间", Window::hours(18, 23)),
    ("深夜", Window::hours(21, 23)),
    ("晚", Window::hours(18, 23)),
];

/// Reads a time of day. Of a stretch (`2 to 4pm`) it is the beginning.
///
/// # Errors
/// A wrong argument, if the text is not a time.
pub fn time(parameter: &str, text: &str) -> ToolResult<Clock> {
    read(text).ok_or_else(|| {
        ToolError::argument(
            parameter,
            format!("'{text}' is not a time; write for example 8:30, 3pm, evening or 下午三点"),
        )
    })
}

/// The stretch between two optional limits; a part of a day as limit counts from its start or to its end. `day` is what
/// was said about the time of day together with the day.
///
/// # Errors
/// A wrong argument, if a limit is not a time or the stretch is empty.
pub fn window(after: Option<&str>, before: Option<&str>, day: Option<Clock>) -> ToolResult<Window> {
    let mut window = Window::DAY;
    if let Some(text) = after {
        window.from = match time("after", text)? {
            Clock::At { time, half_said, .. } => in_part_of_day(time, half_said, day),
            Clock::Within(part) => part.from,
        };
    }
    if let Some(text) = before {
        window.to = match time("before", text)? {
            Clock::At { time, half_said, .. } => last_moment(in_part_of_day(time, half_said, day)),
            Clock::Within(part) => part.to,
        };
    }
    if window.from > window.to { Err(window.nothing()) } else { Ok(window) }
}

/// `three` on `tomorrow afternoon` is fifteen o'clock, and `twelve` on `tonight` is midnight. `day` is what was said
/// about the time together with the day.
pub(crate) fn in_part_of_day(time: Time, half_said: bool, day: Option<Clock>) -> Time {
    let later = half_later(time);
    let is_later = match day {
        None => false,
        // The small hours stay: one at night is not in the afternoon.
        Some(Clock::Within(part)) if part.is_night() => {
            !part.contains(time) && !(1..DAWN).contains(&time.hour())
        }
        Some(Clock::Within(part)) => !part.contains(time) && part.contains(later),
        Some(Clock::At { time: named, .. }) => named == later,
    };
    if is_later && !half_said { later } else { time }
}

/// Minutes since midnight.
pub(crate) fn minute_of_day(time: Time) -> i64 {
    i64::from(time.hour()) * 60 + i64::from(time.minute())
}

/// A time as hours and minutes.
pub(crate) fn hm(time: Time) -> String {
    format!("{:02}:{:02}", time.hour(), time.minute())
}

/// What a text says about the time of day, if that is all it says.
pub(super) fn read(text: &str) -> Option<Clock> {
    said(text).map(|said| said.clock)
}

/// What the text beside a day says about the time of that day, if that is all it says: `before ten` is all until then.
pub(super) fn beside_day(text: &str) -> Option<Clock> {
    said(text).map(Said::beside_day)
}

fn said(text: &str) -> Option<Said> {
    let text = folded(text);
    if text.chars().any(is_han) { mandarin::said(&text) } else { english::said(&text) }
}

fn part(name: &str) -> Option<Window> {
    PARTS.iter().find(|(known, _)| *known == name).map(|(_, window)| *window)
}

/// The time with this hour and minute in a part of the day.
fn clock(said: u32, minute: u32, half: Option<Window>) -> Option<Clock> {
    let hour = match half {
        // The small hours: two at night is not in the afternoon.
        Some(half) if half.is_night() && (1..5).contains(&said) => said,
        Some(half) if half.from.hour() >= 12 && (1..12).contains(&said) => said + 12,
        Some(half) if half.from.hour() == 11 && (1..5).contains(&said) => said + 12,
        Some(half) if (half.to.hour() < 12 || half.is_night()) && said == 12 => 0,
        _ if said == 24 && minute == 0 => 0,
        _ => said,
    };
    let (hour, minute) = (i8::try_from(hour).ok()?, i8::try_from(minute).ok()?);
    let time = Time::new(hour, minute, 0, 0).ok()?;
    let half_said = half.is_some() || !(1..=12).contains(&hour);
    let next_day = said == 24 || half.is_some_and(|half| half.goes_on_to(time));
    Some(Clock::At { time, half_said, next_day })
}

fn hour(time: Time) -> Option<u32> {
    u32::try_from(time.hour()).ok()
}

fn minute(time: Time) -> Option<u32> {
    u32::try_from(time.minute()).ok()
}

fn half_later(time: Time) -> Time {
    time.wrapping_add(12.hours())
}

/// The last moment before a time is over; midnight ends the day.
fn last_moment(time: Time) -> Time {
    if time == Time::MIN { Window::DAY.to } else { time }
}
