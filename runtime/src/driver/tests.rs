//! The loop with scripted models and real (small) tools: every way a turn can go.

mod lands;
mod limits;
mod many;
mod retries;
mod sagas;
mod typed;
mod workflows;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use handyman_core::testing::{FailAt, FaultyJournal, MemoryJournal, ScriptedModel};
use handyman_core::{
    CallContext, CallOutcome, DeltaSink, Effect, Event, Fault, FaultKind, IdempotencyKey, LimitKind, Limits,
    Model, ModelInfo, ModelReply, ModelRequest, Outcome, Probe, ReplyBody, ReplyMode, Role, Run, Safety,
    Tool, ToolError, ToolErrorKind, ToolResult, ToolSpec,
};
use jiff::civil::date;
use serde_json::{Map, Value, json};

use tokio_util::sync::CancellationToken;

use crate::{Agent, AllowAll, ReadOnly, Watch};

/// A tool that counts what it did, by key, and behaves as told.
struct Counter {
    spec: ToolSpec,
    behaviour: Behaviour,
    done: Arc<std::sync::Mutex<Vec<String>>>,
}

#[derive(Clone, Copy, PartialEq)]
enum Behaviour {
    Works,
    Fails,
    Hangs,
    ActsThenHangs,
    Floods,
}

impl Counter {
    fn new(name: &str, effect: Effect, behaviour: Behaviour) -> Self {
        let parameters = json!({"type": "object", "properties": {"n": {"type": "integer", "maximum": 9}},
                                "required": ["n"], "additionalProperties": false});
        let spec = ToolSpec {
            name: name.into(),
            description: "Counts.".into(),
            parameters,
            effect,
            safety: Safety::default(),
        };
        Self { spec, behaviour, done: Arc::default() }
    }
}

#[async_trait]
impl Tool for Counter {
    fn spec(&self) -> &ToolSpec {
        &self.spec
    }

    async fn call(&self, arguments: Map<String, Value>, context: &CallContext) -> ToolResult<Value> {
        let act = || self.done.lock().unwrap().push(context.key.to_string());
        match self.behaviour {
            Behaviour::Works => act(),
            Behaviour::Fails => return Err(ToolError::new(ToolErrorKind::Conflict, "sold out")),
            Behaviour::Hangs => std::future::pending().await,
            Behaviour::ActsThenHangs => {
                act();
                std::future::pending::<()>().await;
            }
            Behaviour::Floods => return Ok(json!({"text": "多".repeat(10_000)})),
        }
        Ok(json!({"n": arguments["n"]}))
    }

    async fn probe(&self, key: &IdempotencyKey) -> ToolResult<Probe> {
        let done = self.done.lock().unwrap().contains(&key.to_string());
        Ok(if done { Probe::Done(json!({"probed": true})) } else { Probe::NotDone })
    }
}

fn say(text: &str, calls: &[(&str, Value)]) -> ReplyBody {
    let request = |(tool, arguments): &(&str, Value)| handyman_core::CallRequest {
        tool: (*tool).to_owned(),
        arguments: arguments.as_object().unwrap().clone(),
    };
    ReplyBody::Said {
        reasoning: String::new(),
        text: text.into(),
        calls: calls.iter().map(request).collect(),
    }
}

fn agent(replies: Vec<ReplyBody>) -> (Agent, Arc<ScriptedModel>, Arc<MemoryJournal>) {
    let model = Arc::new(ScriptedModel::new(replies));
    let journal = Arc::new(MemoryJournal::default());
    let now = date(2026, 11, 23).at(9, 0, 0, 0);
    let agent =
        Agent::new(Arc::clone(&model)).policy(AllowAll).now(now).journal_with(Arc::clone(&journal) as Arc<_>);
    (agent, model, journal)
}

/// The outcome and result of each call, in the order the model saw them.
fn results(run: &Run) -> Vec<(CallOutcome, Value)> {
    run.history().iter().flat_map(|m| m.results()).map(|r| (r.outcome, r.result.clone())).collect()
}

