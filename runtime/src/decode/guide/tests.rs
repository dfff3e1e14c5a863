//! A reply is followed token by token.

use super::{Branch, Guide, Marks};
use crate::tiny::vocabulary;

fn guide(reasoning_max: Option<u32>) -> Guide {
    let branch = |after: &str, values: &[&str]| Branch {
        after: after.to_owned(),
        values: values.iter().map(|value| (*value).to_owned()).collect(),
    };
    let marks = Marks {
        thinking: Some(("<t>".to_owned(), "</t>".to_owned())),
        begun: false,
        closing: b"</t>".map(u32::from).to_vec(),
        trigger: "<call>".to_owned(),
        answer: String::new(),
        branches: vec![branch("name: ", &["list", "listing", "book"]), branch("unit: ", &["c", "f"])],
    };
    Guide::new(vocabulary(), marks, reasoning_max)
}

/// Writes a text byte by byte; every byte of a choice is chosen with this probability.
fn write(guide: &mut Guide, text: &str, sure: f32) {
    for byte in text.bytes() {
        if guide.at_branch() {
            guide.chose(sure);
        }
        guide.wrote(&[byte.into()]);
    }
}

#[test]
fn the_least_sure_choice_counts_and_only_choices_do() {
    let mut guide = guide(None);
    write(&mut guide, "name: list; <call>name", 0.1);
    assert!(guide.confidence().is_none() && guide.in_call());
    write(&mut guide, ": list; ", 0.9);
    let first = guide.confidence().unwrap();
    assert!((first - 0.9_f32.powi(5)).abs() < 1e-6, "'list' and what is not 'listing': {first}");
    write(&mut guide, "unit: f, ", 0.5);
    assert!((guide.confidence().unwrap() - 0.5).abs() < 1e-6);
    write(&mut guide, "unit: kelvin, unit: c.", 0.9);
    assert!((guide.confidence().unwrap() - 0.5).abs() < 1e-6, "what is not one of the values does not count");
}

#[test]
fn a_reply_that_begins_otherwise_than_answers_have_to_is_calls() {
    let marks = || Marks { trigger: ">>>".to_owned(), answer: "all\n".to_owned(), ..Marks::default() };
    for (text, calls) in
        [("al", false), ("all\nlook", false), ("all\nso>>>l", true), ("allot", true), ("l", true)]
    {
        let mut guide = Guide::new(vocabulary(), marks(), None);
        write(&mut guide, text, 1.0);
        assert_eq!(guide.in_call(), calls, "{text}");
    }
}

#[test]
fn reasoning_is_led_to_its_end_after_so_many_tokens() {
    let mut guide = guide(Some(4));
    write(&mut guide, "<t>abc", 1.0);
    assert_eq!(guide.led(), None);
    write(&mut guide, "d", 1.0);
    for byte in b"</t>" {
        assert_eq!(guide.led(), Some(u32::from(*byte)));
        guide.wrote(&[u32::from(*byte)]);
    }
    assert_eq!(guide.led(), None);
    write(&mut guide, "and on and on", 1.0);
    assert_eq!(guide.led(), None);
}

#[test]
fn without_marks_nothing_is_followed() {
    let mut guide = Guide::default();
    guide.wrote(&[1, 2, 3]);
    assert!(!guide.in_call() && !guide.at_branch() && guide.led().is_none() && guide.confidence().is_none());
}
