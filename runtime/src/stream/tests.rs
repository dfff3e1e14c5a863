//! What a stream tells, and what becomes of a run whose stream is dropped.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use futures_util::StreamExt;
use handyman_core::testing::MemoryJournal;
use handyman_core::{
    CallContext, CallOutcome, Delta, Effect, Event, Fault, FaultKind, Journal, Outcome, Safety, Tool,
    ToolResult, ToolSpec, Verdict, Workflow, tool,
};
use serde_json::{Map, Value, json};
use tokio::sync::Notify;

use super::Told;
use crate::approvals::decide;
use crate::{Agent, AllowAll, ScriptModel};

const SCRIPT: &str = r#"{"calls": [{"tool": "note", "arguments": {"text": "milk"}}]}
{"text": "Noted."}"#;

/// Notes something down.
#[tool(once)]
async fn note(
    /// What
    text: String,
) -> ToolResult<String> {
    Ok(text)
}

/// A tool that says when it has begun and is told when to go on.
struct Slow {
    spec: ToolSpec,
    begun: Arc<Notify>,
    goes_on: Arc<Notify>,
}

#[async_trait]
impl Tool for Slow {
    fn spec(&self) -> &ToolSpec {
        &self.spec
    }

    async fn call(&self, _arguments: Map<String, Value>, _context: &CallContext) -> ToolResult<Value> {
        self.begun.notify_one();
        self.goes_on.notified().await;
        Ok(json!("done"))
    }
}

fn agent(script: &str) -> Agent {
    Agent::new(ScriptModel::parse(script).unwrap()).policy(AllowAll)
}

#[tokio::test]
async fn events_and_deltas_come_in_order_and_the_run_last() {
    let told: Vec<Told> = agent(SCRIPT).tool(note).stream("Note milk").map(Result::unwrap).collect().await;
    let Some((Told::Ended(run), before)) = told.split_last() else { panic!("{told:?}") };
    assert_eq!((run.answer(), run.outcome()), ("Noted.", Some(&Outcome::Answered)));
    let kinds: Vec<String> = before
        .iter()
        .filter_map(|told| match told {
            Told::Event(event) => Some(serde_json::to_value(event).unwrap()["type"].as_str()?.to_owned()),
            Told::Delta(_) | Told::Ended(_) => None,
        })
        .collect();
    assert_eq!(
        kinds,
        [
            "started",
            "model_replied",
            "call_decided",
            "call_started",
            "call_finished",
            "model_replied",
            "finished"
        ]
    );
    let written: String = before
        .iter()
        .filter_map(|told| match told {
            Told::Delta(Delta::Text(text)) => Some(text.as_str()),
            Told::Delta(_) | Told::Event(_) | Told::Ended(_) => None,
        })
        .collect();
    assert_eq!(written, "Noted.");
}

#[tokio::test]
async fn a_fault_is_the_last_that_is_told() {
    let mut stream = agent("").stream(" ");
    assert_eq!(stream.next().await.unwrap().unwrap_err().kind(), FaultKind::Request);
    assert!(stream.next().await.is_none());
    assert_eq!(agent("").stream(" ").run().await.unwrap_err().kind(), FaultKind::Request);
}

/// Breaks if it is told to.
#[tool(read_only)]
async fn odd(breaks: bool) -> ToolResult<bool> {
    assert!(!breaks, "it was told to");
    Ok(breaks)
}

#[tokio::test]
async fn a_run_whose_tool_panics_does_not_end_without_a_word() {
    let script = r#"{"calls": [{"tool": "odd", "arguments": {"breaks": true}}]}"#;
    let told: Vec<Result<Told, Fault>> = agent(script).tool(odd).stream("go").collect().await;
    let (last, before) = told.split_last().unwrap();
    assert!(before.iter().all(Result::is_ok), "{before:?}");
    let fault = last.as_ref().unwrap_err();
    assert_eq!(fault.kind(), FaultKind::Backend);
    assert!(fault.hint().unwrap().contains("resume the run"), "{fault:?}");
}

