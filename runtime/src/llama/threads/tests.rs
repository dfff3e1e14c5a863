//! The number of threads follows what others leave free.

use super::{Threads, busy_ticks, fitting, own_ticks};

#[test]
fn a_core_that_is_taken_costs_a_thread() {
    assert_eq!([0.0, 0.3, 0.7, 1.0, 2.0, 9.0].map(|taken| fitting(2, taken)), [2, 2, 1, 1, 1, 1]);
    assert_eq!([0.0, 1.2, 3.0, 7.9].map(|taken| fitting(8, taken)), [8, 7, 5, 1]);
}

#[test]
fn the_kernels_figures_are_read() {
    let stat = "cpu  10 20 30 999 999 1 2 3 0 0\ncpu0 1 1 1 1";
    assert_eq!(busy_ticks(stat), Some(66.0));
    assert_eq!(own_ticks("7 (a) b c) R 1 2 3 4 5 6 7 8 9 10 40 2 0 0"), Some(42.0));
    assert_eq!(busy_ticks("nonsense"), None);
}

#[test]
fn what_was_asked_for_stays() {
    let mut threads = Threads::choose(Some(1));
    threads.adapt();
    assert_eq!(threads.now(), 1);
}
