//! What goes first, what stays, and what is still known of what is no longer shown.

use serde_json::{Value, json};

use super::{Compaction, NOTE_BYTES, bounded, next};
use crate::event::Event;
use crate::message::{CallOutcome, Message, Part, Role};
use crate::run::{Earlier, Run};
use crate::samples::{call, replied, started, tools};
use crate::workflow::{Begun, StepEnd, Workflow};

fn results(n: usize, run: &str) -> Value {
    let train = |at: usize| json!({"id": format!("{run}-G{at}"), "note": "departs from the south station ".repeat(4)});
    json!({"trains": (0..n).map(train).collect::<Vec<_>>()})
}

fn finished(id: usize, result: Value) -> Event {
    Event::CallFinished {
        call: format!("c{id}").into(),
        outcome: CallOutcome::Succeeded,
        result,
        failure: None,
        ms: 1,
    }
}

/// A run of three turns with calls, after two earlier ones in its session.
fn session() -> Run {
    session_under(vec![Message::text_of(Role::System, "Be brief.")])
}

/// The same under these instructions.
fn session_under(messages: Vec<Message>) -> Run {
    let mut earlier = Earlier { messages, ..Earlier::default() };
    for name in ["one", "two"] {
        let mut run = Run::new(name.into(), earlier);
        run.apply(&started());
        turn(&mut run, 1, results(9, name));
        run.apply(&replied("Here they are.", vec![]));
        run.apply(&crate::samples::finished(crate::Outcome::Answered));
        earlier = run.into_earlier();
    }
    let mut run = Run::new("three".into(), earlier);
    run.apply(&started());
    for id in 1..=3 {
        turn(&mut run, id, results(9, "three"));
    }
    run
}

fn turn(run: &mut Run, id: usize, result: Value) {
    run.apply(&replied("", vec![call(id, "look")]));
    settle(run, id, result);
}

/// Decides on a call, and lets it come to this.
fn settle(run: &mut Run, id: usize, result: Value) {
    let decided = Event::CallDecided {
        call: format!("c{id}").into(),
        decision: crate::Verdict::Allow,
        why: String::new(),
        origins: vec![],
        plan: None,
        digest: None,
    };
    run.apply(&decided);
    run.apply(&Event::CallStarted { call: format!("c{id}").into(), key: "k".into() });
    run.apply(&finished(id, result));
}

fn compact(run: &mut Run) -> Option<Compaction> {
    let step = next(run)?;
    run.apply(&Event::Compacted { step: step.clone(), why: "full".to_owned() });
    Some(step)
}

fn size(run: &Run) -> usize {
    run.history().iter().flat_map(Message::results).map(|result| result.result.to_string().len()).sum()
}

#[test]
fn older_results_go_first_and_every_step_saves_until_nothing_can_be_spared() {
    let mut run = session();
    let (record, asked) = (run.history().to_vec(), run.history().iter().rposition(Message::asks).unwrap());
    let asked = record[asked].clone();
    let mut steps = Vec::new();
    let mut before = (size(&run), run.history().len());
    while let Some(step) = compact(&mut run) {
        let now = (size(&run), run.history().len());
        assert!(now < before, "{step:?} saves something: {now:?} of {before:?}");
        assert!(run.history()[0].role == Role::System, "instructions stay");
        let words = |message: &Message| message.text();
        assert!(
            run.history().iter().any(|message| words(message) == words(&asked)),
            "so does what the person said"
        );
        assert_eq!(run.record(), record, "nothing is lost to those who check");
        before = now;
        steps.push(step);
        assert!(steps.len() < 20);
    }
    assert!(matches!(steps[0], Compaction::ResultsShortened { bytes: 240, results: 4, .. }), "{steps:?}");
    assert!(matches!(steps[1], Compaction::MessagesLeftOut { from: 1, .. }), "{steps:?}");
    assert!(matches!(steps.last(), Some(Compaction::MessagesLeftOut { .. })), "{steps:?}");
    let roles: Vec<Role> = run.history().iter().map(|message| message.role).collect();
    assert_eq!(roles, [Role::System, Role::User, Role::Assistant, Role::Tool], "the last turn stays");
}

#[test]
fn what_is_shortened_keeps_its_shape_and_says_so() {
    let mut run = session();
    compact(&mut run);
    let shown: Vec<&Value> =
        run.history().iter().flat_map(Message::results).map(|result| &result.result).collect();
    let (last, older) = shown.split_last().unwrap();
    assert_eq!(**last, results(9, "three"), "the latest stand as they are");
    for result in older {
        assert!(result["cut"].as_str().unwrap().contains("bytes"), "{result}");
        assert!(result["trains"][0]["id"].as_str().unwrap().ends_with("-G0"), "{result}");
        assert!(result.to_string().len() <= 240 + NOTE_BYTES, "{result}");
    }
}

