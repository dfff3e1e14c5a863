//! What a call is given, and what it can learn of the run around it.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use jiff::civil::date;
use serde_json::json;

use super::CallContext;
use crate::ids::IdempotencyKey;

fn context() -> CallContext {
    CallContext::new(date(2026, 11, 23).at(9, 0, 0, 0))
}

#[test]
fn the_key_is_the_one_that_a_run_gives_unless_another_is_said() {
    let one = context();
    assert_eq!((one.run.as_str(), one.session.as_str(), one.call.as_str()), ("r", "s", "c1"));
    assert_eq!(one.key, IdempotencyKey::of(&one.run, &one.call));
    let other = context().of_call("r7", "c2").in_session("s7").allowing(json!({"rows": 1}));
    assert_eq!(other.key, IdempotencyKey::of(&"r7".into(), &"c2".into()));
    assert_eq!((other.session.as_str(), other.allowed.as_ref()), ("s7", Some(&json!({"rows": 1}))));
    assert_eq!((other.under("k").key.as_str(), context().allowing(None).allowed), ("k", None));
}

#[test]
fn a_call_without_a_run_around_it_is_not_cancelled_and_has_no_end() {
    let context = context();
    context.tell("nobody hears it");
    assert_eq!((context.is_cancelled(), context.time_left()), (false, None));
}

#[test]
fn a_call_learns_of_the_run_around_it_and_tells_it_how_far_it_is() {
    let told: Arc<Mutex<Vec<String>>> = Arc::default();
    let hears = Arc::clone(&told);
    let context = context()
        .on_progress(move |text| hears.lock().unwrap().push(text))
        .cancelled_when(|| true)
        .timed_by(|| Duration::from_secs(3));
    // A wrapper may hand on a copy.
    let copy = context.clone();
    copy.tell("half way");
    copy.tell(String::from("nearly there"));
    assert_eq!(*told.lock().unwrap(), ["half way", "nearly there"]);
    assert_eq!((copy.is_cancelled(), copy.time_left()), (true, Some(Duration::from_secs(3))));
}

#[test]
fn what_a_program_has_given_is_found_by_its_type() {
    let context = context().with(7_u8).with("Ann").with(9_u8);
    assert_eq!((context.get(), context.get()), (Some(&9_u8), Some(&"Ann")));
    assert!(!format!("{context:?}").contains("Ann"), "{context:?}");
}