#[test]
fn without_a_runtime_the_stream_says_so() {
    let stream = agent(SCRIPT).stream("Note milk");
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let fault = runtime.block_on(stream.run()).unwrap_err();
    assert!(fault.to_string().contains("Tokio"), "{fault}");
}

#[tokio::test]
async fn a_dropped_stream_cancels_its_run_and_an_effect_runs_to_its_end() {
    let (begun, goes_on) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let spec = ToolSpec {
        name: "slow".into(),
        description: "Takes its time.".into(),
        parameters: json!({"type": "object", "properties": {}, "additionalProperties": false}),
        effect: Effect::Once,
        safety: Safety::default(),
    };
    let slow = Slow { spec, begun: Arc::clone(&begun), goes_on: Arc::clone(&goes_on) };
    let journal = Arc::new(MemoryJournal::default());
    let agent = agent(&SCRIPT.replace("note", "slow").replace("{\"text\": \"milk\"}", "{}"))
        .tool(slow)
        .journal_with(journal.clone());
    let session = agent.session();
    let stream = session.stream("Note milk");
    begun.notified().await;
    drop(stream);
    goes_on.notify_one();
    let ended = async {
        loop {
            let events: Vec<Event> = journal.all().into_iter().map(|(_, event)| event).collect();
            if let Some(Event::Finished { outcome, .. }) = events.last() {
                return (outcome.clone(), events);
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    let (outcome, events) = tokio::time::timeout(Duration::from_secs(60), ended).await.unwrap();
    assert_eq!(outcome, Outcome::Cancelled);
    let of_call = |event: &Event| match event {
        Event::CallFinished { outcome, .. } => Some(*outcome),
        _ => None,
    };
    assert_eq!(events.iter().filter_map(of_call).collect::<Vec<_>>(), [CallOutcome::Succeeded]);
    assert_eq!(journal.runs(Some(session.id())).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_run_that_waits_goes_on_as_a_stream() {
    let journal = Arc::new(MemoryJournal::default());
    let agent = Agent::new(ScriptModel::parse(SCRIPT).unwrap()).tool(note).journal_with(journal);
    let run = agent.stream("Note milk").run().await.unwrap();
    assert!(matches!(run.outcome(), Some(Outcome::Waiting { .. })), "{:?}", run.outcome());
    let shown = agent.waiting(run.id()).await.unwrap().unwrap();
    let kept = agent.opened_journal().await.unwrap();
    decide(kept.as_ref(), run.id(), Verdict::Allow, Some(&shown.digest)).await.unwrap();
    let session = agent.session_of(run.id()).await.unwrap();
    let run = session.resume_stream(run.id()).run().await.unwrap();
    assert_eq!(run.answer(), "Noted.");
}

#[tokio::test]
async fn an_agent_goes_on_with_a_run_and_follows_a_workflow_as_a_stream() {
    let agent = Agent::new(ScriptModel::parse(SCRIPT).unwrap()).tool(note);
    let run = agent.stream("Note milk").run().await.unwrap();
    let shown = agent.waiting(run.id()).await.unwrap().unwrap();
    agent.decide(run.id(), &shown.digest, Verdict::Allow, None).await.unwrap();
    let told: Vec<Told> = agent.resume_stream(run.id()).map(Result::unwrap).collect().await;
    assert!(matches!(&told[0], Told::Event(event) if matches!(event.as_ref(), Event::Resumed)), "{told:?}");
    let Some(Told::Ended(run)) = told.last() else { panic!("{told:?}") };
    assert_eq!(run.answer(), "Noted.");
    let nowhere = agent.resume_stream(&"r-nowhere".into()).run().await.unwrap_err();
    assert_eq!(nowhere.kind(), FaultKind::Request);

    let steps = json!({"name": "w", "steps": [{"name": "one", "call": "note", "with": {"text": "milk"}}]});
    let workflow = Workflow::new(steps).unwrap();
    let run = agent.policy(AllowAll).stream_workflow(&workflow, Map::new()).run().await.unwrap();
    assert_eq!(run.answer(), "milk");
}
