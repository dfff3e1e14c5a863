//! What a subscriber is told of runs: spans by their names, where they stand, and nothing private unless asked for.

mod recorder;

use std::sync::{Arc, Mutex};

use handyman_core::testing::{MemoryJournal, ScriptedModel};
use handyman_core::{
    CallRequest, Delta, DeltaSink, Earlier, Event, Outcome, Policy, ReplyBody, Run, ToolError, ToolErrorKind,
    ToolResult, tool,
};
use serde_json::{Value, json};

use self::recorder::{Recorder, Seen};
use super::{RUNS_MAX, Traced};
use crate::{Agent, AllowAll, AskForEffects, Observer, Watch};

/// Looks somebody up.
#[tool(read_only)]
async fn look(name: String) -> ToolResult<Value> {
    if name == "nobody" {
        return Err(ToolError::new(ToolErrorKind::NotFound, "there is nobody in Elm Road"));
    }
    Ok(json!({"street": format!("{name} lives in Elm Road")}))
}

/// Hands something over.
#[tool(once)]
async fn hand(to: String) -> ToolResult<Value> {
    Ok(json!({"to": to}))
}

fn asks(calls: &[(&str, Value)]) -> ReplyBody {
    let request = |(tool, arguments): &(&str, Value)| CallRequest {
        tool: (*tool).to_owned(),
        arguments: arguments.as_object().unwrap().clone(),
    };
    let calls = calls.iter().map(request).collect();
    ReplyBody::Said { reasoning: String::new(), text: String::new(), calls }
}

fn agent(replies: Vec<ReplyBody>, policy: impl Policy + 'static) -> (Agent, Arc<MemoryJournal>) {
    let journal = Arc::new(MemoryJournal::default());
    let agent = Agent::new(ScriptedModel::new(replies)).policy(policy).tool(look).tool(hand);
    (agent.journal_with(Arc::clone(&journal) as Arc<_>), journal)
}

/// One who looks for two people, finds one, and answers.
fn looks_twice() -> (Agent, Arc<MemoryJournal>) {
    let both = [("look", json!({"name": "Ada"})), ("look", json!({"name": "nobody"}))];
    agent(vec![asks(&both), ScriptedModel::answer("Ada is there.")], AllowAll)
}

#[tokio::test]
async fn a_run_is_a_span_with_its_replies_and_calls_below() {
    let (recorder, _guard) = Recorder::listens();
    let traced = Traced::new();
    let session = looks_twice().0.session_named("s1".into());
    let run = session.run_watched("Where is Ada?", &Watch::new(&traced)).await.unwrap();

    let names: Vec<String> =
        recorder.all().into_iter().filter(|seen| seen.is_span).map(|seen| seen.name).collect();
    assert_eq!(names, ["invoke_agent", "chat", "execute_tool", "execute_tool", "chat"]);
    let spans: Vec<Seen> = recorder.all().into_iter().filter(|seen| seen.is_span).collect();
    assert!(spans.iter().all(|seen| seen.is_closed), "{spans:?}");
    assert!(spans[1..].iter().all(|seen| seen.above == Some(1)), "{spans:?}");

    let whole = &spans[0];
    assert_eq!((whole.above, whole.get("error.type")), (None, ""));
    let said = [
        "gen_ai.operation.name",
        "gen_ai.provider.name",
        "gen_ai.conversation.id",
        "gen_ai.request.model",
        "handyman.outcome",
    ];
    assert_eq!(said.map(|field| whole.get(field)), ["invoke_agent", "handyman", "s1", "script", "answered"]);
    assert_eq!((whole.get("handyman.run.id"), whole.get("handyman.resumed")), (run.id().as_str(), "false"));

    let replies = recorder.spans("chat");
    let reasons: Vec<Value> =
        replies.iter().map(|reply| reply.json("gen_ai.response.finish_reasons")).collect();
    assert_eq!(reasons, [json!(["tool_call"]), json!(["stop"])]);
    assert!(
        replies
            .iter()
            .all(|reply| reply.get("otel.name") == "chat script" && !reply.get("handyman.ms").is_empty())
    );

    let calls = recorder.spans("execute_tool");
    let said =
        ["gen_ai.tool.name", "gen_ai.tool.call.id", "handyman.outcome", "error.type", "otel.status_code"];
    assert_eq!(said.map(|field| calls[0].get(field)), ["look", "c1", "succeeded", "", ""]);
    assert_eq!(said.map(|field| calls[1].get(field)), ["look", "c2", "failed", "not_found", "error"]);
    assert_eq!(recorder.events("call_decided").len(), 2);
}

