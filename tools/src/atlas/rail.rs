//! The rail network: lines as lists of stations, and the fastest way between two cities.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::Station;

const MINUTES_PER_CHANGE: f64 = 8.0;

/// A row of `lines.csv`.
#[derive(Debug, Deserialize)]
pub(super) struct Line {
    prefix: String,
    kmh: f64,
    fen_per_km: f64,
    stops: String,
}

/// A way by rail.
#[derive(Debug, Clone, PartialEq)]
pub struct Route {
    /// Letters that its train numbers begin with.
    pub prefix: String,
    /// Chinese name of the station it leaves from.
    pub from_station: String,
    /// Chinese name of the station it arrives at.
    pub to_station: String,
    /// Time on the way, without stops.
    pub minutes: f64,
    /// Fare in fen before rounding.
    pub fare_fen: f64,
}

#[derive(Debug)]
struct Hop {
    line: usize,
    prefix: String,
    from_station: String,
    to_station: String,
    to_city: String,
    minutes: f64,
    fare_fen: f64,
}

/// Hops between neighbouring cities, by the Chinese name of the city they leave from.
#[derive(Debug)]
pub(super) struct Network {
    hops: BTreeMap<String, Vec<Hop>>,
}

impl Network {
    pub(super) fn new(lines: &[Line], stations: &[Station]) -> Self {
        let city_of: BTreeMap<&str, &str> =
            stations.iter().map(|station| (station.zh.as_str(), station.city.as_str())).collect();
        let mut network = Self { hops: BTreeMap::new() };
        for (index, line) in lines.iter().enumerate() {
            let stops: Vec<(&str, f64)> = line.stops.split(';').filter_map(read_stop).collect();
            for pair in stops.windows(2) {
                network.add(index, line, &city_of, (pair[0], pair[1]));
                network.add(index, line, &city_of, (pair[1], pair[0]));
            }
        }
        network
    }

    fn add(
        &mut self,
        index: usize,
        line: &Line,
        city_of: &BTreeMap<&str, &str>,
        ends: ((&str, f64), (&str, f64)),
    ) {
        let ((from, from_km), (to, to_km)) = ends;
        let (Some(from_city), Some(to_city)) = (city_of.get(from), city_of.get(to)) else { return };
        let km = (to_km - from_km).abs();
        self.hops.entry((*from_city).to_owned()).or_default().push(Hop {
            line: index,
            prefix: line.prefix.clone(),
            from_station: from.to_owned(),
            to_station: to.to_owned(),
            to_city: (*to_city).to_owned(),
            minutes: km / line.kmh * 60.0,
            fare_fen: km * line.fen_per_km,
        });
    }

    /// Dijkstra over cities; a change of line costs a few minutes. The network has about 120 nodes,
    /// so a linear scan for the nearest open one is fast enough.
    pub(super) fn route(&self, from: &str, to: &str) -> Option<Route> {
        let mut best: BTreeMap<&str, (f64, Vec<&Hop>)> = BTreeMap::from([(from, (0.0, Vec::new()))]);
        let mut done: Vec<&str> = Vec::new();
        loop {
            let (city, (minutes, path)) = best
                .iter()
                .filter(|(city, _)| !done.contains(city))
                .min_by(|a, b| a.1.0.total_cmp(&b.1.0))
                .map(|(city, way)| (*city, way.clone()))?;
            if city == to {
                return route_of(&path, minutes);
            }
            done.push(city);
            for hop in self.hops.get(city).into_iter().flatten() {
                let change = path.last().is_some_and(|last| last.line != hop.line);
                let total = minutes + hop.minutes + if change { MINUTES_PER_CHANGE } else { 0.0 };
                if best.get(hop.to_city.as_str()).is_none_or(|(known, _)| total < *known) {
                    let mut longer = path.clone();
                    longer.push(hop);
                    best.insert(&hop.to_city, (total, longer));
                }
            }
        }
    }
}

fn read_stop(stop: &str) -> Option<(&str, f64)> {
    let (name, km) = stop.split_once('@')?;
    Some((name, km.parse().ok()?))
}

/// A train bears the letters of the line that it spends most time on.
fn route_of(path: &[&Hop], minutes: f64) -> Option<Route> {
    let (first, last) = (path.first()?, path.last()?);
    let longest = path.iter().max_by(|a, b| a.minutes.total_cmp(&b.minutes))?;
    Some(Route {
        prefix: longest.prefix.clone(),
        from_station: first.from_station.clone(),
        to_station: last.to_station.clone(),
        minutes,
        fare_fen: path.iter().map(|hop| hop.fare_fen).sum(),
    })
}
