//! Money: an integer of the smallest unit and a currency.

use std::fmt;

/// Currencies whose smallest unit is the unit itself (ISO 4217 exponent 0).
const WITHOUT_DECIMALS: [&str; 4] = ["JPY", "KRW", "VND", "CLP"];

/// An amount of money.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Money<'a> {
    /// Amount in the smallest unit of the currency.
    pub minor: i64,
    /// ISO 4217 code.
    pub currency: &'a str,
}

impl<'a> Money<'a> {
    /// An amount in the smallest unit of a currency.
    #[must_use]
    pub fn new(minor: i64, currency: &'a str) -> Self {
        Self { minor, currency }
    }
}

/// How many of the smallest unit make one unit.
#[must_use]
pub fn minor_per_unit(currency: &str) -> i64 {
    if WITHOUT_DECIMALS.contains(&currency) { 1 } else { 100 }
}

impl fmt::Display for Money<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { minor, currency } = self;
        match minor_per_unit(currency) {
            1 => write!(f, "{minor} {currency}"),
            per_unit => {
                let sign = if *minor < 0 { "-" } else { "" };
                let (minor, per_unit) = (minor.unsigned_abs(), per_unit.unsigned_abs());
                write!(f, "{sign}{}.{:02} {currency}", minor / per_unit, minor % per_unit)
            }
        }
    }
}
