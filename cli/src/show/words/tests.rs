//! What a person reads of what befell a run.

use handyman::{Compaction, Verdict};

use super::{claimed, compacted, denied, filled_in, said_by_person};

#[test]
fn how_room_was_made_is_told_with_its_number() {
    for (step, told) in [
        (Compaction::RepliesShortened { bytes: 9, replies: 1 }, "unreadable replies shortened: 1"),
        (
            Compaction::ResultsShortened { until: 3, bytes: 9, results: 2, system: None },
            "results shortened: 2",
        ),
        (
            Compaction::MessagesLeftOut { from: 1, messages: 4, system: None },
            "earlier messages no longer shown to it: 4",
        ),
    ] {
        assert_eq!(compacted(&step), format!("the model's window is full; {told}"));
    }
}

#[test]
fn what_is_wrong_with_an_answer_is_told_in_a_sentence() {
    let told = "the answer claims \"I booked it\", which nothing here has done; the model is asked again";
    assert_eq!(claimed("I booked it"), told);
    let told = "cut off by the limit, so filled in with the least the schema allows: /a, /b/0";
    assert_eq!(filled_in(&["/a".to_owned(), "/b/0".to_owned()]), told);
    let told = "cut off by the limit, so filled in with the least the schema allows: the whole answer, /city";
    assert_eq!(filled_in(&[String::new(), "/city".to_owned()]), told, "the pointer of the whole is empty");
}

#[test]
fn an_option_that_denies_is_named() {
    for (why, told) in [
        ("pay has an effect and only reading is allowed", " (--approve deny)"),
        ("pay is on the list of denied tools", " (--deny)"),
        ("the person said no", ""),
    ] {
        assert_eq!(denied(why), format!("{why}{told}"));
    }
}

#[test]
fn a_person_is_said_to_have_decided_only_where_one_has() {
    for (decision, why, told) in [
        (Verdict::Allow, None, "a person allowed it"),
        (Verdict::Deny, None, "a person denied it"),
        (Verdict::Deny, Some("too late"), "a person denied it: too late"),
        (Verdict::Ask, Some("nobody could be asked"), "nobody could be asked"),
    ] {
        assert_eq!(said_by_person(decision, why), told);
    }
}
