//! Times of day: `8am`, `half past eight`, `早上8点`, `下午三点半`, `19:00`, `evening`.

use handyman_core::{ToolError, ToolResult};
use jiff::civil::{Time, time as at};

use super::numbers;
use super::text::{folded, words};
use crate::language::is_han;

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
    },
    /// A part of the day.
    Within(Window),
}

const PARTS: [(&str, Window); 32] = [
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

const LEADING: [&str; 18] = [
    "at", "around", "about", "by", "before", "after", "from", "until", "till", "than", "later", "earlier",
    "in", "the", "on", "this", "of", "past",
];

/// Reads a time of day.
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

/// The stretch between two optional limits; a part of a day as limit counts from its start or to its end.
///
/// # Errors
/// A wrong argument, if a limit is not a time or the stretch is empty.
pub fn window(after: Option<&str>, before: Option<&str>) -> ToolResult<Window> {
    let mut window = Window::DAY;
    if let Some(text) = after {
        window.from = match time("after", text)? {
            Clock::At { time, .. } => time,
            Clock::Within(part) => part.from,
        };
    }
    if let Some(text) = before {
        window.to = match time("before", text)? {
            Clock::At { time, .. } => time,
            Clock::Within(part) => part.to,
        };
    }
    if window.from > window.to { Err(window.nothing()) } else { Ok(window) }
}

/// A time as hours and minutes.
pub(crate) fn hm(time: Time) -> String {
    format!("{:02}:{:02}", time.hour(), time.minute())
}

/// What a text says about the time of day, if that is all it says.
pub(super) fn read(text: &str) -> Option<Clock> {
    let text = folded(text);
    if text.chars().any(is_han) { mandarin(&text) } else { english(&words(&text)) }
}

fn part(name: &str) -> Option<Window> {
    PARTS.iter().find(|(known, _)| *known == name).map(|(_, window)| *window)
}

fn clock(hour: u32, minute: u32, half: Option<Window>) -> Option<Clock> {
    let hour = match half {
        Some(half) if half.from.hour() >= 12 && (1..12).contains(&hour) => hour + 12,
        Some(half) if half.from.hour() == 11 && (1..5).contains(&hour) => hour + 12,
        Some(half) if (half.to.hour() < 12 || half.from.hour() >= 18) && hour == 12 => 0,
        _ if hour == 24 && minute == 0 => 0,
        _ => hour,
    };
    let (hour, minute) = (i8::try_from(hour).ok()?, i8::try_from(minute).ok()?);
    let time = Time::new(hour, minute, 0, 0).ok()?;
    Some(Clock::At { time, half_said: half.is_some() || !(1..=12).contains(&hour) })
}

fn english(words: &[String]) -> Option<Clock> {
    let start = words.iter().position(|word| !LEADING.contains(&word.as_str()))?;
    let words: Vec<&str> =
        words[start..].iter().map(String::as_str).filter(|word| *word != "oclock" && *word != "o").collect();
    if let Some(window) = part(&words.join(" ")) {
        return Some(Clock::Within(window));
    }
    match words.as_slice() {
        ["noon" | "midday"] => clock(12, 0, Some(Window::hours(12, 17))),
        ["midnight"] => clock(0, 0, Some(Window::hours(0, 5))),
        ["half", "past", hour @ ..] | ["half", hour @ ..] => english_hour(hour, 30),
        ["quarter", "past", hour @ ..] | ["a", "quarter", "past", hour @ ..] => english_hour(hour, 15),
        ["quarter", "to", hour @ ..] | ["a", "quarter", "to", hour @ ..] => {
            minutes_before(english_hour(hour, 0)?, 15)
        }
        [minutes, "past", hour @ ..] => english_hour(hour, numbers::english(&[minutes])?.0),
        [minutes, "to", hour @ ..] => minutes_before(english_hour(hour, 0)?, numbers::english(&[minutes])?.0),
        words => english_hour(words, 0),
    }
}

/// An hour with what follows it: `8:30 pm`, `eight thirty`, `eight in the evening`.
fn english_hour(words: &[&str], minute: u32) -> Option<Clock> {
    let first = words.first()?;
    let (hour, mut minute, mut taken) = if let Some((hour, minutes)) = first.split_once([':', '.']) {
        (hour.parse().ok()?, minutes.get(..2)?.parse().ok()?, 1)
    } else {
        let (hour, taken) = numbers::english(words)?;
        (hour, minute, taken)
    };
    if let Some((minutes, more)) = numbers::english(&words[taken..]).filter(|(minutes, _)| *minutes < 60) {
        minute = minutes;
        taken += more;
    }
    let rest: Vec<&str> = words[taken..].iter().copied().filter(|word| !LEADING.contains(word)).collect();
    let half = match rest.as_slice() {
        [] => None,
        ["am"] => Some(Window::hours(0, 11)),
        ["pm" | "noon"] => Some(Window::hours(12, 17)),
        [name] => Some(part(name)?),
        _ => return None,
    };
    clock(hour, minute, half)
}

fn minutes_before(clock: Clock, minutes: u32) -> Option<Clock> {
    match clock {
        Clock::At { time, half_said } => {
            let time = time.wrapping_sub(jiff::Span::new().minutes(i64::from(minutes)));
            Some(Clock::At { time, half_said })
        }
        Clock::Within(_) => None,
    }
}

fn mandarin(text: &str) -> Option<Clock> {
    let mut text: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    for tail in ["左右", "以前", "之前", "以后", "之后", "前", "后", "钟", "出发", "到", "的"]
    {
        if let Some(shorter) =
            text.strip_suffix(tail).filter(|shorter| part(&text).is_none() && !shorter.is_empty())
        {
            text = shorter.to_owned();
        }
    }
    let text = text.trim_start_matches(['在', '大', '约']);
    if let Some(window) = part(text) {
        return Some(Clock::Within(window));
    }
    let (half, text) = PARTS
        .iter()
        .find_map(|(name, window)| text.strip_prefix(name).map(|rest| (Some(*window), rest)))
        .unwrap_or((None, text));
    let (hour, rest) = numbers::chinese(text)?;
    let rest = ["点钟", "点", "时", ":"].iter().find_map(|unit| rest.strip_prefix(unit))?;
    let minute = match rest {
        "" | "整" | "钟" => 0,
        "半" => 30,
        "一刻" => 15,
        "三刻" => 45,
        minutes => match numbers::chinese(minutes.trim_start_matches('零'))? {
            (minute, "" | "分") => minute,
            _ => return None,
        },
    };
    clock(hour, minute, half)
}
