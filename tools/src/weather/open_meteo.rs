//! Forecasts of Open-Meteo: two requests, one for where a city is and one for its weather. No key is needed.
//!
//! Formats: <https://open-meteo.com/en/docs/geocoding-api>, <https://open-meteo.com/en/docs>; the weather codes
//! are WMO code table 4677 as listed there.

use handyman_core::{ToolError, ToolErrorKind, ToolResult};
use jiff::civil::Date;
use serde::Deserialize;
use url::Url;

use super::{Forecast, Unit};
use crate::Language;
use crate::resolve;
use crate::web::{Client, HttpLimits, Reach, Request};
use crate::world::forecast::Condition;

const SOURCE: &str = "open-meteo.com";
const GEOCODING: &str = "https://geocoding-api.open-meteo.com/";
const FORECAST: &str = "https://api.open-meteo.com/";

/// The service, or one that speaks like it.
#[derive(Debug, Clone)]
pub struct OpenMeteo {
    geocoding: Url,
    forecast: Url,
    client: Client,
}

#[derive(Debug, Deserialize)]
struct Places {
    #[serde(default)]
    results: Vec<Place>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Place {
    pub(super) name: String,
    pub(super) latitude: f64,
    pub(super) longitude: f64,
    #[serde(default)]
    pub(super) country_code: String,
}

#[derive(Debug, Deserialize)]
struct Weather {
    daily: Daily,
}

/// One entry a day in each list; the service has no value for some.
#[derive(Debug, Deserialize)]
struct Daily {
    time: Vec<String>,
    weather_code: Vec<Option<u8>>,
    temperature_2m_max: Vec<Option<f64>>,
    temperature_2m_min: Vec<Option<f64>>,
    #[serde(default)]
    precipitation_probability_max: Vec<Option<f64>>,
}

impl OpenMeteo {
    /// The public service.
    ///
    /// # Errors
    /// If the client cannot be set up.
    pub fn public() -> ToolResult<Self> {
        let address = |text: &str| text.parse::<Url>().map_err(ToolError::internal);
        let (geocoding, forecast) = (address(GEOCODING)?, address(FORECAST)?);
        let client = Client::new(Reach::of_all([&geocoding, &forecast]), HttpLimits::default())?;
        Ok(Self { geocoding, forecast, client })
    }

    /// A service of one's own that answers both kinds of requests at this address.
    ///
    /// # Errors
    /// If the client cannot be set up.
    pub fn at(base: Url) -> ToolResult<Self> {
        let client = Client::new(Reach::of(&base), HttpLimits::default())?;
        Ok(Self { geocoding: base.clone(), forecast: base, client })
    }

    pub(super) async fn forecast(&self, city: &str, date: Date, unit: Unit) -> ToolResult<Forecast> {
        let language = Language::of(city);
        let place = match known(city, language) {
            Some(place) => place,
            None => self.place(city, language).await?,
        };
        let day = date.to_string();
        let daily = "weather_code,temperature_2m_max,temperature_2m_min,precipitation_probability_max";
        let request = Request::get(joined(&self.forecast, "v1/forecast")?)
            .query("latitude", &place.latitude.to_string())
            .query("longitude", &place.longitude.to_string())
            .query("daily", daily)
            .query("timezone", "auto")
            .query("start_date", &day)
            .query("end_date", &day);
        let weather: Weather = self.client.send(&request).await?.successful()?.json()?;
        let Daily {
            time,
            weather_code,
            temperature_2m_max,
            temperature_2m_min,
            precipitation_probability_max,
        } = weather.daily;
        let missing =
            || ToolError::new(ToolErrorKind::NotFound, format!("there is no forecast for {day} there"));
        let index = time.iter().position(|known| *known == day).ok_or_else(missing)?;
        let at = |values: &[Option<f64>]| values.get(index).copied().flatten();
        let code = weather_code.get(index).copied().flatten().ok_or_else(missing)?;
        let (high, low) =
            (at(&temperature_2m_max).ok_or_else(missing)?, at(&temperature_2m_min).ok_or_else(missing)?);
        Ok(Forecast {
            city: place.name,
            country: place.country_code,
            date: day,
            condition: condition(code).name(language),
            high: unit.rounded(high),
            low: unit.rounded(low),
            unit: unit.sign(),
            rain_percent: at(&precipitation_probability_max).map(whole),
            source: SOURCE,
        })
    }

    async fn place(&self, city: &str, language: Language) -> ToolResult<Place> {
        let request = Request::get(joined(&self.geocoding, "v1/search")?)
            .query("name", city.trim())
            .query("count", "1")
            .query("language", language.choose("en", "zh"))
            .query("format", "json");
        let places: Places = self.client.send(&request).await?.successful()?.json()?;
        let unknown = || ToolError::argument("city", format!("unknown city '{city}'; write its usual name"));
        places.results.into_iter().next().ok_or_else(unknown)
    }
}

/// A city of the atlas by its Chinese name. The service may find villages of that name first: for 北京, two in Chongqing and
/// Sichuan (<https://github.com/open-meteo/geocoding-api/issues/20>).
pub(super) fn known(city: &str, language: Language) -> Option<Place> {
    if language != Language::Chinese {
        return None;
    }
    let (city, _) = resolve::city("city", city).ok()?;
    Some(Place {
        name: city.name(language).to_owned(),
        latitude: city.lat,
        longitude: city.lon,
        country_code: city.country.clone(),
    })
}

/// A path below that of the service: a base need not end with a slash.
pub(super) fn joined(base: &Url, path: &str) -> ToolResult<Url> {
    let mut base = base.clone();
    if !base.path().ends_with('/') {
        base.set_path(&format!("{}/", base.path()));
    }
    base.join(path).map_err(ToolError::internal)
}

/// The condition that a weather code comes closest to.
fn condition(code: u8) -> Condition {
    match code {
        0 | 1 => Condition::Sunny,
        2 => Condition::PartlyCloudy,
        51..=57 | 61 | 66 | 80 => Condition::LightRain,
        63 | 67 | 81 => Condition::Rain,
        65 | 82 | 95..=99 => Condition::HeavyRain,
        71 | 77 | 85 => Condition::LightSnow,
        73 | 75 | 86 => Condition::Snow,
        _ => Condition::Cloudy,
    }
}

#[expect(clippy::cast_possible_truncation, reason = "temperatures and percentages are small")]
pub(super) fn whole(value: f64) -> i64 {
    value.round() as i64
}
