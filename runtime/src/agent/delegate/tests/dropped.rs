//! A task that is handed on, and that nobody waits for any more: it is cancelled in order.

use std::sync::Arc;
use std::time::Duration;

use handyman_core::testing::{MemoryJournal, ScriptedModel};
use handyman_core::{CallOutcome, Effect, Event, Outcome, ToolResult, tool};
use serde_json::{Value, json};

use super::{calls, result};
use crate::{Agent, AllowAll};

/// Orders tea, in three seconds.
#[tool(once)]
async fn order() -> ToolResult<Value> {
    tokio::time::sleep(Duration::from_secs(3)).await;
    Ok(json!({"order": "A1"}))
}

fn buyer() -> (Agent, Arc<MemoryJournal>) {
    let kept = Arc::new(MemoryJournal::default());
    let model = ScriptedModel::new([calls("order", json!({})), ScriptedModel::answer("Ordered as A1.")]);
    (Agent::new(model).policy(AllowAll).tool(order).journal_with(Arc::clone(&kept)), kept)
}

/// The other agent, which waits so many seconds for it.
fn asker(buyer: &Agent, seconds: u64) -> Agent {
    let buyer = buyer.as_tool("buyer", "Buys", Effect::Once).within(Duration::from_secs(seconds));
    super::asker(0, buyer).journal_with(MemoryJournal::default())
}

/// What became of the calls of the run in a journal, and of the run.
fn came_to(kept: &MemoryJournal) -> (Vec<CallOutcome>, Option<Outcome>) {
    let events: Vec<Event> = kept.all().into_iter().map(|(_, event)| event).collect();
    let outcomes = events.iter().filter_map(|event| match event {
        Event::CallFinished { outcome, .. } => Some(*outcome),
        _ => None,
    });
    let ended = match events.last() {
        Some(Event::Finished { outcome, .. }) => Some(outcome.clone()),
        _ => None,
    };
    (outcomes.collect(), ended)
}

#[tokio::test(start_paused = true)]
async fn when_the_time_for_it_is_over_its_tool_runs_to_its_end_and_what_it_did_is_told() {
    let (inner, kept) = buyer();
    let outer = asker(&inner, 2);
    let run = outer.run("Order tea").await.unwrap();
    assert_eq!(came_to(&kept), (vec![CallOutcome::Succeeded], Some(Outcome::Cancelled)));
    let done = json!([{"tool": "order", "outcome": "succeeded", "result": {"order": "A1"}}]);
    assert_eq!(
        result(&run),
        (CallOutcome::Succeeded, json!({"answer": "", "outcome": "cancelled", "done": done}))
    );
}

#[tokio::test(start_paused = true)]
async fn what_takes_longer_still_is_unknown_to_the_other_agent_and_ends_in_its_own_journal() {
    let (inner, kept) = buyer();
    let outer = asker(&inner, 1);
    let run = outer.run("Order tea").await.unwrap();
    assert_eq!(result(&run).0, CallOutcome::Unknown);
    tokio::time::sleep(Duration::from_secs(5)).await;
    assert_eq!(came_to(&kept), (vec![CallOutcome::Succeeded], Some(Outcome::Cancelled)));
}

#[tokio::test(start_paused = true)]
async fn who_drops_the_other_agents_run_cancels_it_in_order() {
    let (inner, kept) = buyer();
    let outer = asker(&inner, 600);
    let session = outer.session();
    assert!(tokio::time::timeout(Duration::from_secs(1), session.run("Order tea")).await.is_err());
    assert_eq!(came_to(&kept), (Vec::new(), None), "it is under way");

    // Whoever goes on with it meanwhile hears how it ends.
    let id = session.last().await.unwrap().unwrap().run;
    let run = outer.resume(&id).await.unwrap();
    assert_eq!(came_to(&kept), (vec![CallOutcome::Succeeded], Some(Outcome::Cancelled)));
    let (outcome, told) = result(&run);
    assert_eq!((outcome, &told["outcome"]), (CallOutcome::Succeeded, &json!("cancelled")));
    assert_eq!(told["done"][0]["tool"], "order");
}

#[tokio::test(start_paused = true)]
async fn a_task_that_is_under_way_can_be_cancelled_by_its_own_agent() {
    let (inner, kept) = buyer();
    let outer = asker(&inner, 600);
    let running = outer.stream("Order tea");
    tokio::time::sleep(Duration::from_secs(1)).await;
    let (id, _) = kept.all().first().cloned().unwrap();
    assert_eq!(inner.cancel(&id).await.unwrap().outcome(), Some(&Outcome::Cancelled));
    let run = running.run().await.unwrap();
    assert_eq!(result(&run).1["outcome"], "cancelled");
    assert_eq!(run.outcome(), Some(&Outcome::Answered), "the other one goes on");
}
