//! Failures that pass are tried again under the same key, and nothing happens twice.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use handyman_core::testing::ScriptedModel;
use handyman_core::{
    CallContext, CallOutcome, Effect, Event, IdempotencyKey, Limits, Outcome, Probe, Safety, Tool, ToolError,
    ToolErrorKind, ToolResult, ToolSpec,
};
use serde_json::{Map, Value, json};

use super::{agent, results, say};

/// A tool that fails as told, attempt by attempt, and then works.
struct Flaky {
    spec: ToolSpec,
    failures: Mutex<VecDeque<ToolError>>,
    keys: Arc<Mutex<Vec<String>>>,
    probe: fn() -> Probe,
}

fn flaky(effect: Effect, failures: Vec<ToolError>, probe: fn() -> Probe) -> (Flaky, Arc<Mutex<Vec<String>>>) {
    let keys = Arc::new(Mutex::new(Vec::new()));
    let spec = ToolSpec {
        name: "act".into(),
        description: "Acts.".into(),
        parameters: json!({"type": "object", "properties": {}}),
        effect,
        safety: Safety::default(),
    };
    (Flaky { spec, failures: Mutex::new(failures.into()), keys: Arc::clone(&keys), probe }, keys)
}

#[async_trait]
impl Tool for Flaky {
    fn spec(&self) -> &ToolSpec {
        &self.spec
    }

    async fn call(&self, _arguments: Map<String, Value>, context: &CallContext) -> ToolResult<Value> {
        self.keys.lock().unwrap().push(context.key.to_string());
        match self.failures.lock().unwrap().pop_front() {
            Some(failure) => Err(failure),
            None => Ok(json!({"done": true})),
        }
    }

    async fn probe(&self, _key: &IdempotencyKey) -> ToolResult<Probe> {
        Ok((self.probe)())
    }
}

fn act_and_answer() -> Vec<handyman_core::ReplyBody> {
    vec![say("", &[("act", json!({}))]), ScriptedModel::answer("Well.")]
}

fn busy(times: usize) -> Vec<ToolError> {
    (0..times).map(|_| ToolError::unavailable("busy")).collect()
}

#[tokio::test(start_paused = true)]
async fn what_is_busy_is_tried_again_under_the_same_key() {
    for effect in [Effect::ReadOnly, Effect::Idempotent, Effect::Once] {
        let (tool, keys) = flaky(effect, busy(2), || Probe::NotDone);
        let (agent, _, journal) = agent(act_and_answer());
        let run = agent.tool(tool).run("go").await.unwrap();
        assert_eq!(results(&run), [(CallOutcome::Succeeded, json!({"done": true}))], "{effect:?}");
        let keys = keys.lock().unwrap().clone();
        assert!(keys.len() == 3 && keys.iter().all(|key| *key == keys[0]), "{keys:?}");
        let waits: Vec<u64> =
            journal
                .all()
                .iter()
                .filter_map(|(_, event)| {
                    if let Event::CallRetried { wait_ms, .. } = event { Some(*wait_ms) } else { None }
                })
                .collect();
        assert_eq!(waits, [250, 500]);
        assert_eq!(run.usage().calls, 1, "one call, however many attempts");
    }
}

