//! Runs that follow a workflow: with a model where it is needed, whatever crashes, and who is asked.

use std::sync::{Arc, Mutex};

use handyman_core::testing::{FailAt, FaultyJournal, MemoryJournal, ScriptedModel};
use handyman_core::{Effect, Event, FaultKind, Limits, Outcome, ReplyBody, Role, Run, Workflow};
use serde_json::{Map, Value, json};

use super::{Behaviour, Counter, say};
use crate::{Agent, AllowAll};

type Done = Arc<Mutex<Vec<String>>>;

fn workflow() -> Workflow {
    Workflow::new(json!({"name": "w", "inputs": {"n": {"type": "integer"}}, "steps": [
        {"name": "seen", "call": "look", "with": {"n": "{{ n }}"}},
        {"name": "made", "each": "[1, 2, 3]", "call": "book", "with": {"n": "{{ item + seen.n }}"}},
        {"name": "said", "ask": "How many are {{ made | length }} and one?", "answer": {"type": "integer"}},
        {"name": "work", "do": "Book the number {{ said }}"},
        {"name": "skipped", "if": "said > 100", "call": "book", "with": {"n": 9}},
    ], "answer": "{{ made | length }}, {{ said }}, {{ work }}"}))
    .unwrap()
}

fn inputs() -> Map<String, Value> {
    Map::from_iter([("n".to_owned(), json!(2))])
}

fn replies() -> Vec<ReplyBody> {
    vec![
        ScriptedModel::answer("4"),
        say("", &[("book", json!({"n": 4}))]),
        ScriptedModel::answer("It is booked."),
    ]
}

fn with(replies: Vec<ReplyBody>, done: &Done) -> Agent {
    let counter = |name, effect| {
        let counter = Counter::new(name, effect, Behaviour::Works);
        Counter { done: Arc::clone(done), ..counter }
    };
    let model = Arc::new(ScriptedModel::new(replies));
    let now = jiff::civil::date(2026, 11, 23).at(9, 0, 0, 0);
    let agent = Agent::new(model).policy(AllowAll).now(now);
    agent.tool(counter("look", Effect::ReadOnly)).tool(counter("book", Effect::Once))
}

#[tokio::test]
async fn steps_and_replies_make_one_run() {
    let done = Done::default();
    let agent = with(replies(), &done);
    let session = agent.session();
    let run = session.run_workflow(&workflow(), inputs()).await.unwrap();
    assert_eq!((run.outcome(), run.answer()), (Some(&Outcome::Answered), "3, 4, It is booked."));
    assert_eq!(done.lock().unwrap().len(), 5, "one look, three and one bookings");
    let last = run.history().last().unwrap();
    assert_eq!(
        (last.role, last.text().as_str()),
        (Role::Assistant, "3, 4, It is booked."),
        "the next run knows the answer"
    );
    let replayed = session.replay(run.id(), false).await.unwrap();
    assert!(replayed.difference.is_none(), "{:?}", replayed.difference);
    assert!(session.history().await.unwrap().last().unwrap().text().contains("It is booked."));
}

#[tokio::test]
async fn a_crash_at_any_append_neither_doubles_nor_loses_a_step() {
    for at in (0..40).flat_map(|n| [FailAt::Before(n), FailAt::After(n)]) {
        let (done, kept) = (Done::default(), Arc::new(MemoryJournal::default()));
        let faulty = Arc::new(FaultyJournal::new(Arc::clone(&kept), at));
        let crashed = with(replies(), &done).journal_with(faulty).run_workflow(&workflow(), inputs()).await;
        let Some((id, _)) = kept.all().first().cloned() else { continue };
        if crashed.is_ok() {
            continue;
        }
        let replied =
            kept.all().iter().filter(|(_, event)| matches!(event, Event::ModelReplied { .. })).count();
        let rest = replies().split_off(replied);
        let run = with(rest, &done).journal_with(Arc::clone(&kept) as Arc<_>).resume(&id).await.unwrap();
        assert_eq!(run.answer(), "3, 4, It is booked.", "{at:?}");
        let mut keys = done.lock().unwrap().clone();
        // What only reads may run again.
        keys.retain(|key| !key.ends_with(".c1"));
        keys.sort();
        keys.dedup();
        assert_eq!(
            (keys.len(), done.lock().unwrap().iter().filter(|key| !key.ends_with(".c1")).count()),
            (4, 4),
            "{at:?}"
        );
        let events: Vec<Event> = kept.all().into_iter().map(|(_, event)| event).collect();
        assert_eq!(Run::replay(id, handyman_core::Earlier::default(), &events), run, "{at:?}");
    }
}

