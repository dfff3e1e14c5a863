//! Answers of a given shape: with tools, after mistakes, at every limit, and after a restart.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use handyman_core::testing::{MemoryJournal, ScriptedModel};
use handyman_core::{
    Delta, DeltaSink, Effect, Event, Fault, LimitKind, Limits, Model, ModelInfo, ModelReply, ModelRequest,
    Outcome, Part, ReplyMode, Role, TokenUsage, Workflow,
};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;

use super::{Behaviour, Counter, agent, say};
use crate::{Agent, AllowAll};

#[derive(Debug, PartialEq, Deserialize, JsonSchema)]
struct Weather {
    city: String,
    highs: Vec<i32>,
    rain: bool,
}

fn lagos() -> Weather {
    Weather { city: "Lagos".to_owned(), highs: vec![31, 30], rain: true }
}

const LAGOS: &str = r#"{"city": "Lagos", "highs": [31, 30], "rain": true}"#;

#[tokio::test]
async fn tools_are_called_and_the_answer_has_the_shape() {
    let (agent, model, journal) =
        agent(vec![say("", &[("look", json!({"n": 1}))]), ScriptedModel::answer(LAGOS)]);
    let look = Counter::new("look", Effect::ReadOnly, Behaviour::Works);
    let answered = agent.tool(look).run_as::<Weather>("Rain in Lagos?").await.unwrap();
    assert_eq!(answered.value, Some(lagos()));
    assert_eq!((answered.run.outcome(), answered.run.usage().calls), (Some(&Outcome::Answered), 1));
    let told = &model.seen()[0].0[0].parts;
    assert!(
        told.iter().any(|part| matches!(part, Part::Note(note) if note.contains("\"highs\""))),
        "{told:?}"
    );
    let shape = journal.all().into_iter().find_map(|(_, event)| match event {
        Event::Started { answer_schema, .. } => answer_schema,
        _ => None,
    });
    assert!(shape.is_some(), "the journal knows the shape");
}

#[tokio::test]
async fn an_answer_of_another_shape_is_asked_for_again() {
    for wrong in ["It will rain.", r#"{"city": "Lagos"}"#, r#"{"city": 1, "highs": [], "rain": true}"#] {
        let (agent, model, _) = agent(vec![ScriptedModel::answer(wrong), ScriptedModel::answer(LAGOS)]);
        let answered = agent.run_as::<Weather>("Rain in Lagos?").await.unwrap();
        assert_eq!((answered.value, model.left()), (Some(lagos()), 0), "{wrong}");
        assert!(answered.run.incomplete().is_empty());
    }
}

