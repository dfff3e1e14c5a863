//! Time zones by the names that calendars give them: those of the IANA, paths that end with one, and names of one's own
//! that the file describes (as Outlook writes them).

use std::collections::BTreeMap;

use icalendar::parser::Property;
use jiff::Span;
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;

use super::lines::{Component, Damage};
use super::moments::{date_time, parameter};

/// Programs that know no end write one from this year on.
const ENDLESS_FROM: i16 = 2037;

/// The time zones that a file describes.
#[derive(Debug, Default)]
pub(super) struct Zones(BTreeMap<String, Component>);

impl Zones {
    /// Notes the descriptions of a calendar.
    pub(super) fn learn(&mut self, calendar: &Component) -> Result<(), Damage> {
        for zone in calendar.parts.iter().filter(|part| part.name == "VTIMEZONE") {
            self.0.insert(zone.value("TZID")?, zone.clone());
        }
        Ok(())
    }

    /// The zone that a property names, if it names one.
    pub(super) fn of(&self, property: &Property<'_>, line: usize) -> Result<Option<TimeZone>, Damage> {
        let Some(name) = parameter(property, "TZID") else { return Ok(None) };
        self.named(&name, line).map(Some)
    }

    fn named(&self, name: &str, line: usize) -> Result<TimeZone, Damage> {
        if let Some(zone) = known(name) {
            return Ok(zone);
        }
        let unknown = || {
            Damage::at(
                line,
                format!("the time zone '{name}' is neither known nor described in a way that is understood"),
            )
        };
        let described = self.0.get(name).ok_or_else(unknown)?;
        if let Some(zone) = known(&described.value("X-LIC-LOCATION")?) {
            return Ok(zone);
        }
        posix(described)?.and_then(|text| TimeZone::posix(&text).ok()).ok_or_else(unknown)
    }
}

/// A zone of the IANA's database: by its name, or by a path that ends with it
/// (`/freeassociation.sourceforge.net/Europe/Berlin`).
fn known(name: &str) -> Option<TimeZone> {
    let parts: Vec<&str> = name.split('/').filter(|part| !part.is_empty()).collect();
    (1..=parts.len().min(3))
        .rev()
        .find_map(|count| TimeZone::get(&parts[parts.len() - count..].join("/")).ok())
}

/// When an offset begins to hold.
struct Observance {
    begins: DateTime,
    /// Seconds east of UTC.
    offset: i64,
    rule: String,
    /// When it began for the last time, or its rule ends; none if that goes on.
    last: Option<DateTime>,
}

/// A description as a POSIX time zone: an offset that always holds, or two that change each year.
fn posix(zone: &Component) -> Result<Option<String>, Damage> {
    let (mut standard, mut daylight) = (None, None);
    for part in &zone.parts {
        let place = match part.name.as_str() {
            "STANDARD" => &mut standard,
            "DAYLIGHT" => &mut daylight,
            _ => continue,
        };
        let Some(begins) = date_time(&part.value("DTSTART")?) else { return Ok(None) };
        let Some(offset) = seconds(&part.value("TZOFFSETTO")?) else { return Ok(None) };
        let rule = part.value("RRULE")?.to_ascii_uppercase();
        if rule.is_empty() && !part.value("RDATE")?.is_empty() {
            return Ok(None);
        }
        let Some(last) = last_of(begins, &rule) else { return Ok(None) };
        let found = Observance { begins, offset, rule, last };
        // Of several, what holds now is what began last.
        if place.as_ref().is_none_or(|other: &Observance| other.begins < found.begins) {
            *place = Some(found);
        }
    }
    let fixed = |observance: &Observance| format!("<STD>{}", reversed(observance.offset));
    Ok(match (standard, daylight) {
        (Some(only), None) | (None, Some(only)) => Some(fixed(&only)),
        (Some(standard), Some(daylight)) => match (standard.last, daylight.last) {
            (None, None) => yearly(&standard).zip(yearly(&daylight)).map(|(to, from)| {
                format!("<STD>{}<DST>{},{from},{to}", reversed(standard.offset), reversed(daylight.offset))
            }),
            // Clocks change no more: what came last holds.
            (Some(to), Some(from)) => Some(fixed(if from > to { &daylight } else { &standard })),
            _ => None,
        },
        (None, None) => None,
    })
}

/// When a rule begins to hold for the last time, about: outside `Some` if that is not understood, `None` inside it if
/// the rule goes on.
#[expect(clippy::option_option, reason = "not understood and without an end are two things")]
fn last_of(begins: DateTime, rule: &str) -> Option<Option<DateTime>> {
    if rule.is_empty() {
        return Some(Some(begins));
    }
    let part = |name: &str| rule.split(';').find_map(|part| part.strip_prefix(name)).map(str::trim);
    let last = if let Some(until) = part("UNTIL=") {
        let until = until.trim_end_matches('Z');
        date_time(until).or_else(|| Some(Date::strptime("%Y%m%d", until).ok()?.to_datetime(begins.time())))?
    } else if let Some(count) = part("COUNT=") {
        let years = count.parse::<i64>().ok()?.checked_sub(1)?;
        begins.checked_add(Span::new().try_years(years).ok()?).ok()?
    } else {
        return Some(None);
    };
    Some((last.year() < ENDLESS_FROM).then_some(last))
}

/// `FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU` at two o'clock is `M3.5.0/02:00:00`.
fn yearly(observance: &Observance) -> Option<String> {
    let parts: BTreeMap<&str, &str> =
        observance.rule.split(';').filter_map(|part| part.split_once('=')).collect();
    if parts.get("FREQ") != Some(&"YEARLY") || parts.get("INTERVAL").is_some_and(|every| *every != "1") {
        return None;
    }
    let month: u8 = parts.get("BYMONTH")?.parse().ok()?;
    let by_day = parts.get("BYDAY")?;
    let (nth, weekday) = by_day.split_at_checked(by_day.len().checked_sub(2)?)?;
    let weekday = ["SU", "MO", "TU", "WE", "TH", "FR", "SA"].iter().position(|name| *name == weekday)?;
    let week = match nth.trim_start_matches('+').parse::<i8>().ok()? {
        -1 => 5,
        nth @ 1..=4 => nth,
        _ => return None,
    };
    Some(format!("M{month}.{week}.{weekday}/{}", observance.begins.time().strftime("%H:%M:%S")))
}

/// `+0130` is 5400.
fn seconds(offset: &str) -> Option<i64> {
    let (sign, digits) = match offset.split_at_checked(1)? {
        ("+", digits) => (1, digits),
        ("-", digits) => (-1, digits),
        _ => return None,
    };
    if !matches!(digits.len(), 4 | 6) || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let part = |from: usize| digits.get(from..from + 2).map_or(Some(0), |part| part.parse::<i64>().ok());
    Some(sign * (part(0)? * 3600 + part(2)? * 60 + part(4)?))
}

/// An offset as POSIX writes it: west of UTC is positive.
fn reversed(offset: i64) -> String {
    let sign = if offset > 0 { "-" } else { "" };
    let offset = offset.abs();
    format!("{sign}{:02}:{:02}:{:02}", offset / 3600, offset / 60 % 60, offset % 60)
}