#[tokio::test]
async fn calls_run_and_results_come_back_in_call_order() {
    let book = Counter::new("book", Effect::Once, Behaviour::Works);
    let replies = vec![
        say("", &[("book", json!({"n": 1})), ("look", json!({"n": 2})), ("look", json!({"n": 3}))]),
        ScriptedModel::answer("Done."),
    ];
    let (agent, model, journal) = agent(replies);
    let run = agent
        .tool(book)
        .tool(Counter::new("look", Effect::ReadOnly, Behaviour::Works))
        .run("go")
        .await
        .unwrap();
    assert_eq!(run.outcome(), Some(&Outcome::Answered));
    assert_eq!(run.answer(), "Done.");
    let order: Vec<Value> = results(&run).into_iter().map(|(_, value)| value["n"].clone()).collect();
    assert_eq!(order, [1, 2, 3], "as the model asked, whatever ran first");
    let started: Vec<String> = journal
        .all()
        .iter()
        .filter_map(
            |(_, e)| if let Event::CallStarted { call, .. } = e { Some(call.to_string()) } else { None },
        )
        .collect();
    assert_eq!(started, ["c2", "c3", "c1"], "reading first, effects after");
    assert_eq!(model.left(), 0);
}

#[tokio::test]
async fn what_goes_wrong_with_a_call_is_told_to_the_model() {
    let (agent, _, _) = agent(vec![
        say(
            "",
            &[
                ("nothing", json!({})),
                ("look", json!({"n": 12})),
                ("look", json!({})),
                ("fail", json!({"n": 1})),
            ],
        ),
        ScriptedModel::answer("Sorry."),
    ]);
    let run = agent
        .tool(Counter::new("look", Effect::ReadOnly, Behaviour::Works))
        .tool(Counter::new("fail", Effect::ReadOnly, Behaviour::Fails))
        .run("go")
        .await
        .unwrap();
    let results = results(&run);
    assert!(results.iter().all(|(outcome, _)| *outcome == CallOutcome::Failed));
    let error = |i: usize| results[i].1["error"].as_str().unwrap().to_owned();
    assert_eq!(error(0), "there is no tool 'nothing'; the tools are: look, fail");
    assert_eq!(results[1].1["at"], "/n");
    assert!(error(1).contains("9"), "says what would be right: {}", error(1));
    assert!(error(2).contains("\"n\""), "names what is missing: {}", error(2));
    assert_eq!(error(3), "sold out");
}

#[tokio::test(start_paused = true)]
async fn a_slow_tool_is_given_up_and_the_world_is_asked() {
    let replies = vec![
        say("", &[("slow", json!({"n": 1})), ("stuck", json!({"n": 1})), ("acted", json!({"n": 1}))]),
        ScriptedModel::answer("Hm."),
    ];
    let (agent, _, _) = agent(replies);
    let run = agent
        .tool(Counter::new("slow", Effect::ReadOnly, Behaviour::Hangs))
        .tool(Counter::new("stuck", Effect::Once, Behaviour::Hangs))
        .tool(Counter::new("acted", Effect::Once, Behaviour::ActsThenHangs))
        .run("go")
        .await
        .unwrap();
    let results = results(&run);
    assert_eq!(results[0], (CallOutcome::Failed, json!({"error": "no answer within 60 s"})));
    let undone = json!({"error": "no answer within 60 s; it did not take effect"});
    assert_eq!(results[1], (CallOutcome::Failed, undone));
    assert_eq!(results[2], (CallOutcome::Succeeded, json!({"probed": true})));
}

#[tokio::test]
async fn a_long_result_is_cut_and_says_so() {
    let (agent, _, _) = agent(vec![say("", &[("flood", json!({"n": 1}))]), ScriptedModel::answer("Much.")]);
    let limits = Limits { output_bytes_max: 1000, ..Limits::default() };
    let flood = Counter::new("flood", Effect::ReadOnly, Behaviour::Floods);
    let run = agent.tool(flood).limits(limits).run("go").await.unwrap();
    let (outcome, result) = results(&run).remove(0);
    assert_eq!(outcome, CallOutcome::Succeeded);
    assert_eq!(result["cut"], "shortened from 30011 bytes; … stands for what is left out");
    assert!((400..1_100).contains(&result.to_string().len()), "{result}");
}

#[tokio::test]
async fn malformed_replies_are_told_and_counted() {
    let bad =
        ReplyBody::Malformed { text: "<tool_call>{".into(), problem: "the call is not finished".into() };
    let (agent, model, _) =
        agent(vec![bad.clone(), ScriptedModel::answer("Better."), bad.clone(), bad.clone(), bad]);
    let run = agent.run("go").await.unwrap();
    assert_eq!(run.outcome(), Some(&Outcome::Answered), "one bad reply is mended");
    assert_eq!(model.seen()[1].0.last().map(|m| m.role), Some(Role::User), "the model hears what was wrong");
    let run = agent.run("go").await.unwrap();
    assert_eq!(run.outcome(), Some(&Outcome::Limit { limit: LimitKind::Malformed }));
}