#[tokio::test(start_paused = true)]
async fn it_is_given_up_at_the_limit_and_the_result_says_so() {
    let (tool, keys) = flaky(Effect::Idempotent, busy(9), || Probe::NotDone);
    let (agent, _, _) = agent(act_and_answer());
    let run =
        agent.tool(tool).limits(Limits { retries_max: 2, ..Limits::default() }).run("go").await.unwrap();
    assert_eq!(results(&run), [(CallOutcome::Failed, json!({"error": "busy", "attempts": 3}))]);
    assert_eq!(keys.lock().unwrap().len(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_lost_answer_of_a_once_call_is_asked_about_before_anything_else() {
    type Case = (fn() -> Probe, CallOutcome, usize);
    let lost = || vec![ToolError::in_doubt("connection lost")];
    let cases: [Case; 3] = [
        (|| Probe::Done(json!({"done": true})), CallOutcome::Succeeded, 1),
        (|| Probe::NotDone, CallOutcome::Succeeded, 2),
        (|| Probe::Unsupported, CallOutcome::Unknown, 1),
    ];
    for (probe, outcome, attempts) in cases {
        let (tool, keys) = flaky(Effect::Once, lost(), probe);
        let (agent, _, _) = agent(act_and_answer());
        let run = agent.tool(tool).run("go").await.unwrap();
        assert_eq!((results(&run)[0].0, keys.lock().unwrap().len()), (outcome, attempts));
    }
}

#[tokio::test(start_paused = true)]
async fn what_waiting_does_not_mend_is_not_tried_again() {
    let sold_out = vec![ToolError::new(ToolErrorKind::Conflict, "sold out")];
    let (tool, keys) = flaky(Effect::Once, sold_out, || Probe::NotDone);
    let (agent, _, journal) = agent(act_and_answer());
    let run = agent.tool(tool).run("go").await.unwrap();
    assert_eq!((results(&run)[0].0, keys.lock().unwrap().len()), (CallOutcome::Failed, 1));
    let kind = journal.all().into_iter().find_map(|(_, event)| match event {
        Event::CallFinished { failure, .. } => failure,
        _ => None,
    });
    assert_eq!(kind, Some(handyman_core::Failure::Conflict), "the kind is a fact, not words");
    assert_eq!(run.outcome(), Some(&Outcome::Answered));
}

#[tokio::test(start_paused = true)]
async fn what_a_once_call_takes_for_a_fault_of_its_own_is_asked_about() {
    type Case = (fn() -> Probe, CallOutcome);
    let cases: [Case; 3] = [
        (|| Probe::Done(json!({"done": true})), CallOutcome::Succeeded),
        (|| Probe::NotDone, CallOutcome::Failed),
        (|| Probe::Unsupported, CallOutcome::Failed),
    ];
    for (probe, outcome) in cases {
        let (tool, keys) = flaky(Effect::Once, vec![ToolError::internal("connection reset")], probe);
        let (agent, _, _) = agent(act_and_answer());
        let run = agent.tool(tool).run("go").await.unwrap();
        assert_eq!((results(&run)[0].0, keys.lock().unwrap().len()), (outcome, 1));
    }
}

/// A tool that acts, and is silent when it is asked about it.
struct Silent(Flaky);

#[async_trait]
impl Tool for Silent {
    fn spec(&self) -> &ToolSpec {
        self.0.spec()
    }

    async fn call(&self, arguments: Map<String, Value>, context: &CallContext) -> ToolResult<Value> {
        self.0.call(arguments, context).await
    }

    async fn plan(
        &self,
        _arguments: Map<String, Value>,
        _context: &CallContext,
    ) -> ToolResult<Option<Value>> {
        std::future::pending().await
    }

    async fn probe(&self, _key: &IdempotencyKey) -> ToolResult<Probe> {
        std::future::pending().await
    }
}

#[tokio::test(start_paused = true)]
async fn a_tool_that_does_not_say_what_became_of_a_call_or_would_is_not_waited_for() {
    let lost = || vec![ToolError::in_doubt("connection lost")];
    let (tool, _) = flaky(Effect::Once, lost(), || Probe::NotDone);
    let (made, _, _) = agent(act_and_answer());
    let run = made.tool(Silent(tool)).run("go").await.unwrap();
    assert_eq!((results(&run)[0].0, run.answer()), (CallOutcome::Unknown, "Well."));

    let (tool, keys) = flaky(Effect::Once, Vec::new(), || Probe::NotDone);
    let (made, _, _) = agent(act_and_answer());
    let run = made.policy(crate::AskForEffects).tool(Silent(tool)).run("go").await.unwrap();
    let (outcome, result) = results(&run).remove(0);
    assert_eq!((outcome, keys.lock().unwrap().len()), (CallOutcome::Failed, 0));
    assert!(result["error"].as_str().unwrap().contains("did not say within 60 s"), "{result}");
}
