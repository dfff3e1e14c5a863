//! Answers held against what the run did.

mod backing;
mod own;
mod told;

use serde_json::json;

use crate::event::{Event, Outcome};
use crate::limits::Limits;
use crate::message::CallOutcome;
use crate::planner::{Step, next_step};
use crate::samples::{asked_for, begun, decided, ended, replied, run_of, started, tools};

use super::{honest, honest_answer, receipts, unbacked};

fn paid(outcome: CallOutcome, result: serde_json::Value) -> Vec<Event> {
    let finished = Event::CallFinished { call: "c1".into(), outcome, result, failure: None, ms: 1 };
    vec![started(), asked_for(&["pay"]), decided("c1", crate::event::Verdict::Allow), begun("c1"), finished]
}

fn refused() -> Event {
    Event::ClaimRefused { claim: "Paid.".into(), problem: "nothing was paid".into() }
}

fn with(mut events: Vec<Event>, more: impl IntoIterator<Item = Event>) -> crate::run::Run {
    events.extend(more);
    run_of(&events)
}

#[test]
fn what_a_call_did_may_be_said() {
    let run = with(
        paid(CallOutcome::Succeeded, json!({"receipt": "P17", "paid": "5 CNY"})),
        [replied("Paid.", vec![])],
    );
    assert_eq!(unbacked(&run, &tools()), None);
    assert_eq!(next_step(&run, &tools(), &Limits::default()), Step::Finish(Outcome::Answered));
    let receipts = receipts(&run, &tools());
    assert_eq!((receipts[0].tool.as_str(), receipts[0].reference.as_str()), ("pay", "P17"));
}

#[test]
fn what_no_call_did_is_corrected_once_and_then_told_honestly() {
    let failed = paid(CallOutcome::Failed, json!({"error": "too little money"}));
    for events in [failed, vec![started()]] {
        let run = with(events.clone(), [replied("All good. I have paid the bill.", vec![])]);
        let Step::Correct { claim, problem } = next_step(&run, &tools(), &Limits::default()) else {
            panic!("the claim is refused");
        };
        assert_eq!(claim, "I have paid the bill.");
        assert!(problem.contains("nothing was paid"), "{problem}");
        let again =
            with(events, [replied("Paid.", vec![]), refused(), replied("Really, it is paid.", vec![])]);
        assert_eq!(next_step(&again, &tools(), &Limits::default()), Step::Finish(Outcome::Answered));
        assert_eq!(honest_answer(&again, &tools()), "I cannot confirm this: nothing was paid.");
    }
}

#[test]
fn the_fallback_speaks_the_answers_language_and_lists_what_was_done() {
    let done = paid(CallOutcome::Succeeded, json!({"booking": "HM7"}));
    let run = with(done, [replied("x", vec![]), refused(), replied("邮件已发送。", vec![])]);
    assert_eq!(honest_answer(&run, &tools()), "无法确认：没有完成发送。已完成：pay HM7。");
}

#[test]
fn a_state_that_a_result_shows_and_what_the_person_said_may_be_repeated() {
    let listed = Event::CallFinished {
        call: "c1".into(),
        outcome: CallOutcome::Succeeded,
        result: json!({"bills": [{"name": "rent", "status": "paid"}]}),
        failure: None,
        ms: 1,
    };
    let looked = vec![
        started(),
        asked_for(&["look"]),
        decided("c1", crate::event::Verdict::Allow),
        begun("c1"),
        listed,
    ];
    let run = with(looked, [replied("The rent is paid.", vec![])]);
    assert_eq!(unbacked(&run, &tools()), None);
    let run = with(
        paid(CallOutcome::Succeeded, json!({"error": "it was paid before"})),
        [replied("Sent.", vec![])],
    );
    assert!(unbacked(&run, &tools()).is_some(), "another deed is not shown");
}

#[test]
fn an_agent_that_cannot_act_claims_nothing() {
    let readers: Vec<_> = tools().into_iter().take(1).collect();
    let run = run_of(&[
        started(),
        asked_for(&["look"]),
        ended("c1", CallOutcome::Succeeded),
        replied("Paid.", vec![]),
    ]);
    assert_eq!(unbacked(&run, &readers), None);
}

#[test]
fn what_is_unknown_is_not_said_to_be_undone_and_not_asked_for_again() {
    let lost = || paid(CallOutcome::Unknown, json!({"error": "connection lost"}));
    let run = with(lost(), [replied("I have paid the bill.", vec![])]);
    let Step::Correct { problem, .. } = next_step(&run, &tools(), &Limits::default()) else {
        panic!("the claim is refused");
    };
    assert_eq!(problem, "it is unknown whether anything was paid; say so, and do not do it again");
    for (text, told) in [
        ("It is paid.", "I cannot confirm this: it is unknown whether anything was paid."),
        ("账单已支付。", "无法确认：不知道付款是否已完成。"),
    ] {
        let again = with(lost(), [replied("Paid.", vec![]), refused(), replied(text, vec![])]);
        assert_eq!(honest_answer(&again, &tools()), told);
    }
}

#[test]
fn a_text_that_nothing_can_correct_is_held_against_what_was_done() {
    let run = run_of(&[started()]);
    assert_eq!(honest("Your bill is paid", &run, &tools()), "I cannot confirm this: nothing was paid.");
    assert_eq!(honest("Let me see", &run, &tools()), "Let me see");
    let run = with(paid(CallOutcome::Succeeded, json!({"receipt": "P17"})), []);
    assert_eq!(honest("Your bill is paid", &run, &tools()), "Your bill is paid");
}

#[test]
fn json_claims_what_it_affirms() {
    let run = run_of(&[started()]);
    for text in [
        r#"{"paid": false}"#,
        r#"{"paid": null, "sent": 0, "booked": [], "bill": {"paid": ""}}"#,
        r#"{"paid": "no", "why": "The booking is unpaid."}"#,
        r#"{"question": "Shall I have it booked?"}"#,
        "false",
    ] {
        assert_eq!(honest(text, &run, &tools()), text);
    }
    for text in [
        r#"{"paid": true}"#,
        r#"{"status": "paid"}"#,
        r#"{"bill": {"paid": "5 EUR"}}"#,
        r#"{"paid": false, "note": "I have paid the rest."}"#,
        r#"["Paid."]"#,
    ] {
        assert_eq!(honest(text, &run, &tools()), "I cannot confirm this: nothing was paid.", "{text}");
    }
}
