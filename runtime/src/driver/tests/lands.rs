//! Runs land: at their limits, out of loops, with the truth, and in a session that goes on.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use async_trait::async_trait;
use handyman_core::testing::{FailAt, FaultyJournal, MemoryJournal, ScriptedModel};
use handyman_core::{
    CallOutcome, Delta, DeltaSink, Effect, Event, Fault, LimitKind, Limits, Model, ModelInfo, ModelReply,
    ModelRequest, Outcome, ReplyMode,
};
use serde_json::json;
use tokio_util::sync::CancellationToken;

use super::{Behaviour, Counter, agent, results, say};
use crate::{Agent, AllowAll, Watch};

/// A model that says a word and then never ends its reply.
struct Rambling;

#[async_trait]
impl Model for Rambling {
    fn info(&self) -> ModelInfo {
        ModelInfo::default()
    }

    async fn reply(&self, request: ModelRequest<'_>, sink: &dyn DeltaSink) -> Result<ModelReply, Fault> {
        let word = if request.mode == ReplyMode::Free { "Let me think" } else { "So far: rain." };
        sink.delta(Delta::Text(word.to_owned()));
        std::future::pending().await
    }
}

#[tokio::test(start_paused = true)]
async fn a_reply_without_end_leaves_time_for_an_answer_and_what_was_heard_is_kept() {
    let limits = Limits {
        wall_time: Duration::from_secs(100),
        answer_time: Duration::from_secs(10),
        ..Limits::default()
    };
    let journal = Arc::new(MemoryJournal::default());
    let look = Counter::new("look", Effect::ReadOnly, Behaviour::Works);
    let agent = Agent::new(Rambling).tool(look).limits(limits).journal_with(Arc::clone(&journal) as Arc<_>);
    let started = tokio::time::Instant::now();
    let run = agent.run("go").await.unwrap();
    assert_eq!(run.outcome(), Some(&Outcome::Limit { limit: LimitKind::WallTime }));
    assert_eq!(run.answer(), "So far: rain.");
    assert_eq!(started.elapsed().as_secs(), 100, "the limit is met, not passed");
    let cut = journal.all().into_iter().find_map(|(_, event)| match event {
        Event::ReplyMalformed { text, ms, .. } => Some((text, ms)),
        _ => None,
    });
    assert_eq!(cut, Some(("Let me think".to_owned(), 90_000)));
}

#[tokio::test]
async fn tokens_are_kept_back_for_the_answer() {
    let (agent, _, _) = agent(vec![ScriptedModel::answer("Hi.")]);
    let limits = Limits { tokens_max: 1_000, answer_tokens: 200, ..Limits::default() };
    let look = Counter::new("look", Effect::ReadOnly, Behaviour::Works);
    let run = agent.tool(look).limits(limits.clone()).run("go").await.unwrap();
    let fresh = handyman_core::Run::new(run.id().clone(), handyman_core::Earlier::default());
    let allowed = |mode| handyman_core::planner::allowance(&fresh, mode, &limits).tokens;
    assert_eq!((allowed(ReplyMode::Free), allowed(ReplyMode::AnswerOnly)), (800, 1_000));
}

#[tokio::test]
async fn wrong_arguments_in_a_row_end_in_an_answer() {
    let wrong = |n: i64| say("", &[("look", json!({"n": n}))]);
    let (agent, model, _) = agent(vec![wrong(10), wrong(11), wrong(12), ScriptedModel::answer("I give up.")]);
    let look = Counter::new("look", Effect::ReadOnly, Behaviour::Works);
    let run = agent.tool(look).run("go").await.unwrap();
    assert_eq!((run.invalid_in_a_row(), run.answer()), (3, "I give up."));
    assert_eq!(model.seen().last().map(|(_, mode)| *mode), Some(ReplyMode::AnswerOnly));
    assert_eq!(results(&run)[0].1["expected"], "a whole number, at most 9");
}

