//! Trains and flights of a day: they follow from the seed, the pair of cities and the date.

use jiff::civil::{Date, Time, time as at};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, ToSpan};

use super::chance::Chance;
use super::offers::{Draft, Kind};
use crate::Language;
use crate::atlas::{Atlas, City, geography};
use crate::resolve::Place;

const TRAIN_MINUTES_MAX: f64 = 14.0 * 60.0;
const FLIGHT_KM_MIN: f64 = 150.0;
const DEPARTURES_MAX: i64 = 16;
const LETTER_PAIRS: usize = 26 * 26;

/// A train or flight on a day.
#[derive(Debug, Clone, PartialEq)]
pub struct Departure {
    /// What can be booked.
    pub draft: Draft,
    /// When it leaves, local time.
    pub departs: Time,
    /// When it arrives, local time, with `+1` for the next day.
    pub arrives: String,
    /// Station or airport it leaves from.
    pub from: String,
    /// Station or airport it arrives at.
    pub to: String,
    /// Minutes on the way.
    pub minutes: i64,
}

/// Where and when somebody wants to go.
#[derive(Debug, Clone, Copy)]
pub struct Trip {
    /// Where from.
    pub from: Place,
    /// Where to.
    pub to: Place,
    /// On which day.
    pub date: Date,
}

impl Trip {
    /// The language to name stations in.
    #[must_use]
    pub fn language(&self) -> Language {
        match (self.from.language, self.to.language) {
            (Language::Chinese, _) | (_, Language::Chinese) => Language::Chinese,
            (Language::English, Language::English) => Language::English,
        }
    }
}

/// The trains of a day in order of departure; none where no rails lead or the way is too long for a day.
#[must_use]
pub fn trains(seed: u64, trip: &Trip) -> Vec<Departure> {
    let atlas = Atlas::get();
    let (from, to) = (trip.from.city, trip.to.city);
    let Some(route) = atlas.rail_route(from, to).filter(|route| route.minutes <= TRAIN_MINUTES_MAX) else {
        return Vec::new();
    };
    let station = |zh: &str| {
        atlas
            .station(zh)
            .map_or_else(|| zh.to_owned(), |station| trip.language().choose(&station.en, zh).to_owned())
    };
    let count = (3 + i64::from(from.size * to.size)).min(14);
    (0..count)
        .map(|turn| {
            let mut chance = Chance::of(seed, &["train", &from.zh, &to.zh, &turn.to_string()]);
            let minutes = whole(route.minutes * chance.factor(1.0, 1.12)) + chance.between(0, 15);
            let price = whole(route.fare_fen * chance.factor(0.94, 1.06) / 50.0) * 50;
            let (number, letters) = numbering(from, to, turn);
            let run = Run { seed, trip, name: format!("{}{number}", route.prefix), letters, minutes, price };
            run.departure(
                Kind::Train,
                leaves(&mut chance, turn, count, minutes),
                [station(&route.from_station), station(&route.to_station)],
            )
        })
        .collect()
}

/// The direct flights of a day in order of departure; none over very short distances.
#[must_use]
pub fn flights(seed: u64, trip: &Trip) -> Vec<Departure> {
    let atlas = Atlas::get();
    let (from, to) = (trip.from.city, trip.to.city);
    let km = geography::distance_km(from, to);
    let (from_airports, to_airports) = (atlas.airports_of(from), atlas.airports_of(to));
    if km < FLIGHT_KM_MIN || from_airports.is_empty() || to_airports.is_empty() {
        return Vec::new();
    }
    let airlines = atlas.airlines_between(from, to);
    let count = (1 + i64::from(from.size * to.size)).min(10);
    (0..count)
        .map(|turn| {
            let mut chance = Chance::of(seed, &["flight", &from.zh, &to.zh, &turn.to_string()]);
            let minutes = whole(km / 800.0 * 60.0 * chance.factor(0.97, 1.06)) + 45;
            let price = whole((220.0 + km * 0.55) * chance.factor(0.65, 1.35) / 10.0) * 1000;
            let (number, letters) = numbering(from, to, turn);
            let airline = chance.pick(&airlines).copied().unwrap_or("HX");
            let mut airport = |choices: &[&crate::atlas::Airport], named: Option<&crate::atlas::Airport>| {
                let airport = named.or_else(|| chance.pick(choices).copied());
                airport
                    .map(|airport| trip.language().choose(&airport.en, &airport.zh).to_owned())
                    .unwrap_or_default()
            };
            let ends = [airport(&from_airports, trip.from.airport), airport(&to_airports, trip.to.airport)];
            let name = format!("{airline}{}", 2000 + number);
            let run = Run { seed, trip, name, letters, minutes, price };
            run.departure(Kind::Flight, leaves(&mut chance, turn, count, minutes.min(120)), ends)
        })
        .collect()
}

