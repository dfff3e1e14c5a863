//! Every branch of the planner, and what no order of facts may lead to.

use std::time::Duration;

use crate::event::{Event, Outcome, Verdict};
use crate::limits::{LimitKind, Limits};
use crate::message::{CallOutcome, ToolCall};
use crate::ports::{ReplyMode, StopReason};
use crate::samples::{
    asked_for, begun, call, cut_off, decided, ended, finished, malformed, replied, run_of, started, tools,
};

use super::{Step, next_step};

pub(crate) mod once;
mod scripted;

fn next(events: &[Event]) -> Step {
    next_within(events, &Limits::default())
}

fn next_within(events: &[Event], limits: &Limits) -> Step {
    next_step(&run_of(events), &tools(), limits)
}

fn allowed(id: &str) -> Event {
    decided(id, Verdict::Allow)
}

#[test]
fn a_run_that_has_not_begun_or_has_ended_needs_nothing() {
    assert_eq!(next(&[]), Step::Done);
    assert_eq!(next(&[started(), finished(Outcome::Cancelled)]), Step::Done);
    assert_eq!(next(&[started(), finished(Outcome::Answered), Event::Resumed]), Step::Done);
}

#[test]
fn a_message_and_results_are_replied_to() {
    assert_eq!(next(&[started()]), Step::Generate(ReplyMode::Free));
    let with_result =
        [started(), asked_for(&["look"]), allowed("c1"), begun("c1"), ended("c1", CallOutcome::Succeeded)];
    assert_eq!(next(&with_result), Step::Generate(ReplyMode::Free));
    assert_eq!(next(&[started(), malformed()]), Step::Generate(ReplyMode::Free));
}

#[test]
fn a_reply_without_calls_ends_the_run() {
    assert_eq!(next(&[started(), replied("It will rain.", vec![])]), Step::Finish(Outcome::Answered));
    assert_eq!(next(&[started(), replied("Which city? ", vec![])]), Step::Finish(Outcome::Asked));
    assert_eq!(next(&[started(), replied("哪一天？", vec![])]), Step::Finish(Outcome::Asked));
    assert_eq!(next(&[started(), replied("**Which day?** ", vec![])]), Step::Finish(Outcome::Asked));
    assert_eq!(
        next(&[started(), replied("One is free (shall I go on?)", vec![])]),
        Step::Finish(Outcome::Asked)
    );
    let quotes = replied("Anna writes: \"Which day?\"", vec![]);
    assert_eq!(next(&[started(), quotes]), Step::Finish(Outcome::Answered));
    assert_eq!(next(&[started(), replied("", vec![])]), Step::Finish(Outcome::Answered));
}

#[test]
fn what_became_of_a_call_is_asked_before_others_are_decided() {
    let events =
        [started(), asked_for(&["pay", "pay"]), allowed("c1"), allowed("c2"), begun("c1"), Event::Resumed];
    assert_eq!(next(&events), Step::Probe(call(1, "pay")));
}

#[test]
fn every_call_is_decided_before_any_is_started() {
    let events = [started(), asked_for(&["look", "pay"]), allowed("c1")];
    assert_eq!(next(&events), Step::Decide(call(2, "pay")));
    assert_eq!(next(&events[..2]), Step::Decide(call(1, "look")));
}

#[test]
fn what_may_not_run_is_settled_without_a_tool() {
    let Step::Settle(refused) = next(&[started(), asked_for(&["pay"]), decided("c1", Verdict::Deny)]) else {
        panic!("a denied call is settled");
    };
    assert_eq!((refused.outcome, &refused.result["error"]), (CallOutcome::Refused, &"because".into()));
    let Step::Settle(unknown) = next(&[started(), asked_for(&["fly"])]) else {
        panic!("an unknown tool is settled");
    };
    assert_eq!(unknown.outcome, CallOutcome::Failed);
    assert_eq!(unknown.result["error"], "there is no tool 'fly'; the tools are: look, put, pay");
}

