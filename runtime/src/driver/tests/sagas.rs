//! A booking whose payment fails for good is released, journalled like any call, whatever crashes.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use handyman_core::testing::{FailAt, FaultyJournal, MemoryJournal, ScriptedModel};
use handyman_core::{
    CallContext, CallOutcome, Effect, Event, IdempotencyKey, Probe, ReplyBody, Run, Safety, Tool, ToolError,
    ToolErrorKind, ToolResult, ToolSpec,
};
use serde_json::{Map, Value, json};

use super::say;
use crate::{Agent, AllowAll};

/// What was done, in order, each under its key.
type Done = Arc<Mutex<Vec<(String, String)>>>;

/// Books and releases; or pays, which always fails.
struct Desk {
    spec: ToolSpec,
    done: Done,
}

fn desk(name: &str, done: &Done) -> Desk {
    let safety = match name {
        "book" => Safety { probe: true, undo: true, ..Safety::default() },
        _ => Safety { probe: true, completes: vec!["book".into()], ..Safety::default() },
    };
    let parameters = json!({"type": "object", "properties": {"of": {"type": "string"}}});
    let spec =
        ToolSpec { name: name.into(), description: name.into(), parameters, effect: Effect::Once, safety };
    Desk { spec, done: Arc::clone(done) }
}

#[async_trait]
impl Tool for Desk {
    fn spec(&self) -> &ToolSpec {
        &self.spec
    }

    async fn call(&self, _arguments: Map<String, Value>, context: &CallContext) -> ToolResult<Value> {
        if self.spec.name == "pay" {
            return Err(ToolError::new(ToolErrorKind::Conflict, "too little money"));
        }
        self.done.lock().unwrap().push(("book".into(), context.key.to_string()));
        Ok(json!({"booking": "HM1"}))
    }

    async fn undo(&self, undone: &IdempotencyKey, context: &CallContext) -> ToolResult<Value> {
        assert!(
            self.done.lock().unwrap().contains(&("book".into(), undone.to_string())),
            "what is undone was done"
        );
        self.done.lock().unwrap().push(("release".into(), context.key.to_string()));
        Ok(json!({"released": "HM1"}))
    }

    async fn probe(&self, key: &IdempotencyKey) -> ToolResult<Probe> {
        let done = self.done.lock().unwrap().iter().any(|(_, of)| of == key.as_str());
        Ok(if done { Probe::Done(json!({"booking": "HM1"})) } else { Probe::NotDone })
    }
}

/// Takes a payment once under its key, whose answer gets lost, and is closed from then on.
struct Till(Desk);

#[async_trait]
impl Tool for Till {
    fn spec(&self) -> &ToolSpec {
        &self.0.spec
    }

    async fn call(&self, _arguments: Map<String, Value>, context: &CallContext) -> ToolResult<Value> {
        let (mut done, paid) = (self.0.done.lock().unwrap(), ("pay".to_owned(), context.key.to_string()));
        if done.contains(&paid) {
            return Err(ToolError::unavailable("the till is closed"));
        }
        done.push(paid);
        Err(ToolError::in_doubt("connection lost"))
    }
}

fn replies() -> Vec<ReplyBody> {
    vec![
        say("", &[("book", json!({"of": "G1"}))]),
        say("", &[("pay", json!({"of": "HM1"}))]),
        ScriptedModel::answer("I could not pay."),
        ScriptedModel::answer("I could not pay, so the booking was released."),
    ]
}

fn with(replies: Vec<ReplyBody>, done: &Done) -> Agent {
    Agent::new(ScriptedModel::new(replies)).policy(AllowAll).tool(desk("book", done)).tool(desk("pay", done))
}

#[tokio::test]
async fn a_failed_payment_releases_the_booking() {
    let done = Done::default();
    let journal = Arc::new(MemoryJournal::default());
    let run = with(replies(), &done).journal_with(Arc::clone(&journal) as Arc<_>).run("go").await.unwrap();
    assert_eq!(run.answer(), "I could not pay, so the booking was released.");
    let names: Vec<String> = done.lock().unwrap().iter().map(|(name, _)| name.clone()).collect();
    assert_eq!(names, ["book", "release"]);
    let undone = run.done().last().unwrap();
    assert_eq!((undone.undoes.as_ref().unwrap().as_str(), undone.outcome), ("c1", CallOutcome::Succeeded));
    let planned = journal.all().iter().any(|(_, event)| matches!(event, Event::UndoPlanned { .. }));
    assert!(planned, "the undoing is a fact of its own");
}

#[tokio::test]
async fn no_run_goes_on_from_an_effect_that_was_taken_back() {
    let done = Done::default();
    let agent = with(replies(), &done).journal_with(Arc::new(MemoryJournal::default()));
    let run = agent.run("go").await.unwrap();
    let session = agent.session_of(run.id()).await.unwrap();
    for turn in [2, 3] {
        let fault = session.fork(run.id(), turn).await.unwrap_err();
        assert!(fault.to_string().contains("book (c1) was taken back after turn"), "{fault}");
    }
    assert!(session.fork(run.id(), 1).await.is_ok(), "before it was made");
}

#[tokio::test(start_paused = true)]
async fn a_booking_that_may_be_paid_for_is_not_released() {
    let done = Done::default();
    let mut till = desk("pay", &done);
    till.spec.effect = Effect::Idempotent;
    let agent = Agent::new(ScriptedModel::new(replies())).policy(AllowAll);
    let agent = agent.tool(desk("book", &done)).tool(Till(till));
    let run = agent.journal_with(Arc::new(MemoryJournal::default())).run("go").await.unwrap();
    let names: Vec<String> = done.lock().unwrap().iter().map(|(name, _)| name.clone()).collect();
    assert_eq!(names, ["book", "pay"]);
    let paid = run.done().last().unwrap();
    assert_eq!((paid.call.tool.as_str(), paid.outcome), ("pay", CallOutcome::Unknown));
}

#[tokio::test]
async fn a_crash_at_any_append_releases_it_once() {
    for at in (0..20).flat_map(|n| [FailAt::Before(n), FailAt::After(n)]) {
        let (done, kept) = (Done::default(), Arc::new(MemoryJournal::default()));
        let faulty = Arc::new(FaultyJournal::new(Arc::clone(&kept), at));
        let crashed = with(replies(), &done).journal_with(faulty).run("go").await;
        let Some((id, _)) = kept.all().first().cloned() else { continue };
        if crashed.is_ok() {
            continue;
        }
        let replied =
            kept.all().iter().filter(|(_, event)| matches!(event, Event::ModelReplied { .. })).count();
        let rest = replies().split_off(replied);
        let run = with(rest, &done).journal_with(Arc::clone(&kept) as Arc<_>).resume(&id).await.unwrap();
        let names: Vec<String> = done.lock().unwrap().iter().map(|(name, _)| name.clone()).collect();
        assert_eq!(names, ["book", "release"], "{at:?}");
        assert_eq!(run.answer(), "I could not pay, so the booking was released.", "{at:?}");
        let events: Vec<Event> = kept.all().into_iter().map(|(_, event)| event).collect();
        assert_eq!(Run::replay(id, handyman_core::Earlier::default(), &events), run, "{at:?}");
    }
}
