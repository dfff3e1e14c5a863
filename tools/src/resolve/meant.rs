//! A day as it was named, and what two names beside each other mean: a weekday and a date, a week and a weekday.

use jiff::civil::{Date, Weekday};

use super::days::in_week;

/// How exactly a day is named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Named {
    /// As one day: `tomorrow`, `Dec 1`.
    Day,
    /// As a day of the week, of which a date can say which one: `Friday`.
    Weekday,
    /// As a week or its end, of which a date or a weekday can say which day: `next week`.
    Week,
}

/// A day, and how it was named.
#[derive(Debug, Clone, Copy)]
pub(super) struct Meant {
    pub(super) named: Named,
    pub(super) date: Date,
}

impl Meant {
    /// The day that is meant where two are named beside each other; the order of the two does not matter.
    pub(super) fn with(self, other: Self) -> Result<Self, String> {
        let (date, said) = (self.date, other.date);
        match (self.named, other.named) {
            (Named::Weekday, Named::Week) | (Named::Weekday | Named::Week, Named::Day) => other.with(self),
            (Named::Week, Named::Weekday) => {
                Ok(Self { named: Named::Weekday, date: in_week(said.weekday(), 0, date)? })
            }
            (Named::Day, Named::Weekday) if date.weekday() != said.weekday() => Err(format!(
                "{date} is a {}, not a {}; write only the date",
                date.strftime("%A"),
                said.strftime("%A")
            )),
            (Named::Day, Named::Day) if date != said => {
                Err(format!("{date} and {said} are two days; write only one of them"))
            }
            (Named::Day | Named::Week, Named::Week) if monday(date) != monday(said) => {
                Err(format!("{date} is not in the week of {said}; write only the date"))
            }
            // A second weekday is the other end of a stretch, or the first one again.
            (Named::Day | Named::Week, _) | (Named::Weekday, Named::Weekday) => Ok(self),
        }
    }
}

fn monday(date: Date) -> Result<Date, String> {
    in_week(Weekday::Monday, 0, date)
}
