//! Tools for the calendar: add an event, list events, find a free slot; in the sandbox, or in an iCalendar file.

#[cfg(feature = "calendar")]
mod file;

#[cfg(feature = "calendar")]
pub use file::CalendarFile;

use std::path::Path;
use std::sync::Arc;

use handyman_core::{CallContext, IdempotencyKey, Probe, Tool, ToolError, ToolErrorKind, ToolResult, tool};
use jiff::ToSpan;
use jiff::civil::{Date, DateTime, Time, time as at};
use serde_json::{Value, json};

use crate::resolve::{self, Clock, When, Window, hm, minute_of_day};
use crate::world::World;
use crate::world::calendar::{gaps, of_minute};
#[cfg(feature = "calendar")]
use crate::wrap::Declared;

const LISTED_MAX: usize = 5;
const DEFAULT_MINUTES: i64 = 60;
/// What is looked at of a day of which no part was named.
const WORKING_DAY: Window = Window { from: at(9, 0, 0, 0), to: at(18, 0, 0, 0) };
const LAST_MINUTE: Time = at(23, 59, 0, 0);
const MINUTES_OF_A_DAY: i64 = 24 * 60;

/// Where the calendar is.
#[derive(Debug, Clone)]
pub enum Calendar {
    /// In the sandbox.
    Sandbox(Arc<World>),
    /// In an iCalendar file.
    #[cfg(feature = "calendar")]
    File(CalendarFile),
}

impl Calendar {
    /// A tool that shows titles. In a file they may be a stranger's: whoever sends an invitation writes one.
    pub(crate) fn vouched(&self, tool: Arc<dyn Tool>) -> Arc<dyn Tool> {
        match self {
            Self::Sandbox(_) => tool,
            #[cfg(feature = "calendar")]
            Self::File(_) => Arc::new(Declared::untrusted(tool)),
        }
    }

    /// The file that it is in, if it is in one of its own.
    pub(crate) fn file(&self) -> Option<&Path> {
        match self {
            Self::Sandbox(_) => None,
            #[cfg(feature = "calendar")]
            Self::File(file) => Some(file.path()),
        }
    }
}

/// An event as it was asked for.
#[derive(Debug, Clone)]
struct Wanted {
    title: String,
    date: Date,
    starts: Time,
    /// How long it takes, if that was said.
    minutes: Option<i64>,
}

impl Wanted {
    fn minutes(&self) -> i64 {
        self.minutes.unwrap_or(DEFAULT_MINUTES)
    }

    /// When it ends in a calendar whose events end on the day on which they begin.
    fn ends_that_day(&self) -> ToolResult<Time> {
        let left = MINUTES_OF_A_DAY - minute_of_day(self.starts);
        if self.minutes.is_some_and(|minutes| minutes > left) {
            return Err(ToolError::argument(
                "minutes",
                format!("it would end after midnight; at most {left}"),
            ));
        }
        Ok(self.starts.saturating_add(self.minutes().minutes()).min(LAST_MINUTE))
    }
}

/// Add an event to the calendar
#[tool(once, probe = made, plan = planned)]
pub async fn add_event(
    #[state] calendar: &Calendar,
    context: &CallContext,
    #[arg(verbatim)] title: String,
    #[arg(verbatim)] day: String,
    #[arg(verbatim)] time: String,
    #[arg(range = 5..=1440)] minutes: Option<i64>,
) -> ToolResult<Value> {
    let wanted = wanted(&title, (&day, &time), minutes, context)?;
    match calendar {
        Calendar::Sandbox(world) => {
            let ends = wanted.ends_that_day()?;
            let Wanted { title, date, starts, .. } = wanted;
            let world = world.held_to(context.allowed.as_ref());
            world.add_event(&context.key, &title, date, (starts, ends)).await
        }
        #[cfg(feature = "calendar")]
        Calendar::File(file) => file.add(&context.key, wanted, (context.now, context.allowed.clone())).await,
    }
}

/// What would be added.
#[expect(clippy::too_many_arguments, reason = "they are those of the tool")]
async fn planned(
    calendar: &Calendar,
    context: &CallContext,
    title: String,
    day: String,
    time: String,
    minutes: Option<i64>,
) -> ToolResult<Value> {
    let wanted = wanted(&title, (&day, &time), minutes, context)?;
    match calendar {
        Calendar::Sandbox(world) => {
            let ends = wanted.ends_that_day()?;
            let Wanted { title, date, starts, .. } = wanted;
            let rehearsal = world.rehearsal();
            let result = rehearsal.add_event(&context.key, &title, date, (starts, ends)).await?;
            Ok(rehearsal.shown(&result))
        }
        #[cfg(feature = "calendar")]
        Calendar::File(file) => file.plan(&context.key, &wanted, context.now),
    }
}

