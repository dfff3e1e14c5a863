//! Who is served badly by the built-in model is told what else there is.

use handyman::{Event, Usage};
use serde_json::{Value, json};

use super::{ANOTHER, Advice, TOOLS};

/// What is advised after a run of this model in which this has happened.
fn advised(model: &str, events: &[Value]) -> Option<&'static str> {
    let advice = Advice::default();
    let started = json!({
        "type": "started", "run": "r1", "session": "s1", "message": "Rain?",
        "model": {"name": model, "sha256": ""}, "tools": [], "now": "2026-11-23T09:00:00",
    });
    for event in std::iter::once(&started).chain(events) {
        let event: Event = serde_json::from_value(event.clone()).unwrap();
        advice.learn(&event);
    }
    advice.text()
}

fn called(outcome: &str) -> Value {
    json!({"type": "call_finished", "call": "c1", "outcome": outcome, "result": {}, "ms": 0})
}

fn finished(outcome: &str, answer: &str) -> Value {
    let usage = Usage::default();
    json!({"type": "finished", "outcome": outcome, "limit": "turns", "answer": answer, "usage": usage})
}

#[test]
fn a_run_that_goes_wrong_ends_with_advice() {
    let claimed = json!({"type": "claim_refused", "claim": "I booked it", "problem": "it is not so"});
    let answered = || finished("answered", "It rains.");
    for (events, expected) in [
        (vec![called("succeeded"), answered()], None),
        (vec![called("failed"), answered()], Some(ANOTHER)),
        (vec![called("failed"), called("succeeded"), answered()], None),
        (vec![called("refused"), answered()], None),
        (vec![claimed, answered()], Some(ANOTHER)),
        (vec![finished("answered", " ")], Some(ANOTHER)),
        (vec![finished("limit", "")], Some(ANOTHER)),
        (vec![called("failed"), finished("cancelled", "")], None),
        (vec![finished("asked", "Which tool?")], None),
        (vec![finished("answered", "None of my tools does it.")], Some(TOOLS)),
        (vec![finished("answered", "没有合适的工具。")], Some(TOOLS)),
        (vec![called("succeeded"), finished("answered", "It costs 9 USD in the tool shop.")], None),
    ] {
        assert_eq!(advised("handyman-builtin", &events), expected, "{events:?}");
        assert_eq!(advised("qwen3-4b", &events), None, "a model that somebody has chosen");
    }
}
