//! The weather tool.

use handyman_core::{CallContext, ToolError, ToolResult, tool};
use jiff::ToSpan;
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
    /// Chance of rain or snow.
    pub rain_percent: i64,
    /// Where the data comes from.
    pub source: &'static str,
}

/// Weather forecast for a city
#[tool(read_only)]
pub async fn weather(
    #[state] world: &World,
    context: &CallContext,
    #[arg(verbatim)] city: String,
    /// Default today
    #[arg(verbatim)]
    day: Option<String>,
    unit: Option<Unit>,
) -> ToolResult<Forecast> {
    let (city, language) = resolve::city("city", &city)?;
    let today = context.now.date();
    let date = match day {
        Some(day) => resolve::day("day", &day, today)?.date,
        None => today,
    };
    let last = today.saturating_add(FORECAST_DAYS.days());
    if date > last {
        return Err(ToolError::argument(
            "day",
            format!("{date} is too far ahead; the forecast reaches to {last}"),
        ));
    }
    let forecast = forecast(world.seed(), city, date);
    let (unit, shown): (_, fn(i64) -> i64) = match unit.unwrap_or_default() {
        Unit::Celsius => ("°C", |celsius| celsius),
        Unit::Fahrenheit => ("°F", |celsius| (celsius * 9).div_euclid(5) + 32),
    };
    Ok(Forecast {
        city: city.name(language).to_owned(),
        country: city.country.clone(),
        date: date.to_string(),
        condition: forecast.condition.name(language),
        high: shown(forecast.high),
        low: shown(forecast.low),
        unit,
        rain_percent: forecast.rain_percent,
        source: SOURCE,
    })
}
