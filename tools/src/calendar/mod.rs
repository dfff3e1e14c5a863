//! Tools for the calendar: add an event, list events, find a free slot; in the sandbox, or in an iCalendar file.

#[cfg(feature = "calendar")]
mod file;

#[cfg(feature = "calendar")]
pub use file::CalendarFile;

use std::sync::Arc;

use handyman_core::{CallContext, IdempotencyKey, Probe, Tool, ToolError, ToolErrorKind, ToolResult, tool};
use jiff::ToSpan;
use jiff::civil::{Date, Time, time as at};
use serde_json::{Value, json};

use crate::resolve::{self, Clock, Window, hm};
use crate::world::World;
use crate::world::calendar::gaps;
#[cfg(feature = "calendar")]
use crate::wrap::Declared;

const LISTED_MAX: usize = 5;
const DEFAULT_MINUTES: i64 = 60;
const DAY_OPENS: Time = at(9, 0, 0, 0);
const DAY_CLOSES: Time = at(18, 0, 0, 0);
const LAST_MINUTE: Time = at(23, 59, 0, 0);
const MINUTES_OF_A_DAY: i64 = 24 * 60;
/// Midnight said as the end of a day.
const END_OF_DAY: [&str; 7] = ["24:00", "24：00", "2400", "24点", "24时", "二十四点", "廿四点"];

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
        let gone = i64::from(self.starts.hour()) * 60 + i64::from(self.starts.minute());
        let left = MINUTES_OF_A_DAY - gone;
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
    let when = resolve::day("day", day, context.now.date())?;
    let starts = match resolve::time("time", time)? {
        Clock::At { time, half_said } => resolve::in_part_of_day(time, half_said, when.clock),
        Clock::Within(part) => part.from,
    };
    // The end of a day is the beginning of the next one.
    let is_next_day = starts == Time::midnight() && END_OF_DAY.iter().any(|said| time.contains(said));
    let date = if is_next_day { when.date.saturating_add(1.days()) } else { when.date };
    Ok(Wanted { title: title.to_owned(), date, starts, minutes })
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
        day.as_deref().map_or(Ok(today), |day| resolve::day("day", day, today).map(|when| when.date))?;
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
    let when = resolve::day("day", &day, context.now.date())?;
    let minutes = minutes.unwrap_or(DEFAULT_MINUTES);
    let window = when.window();
    let (mut open, close) = match when.clock {
        None => (DAY_OPENS, DAY_CLOSES),
        // Before ten, a day begins no earlier than on others, where it can.
        Some(Clock::Within(_)) if window.from == Window::DAY.from && DAY_OPENS < window.to => {
            (DAY_OPENS, window.to)
        }
        Some(_) => (window.from, window.to),
    };
    if when.date == context.now.date() {
        open = open.max(context.now.time());
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
        let message =
            format!("no {minutes} free minutes on {} between {} and {}", when.date, hm(open), hm(close));
        return Err(ToolError::new(ToolErrorKind::NotFound, message));
    }
    Ok(json!({"date": when.date.to_string(), "minutes": minutes, "free": free}))
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