#[tokio::test]
async fn the_last_turn_can_only_answer() {
    let call = || say("", &[("look", json!({"n": 1}))]);
    let (agent, model, _) = agent(vec![call(), call(), call()]);
    let limits = Limits { turns_max: 3, ..Limits::default() };
    let look = Counter::new("look", Effect::ReadOnly, Behaviour::Works);
    let run = agent.tool(look).limits(limits).run("go").await.unwrap();
    let modes: Vec<ReplyMode> = model.seen().into_iter().map(|(_, mode)| mode).collect();
    assert_eq!(modes, [ReplyMode::Free, ReplyMode::Free, ReplyMode::AnswerOnly]);
    assert_eq!(run.outcome(), Some(&Outcome::Limit { limit: LimitKind::Turns }), "it called all the same");
    assert!(run.pending().is_empty(), "no call is left open");
}

#[tokio::test]
async fn calls_beyond_the_limit_are_not_run() {
    let calls: Vec<(&str, Value)> = (0..4).map(|n| ("look", json!({"n": n}))).collect();
    let (agent, model, _) = agent(vec![say("", &calls), ScriptedModel::answer("Enough.")]);
    let limits = Limits { calls_max: 2, ..Limits::default() };
    let look = Counter::new("look", Effect::ReadOnly, Behaviour::Works);
    let run = agent.tool(look).limits(limits).run("go").await.unwrap();
    let outcomes: Vec<CallOutcome> = results(&run).into_iter().map(|(outcome, _)| outcome).collect();
    use CallOutcome::{Cancelled, Succeeded};
    assert_eq!(outcomes, [Succeeded, Succeeded, Cancelled, Cancelled]);
    assert_eq!(model.seen()[1].1, ReplyMode::AnswerOnly);
}

#[tokio::test]
async fn a_refused_call_does_not_run_and_the_model_hears_why() {
    let book = Counter::new("book", Effect::Once, Behaviour::Works);
    let done = Arc::clone(&book.done);
    let (agent, _, _) =
        agent(vec![say("", &[("book", json!({"n": 1}))]), ScriptedModel::answer("Not booked.")]);
    let run = agent.policy(ReadOnly).tool(book).run("go").await.unwrap();
    let (outcome, result) = results(&run).remove(0);
    assert_eq!(outcome, CallOutcome::Refused);
    assert!(result["error"].as_str().unwrap().contains("only reading is allowed"));
    assert!(done.lock().unwrap().is_empty());
}

/// A model that never answers, and says when it was asked.
struct Silent {
    asked: Arc<AtomicUsize>,
}

#[async_trait]
impl Model for Silent {
    fn info(&self) -> ModelInfo {
        ModelInfo::default()
    }

    async fn reply(&self, _request: ModelRequest<'_>, _sink: &dyn DeltaSink) -> Result<ModelReply, Fault> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        std::future::pending().await
    }
}

#[tokio::test]
async fn a_cancelled_run_leaves_a_session_that_takes_the_next_message() {
    let asked = Arc::new(AtomicUsize::new(0));
    let session = Agent::new(Silent { asked: Arc::clone(&asked) }).session();
    for message in 1..=2 {
        let cancel = CancellationToken::new();
        let watch = Watch::default().cancelled_by(cancel.clone());
        let (run, ()) = tokio::join!(session.run_watched("wait", &watch), async {
            while asked.load(Ordering::SeqCst) < message {
                tokio::task::yield_now().await;
            }
            cancel.cancel();
        });
        assert_eq!(run.unwrap().outcome(), Some(&Outcome::Cancelled));
    }
}

#[tokio::test(start_paused = true)]
async fn wall_time_ends_a_run_whose_model_hangs() {
    let limits = Limits { wall_time: Duration::from_secs(5), ..Limits::default() };
    let agent = Agent::new(Silent { asked: Arc::default() }).limits(limits);
    let run = agent.journal_with(Arc::new(MemoryJournal::default())).run("go").await.unwrap();
    assert_eq!(run.outcome(), Some(&Outcome::Limit { limit: LimitKind::WallTime }));
}

