//! A calendar in an iCalendar file (RFC 5545) that other programs use too.
//!
//! The file is read anew at each call. A new event is put in before the end of the calendar, and every other byte
//! stays as it is: the new content is written to a file of its own and takes the old one's place, so that a kill at any
//! moment leaves one or the other.
//!
//! Map: [`lines`] the file's lines and components · [`moments`] dates and times · [`zones`] time zones · [`event`] one
//! `VEVENT` · [`repeats`] when events are.

mod event;
mod lines;
mod moments;
mod repeats;
mod zones;

use std::fs;
use std::path::{Path, PathBuf};

use handyman_core::{IdempotencyKey, Probe, ToolError, ToolErrorKind, ToolResult};
use icalendar::{Component as _, Event as NewEvent};
use jiff::civil::{Date, DateTime, Time};
use jiff::tz::{AmbiguousOffset, TimeZone};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use self::event::{Event, last_day, one_line};
use self::lines::{Damage, Outline, outline};
use self::repeats::{Occurrence, ahead, occurrences};
use self::zones::Zones;
use super::{LAST_MINUTE, Wanted};
use crate::durable::{
    Held, blocking, folder_of, hidden, name_of, remove_leftovers, sync_folder, unreadable, written_beside,
};
use crate::resolve::hm;
use crate::world::calendar::Entry;

const TITLE_CHARS_MAX: usize = 200;
const OVERLAPS_MAX: usize = 3;

/// A calendar in an iCalendar file.
#[derive(Debug, Clone)]
pub struct CalendarFile {
    path: PathBuf,
    zone: TimeZone,
}

/// The file at one moment.
struct Content {
    bytes: Vec<u8>,
    outline: Outline,
    events: Vec<Event>,
}

/// A new event: what it comes to, and its text.
struct Draft {
    result: Value,
    text: String,
}

impl CalendarFile {
    /// The file.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The calendar in a file, for a person whose clocks are those of a zone.
    ///
    /// # Errors
    /// A file that is not there or is damaged; the message names the line.
    pub fn open(path: &Path, zone: TimeZone) -> ToolResult<Self> {
        // A link stays one: what it leads to is replaced.
        let path = fs::canonicalize(path).map_err(|error| unreadable(path, &error))?;
        let calendar = Self { path, zone };
        calendar.read().map(|_| calendar)
    }

    fn read(&self) -> ToolResult<Content> {
        let bytes = fs::read(&self.path).map_err(|error| unreadable(&self.path, &error))?;
        self.understood(bytes)
    }

    fn understood(&self, bytes: Vec<u8>) -> ToolResult<Content> {
        match parsed(&bytes) {
            Ok((outline, events)) => Ok(Content { bytes, outline, events }),
            Err(damage) => Err(self.damaged(&damage)),
        }
    }

    fn damaged(&self, damage: &Damage) -> ToolError {
        let message = format!("the calendar {} cannot be read: {damage}", self.path.display());
        ToolError::new(ToolErrorKind::Conflict, message).expecting("a person has to mend that line")
    }

    fn between(&self, content: &Content, first: Date, last: Date) -> ToolResult<Vec<Occurrence>> {
        occurrences(&content.events, (first, last), &self.zone).map_err(|damage| self.damaged(&damage))
    }

    /// The events of a day, or from a day on for a year, as rows.
    pub(super) fn rows(&self, from: Date, only: bool) -> ToolResult<Vec<Value>> {
        let last = if only { from } else { ahead(from) };
        Ok(self.between(&self.read()?, from, last)?.iter().map(row).collect())
    }

    /// What takes the person's time on a day, within that day.
    pub(super) fn busy(&self, day: Date) -> ToolResult<Vec<Entry>> {
        let found = self.between(&self.read()?, day, day)?;
        Ok(found.iter().filter(|time| !time.leaves_free).map(|time| within(time, day)).collect())
    }

    /// Adds an event; the same key gives the same event back.
    pub(super) async fn add(
        &self,
        key: &IdempotencyKey,
        wanted: Wanted,
        (now, allowed): (DateTime, Option<Value>),
    ) -> ToolResult<Value> {
        let (calendar, key) = (self.clone(), key.clone());
        blocking(move || calendar.add_now(&key, &wanted, now, allowed.as_ref())).await
    }

