//! A reader that does not come back, or breaks, is told.

use std::time::Duration;

use super::{TIME_MAX, read};

#[test]
fn a_reader_is_waited_for_only_so_long() {
    assert_eq!(read(TIME_MAX, || 7), Ok(7));
    let late = read(Duration::from_millis(10), || std::thread::sleep(Duration::from_secs(5)));
    assert_eq!(late, Err("it takes too long".to_owned()));
    let broken: Result<(), String> = read(TIME_MAX, || panic!("a page of a document is missing"));
    assert_eq!(broken, Err("it is damaged".to_owned()));
}
