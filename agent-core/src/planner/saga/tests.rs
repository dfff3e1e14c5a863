//! An effect left half done is taken back, once, and only then.

use serde_json::json;

use crate::event::{Event, Outcome, Verdict};
use crate::limits::Limits;
use crate::message::{CallOutcome, ToolCall};
use crate::planner::{Step, next_step};
use crate::run::Run;
use crate::samples::{call, decided, replied, run_of, started, tools};
use crate::tool::ToolSpec;

/// `put` can be undone, and `pay` completes it.
fn specs() -> Vec<ToolSpec> {
    let mut specs = tools();
    specs[1].safety.undo = true;
    specs[2].safety.completes = vec!["put".to_owned()];
    specs
}

/// One call after another, each in a turn of its own: tool, the booking it names, what it came to.
fn run(made: &[(&str, &str, CallOutcome)]) -> Vec<Event> {
    let mut events = vec![started()];
    for (index, (tool, booking, outcome)) in made.iter().enumerate() {
        let id = format!("c{}", index + 1);
        let arguments = json!({"booking": booking}).as_object().unwrap().clone();
        let result = json!({"booking": booking});
        events.push(replied("", vec![ToolCall { arguments, ..call(index + 1, tool) }]));
        events.push(decided(&id, Verdict::Allow));
        events.push(Event::CallStarted { call: id.as_str().into(), key: "k".into() });
        events.push(Event::CallFinished { call: id.into(), outcome: *outcome, result, failure: None, ms: 1 });
    }
    events.push(replied("Well.", vec![]));
    events
}

fn step(events: &[Event]) -> Step {
    next_step(&run_of(events), &specs(), &Limits::default())
}

use CallOutcome::{Failed, Refused, Succeeded, Unknown};

#[test]
fn a_failed_payment_releases_its_booking() {
    let events = run(&[("put", "HM1", Succeeded), ("put", "HM2", Succeeded), ("pay", "HM1", Failed)]);
    let Step::Undo { call, undoes, .. } = step(&events) else { panic!("the booking is undone") };
    assert_eq!((call.id.as_str(), call.tool.as_str(), undoes.as_str()), ("c4", "put", "c1"));
}

#[test]
fn what_succeeded_later_or_was_refused_or_is_unknown_is_left_alone() {
    for made in [
        &[("put", "HM1", Succeeded), ("pay", "HM1", Failed), ("pay", "HM1", Succeeded)][..],
        &[("put", "HM1", Succeeded), ("pay", "HM1", Refused)],
        &[("put", "HM1", Succeeded), ("pay", "HM1", Unknown)],
        &[("put", "HM1", Succeeded), ("pay", "HM1", Succeeded), ("pay", "HM1", Failed)],
        &[("put", "HM1", Succeeded), ("pay", "HM1", Unknown), ("pay", "HM1", Failed)],
        &[("put", "HM1", Succeeded), ("pay", "HM2", Failed)],
        &[("put", "HM1", Failed), ("pay", "HM1", Failed)],
        &[("put", "HM1", Succeeded)],
    ] {
        assert_eq!(step(&run(made)), Step::Finish(Outcome::Answered), "{made:?}");
    }
}

#[test]
fn what_results_share_does_not_tell_which_is_completed() {
    let mut events = run(&[
        ("put", "HM1", Succeeded),
        ("put", "HM2", Succeeded),
        ("pay", "HM1", Succeeded),
        ("pay", "HM2", Failed),
    ]);
    // Everything is in one currency.
    for event in &mut events {
        match event {
            Event::ModelReplied { calls, .. } => {
                for call in calls {
                    call.arguments.insert("currency".to_owned(), json!("USD"));
                }
            }
            Event::CallFinished { result, .. } => result["currency"] = json!("USD"),
            _ => {}
        }
    }
    let Step::Undo { undoes, .. } = step(&events) else { panic!("the second booking is undone") };
    assert_eq!(undoes.as_str(), "c2", "the first one is paid");
}

#[test]
fn a_number_names_what_is_completed_where_it_is_an_id() {
    let numbered = |argument: &str, wanted: i64| {
        let mut events = run(&[("put", "", Succeeded), ("pay", "", Failed)]);
        for event in &mut events {
            match event {
                Event::ModelReplied { calls, .. } => {
                    for call in calls {
                        call.arguments = json!({argument: wanted}).as_object().unwrap().clone();
                    }
                }
                Event::CallFinished { result, .. } => *result = json!({"id": 4711, "seats": 2}),
                _ => {}
            }
        }
        step(&events)
    };
    for argument in ["id", "booking_id", "bookingId", "booking"] {
        assert!(matches!(numbered(argument, 4711), Step::Undo { .. }), "{argument}");
    }
    for (argument, wanted) in [("booking_id", 4712), ("booking_id", 2), ("seats", 2), ("amount", 4711)] {
        assert_eq!(numbered(argument, wanted), Step::Finish(Outcome::Answered), "{argument}: {wanted}");
    }
}

#[test]
fn the_undoing_call_is_started_like_any_and_the_model_is_told() {
    let mut events = run(&[("put", "HM1", Succeeded), ("pay", "HM1", Failed)]);
    let Step::Undo { call, undoes, why } = step(&events) else { panic!("the booking is undone") };
    events.push(Event::UndoPlanned { call: call.clone(), undoes, why });
    assert_eq!(step(&events), Step::Start(call.clone()));
    let late = Limits { wall_time: std::time::Duration::ZERO, ..Limits::default() };
    let start = next_step(&run_of(&events), &specs(), &late);
    assert_eq!(start, Step::Start(call.clone()), "late is better than never");
    events.push(Event::CallStarted { call: call.id.clone(), key: "k3".into() });
    assert_eq!(step(&events), Step::Execute(vec![call.clone()]));
    let in_doubt = [&events[..], &[Event::Resumed]].concat();
    assert_eq!(step(&in_doubt), Step::Start(call.clone()), "an idempotent one runs again under its key");
    let result = json!({"status": "cancelled"});
    events.push(Event::CallFinished { call: call.id, outcome: Succeeded, result, failure: None, ms: 1 });
    assert!(matches!(step(&events), Step::Generate(_)), "the model is told and answers again");
    let run: Run = run_of(&events);
    let told = format!("{:?}", run.history().last().unwrap());
    assert!(told.contains("Note") && told.contains("undone") && told.contains("cancelled"), "{told}");
    events.push(replied("The booking was released.", vec![]));
    assert_eq!(step(&events), Step::Finish(Outcome::Answered), "it is undone once");
}