#[tokio::test]
async fn a_call_that_failed_is_not_run_again() {
    let again = || say("", &[("fail", json!({"n": 1}))]);
    let (agent, _, journal) = agent(vec![again(), again(), again(), ScriptedModel::answer("It failed.")]);
    let fail = Counter::new("fail", Effect::ReadOnly, Behaviour::Fails);
    let run = agent.tool(fail).run("go").await.unwrap();
    let outcomes: Vec<CallOutcome> = results(&run).into_iter().map(|(outcome, _)| outcome).collect();
    assert_eq!(outcomes, [CallOutcome::Failed, CallOutcome::Cancelled, CallOutcome::Cancelled]);
    assert!(results(&run)[1].1["error"].as_str().unwrap().contains("failed with these arguments"));
    let started =
        journal.all().iter().filter(|(_, event)| matches!(event, Event::CallStarted { .. })).count();
    assert_eq!(started, 1);
}

#[tokio::test]
async fn an_answer_that_claims_what_was_not_done_is_corrected() {
    let claims = || ScriptedModel::answer("Your train is booked.");
    let book = || Counter::new("book", Effect::Once, Behaviour::Works);
    let (honest, model, _) = agent(vec![claims(), ScriptedModel::answer("Nothing was booked.")]);
    let run = honest.tool(book()).run("book it").await.unwrap();
    assert_eq!((run.answer(), model.left()), ("Nothing was booked.", 0));
    let (stubborn, _, _) = agent(vec![claims(), claims()]);
    let run = stubborn.tool(book()).run("book it").await.unwrap();
    assert_eq!(run.answer(), "I cannot confirm this: nothing was booked.");
    assert_eq!(run.outcome(), Some(&Outcome::Answered));
}

#[tokio::test]
async fn a_run_that_was_dropped_or_crashed_is_closed_by_the_next_message() {
    let places = (0..14).flat_map(|n| [FailAt::Before(n), FailAt::After(n)]);
    for (at, calls) in places.flat_map(|at| [(at, 1), (at, 2)]) {
        let kept = Arc::new(MemoryJournal::default());
        let book = Counter::new("book", Effect::Once, Behaviour::Works);
        let done = Arc::clone(&book.done);
        let both = [("book", json!({"n": 1})), ("book", json!({"n": 2}))];
        let replies = vec![say("", &both[..calls]), ScriptedModel::answer("Booked.")];
        let crashing = Agent::new(ScriptedModel::new(replies)).policy(AllowAll).tool(book);
        let faulty = Arc::new(FaultyJournal::new(Arc::clone(&kept), at));
        let _ = crashing.journal_with(faulty).session_named("s".into()).run("go").await;
        let before = done.lock().unwrap().len();
        let book =
            Counter { done: Arc::clone(&done), ..Counter::new("book", Effect::Once, Behaviour::Works) };
        let next =
            Agent::new(ScriptedModel::new([ScriptedModel::answer("Hello.")])).policy(AllowAll).tool(book);
        let run =
            next.journal_with(Arc::clone(&kept) as Arc<_>).session_named("s".into()).run("hi").await.unwrap();
        assert_eq!(run.answer(), "Hello.", "{at:?}");
        assert_eq!(done.lock().unwrap().len(), before, "{at:?}: closing a run does nothing");
        let told: Vec<CallOutcome> = results(&run).iter().map(|(outcome, _)| *outcome).collect();
        let took_effect = told.iter().filter(|outcome| **outcome == CallOutcome::Succeeded).count();
        assert_eq!(took_effect, before, "{at:?}, {calls} calls: what took effect is told as such: {told:?}");
        assert!(!told.contains(&CallOutcome::Unknown), "{at:?}, {calls} calls: the tool was asked: {told:?}");
    }
}

/// Cancels a run as soon as a call of it is on record as started.
struct CancelsAtStart(CancellationToken);

impl DeltaSink for CancelsAtStart {
    fn delta(&self, _delta: Delta) {}
}

impl crate::Observer for CancelsAtStart {
    fn event(&self, event: &Event) {
        if matches!(event, Event::CallStarted { .. }) {
            self.0.cancel();
        }
    }
}