    fn add_now(
        &self,
        key: &IdempotencyKey,
        wanted: &Wanted,
        now: DateTime,
        allowed: Option<&Value>,
    ) -> ToolResult<Value> {
        let _held = Held::lock(&hidden(&self.path, "lock"))?;
        remove_leftovers(&self.path);
        let content = self.read()?;
        if let Some(event) = added_under(&content, key) {
            return self.shown(&content, event, key);
        }
        let draft = self.draft(&content, key, wanted, now)?;
        let plan = self.plan_of(&draft);
        if allowed.is_some_and(|allowed| *allowed != plan) {
            return Err(ToolError::changed(plan));
        }
        let (before, after) = content.bytes.split_at(content.outline.insert_at);
        let bytes = [before, draft.text.as_bytes(), after].concat();
        // What others will read is read before it is there.
        let read = self.understood(bytes)?;
        if added_under(&read, key).is_none() || read.events.len() != content.events.len() + 1 {
            return Err(ToolError::internal("the new event could not be read back; nothing was changed"));
        }
        self.replace(&content.bytes, &read.bytes)?;
        Ok(draft.result)
    }

    /// Puts new content in the place of the old, if that is what it still is.
    fn replace(&self, old: &[u8], new: &[u8]) -> ToolResult<()> {
        let problem = |error: &dyn std::fmt::Display| {
            ToolError::internal(format!(
                "{} cannot be written: {error}; nothing was changed",
                self.path.display()
            ))
        };
        let about = fs::metadata(&self.path).map_err(|error| problem(&error))?;
        let file = written_beside(&self.path, new).map_err(|error| problem(&error))?;
        file.as_file().set_permissions(about.permissions()).map_err(|error| problem(&error))?;
        if fs::read(&self.path).map_err(|error| problem(&error))? != old {
            let message = format!("another program changed {} in the meantime", self.path.display());
            return Err(ToolError::unavailable(message));
        }
        file.persist(&self.path).map_err(|error| problem(&error))?;
        // It is there for everybody; whether it outlives a power cut, nobody knows.
        sync_folder(folder_of(&self.path))
            .map_err(|error| ToolError::in_doubt(format!("{}: {error}", self.path.display())))
    }

    /// What a call would add.
    pub(super) fn plan(&self, key: &IdempotencyKey, wanted: &Wanted, now: DateTime) -> ToolResult<Value> {
        let content = self.read()?;
        match added_under(&content, key) {
            Some(event) => Ok(json!({"result": self.shown(&content, event, key)?})),
            None => Ok(self.plan_of(&self.draft(&content, key, wanted, now)?)),
        }
    }

    fn plan_of(&self, draft: &Draft) -> Value {
        let lines: Vec<&str> = draft.text.lines().collect();
        json!({"result": draft.result, "file": self.path.display().to_string(), "adds": lines})
    }

    /// Whether the event of a key is there.
    pub(super) fn probe(&self, key: &IdempotencyKey) -> ToolResult<Probe> {
        let content = self.read()?;
        Ok(match added_under(&content, key) {
            Some(event) => Probe::Done(self.shown(&content, event, key)?),
            None => Probe::NotDone,
        })
    }

    fn draft(
        &self,
        content: &Content,
        key: &IdempotencyKey,
        wanted: &Wanted,
        now: DateTime,
    ) -> ToolResult<Draft> {
        let title = wanted.title.as_str();
        if title.chars().any(char::is_control) || title.chars().count() > TITLE_CHARS_MAX {
            let problem = format!("not one line of at most {TITLE_CHARS_MAX} characters");
            return Err(ToolError::argument("title", problem));
        }
        // As a list will show it.
        let title = one_line(title);
        let utc = |instant: Timestamp| instant.strftime("%Y%m%dT%H%M%SZ").to_string();
        let now = self.zone.to_timestamp(now).map_err(ToolError::internal)?;
        let starts = wanted.date.to_datetime(wanted.starts);
        let begin = self.instant(starts)?;
        let end = begin
            .checked_add(SignedDuration::from_mins(wanted.minutes()))
            .map_err(|_| ToolError::argument("day", format!("{} is too far ahead", wanted.date)))?;
        let ends = self.zone.to_datetime(end);
        let text = NewEvent::new()
            .uid(&uid(key))
            .summary(&title)
            .add_property("DTSTAMP", utc(now))
            .add_property("DTSTART", utc(begin))
            .add_property("DTEND", utc(end))
            .done()
            .try_into_string()
            .map_err(ToolError::internal)?;
        let text = text.replace("\r\n", "\n").replace('\n', content.outline.line_end);
        let result = self.result(content, key, &title, (starts, ends))?;
        Ok(Draft { result, text })
    }

