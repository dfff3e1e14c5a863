//! Failures that pass are tried again under the same key, and nothing happens twice.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use handyman_core::testing::{FailAt, FaultyJournal, MemoryJournal, ScriptedModel};
use handyman_core::{
    CallContext, CallOutcome, Effect, Event, IdempotencyKey, Limits, Outcome, Probe, Safety, Tool, ToolError,
    ToolErrorKind, ToolResult, ToolSpec,
};
use serde_json::{Map, Value, json};
use tokio_util::sync::CancellationToken;

use super::{agent, results, say};
use crate::{Agent, AllowAll, Watch};

/// A tool that fails as told, attempt by attempt, and then works.
struct Flaky {
    spec: ToolSpec,
    /// How long each attempt takes.
    takes: Duration,
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
    let failures = Mutex::new(failures.into());
    (Flaky { spec, takes: Duration::ZERO, failures, keys: Arc::clone(&keys), probe }, keys)
}

#[async_trait]
impl Tool for Flaky {
    fn spec(&self) -> &ToolSpec {
        &self.spec
    }

    async fn call(&self, _arguments: Map<String, Value>, context: &CallContext) -> ToolResult<Value> {
        self.keys.lock().unwrap().push(context.key.to_string());
        tokio::time::sleep(self.takes).await;
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

fn lost_then_busy() -> Vec<ToolError> {
    std::iter::once(ToolError::in_doubt("connection lost")).chain(busy(9)).collect()
}

#[tokio::test(start_paused = true)]
async fn what_a_lost_attempt_may_have_done_is_unknown_whatever_fails_after_it() {
    let (tool, keys) = flaky(Effect::Idempotent, lost_then_busy(), || Probe::Unsupported);
    let (made, _, journal) = agent(act_and_answer());
    let run = made.tool(tool).run("go").await.unwrap();
    let error = "busy; it is unknown whether an earlier attempt took effect";
    assert_eq!(results(&run), [(CallOutcome::Unknown, json!({"error": error, "attempts": 4}))]);
    assert_eq!(keys.lock().unwrap().len(), 4);
    let doubt = |event: &Event| match event {
        Event::CallRetried { in_doubt, .. } => Some(*in_doubt),
        _ => None,
    };
    let doubts: Vec<bool> = journal.all().iter().filter_map(|(_, event)| doubt(event)).collect();
    assert_eq!(doubts, [true; 3]);

    // What only reads has done nothing, and what must not happen twice was asked about.
    for effect in [Effect::ReadOnly, Effect::Once] {
        let (tool, _) = flaky(effect, lost_then_busy(), || Probe::NotDone);
        let (made, _, _) = agent(act_and_answer());
        let run = made.tool(tool).run("go").await.unwrap();
        assert_eq!(results(&run)[0].0, CallOutcome::Failed, "{effect:?}");
    }
    let (tool, _) = flaky(Effect::Idempotent, lost_then_busy()[..2].to_vec(), || Probe::Unsupported);
    let (made, _, _) = agent(act_and_answer());
    let run = made.tool(tool).run("go").await.unwrap();
    assert_eq!(results(&run)[0].0, CallOutcome::Succeeded, "a later success is one");
}

#[tokio::test(start_paused = true)]
async fn a_wait_that_is_cancelled_leaves_what_was_lost_unknown() {
    for (failures, outcome) in [(lost_then_busy(), CallOutcome::Unknown), (busy(9), CallOutcome::Cancelled)] {
        let (tool, keys) = flaky(Effect::Idempotent, failures, || Probe::Unsupported);
        let (made, _, _) = agent(act_and_answer());
        let (session, cancel) = (made.tool(tool).session(), CancellationToken::new());
        let watch = Watch::default().cancelled_by(cancel.clone());
        let (run, ()) = tokio::join!(session.run_watched("go", &watch), async {
            tokio::time::sleep(Duration::from_millis(100)).await;
            cancel.cancel();
        });
        let run = run.unwrap();
        assert_eq!((results(&run)[0].0, run.outcome()), (outcome, Some(&Outcome::Cancelled)));
        assert_eq!(keys.lock().unwrap().len(), 1, "it was cancelled while it waited");
    }
}

#[tokio::test]
async fn what_a_process_that_ended_may_have_done_is_not_told_as_failed() {
    for (effect, outcome) in
        [(Effect::Idempotent, CallOutcome::Unknown), (Effect::ReadOnly, CallOutcome::Failed)]
    {
        let kept = Arc::new(MemoryJournal::default());
        let with = |failures: Vec<ToolError>, turn: usize| {
            let (tool, _) = flaky(effect, failures, || Probe::Unsupported);
            let model = ScriptedModel::new(act_and_answer().split_off(turn));
            Agent::new(model).policy(AllowAll).tool(tool)
        };
        // The call has done its work, and the process ends before that is on record.
        let faulty = Arc::new(FaultyJournal::new(Arc::clone(&kept), FailAt::Before(4)));
        with(Vec::new(), 0).journal_with(faulty).run("go").await.unwrap_err();
        let id = kept.all()[0].0.clone();
        let gone = vec![ToolError::new(ToolErrorKind::NotFound, "there is none")];
        let run = with(gone, 1).journal_with(Arc::clone(&kept) as Arc<_>).resume(&id).await.unwrap();
        assert_eq!(results(&run)[0].0, outcome, "{effect:?}");
        assert_eq!(run.answer(), "Well.");
    }
}

#[tokio::test(start_paused = true)]
async fn waits_of_what_reads_leave_time_for_an_answer() {
    let limits = Limits { wall_time: Duration::from_secs(60), ..Limits::default() };
    let seconds = Duration::from_secs;
    // What an attempt takes, the wait its tool asks for, how many are made, and when the run has ended.
    for (takes, wait, attempts, ends) in [(40, 30, 1, 40), (20, 10, 2, 45)] {
        let busy = vec![ToolError::unavailable("busy").retry_after(seconds(wait))];
        let (tool, keys) = flaky(Effect::ReadOnly, busy, || Probe::NotDone);
        let (made, _, _) = agent(act_and_answer());
        let began = tokio::time::Instant::now();
        let slow = Flaky { takes: seconds(takes), ..tool };
        let run = made.tool(slow).limits(limits.clone()).run("go").await.unwrap();
        assert_eq!((run.answer(), run.outcome()), ("Well.", Some(&Outcome::Answered)));
        assert_eq!(results(&run)[0].0, CallOutcome::Failed);
        assert_eq!(keys.lock().unwrap().len(), attempts);
        assert!(began.elapsed().as_secs() <= ends, "{:?}", began.elapsed());
    }

    // What runs beside it may take the time that it was to wait for.
    let busy = vec![ToolError::unavailable("busy").retry_after(seconds(30))];
    let (tool, keys) = flaky(Effect::ReadOnly, busy, || Probe::NotDone);
    let (mut beside, _) = flaky(Effect::ReadOnly, Vec::new(), || Probe::NotDone);
    (beside.spec.name, beside.takes) = ("look".to_owned(), seconds(40));
    let both = say("", &[("act", json!({})), ("look", json!({}))]);
    let (made, _, _) = agent(vec![both, ScriptedModel::answer("Well.")]);
    let began = tokio::time::Instant::now();
    let run = made.tool(tool).tool(beside).limits(limits).run("go").await.unwrap();
    let outcomes: Vec<CallOutcome> = results(&run).into_iter().map(|(outcome, _)| outcome).collect();
    assert_eq!((run.answer(), outcomes), ("Well.", vec![CallOutcome::Failed, CallOutcome::Succeeded]));
    assert_eq!(keys.lock().unwrap().len(), 1);
    assert!(began.elapsed().as_secs() <= 40, "{:?}", began.elapsed());
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

/// Cannot say what it would do, at length.
struct Talks(Flaky);

#[async_trait]
impl Tool for Talks {
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
        Err(ToolError::unavailable("no. ".repeat(100_000)))
    }
}

#[tokio::test]
async fn what_a_tool_says_instead_of_a_plan_has_a_bounded_size() {
    let (tool, _) = flaky(Effect::Idempotent, Vec::new(), || Probe::NotDone);
    let (made, _, _) = agent(act_and_answer());
    let run = made.policy(crate::AskForEffects).tool(Talks(tool)).run("go").await.unwrap();
    let (outcome, result) = results(&run).remove(0);
    assert_eq!(outcome, CallOutcome::Failed);
    assert!(result.to_string().len() < 20_000, "{} bytes", result.to_string().len());
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