#[tokio::test]
async fn by_default_a_person_is_asked_before_a_step_acts() {
    let done = Done::default();
    let agent = with(replies(), &done).policy(crate::AskForEffects);
    let run = agent.run_workflow(&workflow(), inputs()).await.unwrap();
    assert!(matches!(run.outcome(), Some(Outcome::Waiting { .. })), "{:?}", run.outcome());
    let shown = agent.waiting(run.id()).await.unwrap().unwrap();
    let run = agent.deny(&shown, Some("not today")).await.unwrap();
    assert_eq!(run.outcome(), Some(&Outcome::Failed { step: "made".to_owned() }));
    assert!(run.answer().contains("was refused: a person said no: not today"), "{}", run.answer());
    assert_eq!(done.lock().unwrap().len(), 1, "only the look");
}

#[tokio::test]
async fn one_that_failed_is_gone_on_with_from_its_step() {
    let done = Done::default();
    let kept = Arc::new(MemoryJournal::default());
    let question = vec![ScriptedModel::answer("4"), ScriptedModel::answer("Which one?")];
    let agent = with(question, &done).journal_with(Arc::clone(&kept) as Arc<_>);
    let run = agent.run_workflow(&workflow(), inputs()).await.unwrap();
    assert_eq!(run.outcome(), Some(&Outcome::Failed { step: "work".to_owned() }));
    assert_eq!(run.answer(), "The step work failed: the model asks: Which one?");
    let agent = with(replies().split_off(1), &done).journal_with(kept);
    let session = agent.session_of(run.id()).await.unwrap();
    let (forked, again) = session.fork_at_step(run.id(), "work").await.unwrap();
    let run = forked.resume(&again, &crate::Watch::default()).await.unwrap();
    assert_eq!(run.answer(), "3, 4, It is booked.");
    assert_eq!(done.lock().unwrap().len(), 5, "what was done before is not done again");
    let fault = forked.fork_at_step(&again, "skipped!").await.unwrap_err();
    assert!(fault.hint().unwrap().contains("seen, made, said, work"), "{fault}");
}

#[tokio::test]
async fn without_a_later_steps_tool_it_is_not_resumed() {
    let done = Done::default();
    let agent = with(replies(), &done).policy(crate::AskForEffects);
    let run = agent.run_workflow(&workflow(), inputs()).await.unwrap();
    assert!(matches!(run.outcome(), Some(Outcome::Waiting { .. })), "{:?}", run.outcome());
    let journal = agent.opened_journal().await.unwrap();
    let without = Agent::new(ScriptedModel::new(Vec::new()))
        .tool(Counter::new("look", Effect::ReadOnly, Behaviour::Works))
        .journal_with(journal);
    let fault = without.resume(run.id()).await.unwrap_err();
    assert!(fault.to_string().contains("'book', which is not on offer now"), "{fault}");
}

#[tokio::test]
async fn a_workflow_that_does_not_fit_does_not_begin() {
    let done = Done::default();
    let journal = Arc::new(MemoryJournal::default());
    let agent = with(Vec::new(), &done).journal_with(Arc::clone(&journal) as Arc<_>);
    let fault = agent.run_workflow(&workflow(), Map::new()).await.unwrap_err();
    assert_eq!(
        (fault.kind(), fault.to_string().contains("the input 'n' is missing")),
        (FaultKind::Request, true)
    );
    let other = Workflow::new(json!({"name": "w", "steps": [{"name": "a", "call": "fly"}]})).unwrap();
    let fault = agent.run_workflow(&other, Map::new()).await.unwrap_err();
    assert!(fault.to_string().contains("there is no tool 'fly'"), "{fault}");
    assert!(journal.all().is_empty());
}

#[tokio::test]
async fn limits_hold_for_replies_and_not_for_steps() {
    let done = Done::default();
    let limits = Limits { turns_max: 1, ..Limits::default() };
    let run = with(replies(), &done).limits(limits).run_workflow(&workflow(), inputs()).await.unwrap();
    assert!(matches!(run.outcome(), Some(Outcome::Limit { .. })), "{:?} {}", run.outcome(), run.answer());
    assert_eq!(done.lock().unwrap().len(), 4, "the steps before were done");
}