#[tokio::test]
async fn what_was_said_is_recorded_only_when_asked_for() {
    for with_content in [false, true] {
        let (recorder, _guard) = Recorder::listens();
        let traced = if with_content { Traced::new().with_content() } else { Traced::new() };
        let session = looks_twice().0.session();
        session.run_watched("Where is Ada?", &Watch::new(&traced)).await.unwrap();
        drop(traced);
        let told = format!("{:?}", recorder.all());
        for private in ["Where is", "Ada", "nobody", "Elm Road", "is there"] {
            assert!(with_content || !told.contains(private), "{private} in {told}");
        }
        if with_content {
            let (whole, calls) = (&recorder.spans("invoke_agent")[0], recorder.spans("execute_tool"));
            let asked = json!([{"role": "user", "parts": [{"type": "text", "content": "Where is Ada?"}]}]);
            assert_eq!(whole.json("gen_ai.input.messages"), asked);
            let said = json!([{"role": "assistant", "parts": [{"type": "text", "content": "Ada is there."}],
                               "finish_reason": "stop"}]);
            assert_eq!(whole.json("gen_ai.output.messages"), said);
            let replied = recorder.spans("chat")[0].json("gen_ai.output.messages");
            assert_eq!(replied[0]["parts"][0]["arguments"], json!({"name": "Ada"}));
            assert_eq!(calls[0].json("gen_ai.tool.call.arguments"), json!({"name": "Ada"}));
            assert_eq!(calls[0].json("gen_ai.tool.call.result"), json!({"street": "Ada lives in Elm Road"}));
            assert_eq!(calls[1].get("gen_ai.tool.call.result"), "", "only what succeeded has a result");
        }
    }
}

/// Also holds the driver to saying which run an event is of.
#[tokio::test]
async fn a_run_that_is_resumed_has_another_span_with_what_went_before() {
    let (recorder, _guard) = Recorder::listens();
    let replies = vec![asks(&[("hand", json!({"to": "Ada"}))]), ScriptedModel::answer("Here you are.")];
    let (agent, _) = agent(replies, AskForEffects);
    let traced = Traced::new();
    let session = agent.session_named("s1".into());
    let run = session.run_watched("Go on", &Watch::new(&traced)).await.unwrap();
    assert!(matches!(run.outcome(), Some(Outcome::Waiting { .. })), "{:?}", run.outcome());
    assert!(recorder.spans("execute_tool").is_empty());
    assert!(recorder.spans("invoke_agent")[0].is_closed);

    // As in a later process, which knows nothing of what was told before.
    let later = Traced::new();
    let session = agent.policy(AllowAll).session_named("s1".into());
    let run = session.resume(run.id(), &Watch::new(&later)).await.unwrap();
    assert_eq!(run.answer(), "Here you are.");
    let runs = recorder.spans("invoke_agent");
    let said = ["handyman.run.id", "gen_ai.conversation.id", "handyman.resumed", "handyman.outcome"];
    assert_eq!(said.map(|field| runs[0].get(field)), [run.id().as_str(), "s1", "false", "waiting"]);
    assert_eq!(said.map(|field| runs[1].get(field)), [run.id().as_str(), "s1", "true", "answered"]);
    let calls = recorder.spans("execute_tool");
    assert_eq!((calls.len(), calls[0].get("gen_ai.tool.name")), (1, "hand"));
    let second = recorder.all().iter().rposition(|seen| seen.name == "invoke_agent").unwrap() as u64 + 1;
    assert_eq!(calls[0].above, Some(second));
    assert!(recorder.all().iter().all(|seen| seen.is_closed || !seen.is_span));
}

