//! Cancelling by name what is under way in this process.

use std::sync::Arc;
use std::time::Duration;

use handyman_core::testing::{MemoryJournal, ScriptedModel};
use handyman_core::{CallOutcome, Delta, DeltaSink, FaultKind, Outcome, RunId, ToolResult, tool};
use serde_json::json;

use crate::{Agent, AllowAll, Told};

/// Takes two seconds.
#[tool(once)]
async fn slow() -> ToolResult<String> {
    tokio::time::sleep(Duration::from_secs(2)).await;
    Ok("done".to_owned())
}

fn agent() -> Agent {
    let replies = [ScriptedModel::call("slow", json!({})), ScriptedModel::answer("Done.")];
    let journal = MemoryJournal::default();
    Agent::new(ScriptedModel::new(replies)).tool(slow).policy(AllowAll).journal_with(journal)
}

/// Begins a run on a task of its own, and gives its name once its call is under way.
async fn begun(agent: &Agent) -> (RunId, crate::RunStream) {
    let mut stream = agent.stream("go");
    loop {
        if let Told::Event(event) = stream.next().await.unwrap().unwrap()
            && let handyman_core::Event::CallStarted { key, .. } = event.as_ref()
        {
            let (run, _call) = key.as_str().rsplit_once('.').unwrap();
            return (run.into(), stream);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_run_that_is_under_way_is_cancelled_waited_for_and_given() {
    let agent = agent();
    let (id, stream) = begun(&agent).await;
    let run = agent.clone().cancel(&id).await.unwrap();
    assert_eq!((run.id(), run.outcome()), (&id, Some(&Outcome::Cancelled)));
    assert_eq!(run.done()[0].outcome, CallOutcome::Succeeded, "an effect that is under way runs to its end");
    assert_eq!(stream.run().await.unwrap(), run);
    assert_eq!(agent.cancel(&id).await.unwrap().outcome(), Some(&Outcome::Cancelled), "it is given as it is");
    let next = agent.session_of(&id).await.unwrap().run("and now?").await.unwrap();
    assert_eq!(next.answer(), "Done.");
}

#[tokio::test(start_paused = true)]
async fn several_may_cancel_a_run() {
    let agent = agent();
    let (id, _stream) = begun(&agent).await;
    let (one, other) = tokio::join!(agent.cancel(&id), agent.cancel(&id));
    assert_eq!(one.unwrap(), other.unwrap());
}

#[tokio::test(start_paused = true)]
async fn a_run_of_another_session_or_of_another_agents_process_is_left_alone() {
    let agent = agent();
    let (id, stream) = begun(&agent).await;
    let fault = agent.session().cancel(&id).await.unwrap_err();
    assert_eq!(fault.kind(), FaultKind::Request);
    let kept = agent.opened_journal().await.unwrap();
    let other = Agent::new(ScriptedModel::new([])).tool(slow).journal_with(kept);
    assert_eq!(other.cancel(&id).await.unwrap_err().kind(), FaultKind::Busy, "it knows nothing of it");
    assert_eq!(stream.run().await.unwrap().outcome(), Some(&Outcome::Answered));
}

#[tokio::test(start_paused = true)]
async fn who_decides_on_a_call_is_not_waited_for() {
    /// Cancels nothing, and is slow to say that a person has to decide.
    struct Slow;

    #[async_trait::async_trait]
    impl handyman_core::Policy for Slow {
        async fn decide(
            &self,
            _call: &handyman_core::ToolCall,
            _spec: &handyman_core::ToolSpec,
            _run: &handyman_core::Run,
        ) -> handyman_core::Decision {
            tokio::time::sleep(Duration::from_secs(3_600)).await;
            handyman_core::Decision::new(handyman_core::Verdict::Ask, "slowly")
        }
    }

    let agent = agent().policy(Slow);
    let session = agent.session();
    let work = tokio::spawn({
        let session = session.clone();
        async move { session.run("go").await }
    });
    tokio::time::sleep(Duration::from_millis(500)).await;
    let id = session.last().await.unwrap().unwrap().run;
    let began = tokio::time::Instant::now();
    let run = agent.cancel(&id).await.unwrap();
    assert_eq!((run.outcome(), began.elapsed()), (Some(&Outcome::Cancelled), Duration::ZERO));
    assert_eq!(run.answer(), "", "nothing was said");
    work.await.unwrap().unwrap();
}

/// Takes two seconds, and as long to say what became of it.
struct Unhurried(handyman_core::ToolSpec);

#[async_trait::async_trait]
impl handyman_core::Tool for Unhurried {
    fn spec(&self) -> &handyman_core::ToolSpec {
        &self.0
    }

    async fn call(
        &self,
        _arguments: serde_json::Map<String, serde_json::Value>,
        _context: &handyman_core::CallContext,
    ) -> ToolResult<serde_json::Value> {
        tokio::time::sleep(Duration::from_secs(2)).await;
        Ok(json!("done"))
    }

    async fn probe(&self, _key: &handyman_core::IdempotencyKey) -> ToolResult<handyman_core::Probe> {
        tokio::time::sleep(Duration::from_secs(2)).await;
        Ok(handyman_core::Probe::NotDone)
    }
}

#[tokio::test(start_paused = true)]
async fn several_may_cancel_a_run_that_was_interrupted() {
    let spec = handyman_core::ToolSpec {
        name: "unhurried".to_owned(),
        description: "Takes its time.".to_owned(),
        parameters: json!({"type": "object", "properties": {}}),
        effect: handyman_core::Effect::Once,
        safety: handyman_core::Safety { probe: true, ..handyman_core::Safety::default() },
    };
    let agent = Agent::new(ScriptedModel::new([ScriptedModel::call("unhurried", json!({}))]))
        .tool(Unhurried(spec))
        .policy(AllowAll)
        .journal_with(MemoryJournal::default());
    let session = agent.session();
    assert!(tokio::time::timeout(Duration::from_secs(1), session.run("go")).await.is_err());
    let id = session.last().await.unwrap().unwrap().run;
    let (one, other) = tokio::join!(agent.cancel(&id), agent.cancel(&id));
    assert_eq!(one.unwrap().outcome(), Some(&Outcome::Cancelled));
    assert_eq!(other.unwrap().outcome(), Some(&Outcome::Cancelled));
}

#[tokio::test]
async fn the_model_is_not_waited_for() {
    /// Says nothing for ever.
    struct Silent(Arc<tokio::sync::Notify>);

    #[async_trait::async_trait]
    impl handyman_core::Model for Silent {
        fn info(&self) -> handyman_core::ModelInfo {
            handyman_core::ModelInfo::default()
        }

        async fn reply(
            &self,
            _request: handyman_core::ModelRequest<'_>,
            sink: &dyn DeltaSink,
        ) -> Result<handyman_core::ModelReply, handyman_core::Fault> {
            sink.delta(Delta::Text("Well".to_owned()));
            self.0.notify_one();
            std::future::pending().await
        }
    }

    let asked = Arc::new(tokio::sync::Notify::new());
    let agent = Agent::new(Silent(Arc::clone(&asked)));
    let session = agent.session();
    let stream = session.stream("go");
    asked.notified().await;
    let id = session.last().await.unwrap().unwrap().run;
    assert_eq!(agent.cancel(&id).await.unwrap().outcome(), Some(&Outcome::Cancelled));
    assert_eq!(stream.run().await.unwrap().id(), &id);
}