#[test]
fn a_gap_is_told_and_the_date_is_told_again() {
    let mut run = session();
    let noted = |run: &Run| -> Vec<String> {
        let parts = run.history().iter().flat_map(|message| &message.parts);
        let notes =
            parts.filter_map(|part| if let Part::Note(note) = part { Some(note.clone()) } else { None });
        notes.collect()
    };
    assert_eq!(noted(&run).iter().filter(|note| note.contains("Today is")).count(), 1);
    for _ in 0..3 {
        compact(&mut run);
    }
    assert_eq!(noted(&run).iter().filter(|note| note.contains("left out")).count(), 1, "{:?}", noted(&run));
    assert_eq!(noted(&run).iter().filter(|note| note.contains("Today is")).count(), 1, "{:?}", noted(&run));
}

/// A run of a workflow that has looked and asks about what it found.
fn following() -> Run {
    let workflow = json!({"name": "trip", "inputs": {"city": "Where"}, "steps": [
        {"name": "trains", "call": "look"}, {"name": "choice", "ask": "Which is best?"}]});
    let inputs = json!({"city": "Lagos"}).as_object().cloned().unwrap();
    let mut run = Run::new("w".into(), Earlier::default());
    let mut begins = started();
    if let Event::Started { workflow: follows, .. } = &mut begins {
        *follows = Some(Box::new(Begun { workflow: Workflow::new(workflow).unwrap(), inputs }));
    }
    run.apply(&begins);
    run.apply(&Event::StepCalled { step: "trains".to_owned(), calls: vec![call(1, "look")] });
    settle(&mut run, 1, results(60, "w"));
    run.apply(&Event::StepEnded { step: "trains".to_owned(), end: StepEnd::Succeeded });
    run.apply(&Event::StepAsked {
        step: "choice".to_owned(),
        message: "Which is best?".to_owned(),
        untrusted: false,
        may_call: false,
        answer_schema: None,
    });
    run
}

#[test]
fn a_step_is_asked_about_less_of_a_result_before_it_is_asked_about_none_and_inputs_go_last() {
    let mut run = following();
    let before = size(&run);
    for most in [1_024, 240] {
        let step = compact(&mut run);
        assert!(
            matches!(step, Some(Compaction::ResultsShortened { bytes, results: 1, .. }) if bytes == most),
            "{step:?}"
        );
        let shown = run.history().iter().flat_map(Message::results).next().expect("it is shown still");
        assert_eq!(shown.result["trains"][0]["id"], "w-G0");
    }
    assert!(size(&run) < before);
    let step = compact(&mut run);
    assert!(matches!(step, Some(Compaction::MessagesLeftOut { from: 1, messages: 2, .. })), "{step:?}");
    assert_eq!(run.history()[0].text(), "trip\ncity: Lagos", "what it was begun with stays longest");
    let step = compact(&mut run);
    assert!(matches!(step, Some(Compaction::MessagesLeftOut { from: 0, messages: 1, .. })), "{step:?}");
    assert!(run.history()[0].parts.iter().any(|part| matches!(part, Part::Task { .. })), "the step is asked");
    assert_eq!(compact(&mut run), None);
}

#[test]
fn values_are_traced_to_results_that_are_no_longer_shown() {
    let mut run = session();
    let mut asks = call(4, "pay");
    asks.arguments.insert("id".to_owned(), json!("one-G8"));
    let before = run.trace(&asks);
    while compact(&mut run).is_some() {}
    assert_eq!(run.trace(&asks), before);
    assert!(matches!(before[0].source, crate::Source::Result { .. }));
    let next = Run::new("four".into(), run.into_earlier());
    assert_eq!(next.trace(&asks), before, "in later runs of the session as well");
}

#[test]
fn what_must_not_happen_twice_is_not_forgotten() {
    let mut run = session();
    run.apply(&replied("", vec![call(4, "pay")]));
    run.apply(&Event::CallFinished {
        call: "c4".into(),
        outcome: CallOutcome::Unknown,
        result: json!({"error": "nobody knows"}),
        failure: None,
        ms: 1,
    });
    turn(&mut run, 5, results(9, "five"));
    turn(&mut run, 6, results(9, "six"));
    while compact(&mut run).is_some() {}
    assert!(!run.history().iter().flat_map(Message::calls).any(|call| call.tool == "pay"), "it is not shown");
    run.apply(&replied("", vec![call(7, "pay")]));
    let step = crate::planner::next_step(&run, &tools(), &crate::Limits::default());
    assert!(
        matches!(&step, crate::Step::Settle(result) if result.outcome == CallOutcome::Cancelled),
        "{step:?}"
    );
}

#[test]
fn steps_that_do_not_fit_change_nothing() {
    let mut run = session();
    let before = run.history().to_vec();
    for step in [
        Compaction::MessagesLeftOut { from: 99, messages: usize::MAX, system: Some(0) },
        Compaction::ResultsShortened { until: usize::MAX, bytes: usize::MAX >> 1, results: 0, system: None },
    ] {
        run.apply(&Event::Compacted { step, why: String::new() });
        assert_eq!(run.history().len(), before.len());
    }
}

