//! The table's rows: ratio or figure first, then the goal, then what it was made of.

use std::time::Duration;

/// The head of the table.
pub(crate) fn head() {
    println!("{:<58} {:>10}  {:<10} from", "", "measured", "goal");
}

/// One row.
pub(crate) fn row(name: &str, measured: &str, goal: &str, from: &str) {
    println!("{name:<58} {measured:>10}  {goal:<10} {from}");
}

/// A ratio, with two digits.
pub(crate) fn ratio(of: f64, to: f64) -> String {
    format!("{:.2}", of / to.max(f64::MIN_POSITIVE))
}

/// A time in milliseconds.
pub(crate) fn millis(time: Duration) -> String {
    format!("{:.1} ms", time.as_secs_f64() * 1000.0)
}

/// The middle one of several times.
pub(crate) fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times.get(times.len() / 2).copied().unwrap_or_default()
}