fn event(json: Value) -> Event {
    serde_json::from_value(json).unwrap()
}

fn started(run: &str, session: &str) -> Event {
    event(json!({"type": "started", "run": run, "session": session, "message": "go",
                 "model": {"name": "m", "sha256": ""}, "tools": ["look"], "now": "2026-11-23T09:00:00"}))
}

/// The call that is asked for next, and everything until it has been started.
fn calls(run: &str, tool: &str) -> [Event; 3] {
    [
        event(json!({"type": "model_replied", "turn": 1, "text": "", "usage": {}, "ms": 3,
                     "calls": [{"id": "c1", "tool": tool, "arguments": {}}]})),
        event(json!({"type": "call_decided", "call": "c1", "decision": "allow", "why": "read_only"})),
        event(json!({"type": "call_started", "call": "c1", "key": format!("{run}.c1")})),
    ]
}

fn tell(traced: &Traced<'_>, run: &mut Run, event: &Event) {
    run.apply(event);
    traced.event_in(run, event);
}

#[test]
fn runs_side_by_side_are_told_apart() {
    let (recorder, _guard) = Recorder::listens();
    let traced = Traced::new();
    let mut runs = ["r1", "r2"].map(|id| Run::new(id.into(), Earlier::default()));
    let [one, two] = &mut runs;
    tell(&traced, one, &started("r1", "s1"));
    tell(&traced, two, &started("r2", "s2"));
    traced.asked(two);
    assert_eq!((recorder.spans("chat").len(), recorder.spans("chat")[0].is_closed), (1, false));
    for (first, second) in calls("r1", "look").iter().zip(&calls("r2", "hand")) {
        tell(&traced, one, first);
        tell(&traced, two, second);
    }
    let ended =
        event(json!({"type": "call_finished", "call": "c1", "outcome": "succeeded", "result": {}, "ms": 1}));
    tell(&traced, two, &ended);

    let replies: Vec<(Option<u64>, bool)> =
        recorder.spans("chat").iter().map(|reply| (reply.above, reply.is_closed)).collect();
    assert_eq!(replies, [(Some(2), true), (Some(1), true)], "one span a reply, asked for or not");
    let calls = recorder.spans("execute_tool");
    let told = |call: &Seen| (call.above, call.get("gen_ai.tool.name").to_owned(), call.is_closed);
    assert_eq!(told(&calls[0]), (Some(1), "look".to_owned(), false));
    assert_eq!(told(&calls[1]), (Some(2), "hand".to_owned(), true));

    // The program gives the first up and goes on with its session.
    tell(&traced, &mut Run::new("r3".into(), Earlier::default()), &started("r3", "s1"));
    let given_up = &recorder.all()[0];
    assert_eq!((given_up.is_closed, given_up.get("error.type")), (true, "interrupted"));
    assert_eq!(recorder.spans("execute_tool")[0].get("error.type"), "interrupted");
    assert!(!recorder.all()[1].is_closed, "the other one goes on");
    drop(traced);
    assert!(recorder.spans("invoke_agent").iter().all(|run| run.is_closed));
}

