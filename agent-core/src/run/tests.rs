//! The fold: what each fact does to a run, and that facts that do not fit do nothing.

use jiff::civil::date;
use proptest::prelude::*;
use serde_json::json;

use crate::event::{Event, Outcome, Receipt, Verdict};
use crate::ids::RunId;
use crate::message::{CallOutcome, Message, Part, Role};
use crate::planner::tests::once::any_event;
use crate::ports::StopReason;
use crate::samples::{
    asked_for, begun, call, cut_off, decided, ended, finished, malformed, replied, result, run_of, started,
};

use super::{CallState, Earlier, Run};

fn states(run: &Run) -> Vec<CallState> {
    run.pending().iter().map(|pending| pending.state.clone()).collect()
}

fn allowed(id: &str) -> Event {
    decided(id, Verdict::Allow)
}

#[test]
fn the_message_comes_with_the_date_once_a_day() {
    let run = run_of(&[started()]);
    let note = Part::Note("(Today is Monday, 2026-11-23.)".to_owned());
    let said = Part::Text("Pay the bill".to_owned());
    assert_eq!(run.history(), [Message { role: Role::User, parts: vec![note.clone(), said.clone()] }]);
    assert_eq!(run.history()[0].text(), "Pay the bill", "a note is never the person's words");

    let told = Earlier { date: Some(date(2026, 11, 23)), ..Earlier::default() };
    let same_day = Run::replay(RunId::from("r2"), told, &[started()]);
    assert_eq!(same_day.history()[0].parts, std::slice::from_ref(&said));

    let told = Earlier { date: Some(date(2026, 11, 22)), ..Earlier::default() };
    let next_day = Run::replay(RunId::from("r2"), told, &[started()]);
    assert_eq!(next_day.history()[0].parts, [note, said]);
}

#[test]
fn a_task_of_strangers_is_shown_as_it_is_and_asked_for_by_nobody() {
    let mut task = started();
    let Event::Started { untrusted_message, .. } = &mut task else { panic!("a run begins") };
    *untrusted_message = true;
    let run = run_of(&[task, asked_for(&["pay"])]);
    let shown = Part::Task { text: "Pay the bill".to_owned(), untrusted: true };
    assert!(run.history()[0].parts.contains(&shown), "{:?}", run.history());
    assert_eq!(run.open_requests().into_iter().map(|request| request.text).collect::<Vec<_>>(), [""]);
    assert!(run.context(&"c1".into()).unwrap().untrusted, "and it is handed on as such");
}

#[test]
fn a_tool_is_told_that_strangers_have_been_read() {
    let mut begins = started();
    let Event::Started { untrusted, .. } = &mut begins else { panic!("a run begins") };
    *untrusted = vec!["look".to_owned()];
    let mut run = run_of(&[begins, asked_for(&["look"]), allowed("c1"), begun("c1")]);
    assert!(!run.context(&"c1".into()).unwrap().untrusted);
    run.apply(&ended("c1", CallOutcome::Succeeded));
    run.apply(&replied("", vec![call(2, "pay")]));
    assert!(run.context(&"c2".into()).unwrap().untrusted);
}

#[test]
fn what_was_written_is_a_reply_to_what_was_asked_last() {
    let first = run_of(&[started(), malformed(), replied("Paid.", vec![]), finished(Outcome::Answered)]);
    assert_eq!(first.written(), "Paid.");
    let mut second = Run::replay(RunId::from("r2"), first.into_earlier(), &[started()]);
    assert_eq!(second.written(), "");
    second.apply(&malformed());
    assert_eq!(second.written(), "<tool_call>{", "readable or not");
}

#[test]
fn a_session_goes_on_where_its_last_run_ended() {
    let first = run_of(&[started(), replied("Paid.", vec![]), finished(Outcome::Answered)]);
    let earlier = first.into_earlier();
    assert_eq!((earlier.messages.len(), earlier.date), (2, Some(date(2026, 11, 23))));
    let second = Run::replay(RunId::from("r2"), earlier, &[started()]);
    assert_eq!(second.history().len(), 3);
    assert_eq!(second.session().as_str(), "s1");
}