#[tokio::test]
async fn a_run_that_never_gets_there_still_has_an_answer_and_says_what_is_not_the_models() {
    let (agent, _, journal) = agent(vec![
        ScriptedModel::answer("It will rain."),
        ScriptedModel::answer("Rain!"),
        ScriptedModel::answer(r#"{"city": "Lagos", "highs": [31, "#),
    ]);
    let answered = agent.run_as::<Weather>("Rain in Lagos?").await.unwrap();
    assert_eq!(answered.run.outcome(), Some(&Outcome::Limit { limit: LimitKind::Malformed }));
    assert_eq!(answered.value, Some(Weather { city: "Lagos".to_owned(), highs: vec![31], rain: false }));
    assert_eq!(answered.run.incomplete(), ["/highs", "/rain"]);
    let (_, Event::Finished { answer, incomplete, .. }) = journal.all().pop().unwrap() else { panic!() };
    assert_eq!((answer.as_str(), incomplete.len()), (answered.run.answer(), 2), "as the journal has it");
}

/// A model that says a part of an answer and then never ends its reply.
struct Slow(&'static str);

#[async_trait]
impl Model for Slow {
    fn info(&self) -> ModelInfo {
        ModelInfo::default()
    }

    async fn reply(&self, _request: ModelRequest<'_>, sink: &dyn DeltaSink) -> Result<ModelReply, Fault> {
        sink.delta(Delta::Text(self.0.to_owned()));
        std::future::pending().await
    }
}

#[tokio::test(start_paused = true)]
async fn the_clock_cuts_an_answer_off_anywhere_and_it_still_has_the_shape() {
    let limits = Limits { wall_time: Duration::from_secs(8), ..Limits::default() };
    for end in 0..=LAGOS.len() {
        let agent = Agent::new(Slow(&LAGOS[..end]))
            .limits(limits.clone())
            .journal_with(Arc::<MemoryJournal>::default());
        let answered = agent.run_as::<Weather>("Rain in Lagos?").await.unwrap();
        assert_eq!(answered.run.outcome(), Some(&Outcome::Limit { limit: LimitKind::WallTime }));
        let value = answered.value.unwrap_or_else(|| panic!("{end}: {}", answered.run.answer()));
        assert_eq!(answered.run.incomplete().is_empty(), value == lagos(), "{end}");
    }
}

/// A model that says this once and never speaks again.
struct Once(&'static str, AtomicBool);

#[async_trait]
impl Model for Once {
    fn info(&self) -> ModelInfo {
        ModelInfo::default()
    }

    async fn reply(&self, _request: ModelRequest<'_>, _sink: &dyn DeltaSink) -> Result<ModelReply, Fault> {
        if self.1.swap(true, Ordering::SeqCst) {
            std::future::pending::<()>().await;
        }
        Ok(ModelReply::new(ScriptedModel::answer(self.0), TokenUsage::default()))
    }
}

#[tokio::test(start_paused = true)]
async fn what_was_answered_before_is_no_answer_to_what_is_asked_now() {
    let limits = Limits { wall_time: Duration::from_secs(8), ..Limits::default() };
    let once = |text| {
        Agent::new(Once(text, AtomicBool::new(false)))
            .limits(limits.clone())
            .journal_with(Arc::<MemoryJournal>::default())
    };
    let session = once(LAGOS).session();
    let first = session.run_as::<Weather>("Rain in Lagos?").await.unwrap();
    assert_eq!((first.value, first.run.incomplete().len()), (Some(lagos()), 0));
    let second = session.run_as::<Weather>("And in Oslo?").await.unwrap();
    assert_eq!(second.run.outcome(), Some(&Outcome::Limit { limit: LimitKind::WallTime }));
    let nothing = Weather { city: String::new(), highs: vec![], rain: false };
    assert_eq!(second.value, Some(nothing));
    let incomplete = second.run.incomplete();
    for field in ["/city", "/highs", "/rain"] {
        assert!(incomplete.iter().any(|at| at == field), "{field}: {incomplete:?}");
    }

    let asks = |name: &str| json!({"name": name, "ask": "How many?", "answer": {"type": "integer"}});
    let workflow = Workflow::new(json!({"name": "w", "steps": [asks("one"), asks("two")]})).unwrap();
    let run = once("4").run_workflow(&workflow, serde_json::Map::new()).await.unwrap();
    assert_eq!(run.outcome(), Some(&Outcome::Limit { limit: LimitKind::WallTime }));
    assert_eq!((run.answer(), run.incomplete().len()), ("0", 1), "what a step before came to is not its own");
}

#[tokio::test]
async fn the_last_turn_before_a_limit_answers_in_the_shape() {
    let again = |n: i64| say("", &[("look", json!({"n": n}))]);
    let (agent, model, _) = agent(vec![again(1), again(2), ScriptedModel::answer(LAGOS)]);
    let limits = Limits { turns_max: 3, ..Limits::default() };
    let look = Counter::new("look", Effect::ReadOnly, Behaviour::Works);
    let answered = agent.tool(look).limits(limits).run_as::<Weather>("Rain?").await.unwrap();
    assert_eq!(answered.value, Some(lagos()));
    assert_eq!(model.seen().last().map(|(_, mode)| *mode), Some(ReplyMode::AnswerOnly));
}

#[tokio::test]
async fn a_run_that_is_resumed_still_owes_the_shape() {
    let journal = Arc::new(MemoryJournal::default());
    let with = |replies: Vec<handyman_core::ReplyBody>| {
        Agent::new(ScriptedModel::new(replies))
            .policy(AllowAll)
            .tool(Counter::new("look", Effect::ReadOnly, Behaviour::Works))
            .journal_with(Arc::clone(&journal) as Arc<_>)
    };
    // The script ends: the run is left open, as after a crash.
    let interrupted = with(vec![say("", &[("look", json!({"n": 1}))])]).run_as::<Weather>("Rain?").await;
    assert!(interrupted.is_err());
    let run = journal.all()[0].0.clone();
    let resumed = with(vec![ScriptedModel::answer("Rain."), ScriptedModel::answer(LAGOS)]);
    let run = resumed.resume(&run).await.unwrap();
    assert_eq!(run.answer(), LAGOS, "prose was not taken for the answer");
    assert!(run.history().iter().any(|message| message.role == Role::Tool));
}

#[tokio::test]
async fn a_typed_answer_is_not_replaced_by_a_sentence() {
    let claim = r#"{"city": "booked", "highs": [], "rain": false}"#;
    let (agent, _, _) = agent(vec![ScriptedModel::answer(claim), ScriptedModel::answer(claim)]);
    let book = Counter::new("book", Effect::Once, Behaviour::Works);
    let answered = agent.tool(book).run_as::<Weather>("Book it").await.unwrap();
    assert!(answered.value.is_some() && answered.run.outcome() == Some(&Outcome::Answered));
}
