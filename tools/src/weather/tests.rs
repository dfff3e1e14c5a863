//! What a service says comes out as it is: rounded once, below its address, and no number where it has none.

use serde_json::json;

use super::open_meteo::{joined, known};
use super::{Forecast, Unit};
use crate::Language;

#[test]
fn degrees_are_rounded_once() {
    let cases = [(12.6, 13, 55), (-0.4, 0, 31), (0.4, 0, 33), (-10.5, -11, 13), (20.4, 20, 69)];
    for (celsius, whole, fahrenheit) in cases {
        let found = (Unit::Celsius.rounded(celsius), Unit::Fahrenheit.rounded(celsius));
        assert_eq!(found, (whole, fahrenheit), "{celsius}");
    }
}

#[test]
fn a_chinese_name_of_a_large_city_means_that_city() {
    let place = |city: &str| known(city, Language::of(city));
    for (city, name, latitude, longitude) in [("北京", "北京", 40.0, 116.0), ("上海市", "上海", 31.0, 121.0)]
    {
        let place = place(city).unwrap();
        let found = (place.name.as_str(), place.latitude.round(), place.longitude.round());
        assert_eq!((found, place.country_code.as_str()), ((name, latitude, longitude), "CN"));
    }
    // The service knows more places than the atlas, and ranks those with Latin names well.
    assert!(place("Beijing").is_none() && place("亚特兰蒂斯").is_none());
}

#[test]
fn a_service_may_lie_below_a_path() {
    let cases = [
        ("http://localhost:8080", "http://localhost:8080/v1/forecast"),
        ("http://localhost/", "http://localhost/v1/forecast"),
        ("http://localhost/weather", "http://localhost/weather/v1/forecast"),
        ("http://localhost/weather/", "http://localhost/weather/v1/forecast"),
    ];
    for (base, expected) in cases {
        let joined = joined(&base.parse().unwrap(), "v1/forecast").unwrap();
        assert_eq!(joined.as_str(), expected);
    }
}

#[test]
fn an_unknown_chance_of_rain_is_left_out() {
    let forecast = |rain_percent| Forecast {
        city: "Lima".to_owned(),
        country: "PE".to_owned(),
        date: "2026-11-24".to_owned(),
        condition: "rain",
        high: 20,
        low: 15,
        unit: Unit::Celsius.sign(),
        rain_percent,
        source: "x",
    };
    let written = |rain_percent| serde_json::to_value(forecast(rain_percent)).unwrap();
    assert_eq!(written(None).get("rain_percent"), None);
    assert_eq!(written(Some(0))["rain_percent"], json!(0));
}