    /// When the person's clocks show a time; of the two times where they are put back, the first.
    fn instant(&self, local: DateTime) -> ToolResult<Timestamp> {
        let found = self.zone.to_ambiguous_timestamp(local);
        if matches!(found.offset(), AmbiguousOffset::Gap { .. }) {
            let problem = format!(
                "there is no {} on {}: the clocks are put forward then; write an earlier or a later time",
                hm(local.time()),
                local.date()
            );
            return Err(ToolError::argument("time", problem));
        }
        found.compatible().map_err(ToolError::internal)
    }

    /// An event of ours as it stands in the file now.
    fn shown(&self, content: &Content, event: &Event, key: &IdempotencyKey) -> ToolResult<Value> {
        let starts = event.starts.on_clocks_of(&self.zone);
        let ends = event.starts.plus(&event.length).map_or(starts, |end| end.on_clocks_of(&self.zone));
        self.result(content, key, &event.title, (starts, ends))
    }

    fn result(
        &self,
        content: &Content,
        key: &IdempotencyKey,
        title: &str,
        (starts, ends): (DateTime, DateTime),
    ) -> ToolResult<Value> {
        let own = uid(key);
        let reference = format!("E{}", &name_of(key)[..10]);
        let mut result = json!({"event": reference, "title": title, "date": starts.date().to_string(),
            "starts": hm(starts.time()), "ends": hm(shown_end(starts, ends))});
        let last = last_day(starts, ends);
        if last != starts.date() {
            result["last_day"] = last.to_string().into();
        }
        let overlaps: Vec<String> = self
            .between(content, starts.date(), ends.date())?
            .into_iter()
            .filter(|time| time.uid != own && !time.leaves_free && time.starts < ends && time.ends > starts)
            .take(OVERLAPS_MAX)
            .map(|time| time.title)
            .collect();
        if !overlaps.is_empty() {
            result["overlaps"] = overlaps.into();
        }
        Ok(result)
    }
}

/// A file's outline and its events.
fn parsed(bytes: &[u8]) -> Result<(Outline, Vec<Event>), Damage> {
    let outline = outline(bytes)?;
    let mut zones = Zones::default();
    for calendar in &outline.calendars {
        zones.learn(calendar)?;
    }
    let parts = outline.calendars.iter().flat_map(|calendar| &calendar.parts);
    let events = parts
        .filter(|part| part.name == "VEVENT")
        .map(|part| Event::of(part, &zones))
        .collect::<Result<Vec<_>, _>>()?;
    Ok((outline, events))
}

/// The event that was added under a key.
fn added_under<'a>(content: &'a Content, key: &IdempotencyKey) -> Option<&'a Event> {
    let uid = uid(key);
    content.events.iter().find(|event| event.uid == uid && event.replaces.is_none())
}

/// The name under which the world knows the event of a key.
fn uid(key: &IdempotencyKey) -> String {
    format!("{}@handyman", name_of(key))
}

/// The time of day at which something ends; at midnight it is the last minute of its day.
fn shown_end(starts: DateTime, ends: DateTime) -> Time {
    if ends.date() > last_day(starts, ends) { LAST_MINUTE } else { ends.time() }
}

fn row(time: &Occurrence) -> Value {
    let first = time.starts.date();
    let ends = shown_end(time.starts, time.ends);
    let mut row = json!({"title": time.title, "date": first.to_string(), "starts": hm(time.starts.time()), "ends": hm(ends)});
    if time.last_day() != first {
        row["last_day"] = time.last_day().to_string().into();
    }
    if time.of_days {
        row["all_day"] = true.into();
    }
    row
}

/// The part of an event that is on a day.
fn within(time: &Occurrence, day: Date) -> Entry {
    let starts = if time.starts.date() < day { Time::midnight() } else { time.starts.time() };
    let ends = if time.ends.date() > day { LAST_MINUTE } else { time.ends.time() };
    Entry { title: time.title.clone(), date: day.to_string(), starts: hm(starts), ends: hm(ends) }
}

#[cfg(test)]
mod tests;
