//! Names are long, readable, and never given twice.

use std::collections::HashSet;

use super::{ALPHABET, fresh, is_fresh};

#[test]
fn a_name_is_the_prefix_and_60_bits_that_are_not_given_again() {
    let names = || (0..2_000).map(|_| fresh("r")).collect::<Vec<_>>();
    let elsewhere = std::thread::spawn(names);
    let all: Vec<String> = names().into_iter().chain(elsewhere.join().unwrap()).collect();
    for name in &all {
        assert_eq!(name.len(), 13, "{name}");
        assert!(is_fresh(&name[1..]) && !is_fresh(name), "{name}");
        assert!(name.starts_with('r') && name.bytes().skip(1).all(|byte| ALPHABET.contains(&byte)), "{name}");
    }
    assert_eq!(all.iter().collect::<HashSet<_>>().len(), all.len());
    for place in 1..13 {
        let digits: HashSet<u8> = all.iter().map(|name| name.as_bytes()[place]).collect();
        assert_eq!(digits.len(), 32, "every digit is drawn at place {place}");
    }
}