/// An event from what people say.
fn wanted(
    title: &str,
    (day, time): (&str, &str),
    minutes: Option<i64>,
    context: &CallContext,
) -> ToolResult<Wanted> {
    let title = title.trim();
    if title.is_empty() {
        return Err(ToolError::argument("title", "empty; say what the event is"));
    }
    let now = context.now;
    let when = resolve::day("day", day, now.date())?;
    let (starts, next_day) = match resolve::time("time", time)? {
        Clock::At { time: named, half_said, next_day } => {
            let starts = resolve::in_part_of_day(named, half_said, when.clock);
            let is_either = !half_said && !next_day && when.date == now.date() && is_half_open(&when, time);
            (if is_either { still_to_come(starts, now.time()) } else { starts }, next_day)
        }
        Clock::Within(part) => (part.from, false),
    };
    let is_next_day = (next_day || when.goes_on_to(starts)) && !is_still_tonight(&when, starts, now);
    let date = if is_next_day { when.date.saturating_add(1.days()) } else { when.date };
    if (date, minute_of_day(starts)) < (now.date(), minute_of_day(now.time())) {
        return Err(past(date, starts, now));
    }
    Ok(Wanted { title: title.to_owned(), date, starts, minutes })
}

/// Whether a time and its day leave open which half of the day is meant: `three`, but not `03:00`.
fn is_half_open(when: &When, time: &str) -> bool {
    let is_open = matches!(when.clock, None | Some(Clock::At { half_said: false, .. }));
    is_open && !time.trim_start().starts_with(['0', '０', '零'])
}

/// Of a time in either half of the day, the one that is still to come; the first where both are past.
fn still_to_come(time: Time, now: Time) -> Time {
    let later = time.wrapping_add(12.hours());
    let is_past = |time: Time| minute_of_day(time) < minute_of_day(now);
    if is_past(time) && !is_past(later) { later } else { time }
}

/// Whether it is already after midnight in the night that is meant, and the time is still to come.
fn is_still_tonight(when: &When, starts: Time, now: DateTime) -> bool {
    when.date == now.date() && when.goes_on_to(now.time()) && now.time() < starts
}

fn past(date: Date, starts: Time, now: DateTime) -> ToolError {
    let (starts, now) = (hm(starts), hm(now.time()));
    let message = format!(
        "{date} {starts} is past, it is {now}; write a later time or day, or tonight for the night to come"
    );
    ToolError::argument("time", message)
}

/// List calendar events
#[tool(read_only)]
pub async fn list_events(
    #[state] calendar: &Calendar,
    context: &CallContext,
    /// Default from today on
    #[arg(verbatim)]
    day: Option<String>,
) -> ToolResult<Value> {
    let today = context.now.date();
    let date =
        day.as_deref().map_or(Ok(today), |day| resolve::any_day("day", day, today).map(|when| when.date))?;
    let rows: Vec<Value> = match calendar {
        Calendar::Sandbox(world) => world
            .events(date, day.is_some())
            .await?
            .into_iter()
            .map(|event| json!({"title": event.title, "date": event.date, "starts": event.starts, "ends": event.ends}))
            .collect(),
        #[cfg(feature = "calendar")]
        Calendar::File(file) => file.rows(date, day.is_some())?,
    };
    let more = rows.len().saturating_sub(LISTED_MAX);
    let shown: Vec<Value> = rows.into_iter().take(LISTED_MAX).collect();
    Ok(json!({"from": date.to_string(), "events": shown, "more": more}))
}

/// Find free time on a day
#[tool(read_only)]
pub async fn find_free_slot(
    #[state] calendar: &Calendar,
    context: &CallContext,
    #[arg(verbatim)] day: String,
    #[arg(range = 5..=1440)] minutes: Option<i64>,
) -> ToolResult<Value> {
    let now = context.now;
    let when = resolve::day("day", &day, now.date())?;
    let minutes = minutes.unwrap_or(DEFAULT_MINUTES);
    let part = asked_part(&when);
    let (mut open, close) = (minute_of_day(part.from), part.over_at());
    if when.date == now.date() {
        open = open.max(minute_of_day(now.time()));
    }
    if open >= close {
        let message = format!(
            "the day is over: it is {} on {}, and what was asked for ends at {}; write another day, or a later \
             part of it",
            hm(now.time()),
            when.date,
            of_minute(close)
        );
        return Err(ToolError::new(ToolErrorKind::NotFound, message));
    }
    let events = match calendar {
        Calendar::Sandbox(world) => world.events(when.date, true).await?,
        #[cfg(feature = "calendar")]
        Calendar::File(file) => file.busy(when.date)?,
    };
    let free: Vec<Value> = gaps(&events, (open, close), minutes)
        .into_iter()
        .map(|(from, to)| json!({"from": from, "to": to}))
        .collect();
    if free.is_empty() {
        let (open, close) = (of_minute(open), of_minute(close));
        let message = format!("no {minutes} free minutes on {} between {open} and {close}", when.date);
        return Err(ToolError::new(ToolErrorKind::NotFound, message));
    }
    Ok(json!({"date": when.date.to_string(), "minutes": minutes, "free": free}))
}

/// The part of a day to find time in.
fn asked_part(when: &When) -> Window {
    let window = when.window();
    match when.clock {
        None => WORKING_DAY,
        // Before ten, a day begins no earlier than on others, where it can.
        Some(Clock::Within(_)) if window.from == Window::DAY.from && WORKING_DAY.from < window.to => {
            Window { from: WORKING_DAY.from, ..window }
        }
        Some(_) => window,
    }
}

/// Whether the effect under a key took place.
async fn made(calendar: &Calendar, key: &IdempotencyKey) -> ToolResult<Probe> {
    match calendar {
        Calendar::Sandbox(world) => world.effect(key).await,
        #[cfg(feature = "calendar")]
        Calendar::File(file) => file.probe(key),
    }
}

#[cfg(test)]
mod tests;