#[test]
fn a_person_who_has_to_say_is_waited_for() {
    let asked = [started(), asked_for(&["pay"]), decided("c1", Verdict::Ask)];
    let waiting = Outcome::Waiting { call: "c1".into() };
    assert_eq!(next(&asked), Step::Finish(waiting.clone()));
    let waits = [&asked[..], &[finished(waiting)]].concat();
    assert_eq!(next(&waits), Step::Done);
    assert_eq!(next(&[&waits[..], &[Event::Resumed]].concat()), Step::Decide(call(1, "pay")));
}

#[test]
fn calls_that_read_run_together_and_first() {
    let mut events = vec![started(), asked_for(&["pay", "look", "put", "look"])];
    events.extend(["c1", "c2", "c3", "c4"].map(allowed));
    assert_eq!(next(&events), Step::Start(call(2, "look")));
    events.push(begun("c2"));
    assert_eq!(next(&events), Step::Start(call(4, "look")));
    events.push(begun("c4"));
    assert_eq!(next(&events), Step::Execute(vec![call(2, "look"), call(4, "look")]));
    events.push(ended("c2", CallOutcome::Succeeded));
    assert_eq!(next(&events), Step::Execute(vec![call(4, "look")]));
    events.push(ended("c4", CallOutcome::Failed));
    assert_eq!(next(&events), Step::Start(call(1, "pay")));
    events.push(begun("c1"));
    assert_eq!(next(&events), Step::Execute(vec![call(1, "pay")]));
    events.push(ended("c1", CallOutcome::Succeeded));
    assert_eq!(next(&events), Step::Start(call(3, "put")));
}

#[test]
fn what_is_unknown_is_not_done_by_the_same_call_of_the_same_reply() {
    let pay = |index: usize, bill: &str| {
        let arguments = serde_json::Map::from_iter([("bill".to_owned(), bill.into())]);
        ToolCall { arguments, ..call(index, "pay") }
    };
    let calls = vec![pay(1, "A"), pay(2, "A"), pay(3, "B")];
    let mut events = vec![started(), replied("", calls.clone())];
    events.extend(["c1", "c2", "c3"].map(allowed));
    events.extend([begun("c1"), ended("c1", CallOutcome::Unknown)]);
    let Step::Settle(same) = next(&events) else { panic!("it must not happen twice") };
    assert_eq!((same.call.as_str(), same.outcome), ("c2", CallOutcome::Cancelled));
    let why = same.result["error"].as_str().unwrap_or_default();
    assert!(why.starts_with("it is unknown whether it took effect"), "{why}");
    let resumed = [&events[..], &[Event::Resumed]].concat();
    assert_eq!(next(&resumed), Step::Settle(same), "nor once the run goes on");
    events.push(ended("c2", CallOutcome::Cancelled));
    assert_eq!(next(&events), Step::Start(calls[2].clone()), "another one is made");
}

#[test]
fn a_call_in_doubt_runs_again_only_if_that_is_harmless() {
    for (tool, expected) in [
        ("look", Step::Start(call(1, "look"))),
        ("put", Step::Start(call(1, "put"))),
        ("pay", Step::Probe(call(1, "pay"))),
    ] {
        let events = [started(), asked_for(&[tool]), allowed("c1"), begun("c1"), Event::Resumed];
        assert_eq!(next(&events), expected);
        let not_done = [&events[..], &[begun("c1")]].concat();
        assert_eq!(next(&not_done), Step::Execute(vec![call(1, tool)]));
    }
}

/// What the first call would do has changed since it was allowed.
fn withheld() -> Event {
    let (why, digest) = ("it changed".to_owned(), "d".to_owned());
    Event::CallWithheld { call: "c1".into(), why, plan: serde_json::Value::Null, digest, ms: 1 }
}