/// When the `turn`-th of `count` departures leaves: spread over the day, so that arrival is before midnight.
fn leaves(chance: &mut Chance, turn: i64, count: i64, minutes: i64) -> Time {
    let (first, last) = (6 * 60 + 10, (23 * 60 + 50 - minutes).clamp(7 * 60, 21 * 60 + 30));
    let step = (last - first) / count;
    let minute = first + turn * step + chance.between(0, (step - 1).max(0));
    at(0, 0, 0, 0).wrapping_add(minute.minutes())
}

/// A number and letters that no other pair of cities uses; pairs of hubs have no letters.
fn numbering(from: &City, to: &City, turn: i64) -> (i64, String) {
    let atlas = Atlas::get();
    let hubs: Vec<&str> =
        atlas.cities.iter().filter(|city| city.size == 3).map(|city| city.zh.as_str()).collect();
    let hub = |city: &City| hubs.iter().position(|zh| *zh == city.zh);
    let (pair, letters) = if let (Some(from), Some(to)) = (hub(from), hub(to)) {
        (from * hubs.len() + to, String::new())
    } else {
        let pair = atlas.index(from) * atlas.cities.len() + atlas.index(to);
        let letters = pair % LETTER_PAIRS;
        (pair / LETTER_PAIRS, [letters / 26, letters % 26].into_iter().map(letter).collect())
    };
    (i64::try_from(pair).unwrap_or_default() * DEPARTURES_MAX + turn + 1, letters)
}

fn letter(index: usize) -> char {
    u8::try_from(index).map_or('A', |index| char::from(b'A' + index))
}

/// What a train and a flight have in common.
struct Run<'a> {
    seed: u64,
    trip: &'a Trip,
    name: String,
    letters: String,
    minutes: i64,
    price: i64,
}

impl Run<'_> {
    fn departure(self, kind: Kind, departs: Time, [from, to]: [String; 2]) -> Departure {
        let Self { seed, trip, name, letters, minutes, price } = self;
        let date = trip.date;
        let id = format!("{name}-{}{letters}", date.strftime("%m%d"));
        let arrives = arrival_text(trip, departs, minutes);
        let mut chance = Chance::of(seed, &["seats", &id, &date.to_string()]);
        let capacity = if kind == Kind::Train { 100 } else { 60 };
        let available = if chance.percent(9) { 0 } else { chance.between(1, capacity - 1) };
        let draft = Draft {
            item: format!("{name} {from} {} → {to} {arrives}", crate::resolve::hm(departs)),
            resource: id.clone(),
            id,
            kind,
            date,
            departs: crate::resolve::hm(departs),
            nights: 1,
            people: 1,
            price_minor: price,
            stock: vec![(date, capacity, available)],
        };
        Departure { draft, departs, arrives, from, to, minutes }
    }
}

/// Local time of arrival, with `+1` if that is the next day there.
fn arrival_text(trip: &Trip, departs: Time, minutes: i64) -> String {
    let leaves = trip.date.to_datetime(departs);
    let zone = |city: &City| TimeZone::get(&city.zone).unwrap_or(TimeZone::UTC);
    let arrives = leaves
        .to_zoned_datetime(zone(trip.from.city))
        .and_then(|leaves| leaves.checked_add(SignedDuration::from_mins(minutes)))
        .map_or(leaves, |arrives| arrives.with_time_zone(zone(trip.to.city)).datetime());
    let days = arrives.date().duration_since(trip.date).as_hours() / 24;
    let time = crate::resolve::hm(arrives.time());
    if days == 0 { time } else { format!("{time}{days:+}") }
}

#[expect(clippy::cast_possible_truncation, reason = "minutes and fares are small")]
fn whole(value: f64) -> i64 {
    value.round() as i64
}
