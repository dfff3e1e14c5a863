//! What a tool tells and learns while it works.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::StreamExt;
use handyman_core::testing::{MemoryJournal, ScriptedModel};
use handyman_core::{CallContext, CallOutcome, Delta, DeltaSink, Event, Limits, Outcome, ToolResult, tool};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use crate::{Agent, AllowAll, AskForEffects, Observer, Told, Watch};

async fn would_copy(context: &CallContext) -> ToolResult<Value> {
    context.tell("counting");
    Ok(json!({"files": 3, "seconds": context.time_left().map(|left| left.as_secs())}))
}

/// Copies files.
#[tool(idempotent, plan = would_copy)]
async fn copy(context: &CallContext) -> ToolResult<Value> {
    context.tell("1 of 3");
    tokio::time::sleep(Duration::from_secs(2)).await;
    context.tell("2 of 3");
    context.tell("3 of 3");
    let seconds = context.time_left().map(|left| left.as_secs());
    Ok(json!({"seconds": seconds, "cancelled": context.is_cancelled()}))
}

/// Waits for something to copy, as long as nobody minds.
#[tool(once)]
async fn wait(context: &CallContext) -> ToolResult<&'static str> {
    context.tell("waiting");
    while !context.is_cancelled() {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    Ok("nothing was copied")
}

/// An agent that calls this tool and answers. Its journal needs no clock.
fn agent(tool: &str) -> Agent {
    let replies = [ScriptedModel::call(tool, json!({})), ScriptedModel::answer("There were three files.")];
    Agent::new(ScriptedModel::new(replies))
        .tool(copy)
        .tool(wait)
        .limits(Limits { tool_time: Duration::from_secs(10), ..Limits::default() })
        .journal_with(Arc::new(MemoryJournal::default()))
}

#[tokio::test(start_paused = true)]
async fn how_far_a_call_has_come_is_told_while_it_runs() {
    let stream = agent("copy").policy(AllowAll).stream("Make a copy");
    let told: Vec<Told> = stream.map(Result::unwrap).collect().await;
    let kinds: Vec<String> = told
        .iter()
        .filter_map(|told| match told {
            Told::Delta(Delta::Progress { call, text }) => Some(format!("{call}: {text}")),
            Told::Event(event) => match event.as_ref() {
                Event::CallStarted { .. } => Some("started".to_owned()),
                Event::CallFinished { result, .. } => Some(result.to_string()),
                _ => None,
            },
            Told::Delta(_) | Told::Ended(_) => None,
        })
        .collect();
    let result = json!({"seconds": 8, "cancelled": false}).to_string();
    assert_eq!(kinds, ["started", "c1: 1 of 3", "c1: 2 of 3", "c1: 3 of 3", &result]);
}

/// Hears progress, and cancels the run when it does.
#[derive(Default)]
struct Impatient {
    heard: Mutex<Vec<String>>,
    cancel: CancellationToken,
}

impl DeltaSink for Impatient {
    fn delta(&self, delta: Delta) {
        if let Delta::Progress { text, .. } = delta {
            self.heard.lock().unwrap().push(text);
            self.cancel.cancel();
        }
    }
}

impl Observer for Impatient {
    fn event(&self, _event: &Event) {}
}

#[tokio::test(start_paused = true)]
async fn a_tool_with_an_effect_learns_that_its_run_is_cancelled() {
    let watcher = Impatient::default();
    let watch = Watch::new(&watcher).cancelled_by(watcher.cancel.clone());
    let run = agent("wait").policy(AllowAll).session().run_watched("Make a copy", &watch).await.unwrap();
    assert_eq!(run.outcome(), Some(&Outcome::Cancelled));
    let done = &run.done()[0];
    assert_eq!((done.outcome, &done.result), (CallOutcome::Succeeded, &json!("nothing was copied")));
}

#[tokio::test(start_paused = true)]
async fn a_plan_tells_how_far_it_is_and_has_its_time_too() {
    let watcher = Impatient::default();
    let agent = agent("copy").policy(AskForEffects);
    let run = agent.session().run_watched("Make a copy", &Watch::new(&watcher)).await.unwrap();
    let waiting = agent.waiting(run.id()).await.unwrap().unwrap();
    assert_eq!(waiting.plan, Some(json!({"files": 3, "seconds": 10})));
    assert_eq!(*watcher.heard.lock().unwrap(), ["counting"]);
}
