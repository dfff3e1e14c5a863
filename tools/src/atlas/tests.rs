//! The data files are complete and agree with each other.

use super::*;

fn line_count(table: &str) -> usize {
    table.lines().count() - 1
}

#[test]
fn no_row_is_left_out() {
    let atlas = Atlas::get();
    assert_eq!(atlas.cities.len(), line_count(include_str!("../../data/cities.csv")));
    assert_eq!(atlas.stations.len(), line_count(include_str!("../../data/stations.csv")));
    assert_eq!(atlas.airports.len(), line_count(include_str!("../../data/airports.csv")));
    assert_eq!(atlas.cuisines.len(), line_count(include_str!("../../data/cuisines.csv")));
    assert_eq!(atlas.climates.len(), line_count(include_str!("../../data/climates.csv")));
    assert_eq!(atlas.airlines.len(), line_count(include_str!("../../data/airlines.csv")));
}

#[test]
fn there_are_enough_cities() {
    let atlas = Atlas::get();
    assert!(atlas.cities.len() >= 120);
    assert!(atlas.cities.iter().filter(|city| city.country == "CN").count() >= 50);
}

#[test]
fn every_reference_leads_somewhere() {
    let atlas = Atlas::get();
    for city in &atlas.cities {
        assert!(atlas.climate(city).is_some(), "{} has no climate", city.zh);
        assert!(jiff::tz::TimeZone::get(&city.zone).is_ok(), "{} has no zone", city.zh);
        assert_eq!(atlas.cities.iter().filter(|other| other.zh == city.zh).count(), 1, "{} twice", city.zh);
    }
    for station in &atlas.stations {
        assert!(atlas.city(&station.city).is_some(), "{} has no city", station.zh);
        assert_eq!(atlas.stations.iter().filter(|other| other.zh == station.zh).count(), 1);
    }
    for airport in &atlas.airports {
        assert!(atlas.city(&airport.city).is_some(), "{} has no city", airport.iata);
    }
    for line in include_str!("../../data/lines.csv").lines().skip(1) {
        for stop in line.rsplit(',').next().unwrap().split(';') {
            let name = stop.split('@').next().unwrap();
            assert!(atlas.station(name).is_some(), "no station {name}");
        }
    }
}

#[test]
fn trains_run_where_there_are_rails() {
    let atlas = Atlas::get();
    let route = |from: &str, to: &str| atlas.rail_route(atlas.city(from).unwrap(), atlas.city(to).unwrap());
    let direct = route("上海", "北京").unwrap();
    assert_eq!((direct.from_station.as_str(), direct.to_station.as_str()), ("上海虹桥", "北京南"));
    assert!((240.0..320.0).contains(&direct.minutes), "{}", direct.minutes);
    assert!((50_000.0..60_000.0).contains(&direct.fare_fen), "{}", direct.fare_fen);
    assert!(route("伦敦", "巴黎").is_some());
    assert!(route("上海", "东京").is_none());
}
