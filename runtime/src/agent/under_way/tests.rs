//! The list of what is under way: nothing stays in it.

use std::panic::AssertUnwindSafe;
use std::time::Duration;

use futures_util::FutureExt;
use handyman_core::testing::{MemoryJournal, ScriptedModel};
use handyman_core::{ToolResult, tool};
use serde_json::json;
use tokio_util::sync::CancellationToken;

use super::UnderWay;
use crate::{Agent, AllowAll};

impl UnderWay {
    fn len(&self) -> usize {
        self.lock().len()
    }
}

#[tokio::test]
async fn who_waits_is_told_when_all_work_on_a_run_is_over() {
    let under_way = UnderWay::default();
    let (run, outside) = ("r1".into(), CancellationToken::new());
    let first = under_way.at_work(&run, &outside);
    let second = under_way.at_work(&run, &outside);
    let other = under_way.at_work(&"r2".into(), &outside);
    let waits = under_way.cancel(&run);
    tokio::pin!(waits);
    assert!(waits.as_mut().now_or_never().is_none());
    assert!(first.cancel().is_cancelled() && !other.cancel().is_cancelled() && !outside.is_cancelled());
    drop(first);
    assert!(waits.as_mut().now_or_never().is_none(), "another one is at work on it");
    assert!(second.cancel().is_cancelled());
    drop(second);
    assert!(waits.now_or_never().is_some());
    assert_eq!(under_way.len(), 1);
    assert!(under_way.cancel(&run).now_or_never().is_some(), "nobody is at work on it");
    outside.cancel();
    assert!(other.cancel().is_cancelled(), "what cancels a run otherwise still does");
}

/// Waits for ever, or panics.
#[tool(once)]
async fn odd(panics: bool) -> ToolResult<String> {
    assert!(!panics, "it was told to");
    std::future::pending().await
}

#[tokio::test(start_paused = true)]
async fn a_run_that_is_dropped_or_panics_leaves_no_entry() {
    let calls = |panics: bool| ScriptedModel::call("odd", json!({"panics": panics}));
    let agent = Agent::new(ScriptedModel::new([calls(false), calls(true), ScriptedModel::answer("Well.")]))
        .tool(odd)
        .policy(AllowAll)
        .journal_with(MemoryJournal::default());
    let dropped = tokio::time::timeout(Duration::from_secs(1), agent.run("go")).await;
    assert!(dropped.is_err() && agent.under_way.len() == 0);
    let panicked = AssertUnwindSafe(agent.run("go")).catch_unwind().await;
    assert!(panicked.is_err() && agent.under_way.len() == 0);
    agent.run("go").await.unwrap();
    assert_eq!(agent.under_way.len(), 0);
}
