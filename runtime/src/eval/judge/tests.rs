//! Judging runs that are made of events.

use handyman_core::{Earlier, Effect, Event, Run, Safety, ToolSpec};
use serde_json::{Value, json};

use super::{About, Unmet, judge};
use crate::eval::Case;

fn tools() -> Vec<ToolSpec> {
    let tool = |(name, effect): (&str, Effect)| ToolSpec {
        name: name.to_owned(),
        description: "Does something".to_owned(),
        parameters: json!({"type": "object", "properties": {}}),
        effect,
        safety: Safety::default(),
    };
    [("look", Effect::ReadOnly), ("book", Effect::Once), ("pay", Effect::Idempotent)].map(tool).into()
}

fn of_events(events: Vec<Value>) -> Run {
    let events: Vec<Event> =
        events.into_iter().map(|event| serde_json::from_value(event).expect("an event")).collect();
    Run::replay("r1".into(), Earlier::default(), &events)
}

/// The events of a run with these calls, one a turn, each with what it came to.
fn events(calls: &[(&str, Value, &str)]) -> Vec<Value> {
    let model = json!({"name": "m", "sha256": ""});
    let mut events = vec![
        json!({"type": "started", "run": "r1", "session": "s1", "message": "go", "model": model, "tools": [], "now": "2026-11-23T09:00:00"}),
    ];
    for (number, (tool, arguments, end)) in (1..).zip(calls) {
        let id = format!("c{number}");
        let call = json!({"id": id, "tool": tool, "arguments": arguments});
        events.push(json!({"type": "model_replied", "turn": number, "text": "", "calls": [call], "usage": {}, "ms": 0}));
        let waits = *end == "waiting";
        let decision = if waits { "ask" } else { "allow" };
        events.push(json!({"type": "call_decided", "call": id, "decision": decision, "why": ""}));
        if !waits {
            events.push(json!({"type": "call_started", "call": id, "key": id}));
            let result = json!({"error": "sold out"});
            events.push(
                json!({"type": "call_finished", "call": id, "outcome": end, "result": result, "ms": 0}),
            );
        }
    }
    events
}

/// A run with these calls that ends so.
fn run(calls: &[(&str, Value, &str)], outcome: &Value, answer: &str) -> Run {
    let mut finished = json!({"type": "finished", "answer": answer, "usage": {}});
    for (name, value) in outcome.as_object().unwrap() {
        finished[name.as_str()] = value.clone();
    }
    let mut events = events(calls);
    events.push(finished);
    of_events(events)
}

/// A run with these calls that answers.
fn answered(calls: &[(&str, Value, &str)], answer: &str) -> Run {
    run(calls, &json!({"outcome": "answered"}), answer)
}

fn unmet_of(task: &Value, expect: &Value, runs: &[Run]) -> Vec<Unmet> {
    let case: Case = serde_json::from_value(json!({"task": task, "expect": expect})).unwrap();
    judge(&case, runs, &tools())
}

/// What one run does not meet.
fn unmet(expect: &Value, run: &Run) -> Vec<String> {
    let unmet = unmet_of(&json!("go"), expect, std::slice::from_ref(run));
    unmet.iter().map(ToString::to_string).collect()
}

#[test]
fn calls_are_found_in_their_order_with_their_arguments() {
    let run = answered(
        &[
            ("look", json!({"city": "Oslo"}), "succeeded"),
            ("book", json!({"id": "G1", "people": 1, "who": {"name": "Bo", "age": 9}}), "succeeded"),
        ],
        "Booked.",
    );
    let cases = [
        (json!([{"tool": "look"}, {"tool": "book", "arguments": {"people": 1}}]), None),
        (json!([{"tool": "book", "arguments": {"people": 1.0, "class": null, "who": {"name": "Bo"}}}]), None),
        (json!([{"tool": "book", "arguments": {"people": "1"}}]), None),
        (
            json!([{"tool": "book", "arguments": {"people": 3}}]),
            Some("book was called with people 1, wanted 3"),
        ),
        (
            json!([{"tool": "book", "arguments": {"class": "first", "who": {"name": "Al"}}}]),
            Some("book was called with no class, wanted first; who.name Bo, wanted Al"),
        ),
        (json!([{"tool": "book"}, {"tool": "look"}]), Some("look was called out of order")),
        (json!([{"tool": "book"}, {"tool": "book"}]), Some("book was not called once more")),
        (json!([{"tool": "pay"}]), Some("pay was not called")),
        (json!([{"tool": "pay", "arguments": {"booking": "HM"}}]), Some("pay(booking: HM) was not called")),
    ];
    for (calls, why) in cases {
        assert_eq!(unmet(&json!({"calls": calls}), &run), Vec::from_iter(why), "{calls}");
    }
}

