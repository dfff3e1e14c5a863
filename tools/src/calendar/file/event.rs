//! One `VEVENT`: when it is, how it repeats, and whether it takes the person's time.

use jiff::civil::Date;
use jiff::{SignedDuration, Span};

use super::lines::{Component, Damage, Line};
use super::moments::{Length, Moment, moments, one, parameter};
use super::zones::Zones;

/// An event as the file has it.
#[derive(Debug, Clone)]
pub(super) struct Event {
    pub(super) uid: String,
    pub(super) title: String,
    pub(super) starts: Moment,
    pub(super) length: Length,
    pub(super) rules: Vec<Rule>,
    /// Further times.
    pub(super) added: Vec<Moment>,
    /// Times that are left out.
    pub(super) left_out: Vec<Moment>,
    /// The time of the event that this one stands in for.
    pub(super) replaces: Option<Moment>,
    /// Whether it was called off.
    pub(super) cancelled: bool,
    /// Whether it leaves the person free.
    pub(super) leaves_free: bool,
}

/// A rule of repetition, and the line it stands in.
#[derive(Debug, Clone)]
pub(super) struct Rule {
    pub(super) text: String,
    pub(super) line: usize,
}

impl Event {
    /// Reads a `VEVENT`.
    pub(super) fn of(component: &Component, zones: &Zones) -> Result<Self, Damage> {
        let line = |name: &str| component.line(name);
        let all = |name: &str| {
            let mut found = Vec::new();
            for line in component.lines.iter().filter(|line| line.name().as_deref() == Some(name)) {
                // One without a value says nothing: some programs leave `EXDATE:` behind.
                if !line.property()?.val.as_str().trim().is_empty() {
                    found.extend(moments(line, zones)?);
                }
            }
            Ok::<_, Damage>(found)
        };
        let starts = line("DTSTART")
            .ok_or_else(|| Damage::at(component.number, "this event has no DTSTART"))
            .and_then(|line| one(line, zones))?;
        let length = match (line("DTEND"), line("DURATION")) {
            (Some(end), _) => match starts.until(&one(end, zones)?) {
                // Some programs end a whole day on that day, not on the next.
                Length::Days(0) => Length::Days(1),
                length => length,
            },
            (None, Some(duration)) => nominal(duration)?,
            // RFC 5545, 3.6.1: a day that says no more is that day, a time is that moment.
            (None, None) if matches!(starts, Moment::Day(_)) => Length::Days(1),
            (None, None) => Length::Exact(SignedDuration::ZERO),
        };
        let replaces = line("RECURRENCE-ID").map(|line| replaced(line, zones)).transpose()?;
        let rules: Vec<Rule> = component
            .lines
            .iter()
            .filter(|line| line.name().as_deref() == Some("RRULE"))
            .map(|line| Ok(Rule { text: line.property()?.val.as_str().trim().to_owned(), line: line.number }))
            .collect::<Result<_, Damage>>()?;
        let event = Self {
            uid: component.value("UID")?,
            title: one_line(&component.value("SUMMARY")?),
            starts,
            length,
            rules,
            added: all("RDATE")?,
            left_out: all("EXDATE")?,
            replaces,
            cancelled: component.value("STATUS")?.eq_ignore_ascii_case("cancelled"),
            leaves_free: component.value("TRANSP")?.eq_ignore_ascii_case("transparent"),
        };
        let backwards = match &event.length {
            Length::Exact(time) => time.is_negative(),
            Length::Days(days) => *days < 0,
            Length::Nominal(_) => false,
        };
        if backwards || event.starts.plus(&event.length).is_none() {
            return Err(Damage::at(component.number, "this event ends before it begins, or never"));
        }
        Ok(event)
    }

    /// Whether it lasts whole days.
    pub(super) fn is_of_days(&self) -> bool {
        matches!(self.starts, Moment::Day(_))
    }
}

/// `PT1H30M`.
fn nominal(line: &Line) -> Result<Length, Damage> {
    let text = line.property()?.val.as_str().trim().to_owned();
    let span: Option<Span> = text.parse().ok().filter(|span: &Span| !span.is_negative());
    span.map(Length::Nominal)
        .ok_or_else(|| Damage::at(line.number, format!("'{text}' is no duration, such as PT1H30M")))
}

fn replaced(line: &Line, zones: &Zones) -> Result<Moment, Damage> {
    if parameter(&line.property()?, "RANGE").is_some() {
        let problem = "a change of this and all later times (RANGE) is not understood";
        return Err(Damage::at(line.number, problem));
    }
    one(line, zones)
}

/// A title as a list shows it.
pub(super) fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The last day on which something is that ends at this moment, exclusively.
pub(super) fn last_day(starts: jiff::civil::DateTime, ends: jiff::civil::DateTime) -> Date {
    let before = ends.checked_sub(SignedDuration::from_nanos(1)).unwrap_or(ends);
    if ends > starts { before.date() } else { starts.date() }
}