#[test]
fn steps_are_of_the_same_messages_under_other_instructions() {
    let brief = || Message::text_of(Role::System, "Be brief.");
    for (then, now) in [
        (vec![brief()], vec![]),
        (vec![], vec![brief()]),
        (vec![brief()], vec![brief(), Message::text_of(Role::System, "Be kind.")]),
    ] {
        let (mut first, mut again) = (session_under(then.clone()), session_under(now.clone()));
        let mut steps = 0;
        while let Some(step) = next(&first) {
            let line = serde_json::to_string(&Event::Compacted { step, why: "full".to_owned() }).unwrap();
            let event: Event = serde_json::from_str(&line).unwrap();
            first.apply(&event);
            again.apply(&event);
            assert_eq!(first.history()[then.len()..], again.history()[now.len()..], "{line}");
            steps += 1;
        }
        assert!(steps > 3, "{steps}");
    }
}

#[test]
fn a_step_of_an_earlier_version_is_done_as_it_was_counted() {
    let line =
        r#"{"type": "compacted", "step": "messages_left_out", "from": 1, "messages": 4, "why": "full"}"#;
    let mut run = session();
    let before = run.history().to_vec();
    run.apply(&serde_json::from_str(line).unwrap());
    assert_eq!(run.history().len(), before.len() - 4);
    assert_eq!(run.history()[0], before[0], "the instructions stay");
    assert_eq!(run.history()[2..4], before[6..8], "the first exchange is left out");
}

#[test]
fn a_reply_that_never_ended_goes_before_anything_that_was_found_out() {
    let mut run = session();
    let rambling = "是, and so on ".repeat(400);
    run.apply(&Event::ReplyMalformed {
        turn: 4,
        text: rambling.clone(),
        problem: "it was cut off".into(),
        stop: crate::StopReason::Window,
        usage: crate::TokenUsage::default(),
        ms: 1,
        recording: crate::Recording::default(),
    });
    let step = next(&run).unwrap();
    assert_eq!(step, Compaction::RepliesShortened { bytes: 240, replies: 1 });
    let before = run.history().to_vec();
    run.apply(&Event::Compacted { step, why: String::new() });
    let (last, told) = (&run.history()[before.len() - 2], run.history().last().unwrap());
    let kept = last.text();
    assert!(kept.len() <= 240 && kept.len() > 230 && rambling.starts_with(&kept), "{kept}");
    assert!(matches!(told.parts.as_slice(), [Part::Note(note)] if note.contains("cut off")), "{told:?}");
    assert_eq!(run.history()[..before.len() - 2], before[..before.len() - 2], "nothing else was touched");
    assert!(run.record().iter().any(|message| message.text() == rambling), "the run still knows all of it");
    assert!(matches!(next(&run), Some(Compaction::ResultsShortened { .. })), "it is done once");
}

#[test]
fn a_long_result_keeps_what_it_names() {
    let shortened = bounded(results(60, "x"), 8_000);
    assert!(shortened.to_string().len() < 8_100 && shortened["cut"].is_string(), "{shortened}");
    let trains = shortened["trains"].as_array().expect("it is a list still");
    assert!(trains.len() > 16 && trains[0]["id"] == "x-G0", "{shortened}");
    assert!(trains.last().is_some_and(|last| last.as_str().is_some_and(|text| text.ends_with("more"))));
    assert_eq!(bounded(results(6, "x"), 8_000), results(6, "x"), "what is short enough stays as it is");
}

#[test]
fn a_map_of_many_keeps_its_first() {
    let prices = |count: usize| -> Value {
        (0..count).map(|at| (format!("stock-{at}"), json!({"price": at, "of": "the last day"}))).collect()
    };
    let shortened = bounded(json!({"currency": "EUR", "prices": prices(2_000)}), 8_000);
    assert!(shortened.to_string().len() < 8_100, "{shortened}");
    assert_eq!(
        (&shortened["currency"], &shortened["prices"]["stock-7"]["price"]),
        (&json!("EUR"), &json!(7))
    );
    let left = shortened["prices"]["…"].as_str().expect("what is left out is said");
    assert!(left.ends_with(" more") && shortened["prices"].as_object().unwrap().len() > 32, "{shortened}");
    assert_eq!(bounded(prices(40), 8_000), prices(40));
}

#[test]
fn a_long_text_fills_what_there_is() {
    for text in ["many words ".repeat(9_000), "许多字".repeat(9_000)] {
        let shortened = bounded(json!({"url": "https://example.org", "text": text}), 8_000);
        let bytes = shortened.to_string().len();
        assert!((7_500..8_100).contains(&bytes), "{bytes} bytes");
        assert_eq!(shortened["url"], "https://example.org");
    }
}

#[test]
fn what_is_nested_too_deeply_to_be_read_again_is_cut() {
    let deep = (0..200).fold(json!(1), |inner, _| json!([inner]));
    let cut = bounded(deep, 8_000);
    assert!(cut["cut"].is_string());
    assert!(serde_json::from_str::<Value>(&json!([[[cut]]]).to_string()).is_ok());
}