/// A model whose window holds one reply.
struct Narrow;

#[async_trait]
impl Model for Narrow {
    fn info(&self) -> ModelInfo {
        ModelInfo::default()
    }

    async fn reply(&self, request: ModelRequest<'_>, _sink: &dyn DeltaSink) -> Result<ModelReply, Fault> {
        match request.history.len() {
            1 => {
                let body = say("Let me look.", &[("look", json!({"n": 1}))]);
                Ok(ModelReply::new(body, handyman_core::TokenUsage::default()))
            }
            _ => Err(Fault::new(FaultKind::Window, "the window is full")),
        }
    }
}

#[tokio::test]
async fn a_full_window_ends_the_run_with_what_there_is() {
    let look = Counter::new("look", Effect::ReadOnly, Behaviour::Works);
    let run = Agent::new(Narrow).tool(look).run("go").await.unwrap();
    assert_eq!(run.outcome(), Some(&Outcome::Limit { limit: LimitKind::Window }));
    assert_eq!((run.answer(), results(&run).len()), ("Let me look.", 1));
}

#[tokio::test]
async fn an_agent_asks_before_effects_by_default_and_goes_on_when_resumed() {
    let (agent, _, _) = agent(vec![say("", &[("book", json!({"n": 1}))]), ScriptedModel::answer("Booked.")]);
    let agent = agent.tool(Counter::new("book", Effect::Once, Behaviour::Works));
    let asking = agent.clone().policy(crate::AskForEffects);
    let session = asking.session();
    let run = session.run("go").await.unwrap();
    assert_eq!(run.outcome(), Some(&Outcome::Waiting { call: "c1".into() }));
    let refused = session.run("and now?").await.unwrap_err();
    assert_eq!(refused.kind(), FaultKind::Request, "a session whose run waits takes no other message");
    let run = agent.resume(run.id()).await.unwrap();
    assert_eq!(run.answer(), "Booked.", "another policy may say more");
}

#[tokio::test]
async fn an_empty_request_is_refused() {
    let fault = agent(vec![]).0.run("  ").await.unwrap_err();
    assert_eq!((fault.kind(), fault.hint().is_some()), (FaultKind::Request, true));
}

/// Cuts the journal before and after every append, resumes, and counts the effect.
#[tokio::test]
async fn a_crash_at_any_append_never_doubles_or_loses_the_effect() {
    let replies = || {
        vec![
            say("", &[("look", json!({"n": 1}))]),
            say("", &[("book", json!({"n": 2}))]),
            ScriptedModel::answer("Booked."),
        ]
    };
    let appends = 11;
    for at in (0..appends).flat_map(|n| [FailAt::Before(n), FailAt::After(n)]) {
        let kept = Arc::new(MemoryJournal::default());
        let book = Arc::new(Counter::new("book", Effect::Once, Behaviour::Works));
        let done = Arc::clone(&book.done);
        let with = |replies: Vec<ReplyBody>| {
            let book =
                Counter { done: Arc::clone(&done), ..Counter::new("book", Effect::Once, Behaviour::Works) };
            let look = Counter::new("look", Effect::ReadOnly, Behaviour::Works);
            Agent::new(ScriptedModel::new(replies)).policy(AllowAll).tool(look).tool(book)
        };
        let faulty = Arc::new(FaultyJournal::new(Arc::clone(&kept), at));
        let crashed = with(replies()).journal_with(faulty).run("go").await;
        let Some((id, _)) = kept.all().first().cloned() else { continue };
        let replied = kept.all().iter().filter(|(_, e)| matches!(e, Event::ModelReplied { .. })).count();
        let rest = replies().split_off(replied);
        let run = with(rest).journal_with(Arc::clone(&kept) as Arc<_>).resume(&id).await.unwrap();
        assert_eq!(done.lock().unwrap().len(), 1, "{at:?}: the effect took place once");
        assert_eq!(run.outcome(), Some(&Outcome::Answered), "{at:?}");
        let events: Vec<Event> = kept.all().into_iter().map(|(_, event)| event).collect();
        let folded = Run::replay(id, handyman_core::Earlier::default(), &events);
        assert_eq!(folded, run, "{at:?}: the journal folds to the same run");
        assert_eq!(crashed.unwrap_err().kind(), FaultKind::Journal, "{at:?}: the crash was a fault");
    }
}