#[test]
fn what_is_told_without_its_run_is_of_one_run_at_a_time() {
    let (recorder, _guard) = Recorder::listens();
    let traced = Traced::new();
    let retried =
        json!({"type": "call_retried", "call": "c1", "attempt": 1, "error": "busy", "wait_ms": 1, "ms": 1});
    let malformed = json!({"type": "reply_malformed", "turn": 2, "text": "?", "problem": "no JSON", "ms": 5,
                           "usage": {"prefilled": 3, "reused": 4, "forced": 1, "sampled": 2}});
    let finished = json!({"type": "finished", "outcome": "limit", "limit": "malformed", "answer": "",
                          "usage": {"turns": 2}});
    traced.event(&event(json!({"type": "claim_refused", "claim": "of", "problem": "no run"})));
    traced.event(&started("r1", "s1"));
    for event in &calls("r1", "look") {
        traced.event(event);
    }
    traced.event(&event(retried));
    traced.event(&event(
        json!({"type": "call_finished", "call": "c1", "outcome": "failed", "result": {}, "ms": 1}),
    ));
    traced.event(&event(malformed));
    traced.event(&event(finished));

    assert!(recorder.events("claim_refused").is_empty());
    let (whole, call) = (&recorder.spans("invoke_agent")[0], &recorder.spans("execute_tool")[0]);
    assert_eq!((call.get("gen_ai.tool.name"), call.get("error.type")), ("look", "failed"));
    let retried = &recorder.events("call_retried")[0];
    assert_eq!((retried.get("handyman.attempt"), retried.get("handyman.why")), ("1", ""));
    let place = recorder.all().iter().position(|seen| seen.name == "execute_tool").unwrap() as u64 + 1;
    assert_eq!(retried.above, Some(place), "an attempt is part of its call");
    let tokens = [
        "gen_ai.usage.input_tokens",
        "gen_ai.usage.cache_read.input_tokens",
        "gen_ai.usage.output_tokens",
        "error.type",
    ];
    let reply = &recorder.spans("chat")[1];
    assert_eq!(tokens.map(|field| reply.get(field)), ["7", "4", "3", "malformed"]);
    assert_eq!(tokens.map(|field| whole.get(field)), ["7", "4", "3", ""]);
    assert_eq!((whole.get("handyman.outcome"), whole.get("handyman.limit")), ("limit", "malformed"));
}

#[test]
fn runs_that_nobody_ends_are_given_up_at_last() {
    let (recorder, _guard) = Recorder::listens();
    let traced = Traced::new();
    for number in 0..=RUNS_MAX {
        let mut run = Run::new(format!("r{number}").into(), Earlier::default());
        tell(&traced, &mut run, &started(&format!("r{number}"), &format!("s{number}")));
    }
    let closed: Vec<bool> = recorder.all().iter().map(|seen| seen.is_closed).collect();
    assert!(closed[0] && closed[1..].iter().all(|is_closed| !is_closed));
}

/// Counts what it is told: deltas, events, and times that the model was asked.
#[derive(Default)]
struct Counts(Mutex<[usize; 3]>);

impl DeltaSink for Counts {
    fn delta(&self, _delta: Delta) {
        self.0.lock().unwrap()[0] += 1;
    }
}

impl Observer for Counts {
    fn event(&self, _event: &Event) {
        self.0.lock().unwrap()[1] += 1;
    }

    fn asked(&self, _run: &Run) {
        self.0.lock().unwrap()[2] += 1;
    }
}

/// Also holds the driver to saying when the model is asked.
#[tokio::test]
async fn another_observer_is_told_as_well() {
    let counts = Counts::default();
    let (agent, journal) = looks_twice();
    // Nobody subscribes: that is no reason to tell less.
    let traced = Traced::around(&counts);
    agent.session().run_watched("Where is Ada?", &Watch::new(&traced)).await.unwrap();
    let [deltas, events, asked] = *counts.0.lock().unwrap();
    assert!(deltas > 0);
    assert_eq!((events, asked), (journal.all().len(), 2));
}

#[tokio::test]
async fn a_run_that_breaks_off_leaves_no_span_open() {
    let (recorder, _guard) = Recorder::listens();
    let traced = Traced::new();
    // A model that has nothing to say is a fault.
    let (agent, _) = agent(Vec::new(), AllowAll);
    agent.session().run_watched("Hello", &Watch::new(&traced)).await.unwrap_err();
    let spans: Vec<Seen> = recorder.all().into_iter().filter(|seen| seen.is_span).collect();
    assert!(!spans.is_empty() && spans.iter().all(|seen| seen.is_closed), "{spans:?}");
    assert_eq!(spans[0].get("error.type"), "interrupted");
}