#[test]
fn of_several_calls_the_nearest_is_told_of() {
    let run = answered(
        &[
            ("book", json!({"id": "G2", "people": 1}), "succeeded"),
            ("book", json!({"id": "G1", "people": 1}), "succeeded"),
        ],
        "Booked.",
    );
    let calls = json!([{"tool": "book", "arguments": {"id": "G1", "people": 3}}]);
    assert_eq!(unmet(&json!({"calls": calls}), &run), ["book was called with people 1, wanted 3"]);
}

#[test]
fn a_call_that_came_to_nothing_is_none() {
    let expect = json!({"calls": [{"tool": "book"}]});
    for (end, why) in [
        ("failed", "book was called, and failed: sold out"),
        ("refused", "book was called, and was refused: sold out"),
        ("cancelled", "book was called, and was cancelled"),
        ("unknown", "book was called, and nobody can tell whether it took effect"),
    ] {
        assert_eq!(unmet(&expect, &answered(&[("book", json!({"id": "G1"}), end)], "No.")), [why]);
    }
    let twice = [("book", json!({}), "failed"), ("book", json!({}), "succeeded")];
    assert!(unmet(&expect, &answered(&twice, "Booked.")).is_empty(), "the second one did it");
    let waiting = json!({"outcome": "waiting", "call": "c1"});
    assert_eq!(
        unmet(&expect, &run(&[("book", json!({"id": "G1"}), "waiting")], &waiting, "")),
        [
            "it waits for a person's decision on book(id: G1); wanted: answered or asked",
            "book was called, and waits for a person's decision"
        ]
    );
}

#[test]
fn what_was_taken_back_was_not_done() {
    let mut events = events(&[("book", json!({"id": "G1"}), "succeeded"), ("pay", json!({}), "failed")]);
    events.extend([
        json!({"type": "undo_planned", "call": {"id": "c3", "tool": "book", "arguments": {"id": "G1"}}, "undoes": "c1", "why": ""}),
        json!({"type": "call_started", "call": "c3", "key": "c3"}),
        json!({"type": "call_finished", "call": "c3", "outcome": "succeeded", "result": {}, "ms": 0}),
        json!({"type": "finished", "outcome": "answered", "answer": "No.", "usage": {}}),
    ]);
    let run = of_events(events);
    let expect = json!({"calls": [{"tool": "book"}]});
    assert_eq!(unmet(&expect, &run), ["book was called, and was taken back"]);
    assert!(unmet(&json!({"exactly": true}), &run).is_empty(), "nothing of it is left");
}

#[test]
fn nothing_else_may_act_where_that_is_said() {
    let made = [
        ("look", json!({}), "succeeded"),
        ("book", json!({"id": "G1"}), "succeeded"),
        ("pay", json!({"booking": "HM"}), "unknown"),
        ("book", json!({"id": "G2"}), "failed"),
    ];
    let run = answered(&made, "Done.");
    let expect = json!({"calls": [{"tool": "book"}], "exactly": true});
    assert_eq!(unmet(&expect, &run), ["pay(booking: HM) was called as well"]);
    assert!(unmet(&json!({"calls": [{"tool": "book"}]}), &run).is_empty());
    let case: Case = serde_json::from_value(json!({"task": "go", "expect": expect})).unwrap();
    let strict = judge(&case, std::slice::from_ref(&run), &[]);
    assert_eq!(strict.len(), 2, "a tool that nobody knows may have an effect: {strict:?}");
    assert_eq!(strict[0].about, About::Exactly);
}

