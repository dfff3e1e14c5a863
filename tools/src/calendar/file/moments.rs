//! Dates and times as calendars write them: `20261124`, `20261124T150000`, `20261124T070000Z`, with or without a zone.

use std::collections::HashSet;

use icalendar::parser::Property;
use jiff::civil::{Date, DateTime, Time};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Span, Timestamp};

use super::lines::{Damage, Line};
use super::zones::Zones;

/// A date or a time in an event's own terms.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Moment {
    /// A whole day, wherever one is.
    Day(Date),
    /// A time that is the same on every clock.
    Floating(DateTime),
    /// A time on the clocks of a zone.
    Zoned(DateTime, TimeZone),
}

/// How long something takes.
#[derive(Debug, Clone)]
pub(super) enum Length {
    /// So much time.
    Exact(SignedDuration),
    /// So many days on the calendar.
    Days(i64),
    /// As a duration says it: days of the calendar and time.
    Nominal(Span),
}

impl Moment {
    /// What the clocks of the event show.
    pub(super) fn local(&self) -> DateTime {
        match self {
            Self::Day(date) => date.to_datetime(Time::midnight()),
            Self::Floating(local) | Self::Zoned(local, _) => *local,
        }
    }

    /// The same kind of moment at another time.
    pub(super) fn moved_to(&self, local: DateTime) -> Self {
        match self {
            Self::Day(_) => Self::Day(local.date()),
            Self::Floating(_) => Self::Floating(local),
            Self::Zoned(_, zone) => Self::Zoned(local, zone.clone()),
        }
    }

    /// The instant, where a zone fixes it. In the hour that clocks skip it is what they would have shown, in the
    /// hour that they repeat the first time.
    fn instant(&self) -> Option<Timestamp> {
        match self {
            Self::Day(_) | Self::Floating(_) => None,
            Self::Zoned(local, zone) => zone.to_timestamp(*local).ok(),
        }
    }

    /// What a person's clocks show then.
    pub(super) fn on_clocks_of(&self, person: &TimeZone) -> DateTime {
        self.instant().map_or_else(|| self.local(), |instant| person.to_datetime(instant))
    }

    /// When something ends that takes so long.
    pub(super) fn plus(&self, length: &Length) -> Option<Self> {
        let local = self.local();
        Some(match (self, length) {
            (_, Length::Days(days)) => {
                self.moved_to(local.checked_add(Span::new().try_days(*days).ok()?).ok()?)
            }
            (Self::Zoned(_, zone), Length::Exact(time)) => {
                let end = self.instant()?.checked_add(*time).ok()?;
                Self::Zoned(zone.to_datetime(end), zone.clone())
            }
            (Self::Zoned(_, zone), Length::Nominal(span)) => {
                let end = zone.to_zoned_datetime(local).ok()?.checked_add(*span).ok()?;
                Self::Zoned(end.datetime(), zone.clone())
            }
            (_, Length::Exact(time)) => Self::Floating(local.checked_add(*time).ok()?),
            (_, Length::Nominal(span)) => Self::Floating(local.checked_add(*span).ok()?),
        })
    }

    /// How long it is until another moment.
    pub(super) fn until(&self, end: &Self) -> Length {
        match (self.instant(), end.instant()) {
            (Some(from), Some(to)) => Length::Exact(to.duration_since(from)),
            _ => match (self, end) {
                (Self::Day(from), Self::Day(to)) => Length::Days(to.duration_since(*from).as_hours() / 24),
                _ => Length::Exact(end.local().duration_since(self.local())),
            },
        }
    }
}

/// Moments by which times of events are named, as `EXDATE` and `RECURRENCE-ID` do: by the instant, by the time on the
/// clocks where one of the two has no zone, or by the day. There can be many of them, and many times to look up.
#[derive(Debug, Default)]
pub(super) struct Named {
    days: HashSet<Date>,
    floating: HashSet<DateTime>,
    /// What clocks show at those that have a zone, and when that is.
    zoned: HashSet<DateTime>,
    instants: HashSet<Timestamp>,
}

