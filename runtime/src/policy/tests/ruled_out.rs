//! What no reply can call, because the person has refused it.

use handyman_core::testing::ScriptedModel;
use handyman_core::{CallOutcome, ToolResult, tool};

use super::*;
use crate::Agent;

fn tools() -> Vec<ToolSpec> {
    let read = ["search_trains", "view_bookings"].map(|name| spec(name, Effect::ReadOnly));
    let act =
        ["book", "pay", "cancel_booking", "send_mail", "calibrate"].map(|name| spec(name, Effect::Once));
    read.into_iter().chain(act).collect()
}

fn ruled_out(policy: &dyn Policy, message: &str) -> Vec<String> {
    policy.ruled_out(&tools(), &Run::replay("r1".into(), Earlier::default(), &[begins(message)]))
}

#[test]
fn what_is_plainly_refused_goes_with_the_other_deeds_that_nobody_asks_for() {
    let policy = AskForUntrusted::new(HeedRefusals::new(AskForEffects));
    let deeds = ["book", "pay", "cancel_booking", "send_mail"];
    for (message, expected) in [
        ("Book me a train to Nanjing", &[][..]),
        ("What is the weather?", &[]),
        ("Which trains go to Nanjing? Don't book anything yet", &deeds),
        ("看看明天去南京的高铁，先不用订", &deeds),
        ("Find me a train and mail it to Anna, but don't book it", &["book", "pay", "cancel_booking"]),
        ("Book the 8:15, but don't pay yet", &["pay", "cancel_booking", "send_mail"]),
        // In part: a person is asked, and the tool has to be there for that.
        ("Book the train, but don't book a hotel", &[]),
    ] {
        assert_eq!(ruled_out(&policy, message), expected, "{message}");
    }
}

#[test]
fn policies_hand_on_what_the_one_within_rules_out() {
    let inner = || HeedRefusals::new(AllowAll);
    let (message, deeds) = ("Don't book it", ["book", "pay", "cancel_booking", "send_mail"]);
    let never = AskFor::when(|_, _, _| None, inner());
    assert_eq!(ruled_out(&never, message), deeds);
    assert_eq!(ruled_out(&AllowList::new(["pay"], inner()), message), deeds);
    // What is named is decided on by its name alone.
    assert_eq!(ruled_out(&ByTool::new(inner()).allow(["pay"]).ask(["book"]), message), deeds[2..]);
    assert_eq!(ruled_out(&AllowAll, message), [""; 0]);
}

/// Lists trains.
#[tool(read_only)]
async fn search_trains() -> ToolResult<String> {
    Ok("G102 at 06:26".into())
}

/// Books a seat.
#[tool(once)]
async fn book() -> ToolResult<String> {
    Ok("booked".into())
}

#[tokio::test]
async fn a_reply_can_call_again_what_a_later_message_asks_for() {
    let model = std::sync::Arc::new(ScriptedModel::new([
        ScriptedModel::call("search_trains", json!({})),
        ScriptedModel::answer("G102 leaves at 06:26."),
        ScriptedModel::call("book", json!({})),
        ScriptedModel::answer("Booked."),
    ]));
    let agent = Agent::new(std::sync::Arc::clone(&model)).tool(search_trains).tool(book).policy(AllowAll);
    let session = agent.session();
    session.run("Which trains are there? Don't book yet.").await.unwrap();
    let run = session.run("Good, book it.").await.unwrap();
    let succeeded = run.done().iter().filter(|done| done.outcome == CallOutcome::Succeeded);
    assert_eq!(succeeded.map(|done| done.call.tool.as_str()).collect::<Vec<_>>(), ["book"]);
    let (reading, all) = (vec!["search_trains".to_owned()], vec!["search_trains".to_owned(), "book".into()]);
    assert_eq!(model.offered(), [reading.clone(), reading, all.clone(), all]);
}
