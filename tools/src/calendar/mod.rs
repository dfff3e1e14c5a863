//! Tools for the calendar: add an event, list events, find a free slot.

use handyman_core::{CallContext, IdempotencyKey, Probe, ToolError, ToolErrorKind, ToolResult, tool};
use jiff::ToSpan;
use jiff::civil::{Time, time as at};
use serde_json::{Value, json};

use crate::resolve::{self, Clock, hm};
use crate::world::World;
use crate::world::calendar::gaps;

const LISTED_MAX: usize = 5;
const DEFAULT_MINUTES: i64 = 60;
const DAY_OPENS: Time = at(9, 0, 0, 0);
const DAY_CLOSES: Time = at(18, 0, 0, 0);
const LAST_MINUTE: Time = at(23, 59, 0, 0);

/// Add an event to the calendar
#[tool(once, probe = made)]
pub async fn add_event(
    #[state] world: &World,
    context: &CallContext,
    #[arg(verbatim)] title: String,
    #[arg(verbatim)] day: String,
    #[arg(verbatim)] time: String,
    #[arg(range = 5..=1440)] minutes: Option<i64>,
) -> ToolResult<Value> {
    let title = title.trim();
    if title.is_empty() {
        return Err(ToolError::argument("title", "empty; say what the event is"));
    }
    let when = resolve::day("day", &day, context.now.date())?;
    let starts = match resolve::time("time", &time)? {
        Clock::At { time, half_said } => in_part_of_day(time, half_said, when.clock),
        Clock::Within(part) => part.from,
    };
    // An event ends on its day at the latest.
    let ends = starts.saturating_add(minutes.unwrap_or(DEFAULT_MINUTES).minutes()).min(LAST_MINUTE);
    world.add_event(&context.key, title, when.date, (starts, ends)).await
}

/// List calendar events
#[tool(read_only)]
pub async fn list_events(
    #[state] world: &World,
    context: &CallContext,
    /// Default from today on
    #[arg(verbatim)]
    day: Option<String>,
) -> ToolResult<Value> {
    let today = context.now.date();
    let date =
        day.as_deref().map_or(Ok(today), |day| resolve::day("day", day, today).map(|when| when.date))?;
    let events = world.events(date, day.is_some()).await?;
    let rows: Vec<Value> = events
        .iter()
        .take(LISTED_MAX)
        .map(|event| json!({"title": event.title, "date": event.date, "starts": event.starts, "ends": event.ends}))
        .collect();
    Ok(json!({"from": date.to_string(), "events": rows, "more": events.len().saturating_sub(LISTED_MAX)}))
}

/// Find free time on a day
#[tool(read_only)]
pub async fn find_free_slot(
    #[state] world: &World,
    context: &CallContext,
    #[arg(verbatim)] day: String,
    #[arg(range = 5..=1440)] minutes: Option<i64>,
) -> ToolResult<Value> {
    let when = resolve::day("day", &day, context.now.date())?;
    let minutes = minutes.unwrap_or(DEFAULT_MINUTES);
    let (mut open, close) = match when.clock {
        None => (DAY_OPENS, DAY_CLOSES),
        Some(_) => (when.window().from, when.window().to),
    };
    if when.date == context.now.date() {
        open = open.max(context.now.time());
    }
    let events = world.events(when.date, true).await?;
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

/// `three` on `tomorrow afternoon` is fifteen o'clock.
fn in_part_of_day(time: Time, half_said: bool, clock: Option<Clock>) -> Time {
    let later = time.wrapping_add(12.hours());
    match clock {
        Some(Clock::Within(part)) if !half_said && !part.contains(time) && part.contains(later) => later,
        _ => time,
    }
}

/// Whether the effect under a key took place.
async fn made(world: &World, key: &IdempotencyKey) -> ToolResult<Probe> {
    world.effect(key).await
}

#[cfg(test)]
mod tests;
