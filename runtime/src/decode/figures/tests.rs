//! Times are counted so that mean and tail can be told.

use std::time::Duration;

use super::Spread;

#[test]
fn mean_and_tail_are_told() {
    let mut spread = Spread::default();
    assert_eq!((spread.mean(), spread.quantile(0.99)), (Duration::ZERO, Duration::ZERO));
    for microseconds in 1..=100 {
        spread.add(Duration::from_micros(microseconds));
    }
    assert_eq!((spread.count(), spread.mean()), (100, Duration::from_nanos(50_500)));
    let median = spread.quantile(0.5);
    assert!((50..=76).contains(&median.as_micros()), "{median:?}");
    assert!(spread.quantile(0.99) >= Duration::from_micros(99));
    spread.add(Duration::from_secs(1_000_000));
    assert_eq!(spread.count(), 101);
}
