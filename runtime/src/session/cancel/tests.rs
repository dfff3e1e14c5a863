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
async fn a_run_that_comes_to_wait_meanwhile_ends_all_the_same() {
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
            tokio::time::sleep(Duration::from_secs(1)).await;
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
    let run = agent.cancel(&id).await.unwrap();
    assert_eq!(run.outcome(), Some(&Outcome::Cancelled));
    work.await.unwrap().unwrap();
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
