//! What is too deep to be read again is not written.

use handyman_core::{CallOutcome, Event, FaultKind};
use serde_json::{Value, json};

use super::{DEPTH_MAX, depth_of, text_of};

/// A call's end whose whole event nests so many levels.
fn of_depth(levels: usize) -> Event {
    let result = (1..levels).fold(json!(1), |inner, level| match level % 2 {
        0 => json!([inner]),
        _ => json!({ "in": inner }),
    });
    Event::CallFinished { call: "c1".into(), outcome: CallOutcome::Succeeded, result, failure: None, ms: 0 }
}

#[test]
fn brackets_in_strings_do_not_count() {
    for (value, depth) in [
        (json!(1), 0),
        (json!([]), 1),
        (json!({"a": [1, {"b": []}], "c": [[]]}), 4),
        (json!({"[[[": "{{{ \" [[ \\"}), 1),
        (json!(["\\\"[", ["\\\\"], "{"]), 2),
    ] {
        assert_eq!(depth_of(&value.to_string()), depth, "{value}");
    }
}

#[test]
fn what_is_written_can_be_read_and_the_rest_is_refused() {
    let text = text_of(&"r1".into(), &of_depth(DEPTH_MAX)).unwrap();
    assert_eq!(serde_json::from_str::<Event>(&text).unwrap(), of_depth(DEPTH_MAX));
    let fault = text_of(&"r1".into(), &of_depth(DEPTH_MAX + 1)).unwrap_err();
    assert_eq!((fault.kind(), fault.hint().is_some()), (FaultKind::Journal, true));
    assert!(fault.to_string().contains("could not be read again"), "{fault}");
    let unreadable = of_depth(200);
    let text = serde_json::to_string(&unreadable).unwrap();
    assert!(serde_json::from_str::<Value>(&text).is_err(), "this is why");
}