/// A call that was begun and has to be made once more is not one more call.
#[test]
fn a_call_that_starts_again_is_counted_once() {
    let limits = Limits { calls_max: 1, ..Limits::default() };
    let waiting = || finished(Outcome::Waiting { call: "c1".into() });
    let asked = [started(), asked_for(&["pay"]), decided("c1", Verdict::Ask), waiting(), Event::Resumed];
    let again = [&asked[..], &[allowed("c1"), begun("c1"), withheld(), waiting(), Event::Resumed]].concat();
    assert_eq!(next_within(&again, &limits), Step::Decide(call(1, "pay")), "a person may allow it again");
    let once_more = [&again[..], &[allowed("c1"), begun("c1")]].concat();
    assert_eq!(run_of(&once_more).usage().calls, 1);

    // One of two that are allowed was begun when the process ended.
    let limits = Limits { calls_max: 2, ..Limits::default() };
    let crashed =
        [started(), asked_for(&["put", "put"]), allowed("c1"), allowed("c2"), begun("c1"), Event::Resumed];
    let done = [&crashed[..], &[begun("c1"), ended("c1", CallOutcome::Succeeded)]].concat();
    assert_eq!(next_within(&done, &limits), Step::Decide(call(2, "put")));
}

/// What an attempt may have done is not denied by a no to the next one.
#[test]
fn a_denied_call_that_may_have_taken_effect_is_unknown() {
    for (tool, outcome) in [("put", CallOutcome::Unknown), ("pay", CallOutcome::Refused)] {
        let lost = [started(), asked_for(&[tool]), allowed("c1"), begun("c1"), Event::Resumed, begun("c1")];
        let denied = [&lost[..], &[withheld(), Event::Resumed, decided("c1", Verdict::Deny)]].concat();
        let Step::Settle(result) = next(&denied) else { panic!("a denied call is settled") };
        assert_eq!(result.outcome, outcome, "{tool}");
    }
}

#[test]
fn a_call_in_doubt_whose_tool_is_gone_is_asked_about() {
    let events = [started(), asked_for(&["pay"]), allowed("c1"), begun("c1"), Event::Resumed];
    let none_left = next_step(&run_of(&events), &[], &Limits::default());
    assert_eq!(none_left, Step::Probe(call(1, "pay")));
}

#[test]
fn the_last_reply_before_a_limit_can_only_answer() {
    let limits = Limits { turns_max: 2, ..Limits::default() };
    let read =
        [started(), asked_for(&["look"]), allowed("c1"), begun("c1"), ended("c1", CallOutcome::Succeeded)];
    assert_eq!(next_within(&read, &limits), Step::Generate(ReplyMode::AnswerOnly));
    let limits = Limits { calls_max: 1, ..Limits::default() };
    assert_eq!(next_within(&read, &limits), Step::Generate(ReplyMode::AnswerOnly));
    assert_eq!(
        next_step(&run_of(&[started()]), &[], &Limits::default()),
        Step::Generate(ReplyMode::AnswerOnly)
    );
}

#[test]
fn a_limit_ends_the_run_but_not_before_its_answer() {
    let read =
        [started(), asked_for(&["look"]), allowed("c1"), begun("c1"), ended("c1", CallOutcome::Succeeded)];
    let answered = [&read[..], &[replied("Sunny.", vec![])]].concat();
    for (limits, limit) in [
        (Limits { turns_max: 1, ..Limits::default() }, LimitKind::Turns),
        (Limits { wall_time: Duration::from_millis(105), ..Limits::default() }, LimitKind::WallTime),
    ] {
        assert_eq!(next_within(&read, &limits), Step::Finish(Outcome::Limit { limit }));
        assert_eq!(next_within(&answered, &limits), Step::Finish(Outcome::Answered));
    }
    // Each of the two replies sampled 10 tokens.
    let tokens = Step::Finish(Outcome::Limit { limit: LimitKind::Tokens });
    assert_eq!(next_within(&read, &Limits { tokens_max: 10, ..Limits::default() }), tokens);
    let exact = Limits { tokens_max: 20, ..Limits::default() };
    assert_eq!(next_within(&answered, &exact), Step::Finish(Outcome::Answered), "it ended by itself");
    let limits = Limits { malformed_max: 2, ..Limits::default() };
    assert_eq!(next_within(&[started(), malformed()], &limits), Step::Generate(ReplyMode::AnswerOnly));
    assert_eq!(next(&[started(), malformed()]), Step::Generate(ReplyMode::Free));
    let one = Limits { malformed_max: 1, ..Limits::default() };
    assert_eq!(next_within(&[started()], &one), Step::Generate(ReplyMode::Free));
    let twice = [started(), malformed(), malformed()];
    assert_eq!(next_within(&twice, &limits), Step::Finish(Outcome::Limit { limit: LimitKind::Malformed }));
}