#[test]
fn some_tools_must_not_even_be_asked_for() {
    let run = answered(&[("pay", json!({"booking": "HM"}), "refused")], "No.");
    assert_eq!(
        unmet(&json!({"never": ["book", "pay"]}), &run),
        ["pay(booking: HM) was called, and must not be"]
    );
    assert!(unmet(&json!({"never": ["book"]}), &run).is_empty());
}

#[test]
fn answers_say_things_in_any_case_of_letters() {
    let run = answered(&[], "Light RAIN in Köln: 订单号HM1");
    for (answer, why) in [
        (json!({"contains": ["light rain", "KÖLN", "hm1", "订单号"], "lacks": ["snow"]}), None),
        (
            json!({"contains": ["snow", "Köln"], "lacks": ["RAIN"]}),
            Some("the answer lacks 'snow', says 'RAIN': Light RAIN in Köln: 订单号HM1"),
        ),
    ] {
        assert_eq!(unmet(&json!({"answer": answer}), &run), Vec::from_iter(why));
    }
}

#[test]
fn a_typed_answer_holds_what_is_wanted() {
    let run = answered(&[], r#"{"city": "Oslo", "rain": true, "days": [{"high": 9.0}, {"high": 3}]}"#);
    let cases = [
        (json!({"rain": true, "days": [{"high": 9}, {}]}), None),
        (json!({"rain": false}), Some("the answer has rain true, wanted false")),
        (json!({"days": [{"high": 9}, {"high": 4}]}), Some("the answer has days.1.high 3, wanted 4")),
        (json!({"wind": 3}), Some("the answer has no wind, wanted 3")),
        (json!({"days": []}), Some(r#"the answer has days [{"high":9.0},{"high":3}], wanted []"#)),
    ];
    for (value, why) in cases {
        assert_eq!(unmet(&json!({"value": value}), &run), Vec::from_iter(why), "{value}");
    }
    let prose = answered(&[], "It rains.");
    assert_eq!(unmet(&json!({"value": {"rain": true}}), &prose), ["the answer is no JSON: It rains."]);
    assert_eq!(unmet(&json!({"value": 42}), &answered(&[], "41")), ["the answer has 41, wanted 42"]);
}

#[test]
fn a_run_ends_as_wanted_or_with_an_answer_or_a_question() {
    let asked = run(&[], &json!({"outcome": "asked"}), "Which day?");
    assert!(unmet(&json!({"exactly": true}), &asked).is_empty());
    assert!(unmet(&json!({"outcome": "asked"}), &asked).is_empty());
    assert_eq!(unmet(&json!({"outcome": "answered"}), &asked), ["it asked: Which day?; wanted: answered"]);
    let limit = run(&[], &json!({"outcome": "limit", "limit": "turns"}), "");
    assert!(unmet(&json!({"outcome": "limit"}), &limit).is_empty());
    assert_eq!(
        unmet(&json!({"exactly": true}), &limit),
        ["a limit was reached: turns; wanted: answered or asked"]
    );
}

#[test]
fn several_messages_have_a_run_each() {
    let task = json!(["book it", "pay for it"]);
    let first = answered(&[("book", json!({}), "succeeded")], "Booked.");
    let second = answered(&[("pay", json!({}), "succeeded")], "Paid.");
    let expect = json!({"calls": [{"tool": "book"}, {"tool": "pay"}], "answer": {"contains": ["paid"]}});
    assert!(unmet_of(&task, &expect, &[first.clone(), second]).is_empty());
    let limit = run(&[], &json!({"outcome": "limit", "limit": "tokens"}), "");
    let cut = unmet_of(&task, &json!({"outcome": "limit"}), &[limit.clone(), limit]);
    assert_eq!(
        cut.iter().map(ToString::to_string).collect::<Vec<_>>(),
        ["message 1: a limit was reached: tokens; wanted: answered or asked"],
        "the outcome is that of the last message"
    );
    let begun = unmet_of(&task, &json!({"answer": {"contains": ["paid"]}}), &[first]);
    assert_eq!(begun, [Unmet::new(About::Task, "1 of 2 messages could be said".to_owned())]);
}
