//! The atlas: real cities, stations, airports and rail lines, read from the bundled data files.

use std::sync::LazyLock;

use serde::Deserialize;
use serde::de::DeserializeOwned;

pub mod geography;
pub mod rail;

/// A city.
#[derive(Debug, Clone, Deserialize)]
pub struct City {
    /// English name.
    pub en: String,
    /// Chinese name; unique in the atlas, so it also serves as key.
    pub zh: String,
    /// ISO 3166 country or region code.
    pub country: String,
    /// IANA time zone.
    pub zone: String,
    /// Latitude in degrees.
    pub lat: f64,
    /// Longitude in degrees.
    pub lon: f64,
    /// Mean daily high in January, °C.
    pub jan_high: f64,
    /// Mean daily high in July, °C.
    pub jul_high: f64,
    /// Name of the climate, a row of `climates.csv`.
    pub climate: String,
    /// How much traffic it has: 1 small, 2 large, 3 hub.
    pub size: u8,
    /// Other names, separated by semicolons.
    pub aliases: String,
}

/// A railway station.
#[derive(Debug, Clone, Deserialize)]
pub struct Station {
    /// Chinese name; unique.
    pub zh: String,
    /// English name.
    pub en: String,
    /// Chinese name of its city.
    pub city: String,
}

/// An airport.
#[derive(Debug, Clone, Deserialize)]
pub struct Airport {
    /// IATA code; unique.
    pub iata: String,
    /// Chinese name of its city.
    pub city: String,
    /// Chinese name.
    pub zh: String,
    /// English name.
    pub en: String,
}

/// What a climate does to a day.
#[derive(Debug, Clone, Deserialize)]
pub struct Climate {
    /// Its name.
    pub climate: String,
    /// Mean difference between high and low of a day, °C.
    pub daily_range: f64,
    /// Chance of rain on a day of the cold half of the year.
    pub cold_rain_percent: f64,
    /// Chance of rain on a day of the warm half of the year.
    pub warm_rain_percent: f64,
}

/// A kind of cooking.
#[derive(Debug, Clone, Deserialize)]
pub struct Cuisine {
    /// English name.
    pub en: String,
    /// Chinese name.
    pub zh: String,
    /// Other words for it, separated by semicolons.
    pub aliases: String,
    /// Least price a head, in yuan.
    pub min_price: i64,
    /// Greatest price a head, in yuan.
    pub max_price: i64,
}

#[derive(Debug, Clone, Deserialize)]
struct Airline {
    country: String,
    code: String,
}

/// All places and what connects them. There is one, read once: [`Atlas::get`].
#[derive(Debug)]
pub struct Atlas {
    /// Cities; the position of a city is its index.
    pub cities: Vec<City>,
    /// Stations.
    pub stations: Vec<Station>,
    /// Airports.
    pub airports: Vec<Airport>,
    /// Kinds of cooking.
    pub cuisines: Vec<Cuisine>,
    climates: Vec<Climate>,
    airlines: Vec<Airline>,
    rail: rail::Network,
}

static ATLAS: LazyLock<Atlas> = LazyLock::new(|| {
    let stations: Vec<Station> = rows(include_str!("../../data/stations.csv"));
    let rail = rail::Network::new(&rows(include_str!("../../data/lines.csv")), &stations);
    Atlas {
        cities: rows(include_str!("../../data/cities.csv")),
        stations,
        airports: rows(include_str!("../../data/airports.csv")),
        cuisines: rows(include_str!("../../data/cuisines.csv")),
        climates: rows(include_str!("../../data/climates.csv")),
        airlines: rows(include_str!("../../data/airlines.csv")),
        rail,
    }
});

/// The rows of a bundled table. A row that does not fit the type is left out; a test counts them.
fn rows<T: DeserializeOwned>(table: &str) -> Vec<T> {
    csv::Reader::from_reader(table.as_bytes()).into_deserialize().filter_map(Result::ok).collect()
}

impl Atlas {
    /// The atlas.
    #[must_use]
    pub fn get() -> &'static Self {
        &ATLAS
    }

    /// The city with this Chinese name.
    #[must_use]
    pub fn city(&self, zh: &str) -> Option<&City> {
        self.cities.iter().find(|city| city.zh == zh)
    }

    /// The position of a city in the atlas.
    #[must_use]
    pub fn index(&self, city: &City) -> usize {
        self.cities.iter().position(|known| known.zh == city.zh).unwrap_or_default()
    }

    /// The climate of a city.
    #[must_use]
    pub fn climate(&self, city: &City) -> Option<&Climate> {
        self.climates.iter().find(|climate| climate.climate == city.climate)
    }

    /// The airports of a city, the main one first.
    #[must_use]
    pub fn airports_of(&self, city: &City) -> Vec<&Airport> {
        self.airports.iter().filter(|airport| airport.city == city.zh).collect()
    }

    /// The station with this Chinese name.
    #[must_use]
    pub fn station(&self, zh: &str) -> Option<&Station> {
        self.stations.iter().find(|station| station.zh == zh)
    }

    /// Codes of the airlines that fly between two cities: those of either country.
    #[must_use]
    pub fn airlines_between(&self, from: &City, to: &City) -> Vec<&str> {
        self.airlines
            .iter()
            .filter(|airline| airline.country == from.country || airline.country == to.country)
            .map(|airline| airline.code.as_str())
            .collect()
    }

    /// The fastest way by rail between two cities, if there is one.
    #[must_use]
    pub fn rail_route(&self, from: &City, to: &City) -> Option<rail::Route> {
        self.rail.route(&from.zh, &to.zh)
    }
}

impl City {
    /// Its name in a language.
    #[must_use]
    pub fn name(&self, language: crate::Language) -> &str {
        language.choose(&self.en, &self.zh)
    }
}

#[cfg(test)]
mod tests;