#[test]
fn a_call_goes_from_asked_for_to_finished() {
    let mut run = run_of(&[started(), asked_for(&["pay"])]);
    for (event, state) in [(allowed("c1"), CallState::Allowed), (begun("c1"), CallState::Started)] {
        run.apply(&event);
        assert_eq!(states(&run), [state]);
    }
    run.apply(&ended("c1", CallOutcome::Succeeded));
    assert_eq!(run.pending(), []);
    let last = run.history().last().expect("the result is shown");
    assert_eq!(last.role, Role::Tool);
    assert_eq!(
        last.results().map(|r| (r.tool.as_str(), &r.result)).collect::<Vec<_>>(),
        [("pay", &result("c1"))]
    );
    let usage = run.usage();
    assert_eq!((usage.turns, usage.calls, usage.model_ms, usage.tool_ms), (1, 1, 100, 5));
    assert_eq!(usage.tokens.decoded(), 10);
}

#[test]
fn calls_that_ran_side_by_side_take_the_time_of_the_longest() {
    let took = |call: &str, ms| Event::CallFinished {
        call: call.into(),
        outcome: CallOutcome::Succeeded,
        result: result(call),
        failure: None,
        ms,
    };
    let retried = |call: &str, ms| Event::CallRetried {
        call: call.into(),
        attempt: 1,
        error: "busy".to_owned(),
        in_doubt: false,
        wait_ms: 10,
        ms,
    };
    let side_by_side = [
        vec![started(), asked_for(&["look", "look", "look"])],
        vec![allowed("c1"), allowed("c2"), allowed("c3"), begun("c1"), begun("c2"), begun("c3")],
        vec![took("c1", 400), retried("c2", 100), took("c3", 500)],
    ]
    .concat();
    assert_eq!(run_of(&side_by_side).usage().tool_ms, 500);
    let once_more = [side_by_side, vec![took("c2", 300)]].concat();
    assert_eq!(run_of(&once_more).usage().tool_ms, 800, "the second attempt came after the others");
    let one_by_one = [
        vec![started(), asked_for(&["pay", "pay"]), allowed("c1"), allowed("c2")],
        vec![begun("c1"), took("c1", 400), begun("c2"), took("c2", 300)],
    ]
    .concat();
    assert_eq!(run_of(&one_by_one).usage().tool_ms, 700);
}

#[test]
fn results_are_shown_together_and_in_call_order() {
    let mut run = run_of(&[started(), asked_for(&["pay", "look"]), allowed("c1"), allowed("c2")]);
    run.apply(&ended("c2", CallOutcome::Succeeded));
    assert_eq!(run.history().last().map(|message| message.role), Some(Role::Assistant));
    run.apply(&ended("c1", CallOutcome::Failed));
    let shown: Vec<&str> = run.history()[2].results().map(|result| result.call.as_str()).collect();
    assert_eq!(shown, ["c1", "c2"]);
}

#[test]
fn a_call_that_was_started_is_never_undecided_again() {
    let mut run = run_of(&[started(), asked_for(&["pay"]), allowed("c1"), begun("c1")]);
    for verdict in [Verdict::Allow, Verdict::Ask, Verdict::Deny] {
        run.apply(&decided("c1", verdict));
        assert_eq!(states(&run), [CallState::Started]);
    }
    run.apply(&Event::Resumed);
    run.apply(&allowed("c1"));
    assert_eq!(states(&run), [CallState::InDoubt]);
    run.apply(&begun("c1"));
    assert_eq!(states(&run), [CallState::Started]);
}

#[test]
fn what_an_attempt_may_have_done_is_remembered() {
    let retried = |in_doubt| Event::CallRetried {
        call: "c1".into(),
        attempt: 1,
        error: "busy".to_owned(),
        in_doubt,
        wait_ms: 10,
        ms: 1,
    };
    let under_way = [started(), asked_for(&["put"]), allowed("c1"), begun("c1")];
    for (then, in_doubt) in [
        (vec![retried(false)], false),
        (vec![retried(true), retried(false)], true),
        (vec![Event::Resumed, begun("c1")], true),
    ] {
        let run = run_of(&[&under_way[..], &then[..]].concat());
        assert_eq!(states(&run), [CallState::Started]);
        assert_eq!(run.pending()[0].in_doubt, in_doubt, "{then:?}");
    }
}

#[test]
fn a_call_that_nobody_allowed_does_not_start() {
    let mut run = run_of(&[started(), asked_for(&["pay", "pay"]), decided("c1", Verdict::Deny)]);
    let before = run.clone();
    for id in ["c1", "c2", "c9"] {
        run.apply(&begun(id));
    }
    assert_eq!(run, before);
}