#[tokio::test]
async fn a_call_that_a_cancelled_run_did_not_try_is_known_to_have_done_nothing() {
    let book = Counter::new("book", Effect::Once, Behaviour::Works);
    let done = Arc::clone(&book.done);
    let (agent, _, _) = agent(vec![say("", &[("book", json!({"n": 1}))])]);
    let cancel = CancellationToken::new();
    let observer = CancelsAtStart(cancel.clone());
    let watch = Watch::new(&observer).cancelled_by(cancel);
    let run = agent.tool(book).session_named("s".into()).run_watched("go", &watch).await.unwrap();
    assert_eq!(run.outcome(), Some(&Outcome::Cancelled));
    assert_eq!((results(&run)[0].0, done.lock().unwrap().len()), (CallOutcome::Cancelled, 0));
}

#[tokio::test]
async fn a_call_that_was_started_before_the_next_one_could_be_has_a_result() {
    let read = |name| Counter::new(name, Effect::ReadOnly, Behaviour::Works);
    let (agent, _, journal) = agent(vec![say("", &[("a", json!({"n": 1})), ("b", json!({"n": 1}))])]);
    let cancel = CancellationToken::new();
    let observer = CancelsAtStart(cancel.clone());
    let watch = Watch::new(&observer).cancelled_by(cancel);
    let session = agent.tool(read("a")).tool(read("b")).session();
    let run = session.run_watched("go", &watch).await.unwrap();
    assert_eq!(run.outcome(), Some(&Outcome::Cancelled));
    let ended = |event: &Event| matches!(event, Event::CallFinished { call, .. } if call.as_str() == "c1");
    assert!(journal.all().iter().any(|(_, event)| ended(event)), "what was started is known to have ended");
    assert_eq!(
        results(&run).iter().map(|(outcome, _)| *outcome).collect::<Vec<_>>(),
        [CallOutcome::Cancelled; 2]
    );
}

#[tokio::test(start_paused = true)]
async fn a_dropped_client_leaves_a_session_that_takes_the_next_message() {
    let silent = super::Silent { asked: Arc::default() };
    let asked = Arc::clone(&silent.asked);
    let journal = Arc::new(MemoryJournal::default());
    let session = Agent::new(silent).journal_with(Arc::clone(&journal) as Arc<_>).session_named("s".into());
    let dropped = tokio::time::timeout(Duration::from_secs(1), session.run("go")).await;
    assert!(dropped.is_err() && asked.load(Ordering::SeqCst) == 1);
    let next = Agent::new(ScriptedModel::new([ScriptedModel::answer("Hello.")])).journal_with(journal);
    let watch = Watch::default().cancelled_by(CancellationToken::new());
    let run = next.session_named("s".into()).run_watched("hi", &watch).await.unwrap();
    assert_eq!(run.answer(), "Hello.");
}

#[tokio::test(start_paused = true)]
async fn a_client_dropped_in_the_middle_of_an_effect_leaves_its_truth_behind() {
    for (behaviour, outcome) in
        [(Behaviour::ActsThenHangs, CallOutcome::Succeeded), (Behaviour::Hangs, CallOutcome::Cancelled)]
    {
        let book = Counter::new("book", Effect::Once, behaviour);
        let done = Arc::clone(&book.done);
        let (agent, _, journal) = agent(vec![say("", &[("book", json!({"n": 1}))])]);
        let session = agent.tool(book).session_named("s".into());
        let dropped = tokio::time::timeout(Duration::from_secs(1), session.run("go")).await;
        assert!(dropped.is_err());
        let before = done.lock().unwrap().len();
        let book =
            Counter { done: Arc::clone(&done), ..Counter::new("book", Effect::Once, Behaviour::Works) };
        let next = Agent::new(ScriptedModel::new([ScriptedModel::answer("Hello.")]));
        let next = next.policy(AllowAll).tool(book).journal_with(journal);
        let run = next.session_named("s".into()).run("hi").await.unwrap();
        assert_eq!((run.answer(), results(&run)[0].0), ("Hello.", outcome));
        assert_eq!(done.lock().unwrap().len(), before, "nothing is done again");
    }
}