#[test]
fn a_text_that_was_cut_off_is_no_answer() {
    for (stop, limit) in [
        (StopReason::Tokens, LimitKind::Tokens),
        (StopReason::Window, LimitKind::Window),
        (StopReason::Withheld, LimitKind::Withheld),
        (StopReason::Time, LimitKind::WallTime),
    ] {
        for text in ["It will", "Will it?"] {
            let cut = [started(), cut_off(text, stop)];
            assert_eq!(next(&cut), Step::Finish(Outcome::Limit { limit }), "however many tokens are left");
            let mended = [&cut[..], &[replied("It will rain.", vec![])]].concat();
            assert_eq!(next(&mended), Step::Finish(Outcome::Answered));
        }
    }
    let mut calls = asked_for(&["look"]);
    if let Event::ModelReplied { stop, .. } = &mut calls {
        *stop = StopReason::Tokens;
    }
    assert_eq!(next(&[started(), calls]), Step::Decide(call(1, "look")), "calls that are whole are made");
}

#[test]
fn an_answer_of_a_shape_is_whole_when_it_has_it() {
    let mut begins = started();
    if let Event::Started { answer_schema, .. } = &mut begins {
        let schema = serde_json::json!({"type": "object", "properties": {"rain": {"type": "boolean"}},
            "required": ["rain"], "additionalProperties": false});
        *answer_schema = Some(crate::answer::AnswerSchema::new(schema).expect("a schema"));
    }
    let said = |event: Event| next(&[begins.clone(), event]);
    let tokens = Step::Finish(Outcome::Limit { limit: LimitKind::Tokens });
    assert_eq!(said(cut_off("{\"rain\": tr", StopReason::Tokens)), tokens);
    assert_eq!(said(replied("{\"rain\": tr", vec![])), tokens, "whatever the model says of it");
    let whole = "{\"rain\": true}";
    assert_eq!(said(cut_off(whole, StopReason::Tokens)), Step::Finish(Outcome::Answered));
}

#[test]
fn no_call_is_started_when_the_time_is_used_up() {
    let limits = Limits { wall_time: Duration::from_millis(100), ..Limits::default() };
    let asked = [started(), asked_for(&["look", "pay"])];
    for events in [&asked[..], &[&asked[..], &[allowed("c1")]].concat()] {
        let Step::Settle(result) = next_within(events, &limits) else { panic!("the reply took all of it") };
        assert_eq!((result.call.as_str(), result.outcome), ("c1", CallOutcome::Cancelled));
    }
    let under_way = [&asked[..], &[allowed("c1"), allowed("c2"), begun("c2"), Event::Resumed]].concat();
    assert_eq!(next_within(&under_way, &limits), Step::Probe(call(2, "pay")), "what became of it is asked");
    let known = [&under_way[..], &[ended("c2", CallOutcome::Succeeded)]].concat();
    let Step::Settle(result) = next_within(&known, &limits) else { panic!("it is not begun any more") };
    assert_eq!(result.call.as_str(), "c1");
}

#[test]
fn calls_over_the_limit_are_cancelled_not_run() {
    let limits = Limits { calls_max: 1, ..Limits::default() };
    let Step::Settle(over) = next_within(&[started(), asked_for(&["look", "look"]), allowed("c1")], &limits)
    else {
        panic!("a call over the limit is settled");
    };
    assert_eq!((over.call, over.outcome), ("c2".into(), CallOutcome::Cancelled));
}
