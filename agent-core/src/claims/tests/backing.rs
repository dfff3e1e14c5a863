//! Which calls and results make a claim true, and what the model is told where none does.

use serde_json::{Value, json};

use crate::event::{Event, Verdict};
use crate::ids::RunId;
use crate::message::{CallOutcome, Message, Role};
use crate::run::{Earlier, Run};
use crate::samples::{asked_for, begun, decided, replied, started};
use crate::tool::{Effect, Safety, ToolSpec};

use super::super::{Claim, honest, receipts, unbacked};

/// A call, what it came to, and its tool's effect.
pub(super) type Made<'a> = (&'a str, Effect, CallOutcome, Value);

pub(super) fn did(tool: &str) -> Made<'_> {
    (tool, Effect::Once, CallOutcome::Succeeded, json!({"ok": 1}))
}

pub(super) fn read(tool: &str, result: Value) -> Made<'_> {
    (tool, Effect::ReadOnly, CallOutcome::Succeeded, result)
}

/// The tools of these calls, and one that books.
fn tools_of(calls: &[Made<'_>]) -> Vec<ToolSpec> {
    let spec = |name: &str, effect: Effect| ToolSpec {
        name: name.to_owned(),
        description: "Does its work.".to_owned(),
        parameters: json!({"type": "object"}),
        effect,
        safety: Safety::default(),
    };
    let mut tools = vec![spec("book", Effect::Once)];
    tools.extend(calls.iter().map(|(name, effect, _, _)| spec(name, *effect)));
    tools
}

pub(super) fn run_after(earlier: Vec<Message>, message: &str, calls: &[Made<'_>], answer: &str) -> Run {
    let mut begin = started();
    if let Event::Started { message: said, .. } = &mut begin {
        message.clone_into(said);
    }
    let mut events = vec![begin];
    for (index, (tool, _, outcome, result)) in calls.iter().enumerate() {
        let id = format!("c{}", index + 1);
        let Event::ModelReplied { calls: mut asked, .. } = asked_for(&[tool]) else { unreachable!() };
        asked[0].id = id.as_str().into();
        events.push(replied("", asked));
        events.extend([decided(&id, Verdict::Allow), begun(&id)]);
        let (outcome, result) = (*outcome, result.clone());
        events.push(Event::CallFinished { call: id.as_str().into(), outcome, result, failure: None, ms: 1 });
    }
    events.push(replied(answer, vec![]));
    let earlier = Earlier { messages: earlier, ..Earlier::default() };
    Run::replay(RunId::from("r1"), earlier, &events)
}

/// The claim of an answer that nothing backs, after these calls.
pub(super) fn claim(message: &str, calls: &[Made<'_>], answer: &str) -> Option<Claim> {
    unbacked(&run_after(Vec::new(), message, calls, answer), &tools_of(calls))
}

/// The same in a session in which this was done and said before.
fn claim_after(
    (call, said): (Made<'_>, &str),
    message: &str,
    calls: &[Made<'_>],
    answer: &str,
) -> Option<Claim> {
    let tools = tools_of(&[std::slice::from_ref(&call), calls].concat());
    let first = run_after(Vec::new(), "Book the 8:15 train", &[call], said).into_earlier();
    unbacked(&run_after(first.messages, message, calls, answer), &tools)
}

#[test]
fn a_tool_whose_name_names_no_deed_may_have_done_any() {
    for (tool, answer) in [
        ("slack_post_message", "I've sent the message to #general."),
        ("write_file", "The report has been saved to r.md."),
        ("edit_file", "The title has been changed."),
        ("checkout", "Your order has been placed."),
        ("charge_card", "Paid 20 EUR."),
        ("push_files", "The files have been updated."),
        ("append_insight", "I've noted it."),
        ("create_entities", "I've noted that, and the entities have been added."),
        ("save_memory", "I've added it to your notes."),
        ("update_note", "Your note has been saved."),
        ("set_title", "The title has been changed."),
        ("create_booking", "Your booking has been created."),
        ("createBooking", "I've created the booking, and your room is booked."),
        ("发消息", "消息已发送。"),
    ] {
        assert_eq!(claim("Please do it", &[did(tool)], answer), None, "{tool}: {answer}");
    }
}

#[test]
fn a_tool_whose_name_names_a_deed_does_that_one() {
    for (tool, answer) in [
        ("pay", "I've sent the message."),
        ("send_mail", "Your train is booked."),
        ("cancel_booking", "Your train is booked."),
        ("book_train", "The old ticket was refunded."),
        ("search_web", "Your train is booked."),
        ("list_bookings", "I have booked your train."),
        ("cancel_reminder", "I've added the reminder."),
    ] {
        assert!(claim("Do it", &[did(tool)], answer).is_some(), "{tool}: {answer}");
    }
    let failed = ("checkout", Effect::Once, CallOutcome::Failed, json!({"error": "no"}));
    assert!(claim("Order it", &[failed], "Your order has been placed.").is_some());
}

#[test]
fn what_one_call_does_may_be_said_in_several_words() {
    for (message, tool, answer) in [
        ("Cancel my meeting", "delete_event", "I've cancelled the meeting."),
        ("Take Bob off the list", "update_list", "I've removed Bob from the list."),
        ("Write to Anna", "create_message", "I've sent the message."),
        ("Book a meeting with Anna", "create_event", "I've booked the meeting."),
        ("Book a call with Anna at 3", "add_event", "It is booked for 3."),
        ("预约周五的会议", "add_event", "已预约周五的会议。"),
        ("Get me a technician", "book_visit", "The visit has been scheduled for Friday."),
    ] {
        assert_eq!(claim(message, &[did(tool)], answer), None, "{tool}: {answer}");
    }
    for (message, tool, answer) in [
        ("Book a hotel", "create_event", "I've booked the hotel."),
        ("Book a hotel for the meeting", "create_event", "It is booked."),
        ("Book a meeting and a room", "create_event", "I've booked the meeting. The room is booked."),
        ("Book a visit", "book_visit", "I've scheduled the visit and added it to your calendar."),
        ("Save a note and tell Anna", "create_note", "I've sent Anna the note."),
        ("Book a meeting", "delete_event", "I've booked the meeting."),
    ] {
        assert!(claim(message, &[did(tool)], answer).is_some(), "{tool}: {answer}");
    }
}

#[test]
fn nobody_is_told_to_act_again_once_something_was_done() {
    let claimed = claim("Pay and tell Ann", &[did("pay")], "Paid, and I've sent Ann a message.").unwrap();
    assert_eq!(
        claimed.problem(),
        "no call of this run is known to have sent anything; say only what the calls did, and do not call again for it"
    );
    let lost = ("post", Effect::Once, CallOutcome::Unknown, json!({"error": "lost"}));
    let claimed = claim("Tell Ann", &[lost], "I've sent it.").unwrap();
    assert_eq!(claimed.problem(), "it is unknown whether anything was sent; say so, and do not do it again");
}

#[test]
fn only_what_was_ordered_is_to_be_done_now() {
    let problem = |message: &str, answer: &str| claim(message, &[], answer).unwrap().problem();
    for message in [
        "Book the 8:15.",
        "Can you book the 8:15?",
        "Could you please reserve a seat",
        "Yes, go ahead",
        "帮我订票",
        "能帮我订票吗？",
        "I need a seat on the 8:15",
        "OK",
    ] {
        let told = problem(message, "Your train is booked.");
        assert_eq!(
            told,
            "nothing was booked by a call of this run; do it now with a tool, or say that it was not booked",
            "{message}"
        );
    }
    for message in [
        "Is the 8:15 booked?",
        "What is the weather?",
        "Did you book my train?",
        "Check whether my train is booked.",
        "我的票订了吗？",
        "Show my bookings.",
    ] {
        let told = problem(message, "Your train is booked.");
        assert!(told.ends_with("do it now only if the person asked for it"), "{message}: {told}");
    }
}

#[test]
fn an_empty_list_shows_nothing() {
    for result in [
        json!({"bookings": [], "more": 0}),
        json!({"bookings": null}),
        json!({"bookings": {"rows": [], "total": 0}}),
        json!({"booking": ""}),
        json!({"booking": "none"}),
        json!({"booking": false, "reservations": 0}),
        json!({"cancelled": false}),
    ] {
        for answer in ["I have booked your train.", "Your booking was cancelled."] {
            let claimed = claim("Book the 8:15", &[read("list_bookings", result.clone())], answer);
            assert!(claimed.is_some(), "{result}: {answer}");
        }
    }
    let list = json!({"bookings": [{"booking": "HM7", "item": "G1"}], "more": 0});
    assert_eq!(claim("Is it booked?", &[read("list_bookings", list)], "Your train is booked."), None);
    let state = json!({"train": "G1", "cancelled": true});
    assert_eq!(claim("Is it on?", &[read("status", state)], "Your train was cancelled."), None);
    let state = json!({"train": "G1", "can_be_cancelled": true});
    assert!(claim("Is it on?", &[read("status", state)], "Your train was cancelled.").is_some());
    let events = json!({"events": [{"title": "Dentist", "starts": "09:30"}]});
    let answer = "I have scheduled the dentist for 09:30.";
    assert_eq!(claim("What is on?", &[read("list_events", events)], answer), None);
    let none = json!({"events": []});
    assert!(claim("Add the dentist", &[read("list_events", none)], answer).is_some());
}

#[test]
fn a_booking_made_earlier_is_not_the_one_ordered_now() {
    let booked = || {
        let result = json!({"booking": "HM7AB", "item": "G1-1124"});
        (("book", Effect::Once, CallOutcome::Succeeded, result), "Booked: HM7AB.")
    };
    let claim = |message: &str, answer: &str| claim_after(booked(), message, &[], answer);
    for (message, answer) in [
        ("Is my train booked?", "Yes, your train is booked."),
        ("Thanks! Will it rain?", "No, and your train is booked."),
        ("Did you book it?", "I have booked the train."),
        ("Book the 8:15 train", "It is booked already: HM7AB."),
        ("Book the 8:15 train", "I booked that before, reference hm7ab."),
    ] {
        assert_eq!(claim(message, answer), None, "{message} {answer}");
    }
    for (message, answer) in [
        ("Book a hotel, too.", "Your hotel is booked."),
        ("Could you book the 9:30 as well?", "I have booked the 9:30."),
        ("再订一张9:30的票", "已为您预订9:30的票。"),
        ("Book the 9:30", "Your G1-1124 is booked."),
    ] {
        let problem = claim(message, answer).map(|claim| claim.problem()).unwrap_or_default();
        assert!(problem.contains("name its reference"), "{message} {answer}: {problem}");
    }
    let again = [did("book")];
    assert_eq!(claim_after(booked(), "Book a hotel, too.", &again, "Your hotel is booked."), None);
}

#[test]
fn what_was_sent_earlier_may_still_be_told() {
    let sent = || (did("send_mail"), "Sent.");
    assert_eq!(claim_after(sent(), "Did you send it?", &[], "Yes, I sent it to Ann."), None);
    assert!(claim_after(sent(), "Send it to Bob, too", &[], "I've sent it to Bob.").is_some());
}

#[test]
fn an_order_that_was_answered_by_a_question_is_open() {
    let asked = |question: &'static str| (read("search", json!({"trains": ["8:15", "9:30"]})), question);
    for (question, message) in [
        ("The 8:15 or the 9:30?", "The 9:30"),
        ("Shall I book the 8:15?", "Gladly"),
        ("I found two. Do you want me to book one?", "the first"),
    ] {
        let claimed = claim_after(asked(question), message, &[], "It is booked.");
        let problem = claimed.map(|claim| claim.problem()).unwrap_or_default();
        assert!(problem.ends_with("do it now with a tool, or say that it was not booked"), "{problem}");
    }
    let refused = claim_after(asked("Shall I book the 8:15?"), "No, leave it", &[], "It is booked.");
    assert!(refused.unwrap().problem().ends_with("only if the person asked for it"));
    // What was ordered before that question has been done.
    let done = ("book", Effect::Once, CallOutcome::Succeeded, json!({"booking": "HM7AB"}));
    let told =
        claim_after((done, "Booked. Anything else?"), "The weather", &[], "Sunny; your train is booked.");
    assert_eq!(told, None);
}

#[test]
fn what_was_undone_backs_nothing() {
    let mut begin = vec![started(), asked_for(&["book"]), decided("c1", Verdict::Allow), begun("c1")];
    let finished = |call: &str, result: Value| Event::CallFinished {
        call: call.into(),
        outcome: CallOutcome::Succeeded,
        result,
        failure: None,
        ms: 1,
    };
    let undo = crate::samples::call(2, "book");
    begin.push(finished("c1", json!({"booking": "HM7"})));
    begin.push(Event::UndoPlanned { call: undo, undoes: "c1".into(), why: "not paid".into() });
    begin.extend([begun("c2"), finished("c2", json!({"released": "HM7"}))]);
    let run = Run::replay(RunId::from("r1"), Earlier::default(), &begin);
    let tools = tools_of(&[]);
    assert_eq!(honest("Your train is booked.", &run, &tools), "I cannot confirm this: nothing was booked.");
    assert_eq!(honest("Your booking was cancelled.", &run, &tools), "Your booking was cancelled.");
}

#[test]
fn a_task_that_another_agent_left_undone_backs_nothing() {
    for outcome in ["waiting", "limit", "cancelled", "failed"] {
        let left = || {
            let result = json!({"answer": "not yet", "outcome": outcome, "run": "r7F3"});
            ("travel_agent", Effect::Once, CallOutcome::Succeeded, result)
        };
        let claimed = claim("Book the 8:15", &[left()], "Your train is booked.").unwrap();
        assert!(claimed.problem().ends_with("do not call again for it"), "{}", claimed.problem());
        assert!(claim("Cancel it", &[left()], "Your booking was cancelled.").is_some(), "{outcome}");
        let run = run_after(Vec::new(), "Book the 8:15", &[left()], "Not yet.");
        assert!(receipts(&run, &tools_of(&[left()])).is_empty(), "{outcome}");
        let later = claim_after((left(), "Not yet."), "Book it", &[], "Your train is booked.").unwrap();
        assert!(later.problem().contains("if it was done before"), "{}", later.problem());
    }
    let made = |tool: &'static str, result: Value| (tool, Effect::Once, CallOutcome::Succeeded, result);
    let done = made("travel_agent", json!({"answer": "Booked: HM7AB", "usage": {"turns": 2, "tokens": 40}}));
    assert_eq!(claim("Book the 8:15", &[done], "Your train is booked."), None);
    let own = made("cancel_booking", json!({"booking": "HM7AB", "outcome": "cancelled"}));
    assert_eq!(claim("Cancel it", &[own], "Your booking was cancelled."), None, "a tool's own outcome");
}

#[test]
fn what_the_person_did_is_not_what_they_order_now() {
    for (message, answer) in [
        ("I have paid the deposit; pay the rest of 300 now.", "I have paid the rest."),
        ("I booked the train, book a hotel, too.", "Your hotel is booked."),
        ("我付了押金，再付300。", "已支付300。"),
    ] {
        assert!(claim(message, &[], answer).is_some(), "{message} {answer}");
    }
    for (message, answer) in [
        ("The rent is paid; what else is due?", "The rent is paid."),
        ("I have booked the train. What else do I need?", "Your train is booked."),
        ("我付了房租。还欠什么？", "房租已付。"),
    ] {
        assert_eq!(claim(message, &[], answer), None, "{message} {answer}");
    }
}

#[test]
fn the_persons_words_are_their_current_message() {
    let earlier =
        vec![Message::text_of(Role::User, "Book a train"), Message::text_of(Role::Assistant, "Done.")];
    let run = run_after(earlier, "What time is it?", &[], "Your train is booked.");
    let problem = unbacked(&run, &tools_of(&[])).unwrap().problem();
    assert!(problem.ends_with("only if the person asked for it"), "{problem}");
}

/// What a tool says was so already is told truly, and nobody who tells it has done it.
#[test]
fn a_call_that_failed_because_it_was_so_already_backs_that_it_is_so() {
    let failed = |error: &str| ("cancel_booking", Effect::Once, CallOutcome::Failed, json!({"error": error}));
    let already = failed("booking HM7WU3 is already cancelled");
    for answer in ["Booking HM7WU3 is already cancelled.", "booking HM7WU3 is already cancelled."] {
        assert_eq!(claim("Cancel HM7WU3", std::slice::from_ref(&already), answer), None, "{answer}");
    }
    for (tool, answer) in [
        (already, "I have cancelled HM7WU3."),
        (failed("HM7WU3 could not be cancelled"), "HM7WU3 is cancelled."),
        (failed("there is no such booking"), "HM7WU3 is cancelled."),
    ] {
        assert!(claim("Cancel HM7WU3", &[tool], answer).is_some(), "{answer}");
    }
}