#[test]
fn a_resumed_run_asks_the_person_again() {
    let waiting = finished(Outcome::Waiting { call: "c1".into() });
    let mut run = run_of(&[started(), asked_for(&["pay"]), decided("c1", Verdict::Ask), waiting]);
    assert_eq!(run.outcome(), Some(&Outcome::Waiting { call: "c1".into() }));
    run.apply(&allowed("c1"));
    assert_eq!(states(&run), [CallState::AwaitingPerson], "nothing moves while the run waits");
    run.apply(&Event::Resumed);
    assert_eq!((run.outcome(), states(&run)), (None, vec![CallState::Undecided]));
}

#[test]
fn a_run_that_ends_leaves_no_orphan_call() {
    let asked = asked_for(&["pay", "look", "put", "pay"]);
    let decisions = [allowed("c1"), allowed("c2"), decided("c3", Verdict::Ask)];
    let mut events = vec![started(), asked];
    events.extend(decisions);
    events.extend([
        begun("c1"),
        begun("c2"),
        ended("c2", CallOutcome::Succeeded),
        finished(Outcome::Cancelled),
    ]);
    let run = run_of(&events);
    assert_eq!(run.pending(), []);
    let outcomes: Vec<CallOutcome> = run.history()[2].results().map(|result| result.outcome).collect();
    let (unknown, cancelled) = (CallOutcome::Unknown, CallOutcome::Cancelled);
    assert_eq!(outcomes, [unknown, CallOutcome::Succeeded, cancelled, cancelled]);
    assert_eq!(run.answer(), "done");
}

#[test]
fn a_run_that_waits_leaves_no_orphan_call_to_the_next_one() {
    let waiting = finished(Outcome::Waiting { call: "c1".into() });
    let run = run_of(&[started(), asked_for(&["pay"]), decided("c1", Verdict::Ask), waiting]);
    let earlier = run.into_earlier();
    let results = earlier.messages[2].results().map(|result| result.outcome).collect::<Vec<_>>();
    assert_eq!(results, [CallOutcome::Cancelled]);
}

#[test]
fn a_malformed_reply_is_kept_and_answered() {
    let mut run = run_of(&[started(), malformed(), malformed()]);
    assert_eq!((run.malformed_in_a_row(), run.usage().turns), (2, 2));
    let roles: Vec<Role> = run.history().iter().map(|message| message.role).collect();
    assert_eq!(roles, [Role::User, Role::Assistant, Role::User, Role::Assistant, Role::User]);
    assert_eq!(run.history()[2].text(), "", "what we say of it is a note, not the person's words");
    run.apply(&replied("Sorry.", vec![]));
    assert_eq!((run.malformed_in_a_row(), run.said()), (0, "Sorry."));
}

#[test]
fn why_a_reply_ended_is_known_until_the_next_one() {
    let mut run = run_of(&[started(), cut_off("It will", StopReason::Tokens)]);
    assert_eq!((run.said(), run.stop()), ("It will", StopReason::Tokens));
    run.apply(&replied("It will rain.", vec![]));
    assert_eq!(run.stop(), StopReason::Ended);
    let earlier = run_of(&[started(), cut_off("It will", StopReason::Tokens)]).into_earlier();
    let next = Run::replay(RunId::from("r2"), earlier, &[started()]);
    assert_eq!(next.stop(), StopReason::Ended, "it is of the run, not of the session");
}

#[test]
fn how_sure_the_model_was_is_known_until_the_next_reply() {
    let sure = |confidence: Option<f32>, calls| {
        let mut event = replied("", calls);
        if let Event::ModelReplied { confidence: of_reply, .. } = &mut event {
            *of_reply = confidence;
        }
        event
    };
    let mut run = run_of(&[started(), sure(Some(0.25), vec![call(1, "pay")])]);
    assert_eq!(run.confidence(), Some(0.25));
    run.apply(&sure(Some(0.75), vec![]));
    assert_eq!(run.confidence(), Some(0.25), "a reply while calls are open does not fit");
    run.apply(&ended("c1", CallOutcome::Succeeded));
    run.apply(&sure(None, vec![]));
    assert_eq!(run.confidence(), None, "nothing was chosen in that one");
    let earlier = run_of(&[started(), sure(Some(0.25), vec![])]).into_earlier();
    let next = Run::replay(RunId::from("r2"), earlier, &[started()]);
    assert_eq!(next.confidence(), None, "it is of the run, not of the session");
}

#[test]
fn call_ids_are_counted_over_the_run() {
    let run = run_of(&[started()]);
    assert_eq!([run.next_call_id(0), run.next_call_id(1)], ["c1".into(), "c2".into()]);
    let mut run = run_of(&[started(), asked_for(&["look", "look"])]);
    assert_eq!(run.next_call_id(0), "c3".into());
    assert_eq!(run.key(&call(2, "look").id).as_str(), "r1.c2");
    run.apply(&replied("More", vec![call(3, "look")]));
    assert_eq!(run.next_call_id(0), "c3".into(), "a reply while calls are open does not fit");
}

