//! The sandbox's weather: plausible for the place and the season, the same for the same seed and day.

use jiff::civil::Date;

use super::chance::Chance;
use crate::Language;
use crate::atlas::{Atlas, City};

/// The weather of a city on a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Forecast {
    /// What it will be like.
    pub condition: Condition,
    /// Highest temperature, °C.
    pub high: i64,
    /// Lowest temperature, °C.
    pub low: i64,
    /// Chance of rain or snow.
    pub rain_percent: i64,
}

/// What a day will be like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Condition {
    Sunny,
    PartlyCloudy,
    Cloudy,
    LightRain,
    Rain,
    HeavyRain,
    LightSnow,
    Snow,
}

impl Condition {
    /// Its name in a language.
    #[must_use]
    pub fn name(self, language: Language) -> &'static str {
        let (english, chinese) = match self {
            Self::Sunny => ("sunny", "晴"),
            Self::PartlyCloudy => ("partly cloudy", "多云"),
            Self::Cloudy => ("cloudy", "阴"),
            Self::LightRain => ("light rain", "小雨"),
            Self::Rain => ("rain", "中雨"),
            Self::HeavyRain => ("heavy rain", "大雨"),
            Self::LightSnow => ("light snow", "小雪"),
            Self::Snow => ("snow", "中雪"),
        };
        language.choose(english, chinese)
    }
}

/// The weather of a city on a day.
#[must_use]
pub fn forecast(seed: u64, city: &City, date: Date) -> Forecast {
    let mut chance = Chance::of(seed, &["weather", &city.zh, &date.to_string()]);
    let climate = Atlas::get().climate(city);
    // January is coldest or warmest around the 15th; the rest of the year lies on a cosine.
    let turn = f64::from(date.day_of_year() - 15) / 365.25 * std::f64::consts::TAU;
    let january = f64::midpoint(turn.cos(), 1.0);
    let mean_high = city.jul_high + (city.jan_high - city.jul_high) * january;
    let warmth = if city.jul_high >= city.jan_high { 1.0 - january } else { january };

    let (cold_rain, warm_rain, range) = climate.map_or((30.0, 30.0, 8.0), |climate| {
        (climate.cold_rain_percent, climate.warm_rain_percent, climate.daily_range)
    });
    let usual_rain = cold_rain + (warm_rain - cold_rain) * warmth;
    let is_wet = chance.share() * 100.0 < usual_rain;
    let rain_percent =
        if is_wet { chance.between(55, 95) } else { chance.between(0, 45).min(whole(usual_rain * 1.2)) };
    let cooled = if is_wet { 2.0 } else { 0.0 };
    let high = whole(mean_high + chance.factor(-4.0, 4.0) - cooled);
    let low = high - whole(range * chance.factor(0.7, 1.2) - cooled).max(2);
    Forecast { condition: condition(rain_percent, high), high, low, rain_percent }
}

fn condition(rain_percent: i64, high: i64) -> Condition {
    match rain_percent {
        85.. if high <= 1 => Condition::Snow,
        50.. if high <= 1 => Condition::LightSnow,
        88.. => Condition::HeavyRain,
        75.. => Condition::Rain,
        50.. => Condition::LightRain,
        30.. => Condition::Cloudy,
        15.. => Condition::PartlyCloudy,
        _ => Condition::Sunny,
    }
}

#[expect(clippy::cast_possible_truncation, reason = "temperatures and percentages are small")]
fn whole(value: f64) -> i64 {
    value.round() as i64
}
