//! What may be copied, and where a copy may begin and end.

use handyman_core::compact::bounded;
use handyman_core::{Message, Part, Role};
use serde_json::{Value, json};

use super::{Sources, cut};
use crate::tiny::{asks, person, result};

/// What a schema's sources have said.
fn named(history: &[Message], schema: &Value) -> Value {
    json!(Sources::new(history).named(schema))
}

/// The texts that a source has said.
fn texts(history: &[Message], source: &str) -> Value {
    named(history, &json!({"type": "string", "x-from": [source]}))
}

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
    assert_eq!(texts(&history, "search.id"), json!(["G2", "G4"]));
    assert_eq!(texts(&history, "search.name"), json!([]));
}

#[test]
fn a_path_of_fields_leads_through_lists() {
    let history = [result(
        "search",
        json!({
            "id": "Q1",
            "items": [{"id": "a", "seller": {"id": "s"}}, [{"id": "b"}], {"id": ["c", ["d"], {"id": "f"}]}],
            "page": {"items": {"id": "e"}},
        }),
    )];
    assert_eq!(texts(&history, "search.items.id"), json!(["a", "b", "c", "d", "e"]));
    assert_eq!(texts(&history, "search.page.items.id"), json!(["e"]));
    assert_eq!(texts(&history, "search.id"), json!(["Q1", "a", "s", "b", "c", "d", "f", "e"]));
    assert_eq!(texts(&history, "search.page.id"), json!([]), "a further field stands directly inside");
    let history = [result("list", json!([{"ids": ["a", "b"], "names": "c"}, {"ids": []}]))];
    assert_eq!(texts(&history, "list.ids"), json!(["a", "b"]));
}

#[test]
fn tools_may_have_dots_in_their_names() {
    let history = [
        result("files", json!({"read": {"path": {"id": "outer"}}, "id": "of files"})),
        result("files.read", json!({"path": {"id": "inner"}})),
    ];
    assert_eq!(texts(&history, "files.read.path.id"), json!(["inner"]));
    assert_eq!(texts(&history[..1], "files.read.path.id"), json!(["outer"]), "there is no other tool");
    assert_eq!(texts(&history, "files.id"), json!(["outer", "of files"]));
    assert_eq!(texts(&history, "file.id"), json!([]));
}

#[test]
fn numbers_and_texts_are_not_taken_for_one_another() {
    let ids = json!([7, "8", -3, 70.5, 10.0, u64::MAX, 7, "x", true, null]);
    let history = [result("search", json!({"rows": [{"id": ids}], "more": {"id": 71}}))];
    let number = |bounds: Value| {
        let mut schema = json!({"type": "integer", "x-from": ["search.rows.id"]});
        schema.as_object_mut().unwrap().extend(bounds.as_object().unwrap().clone());
        named(&history, &schema)
    };
    assert_eq!(number(json!({})), json!([7, -3, u64::MAX]));
    assert_eq!(number(json!({"minimum": -3, "exclusiveMaximum": 1e3})), json!([7, -3]));
    assert_eq!(number(json!({"exclusiveMinimum": -3, "maximum": u64::MAX - 1})), json!([7]));
    assert_eq!(texts(&history, "search.rows.id"), json!(["8", "x"]));
    let either = json!({"type": "integer", "x-from": ["search.more.id", "search.rows.id"]});
    assert_eq!(named(&history, &either), json!([71, 7, -3, u64::MAX]));
}

#[test]
fn what_was_cut_is_no_value_any_more() {
    let found = json!({"files": [{"id": "a1"}, {"id": "b".repeat(2_000)}, {"id": "c3"}]});
    let history = [result("search", bounded(found, 1_000))];
    assert!(history[0].results().any(|shown| shown.result.to_string().contains("bb…")));
    assert_eq!(texts(&history, "search.id"), json!(["a1", "c3"]));
    let many: Vec<String> = (0..400).map(|number| format!("id-{number}")).collect();
    let history = [result("search", bounded(json!({"id": many}), 1_000))];
    assert!(history[0].results().any(|shown| shown.result.to_string().contains(" more")));
    let left = texts(&history, "search.id");
    let left: Vec<&str> = left.as_array().unwrap().iter().filter_map(Value::as_str).collect();
    assert!(!left.is_empty() && left.iter().all(|id| id.starts_with("id-")), "{left:?}");
    let history = [result("search", json!({"id": "and so on…"}))];
    assert_eq!(texts(&history, "search.id"), json!(["and so on…"]), "nothing was cut here");
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
