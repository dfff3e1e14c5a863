//! Sessions that begin after a conversation which the program has kept.

use std::sync::Arc;

use handyman_core::testing::{MemoryJournal, ScriptedModel};
use handyman_core::{CallOutcome, CallResult, FaultKind, Journal, Message, Outcome, Part, Role};
use serde_json::json;

use crate::Agent;

fn agent(answer: &str, journal: &Arc<MemoryJournal>) -> (Agent, Arc<ScriptedModel>) {
    let model = Arc::new(ScriptedModel::new([ScriptedModel::answer(answer)]));
    (Agent::new(Arc::clone(&model)).journal_with(Arc::clone(journal) as Arc<_>), model)
}

/// Who spoke, and what was said.
fn told(messages: &[Message]) -> Vec<(Role, String)> {
    messages.iter().map(|message| (message.role, message.text())).collect()
}

#[tokio::test]
async fn what_was_said_before_is_shown_to_the_model_here_and_in_a_later_process() {
    let journal = Arc::new(MemoryJournal::default());
    let (first, model) = agent("You are Ada.", &journal);
    let said = [
        Message::text_of(Role::User, "I am Ada."),
        Message::text_of(Role::Assistant, "Good morning. What can I do?"),
        Message::text_of(Role::User, "One moment."),
    ];
    let session = first.session_after(&said).await.unwrap();
    assert_eq!(session.history().await.unwrap(), said);
    session.run("Who am I?").await.unwrap();
    let mut shown = told(&said);
    shown.push((Role::User, "Who am I?".to_owned()));
    assert_eq!(told(&model.seen()[0].0), shown);

    let (later, model) = agent("It is.", &journal);
    let session = later.session_named(session.id().clone());
    session.run("Is that all?").await.unwrap();
    shown.push((Role::Assistant, "You are Ada.".to_owned()));
    shown.push((Role::User, "Is that all?".to_owned()));
    assert_eq!(told(&model.seen()[0].0), shown);

    let runs = journal.runs(Some(session.id())).await.unwrap();
    let outcomes: Vec<Outcome> = runs.iter().filter_map(|run| run.outcome.clone()).collect();
    assert_eq!(outcomes, [Outcome::Asked, Outcome::Cancelled, Outcome::Answered, Outcome::Answered]);
    for run in runs {
        assert_eq!(session.replay(&run.run, false).await.unwrap().difference, None, "{}", run.message);
    }
}

#[tokio::test]
async fn what_no_session_begins_with_is_refused_or_left_out() {
    let journal = Arc::new(MemoryJournal::default());
    let (agent, _) = agent("Hello.", &journal);
    for (role, hint) in [(Role::System, "`Agent::system`"), (Role::Assistant, "greeting")] {
        let fault = agent.session_after(&[Message::text_of(role, "Good morning.")]).await.unwrap_err();
        assert_eq!(fault.kind(), FaultKind::Request);
        assert!(fault.hint().unwrap().contains(hint), "{fault:?}");
    }
    assert!(journal.all().is_empty());

    let result = CallResult {
        call: "c1".into(),
        tool: "pay".to_owned(),
        outcome: CallOutcome::Succeeded,
        result: json!({"paid": 9}),
    };
    let said = [
        Message::text_of(Role::User, "Pay."),
        Message { role: Role::Tool, parts: vec![Part::Result(result)] },
        Message::text_of(Role::Assistant, "It is paid."),
        Message::text_of(Role::Assistant, "Good-bye."),
    ];
    let session = agent.session_after(&said).await.unwrap();
    let kept = [(Role::User, "Pay.".to_owned()), (Role::Assistant, "It is paid.\n\nGood-bye.".to_owned())];
    assert_eq!(told(&session.history().await.unwrap()), kept);
    assert_eq!(session.last().await.unwrap().unwrap().outcome, Some(Outcome::Answered));
}
