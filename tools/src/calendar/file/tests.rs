//! Calendars as programs write them: what their events come to on a person's clocks, and what becomes of the file when
//! an event is added.

mod hostile;
mod times;
mod writing;

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use handyman_core::{CallContext, Tool, ToolResult};
use jiff::civil::date;
use jiff::tz::TimeZone;
use serde_json::Value;
use tempfile::TempDir;

use super::CalendarFile;
use crate::calendar::{Calendar, add_event, find_free_slot, list_events};

/// A person in Shanghai with a calendar of these events.
struct Desk {
    folder: TempDir,
    path: PathBuf,
    calendar: Arc<Calendar>,
}

/// A calendar of these lines, ended as the standard wants.
fn calendar_of(lines: &str) -> String {
    let text = format!("BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//test//EN\n{lines}\nEND:VCALENDAR\n");
    text.replace("\n\n", "\n").replace('\n', "\r\n")
}

/// An event with these lines.
fn event(title: &str, lines: &str) -> String {
    format!("BEGIN:VEVENT\nUID:{title}\nDTSTAMP:20260101T000000Z\nSUMMARY:{title}\n{lines}\nEND:VEVENT")
}

impl Desk {
    fn with(content: impl AsRef<[u8]>) -> Self {
        Self::living_in(content, "Asia/Shanghai")
    }

    fn living_in(content: impl AsRef<[u8]>, zone: &str) -> Self {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("work.ics");
        fs::write(&path, content).unwrap();
        let file = CalendarFile::open(&path, TimeZone::get(zone).unwrap()).unwrap();
        Self { folder, path, calendar: Arc::new(Calendar::File(file)) }
    }

    fn of_events(events: &[String]) -> Self {
        Self::with(calendar_of(&events.join("\n")))
    }

    fn content(&self) -> String {
        fs::read_to_string(&self.path).unwrap()
    }

    /// On Monday, 23 November 2026, at ten.
    fn context(key: &str, allowed: Option<Value>) -> CallContext {
        let now = date(2026, 11, 23).at(10, 0, 0, 0);
        CallContext::new(now).under(key).allowing(allowed)
    }

    async fn call(&self, tool: &dyn Tool, key: &str, arguments: Value) -> ToolResult<Value> {
        let Value::Object(arguments) = arguments else { panic!("arguments are an object") };
        tool.call(arguments, &Self::context(key, None)).await
    }

    async fn list(&self, arguments: Value) -> ToolResult<Value> {
        self.call(&list_events(Arc::clone(&self.calendar)), "l", arguments).await
    }

    /// The rows of a day, each as `TITLE FROM-TO`.
    async fn day(&self, day: &str) -> Vec<String> {
        let listed = self.list(serde_json::json!({"day": day})).await.unwrap();
        let text = |row: &Value, field: &str| row[field].as_str().unwrap().to_owned();
        let rows = listed["events"].as_array().unwrap().iter();
        rows.map(|row| format!("{} {}-{}", text(row, "title"), text(row, "starts"), text(row, "ends")))
            .collect()
    }

    async fn add(&self, key: &str, arguments: Value) -> ToolResult<Value> {
        self.call(&add_event(Arc::clone(&self.calendar)), key, arguments).await
    }

    async fn free(&self, arguments: Value) -> ToolResult<Value> {
        self.call(&find_free_slot(Arc::clone(&self.calendar)), "f", arguments).await
    }
}