#[test]
fn what_does_not_fit_changes_nothing() {
    let begun_run = [started(), replied("Which one?", vec![]), finished(Outcome::Asked)];
    for (before, event) in [
        (&begun_run[..0], replied("Hello", vec![])),
        (&begun_run[..0], finished(Outcome::Answered)),
        (&begun_run[..1], started()),
        (&begun_run[..1], ended("c1", CallOutcome::Succeeded)),
        (&begun_run[..], replied("Hello", vec![])),
        (&begun_run[..], malformed()),
        (&begun_run[..], finished(Outcome::Cancelled)),
        (&begun_run[..], Event::Resumed),
    ] {
        let mut run = run_of(before);
        run.apply(&event);
        assert_eq!(run, run_of(before), "{event:?}");
    }
    let mut run = run_of(&[started(), asked_for(&["look", "look"]), ended("c1", CallOutcome::Succeeded)]);
    let before = run.clone();
    run.apply(&ended("c1", CallOutcome::Failed));
    assert_eq!(run, before, "a result stays what it was");
}

#[test]
fn events_have_one_json_form() {
    let event = finished(Outcome::Waiting { call: "c1".into() });
    let value = serde_json::to_value(&event).unwrap();
    assert_eq!(
        (&value["type"], &value["outcome"], &value["call"]),
        (&json!("finished"), &json!("waiting"), &json!("c1"))
    );
    let value = serde_json::to_value(ended("c1", CallOutcome::Unknown)).unwrap();
    assert_eq!(
        value,
        json!({"type": "call_finished", "call": "c1", "outcome": "unknown", "result": {"of": "c1"}, "ms": 5})
    );
}

#[test]
fn what_a_run_did_is_told_while_it_stands_still() {
    let receipt = Receipt { call: "c1".into(), tool: "pay".to_owned(), reference: "P1".to_owned() };
    let mut waits = finished(Outcome::Waiting { call: "c2".into() });
    if let Event::Finished { receipts, .. } = &mut waits {
        receipts.push(receipt.clone());
    }
    let run = run_of(&[started(), waits.clone()]);
    assert_eq!((run.message(), run.receipts()), ("Pay the bill", &[receipt][..]));
    assert!(run_of(&[started(), waits, Event::Resumed]).receipts().is_empty());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn any_order_of_facts_folds_and_a_journal_folds_as_it_was_written(
        events in prop::collection::vec(any_event(), 0..50),
        cut in 0..50_usize,
    ) {
        let mut step_by_step = run_of(&[]);
        for event in &events {
            step_by_step.apply(event);
        }
        prop_assert_eq!(&step_by_step, &run_of(&events));

        let (before, after) = events.split_at(cut.min(events.len()));
        let mut resumed = run_of(before);
        for event in after {
            resumed.apply(event);
        }
        prop_assert_eq!(&resumed, &step_by_step);

        let lines: Vec<String> = events.iter().map(|event| serde_json::to_string(event).unwrap()).collect();
        let read: Vec<Event> = lines.iter().map(|line| serde_json::from_str(line).unwrap()).collect();
        prop_assert_eq!(run_of(&read), step_by_step);
    }

    #[test]
    fn every_call_in_the_history_has_its_result_or_is_open(events in prop::collection::vec(any_event(), 0..50)) {
        let run = run_of(&events);
        let open = run.pending().iter().filter(|pending| pending.undoes.is_none()).count();
        let history = run.history();
        let asked: usize = history.iter().map(|message| message.calls().count()).sum();
        let told: usize = history.iter().map(|message| message.results().count()).sum();
        prop_assert_eq!(asked, told + open);
        let left: usize = run.into_earlier().messages.iter().map(|message| message.results().count()).sum();
        prop_assert_eq!(asked, left);
    }
}

proptest! {
    #[test]
    fn whatever_a_journal_holds_is_read_folded_and_planned(
        events in prop::collection::vec(any_event(), 0..12),
        cuts in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..4),
    ) {
        let lines: Vec<String> = events.iter().map(|event| serde_json::to_string(event).unwrap()).collect();
        let mut bytes = lines.join("\n").into_bytes();
        for (place, byte) in cuts {
            if !bytes.is_empty() {
                let at = place.index(bytes.len());
                bytes[at] = byte;
            }
        }
        crate::testing::any_bytes_as_a_journal(&bytes);
    }
}
