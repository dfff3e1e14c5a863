//! When events are: single ones, repeated ones, and those that stand in for one time of a repeated one.
//!
//! A rule is followed on the event's own clocks (as UTC, where every hour exists); zones come in afterwards, so
//! that nine o'clock stays nine o'clock when the clocks change.

use std::collections::HashMap;

use chrono::{DateTime as Chrono, Datelike, TimeZone as _, Timelike};
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use jiff::{Span, ToSpan};
use rrule::{RRule, RRuleSet, Tz, Unvalidated};

use super::event::{Event, Rule, last_day};
use super::lines::Damage;
use super::moments::{Moment, Named, until};

/// Times that the rules of one file may have together up to the days that are asked about.
const STEPS_MAX: usize = 1_000_000;

/// One time of an event, on the person's clocks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Occurrence {
    pub(super) title: String,
    pub(super) uid: String,
    pub(super) starts: DateTime,
    /// Exclusive.
    pub(super) ends: DateTime,
    pub(super) of_days: bool,
    pub(super) leaves_free: bool,
}

impl Occurrence {
    /// The last day that it takes.
    pub(super) fn last_day(&self) -> Date {
        last_day(self.starts, self.ends)
    }
}

/// All times of events between two days, inclusively, in order.
pub(super) fn occurrences(
    events: &[Event],
    (first, last): (Date, Date),
    person: &TimeZone,
) -> Result<Vec<Occurrence>, Damage> {
    let mut replaced: HashMap<&str, Named> = HashMap::new();
    for event in events {
        if let Some(moment) = &event.replaces {
            replaced.entry(&event.uid).or_default().add(moment);
        }
    }
    let mut steps = STEPS_MAX;
    let mut found = Vec::new();
    // Clocks differ by a day at most.
    let horizon = last.saturating_add(2.days()).to_datetime(jiff::civil::Time::midnight());
    for event in events.iter().filter(|event| !event.cancelled) {
        let mut left_out = Named::default();
        for moment in &event.left_out {
            left_out.add(moment);
        }
        let others = replaced.get(event.uid.as_str()).filter(|_| event.replaces.is_none());
        for moment in times(event, horizon, person, &mut steps)? {
            let is_named = left_out.has(&moment) || others.is_some_and(|others| others.has(&moment));
            let Some(end) = moment.plus(&event.length).filter(|_| !is_named) else { continue };
            let (starts, ends) = (moment.on_clocks_of(person), end.on_clocks_of(person));
            let time = Occurrence {
                title: event.title.clone(),
                uid: event.uid.clone(),
                starts,
                ends: ends.max(starts),
                of_days: event.is_of_days(),
                leaves_free: event.leaves_free,
            };
            if starts.date() <= last && time.last_day() >= first {
                found.push(time);
            }
        }
    }
    found.sort_by(|one, other| {
        (one.starts, one.ends, &one.title).cmp(&(other.starts, other.ends, &other.title))
    });
    Ok(found)
}

/// The times of an event up to a moment on its clocks, before any is left out.
fn times(
    event: &Event,
    horizon: DateTime,
    person: &TimeZone,
    steps: &mut usize,
) -> Result<Vec<Moment>, Damage> {
    let start = &event.starts;
    let mut locals = vec![start.local()];
    for rule in &event.rules {
        locals.extend(repeated((start, rule), horizon, person, steps)?);
    }
    let mut times: Vec<Moment> = locals.into_iter().map(|local| start.moved_to(local)).collect();
    times.extend(event.added.iter().cloned());
    times.retain(|moment| moment.local() <= horizon);
    times.sort_by_key(Moment::local);
    times.dedup();
    Ok(times)
}

fn repeated(
    (start, rule): (&Moment, &Rule),
    horizon: DateTime,
    person: &TimeZone,
    steps: &mut usize,
) -> Result<Vec<DateTime>, Damage> {
    let wrong = |problem: String| Damage::at(rule.line, format!("RRULE: {problem}"));
    let (end, rest): (Vec<&str>, Vec<&str>) =
        rule.text.split(';').partition(|part| part.to_ascii_uppercase().starts_with("UNTIL="));
    let end = match end.first() {
        Some(part) => {
            let text = &part["UNTIL=".len()..];
            Some(until(text, start, person).ok_or_else(|| wrong(format!("'{text}' is no date or time")))?)
        }
        None => None,
    };
    if end.is_some_and(|end| end < start.local()) {
        return Ok(Vec::new());
    }
    let parsed: RRule<Unvalidated> = rest.join(";").parse().map_err(|error| wrong(format!("{error}")))?;
    let parsed = match end {
        Some(end) => parsed.until(as_utc(end).ok_or_else(|| wrong("it ends too late".to_owned()))?),
        None => parsed,
    };
    let endless = parsed.get_count().is_none() && end.is_none();
    let begin = as_utc(start.local()).ok_or_else(|| wrong("it begins too early".to_owned()))?;
    let valid = parsed.validate(begin).map_err(|error| wrong(error.to_string()))?;
    let mut found = Vec::new();
    for time in &RRuleSet::new(begin).rrule(valid).limit() {
        let Some(local) = as_local(&time) else { break };
        if local > horizon {
            return Ok(found);
        }
        *steps = steps.checked_sub(1).ok_or_else(|| {
            wrong(format!("the calendar's rules give more than {STEPS_MAX} times, too many to follow"))
        })?;
        found.push(local);
    }
    // The library gives up where it finds no time for long.
    if endless && found.is_empty() {
        return Err(wrong("it names no time".to_owned()));
    }
    Ok(found)
}

/// Clocks as if they showed UTC.
fn as_utc(local: DateTime) -> Option<Chrono<Tz>> {
    let part = |number: i8| u32::try_from(number).ok();
    Tz::UTC
        .with_ymd_and_hms(
            local.year().into(),
            part(local.month())?,
            part(local.day())?,
            part(local.hour())?,
            part(local.minute())?,
            part(local.second())?,
        )
        .single()
}

fn as_local(time: &Chrono<Tz>) -> Option<DateTime> {
    let part = |number: u32| i8::try_from(number).ok();
    DateTime::new(
        time.year().try_into().ok()?,
        part(time.month())?,
        part(time.day())?,
        part(time.hour())?,
        part(time.minute())?,
        part(time.second())?,
        0,
    )
    .ok()
}

/// How far ahead a list looks that is asked for no day.
pub(super) fn ahead(from: Date) -> Date {
    from.saturating_add(Span::new().years(1))
}