impl Named {
    pub(super) fn add(&mut self, moment: &Moment) {
        match moment {
            Moment::Day(date) => {
                self.days.insert(*date);
            }
            Moment::Floating(local) => {
                self.floating.insert(*local);
            }
            Moment::Zoned(local, _) => {
                self.zoned.insert(*local);
                self.instants.extend(moment.instant());
            }
        }
    }

    /// Whether this moment is named.
    pub(super) fn has(&self, moment: &Moment) -> bool {
        let local = moment.local();
        let is_zoned = match moment {
            Moment::Zoned(..) => moment.instant().is_some_and(|instant| self.instants.contains(&instant)),
            Moment::Day(_) | Moment::Floating(_) => self.zoned.contains(&local),
        };
        is_zoned || self.floating.contains(&local) || self.days.contains(&local.date())
    }
}

/// The moments of a property, such as `DTSTART` or `EXDATE`.
pub(super) fn moments(line: &Line, zones: &Zones) -> Result<Vec<Moment>, Damage> {
    let property = line.property()?;
    let zone = zones.of(&property, line.number)?;
    let read = |text: &str| {
        // A period counts by its beginning.
        let text = text.split('/').next().unwrap_or_default().trim();
        moment(text, zone.as_ref()).ok_or_else(|| {
            let name = property.name.as_str();
            Damage::at(line.number, format!("{name}: '{text}' is no date or time, such as 20261124T150000"))
        })
    };
    property.val.as_str().split(',').map(read).collect()
}

/// The one moment of a property.
pub(super) fn one(line: &Line, zones: &Zones) -> Result<Moment, Damage> {
    let mut found = moments(line, zones)?;
    match (found.pop(), found.is_empty()) {
        (Some(moment), true) => Ok(moment),
        _ => Err(Damage::at(line.number, "one date or time belongs here")),
    }
}

fn moment(text: &str, zone: Option<&TimeZone>) -> Option<Moment> {
    if let Some(utc) = text.strip_suffix(['Z', 'z']) {
        return date_time(utc).map(|local| Moment::Zoned(local, TimeZone::UTC));
    }
    if text.len() == 8 {
        return Date::strptime("%Y%m%d", text).ok().map(Moment::Day);
    }
    let local = date_time(text)?;
    Some(zone.map_or(Moment::Floating(local), |zone| Moment::Zoned(local, zone.clone())))
}

/// `20261124T150000`.
pub(super) fn date_time(text: &str) -> Option<DateTime> {
    let fits =
        text.len() == 15 && text.bytes().enumerate().all(|(at, byte)| byte.is_ascii_digit() || at == 8);
    if !fits {
        return None;
    }
    // A leap second counts as the second before it.
    let text = text.strip_suffix("60").map_or_else(|| text.to_owned(), |minutes| format!("{minutes}59"));
    DateTime::strptime("%Y%m%dT%H%M%S", &text).ok()
}

/// When a rule ends, on the clocks of the moment that it repeats.
///
/// What has no zone should end without one (RFC 5545, 3.3.10). Programs end it in UTC all the same: whole days with the
/// first or last second that their last day has there, or both as the person's clocks show it.
pub(super) fn until(text: &str, start: &Moment, person: &TimeZone) -> Option<DateTime> {
    let last_second = Time::constant(23, 59, 59, 0);
    match (moment(text, None)?, start) {
        (Moment::Day(date), _) => Some(date.to_datetime(last_second)),
        (end @ Moment::Zoned(..), Moment::Zoned(_, zone)) => Some(end.on_clocks_of(zone)),
        (Moment::Zoned(end, _), Moment::Day(_)) if [Time::midnight(), last_second].contains(&end.time()) => {
            Some(end)
        }
        (end, _) => Some(end.on_clocks_of(person)),
    }
}

/// A parameter of a property, without quotation marks.
pub(super) fn parameter(property: &Property<'_>, name: &str) -> Option<String> {
    let found = property.params.iter().find(|parameter| parameter.key.as_str().eq_ignore_ascii_case(name))?;
    Some(found.val.as_ref()?.as_str().trim_matches('"').to_owned())
}
