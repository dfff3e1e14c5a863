//! The weather tool, on the sandbox or on Open-Meteo.

#[cfg(feature = "web")]
mod open_meteo;

#[cfg(feature = "web")]
pub use open_meteo::OpenMeteo;

use std::sync::Arc;

use handyman_core::{CallContext, ToolError, ToolResult, tool};
use jiff::ToSpan;
use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::resolve;
use crate::world::forecast::forecast;
use crate::world::{SOURCE, World};

const FORECAST_DAYS: i32 = 15;

/// A unit of temperature.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(description = "")]
#[expect(missing_docs, reason = "the names say it")]
pub enum Unit {
    #[default]
    Celsius,
    Fahrenheit,
}

/// The weather of a city on a day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Forecast {
    /// The city, in the language it was asked in.
    pub city: String,
    /// ISO code of its country or region.
    pub country: String,
    /// The day.
    pub date: String,
    /// What it will be like.
    pub condition: &'static str,
    /// Highest temperature.
    pub high: i64,
    /// Lowest temperature.
    pub low: i64,
    /// `°C` or `°F`.
    pub unit: &'static str,
    /// Chance of rain or snow, where one is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rain_percent: Option<i64>,
    /// Where the data comes from.
    pub source: &'static str,
}

/// Where forecasts come from.
#[derive(Debug, Clone)]
pub enum Station {
    /// The sandbox.
    Sandbox(Arc<World>),
    /// The open weather service Open-Meteo.
    #[cfg(feature = "web")]
    OpenMeteo(Arc<OpenMeteo>),
}

/// Weather forecast for a city
#[tool(read_only)]
pub async fn weather(
    #[state] station: &Station,
    context: &CallContext,
    #[arg(verbatim)] city: String,
    /// Default today
    #[arg(verbatim)]
    day: Option<String>,
    unit: Option<Unit>,
) -> ToolResult<Forecast> {
    let today = context.now.date();
    let unit = unit.unwrap_or_default();
    match station {
        Station::Sandbox(world) => in_sandbox(world, &city, (day.as_deref(), today), unit),
        #[cfg(feature = "web")]
        Station::OpenMeteo(service) => {
            service.forecast(&city, asked_day(day.as_deref(), today, FORECAST_DAYS)?, unit).await
        }
    }
}

fn in_sandbox(
    world: &World,
    city: &str,
    (day, today): (Option<&str>, Date),
    unit: Unit,
) -> ToolResult<Forecast> {
    let (city, language) = resolve::city("city", city)?;
    let date = asked_day(day, today, FORECAST_DAYS)?;
    let forecast = forecast(world.seed(), city, date);
    Ok(Forecast {
        city: city.name(language).to_owned(),
        country: city.country.clone(),
        date: date.to_string(),
        condition: forecast.condition.name(language),
        high: unit.shown(forecast.high),
        low: unit.shown(forecast.low),
        unit: unit.sign(),
        rain_percent: Some(forecast.rain_percent),
        source: SOURCE,
    })
}

/// The day that was asked for, if the forecast reaches it.
fn asked_day(day: Option<&str>, today: Date, days: i32) -> ToolResult<Date> {
    let date = match day {
        Some(day) => resolve::day("day", day, today)?.date,
        None => today,
    };
    let last = today.saturating_add(days.days());
    if date > last {
        return Err(ToolError::argument(
            "day",
            format!("{date} is too far ahead; the forecast reaches to {last}"),
        ));
    }
    Ok(date)
}

impl Unit {
    /// Whole degrees Celsius in this unit.
    fn shown(self, celsius: i64) -> i64 {
        match self {
            Self::Celsius => celsius,
            Self::Fahrenheit => (celsius * 9).div_euclid(5) + 32,
        }
    }

    /// Degrees Celsius as whole degrees of this unit; rounded once, at the end.
    #[cfg(feature = "web")]
    fn rounded(self, celsius: f64) -> i64 {
        open_meteo::whole(match self {
            Self::Celsius => celsius,
            Self::Fahrenheit => celsius * 1.8 + 32.0,
        })
    }

    fn sign(self) -> &'static str {
        match self {
            Self::Celsius => "°C",
            Self::Fahrenheit => "°F",
        }
    }
}

#[cfg(all(test, feature = "web"))]
mod tests;
