//! Distance on the sphere.

use super::City;

const EARTH_RADIUS_KM: f64 = 6371.0;

/// Great-circle distance between two cities in kilometres (haversine formula).
#[must_use]
pub fn distance_km(from: &City, to: &City) -> f64 {
    let (from_lat, to_lat) = (from.lat.to_radians(), to.lat.to_radians());
    let half_lat = (to_lat - from_lat) / 2.0;
    let half_lon = (to.lon - from.lon).to_radians() / 2.0;
    let chord = half_lat.sin().powi(2) + from_lat.cos() * to_lat.cos() * half_lon.sin().powi(2);
    2.0 * EARTH_RADIUS_KM * chord.sqrt().asin()
}
