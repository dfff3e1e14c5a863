//! A transcript is found by what was said, and by nothing else.

use serde_json::json;

use super::{Transcripts, keys};
use crate::render::transcript::Transcript;
use crate::tiny::{asks, person, result, trip_tools};

fn transcript(messages: usize) -> Transcript {
    Transcript { tokens: vec![1, 2, 3], messages, ended: true }
}

#[test]
fn the_longest_beginning_that_is_known_is_found() {
    let tools = trip_tools();
    let history =
        [person("Go"), asks(&[("list", json!({}))]), result("list", json!({"ok": true})), person("on")];
    let kept = Transcripts::default();
    let known = keys(&tools, &history);
    assert_eq!(known.len(), history.len() + 1);
    assert!(kept.longest(&known).is_none());
    kept.keep(known[1], transcript(1));
    kept.keep(known[3], transcript(3));
    assert_eq!(kept.longest(&known).unwrap().1.messages, 3);
    assert_eq!(kept.longest(&known[..3]).unwrap().1.messages, 1);
}

#[test]
fn other_words_other_tools_and_other_results_are_other_histories() {
    let tools = trip_tools();
    let key = |tools: &[_], text: &str, ok: bool| {
        let history = [person(text), asks(&[("list", json!({"a": 1}))]), result("list", json!({"ok": ok}))];
        keys(tools, &history)[3]
    };
    let known = key(&tools, "Go", true);
    assert_eq!(known, key(&tools, "Go", true));
    for other in [key(&tools, "Stay", true), key(&tools, "Go", false), key(&tools[1..], "Go", true)] {
        assert_ne!(known, other);
    }
}

#[test]
fn the_oldest_is_forgotten_first() {
    let kept = Transcripts::default();
    for index in 0..300 {
        kept.keep(keys(&[], &[person(&index.to_string())])[1], transcript(1));
    }
    let there = |index: usize| kept.longest(&keys(&[], &[person(&index.to_string())])[1..]).is_some();
    assert_eq!([0, 43, 44, 299].map(there), [false, false, true, true]);
}
