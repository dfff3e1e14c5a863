//! Patterns are cut at their places.

use super::{Piece, opening, pieces};
use crate::dialect::families::FAMILIES;

#[test]
fn a_pattern_is_text_and_places() {
    let wanted = [Piece::Text("<f="), Piece::Name, Piece::Text(">"), Piece::Arguments];
    assert_eq!(pieces("<f=$NAME>$ARGS"), wanted);
    assert_eq!(opening("<f=$NAME>"), "<f=");
    assert_eq!(opening("$NAME($ARGS)"), "");
}

#[test]
fn every_family_is_told_from_the_others_and_begins_calls_with_its_trigger() {
    let mut names = std::collections::BTreeSet::new();
    for family in &FAMILIES {
        let format = family.owned();
        assert!(names.insert(format.name), "{} is there twice", format.name);
        let as_answers = format.is_wrapped() && format.answer.0.starts_with(&format.opening());
        let begins = format.opening().starts_with(&format.trigger)
            || (as_answers && format.call.contains(&format.trigger))
            || (format.is_addressed() && format.between == format.trigger);
        assert!(!format.trigger.is_empty() && begins, "{}", format.name);
        assert!(!format.signs.is_empty(), "{}", format.name);
    }
}
