//! What may be copied, and where a copy may begin and end.

use handyman_core::compact::bounded;
use handyman_core::{Message, Part, Role};
use serde_json::json;

use super::{Sources, cut};
use crate::tiny::{asks, person, result};

#[test]
fn words_are_whole_and_han_characters_stand_alone() {
    assert_eq!(cut("明天去New York!"), ["明", "天", "去", "New", " ", "York", "!"]);
    assert_eq!(cut("10:30 서울"), ["10", ":", "30", " ", "서", "울"]);
}

#[test]
fn values_are_found_at_any_depth_under_their_tool() {
    let history = [
        result("search", json!({"trains": [{"id": "G2"}, {"id": "G4"}], "id": 7})),
        result("search", json!({"trains": [{"id": "G2"}]})),
        result("other", json!({"id": "X"})),
    ];
    let sources = Sources::new(&history);
    assert_eq!(sources.values("search.id"), ["G2", "G4"]);
    assert!(sources.values("search.name").is_empty());
}

#[test]
fn what_was_cut_is_no_value_any_more() {
    let found = json!({"files": [{"id": "a1"}, {"id": "b".repeat(2_000)}, {"id": "c3"}]});
    let history = [result("search", bounded(found, 1_000))];
    assert!(history[0].results().any(|shown| shown.result.to_string().contains("bb…")));
    assert_eq!(Sources::new(&history).values("search.id"), ["a1", "c3"]);
    let history = [result("search", json!({"id": "and so on…"}))];
    assert_eq!(Sources::new(&history).values("search.id"), ["and so on…"], "nothing was cut here");
}

#[test]
fn notes_and_replies_are_not_what_a_person_wrote() {
    let noted = Message {
        role: Role::User,
        parts: vec![Part::Note("(Today is Monday.)".into()), Part::Text("Lagos\ntomorrow".into())],
    };
    let history =
        [noted, asks(&[("search", json!({"from": "Rome"}))]), Message::text_of(Role::Assistant, "Paris")];
    let spans: Vec<String> = Sources::new(&history).spans().iter().map(|span| span.concat()).collect();
    assert_eq!(spans, ["Lagos", "tomorrow"]);
}

#[test]
fn what_the_person_wrote_comes_before_long_results() {
    let long: Vec<String> = (0..3_000).map(|number| format!("word{number} and")).collect();
    let history = [person("from Lagos"), result("search", json!({"text": long}))];
    let spans = Sources::new(&history).spans();
    assert_eq!(spans[0].concat(), "from Lagos");
    assert!(spans[1..].iter().map(Vec::len).sum::<usize>() <= super::PIECES_MAX);
}

#[test]
fn a_long_message_can_be_copied_from_its_end_and_leaves_the_others() {
    let long = "word ".repeat(20_000) + "the end";
    let history = [person("from Lagos"), person(&long), result("search", json!({"text": [long, "short"]}))];
    let spans = Sources::new(&history).spans();
    assert_eq!(spans[0].len(), super::PERSON_PIECES_MAX);
    assert!(spans[0].concat().ends_with("word the end"));
    assert_eq!(spans[1].concat(), "short");
    let history = [person(&"上".repeat(5_000)), person("to Rome"), result("search", json!({"text": "ok"}))];
    let spans: Vec<usize> = Sources::new(&history).spans().iter().map(Vec::len).collect();
    assert_eq!(spans, [3, 5_000, 1]);
}
