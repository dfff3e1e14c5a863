//! Pointers to what implements a port answer all that it answers, also what a port answers by itself.

use std::sync::Arc;

use async_trait::async_trait;
use serde_json::{Map, Value, json};

use super::{Delta, DeltaSink, Journal, Policy};
use crate::event::{Decision, Verdict};
use crate::ids::IdempotencyKey;
use crate::message::ToolCall;
use crate::run::Run;
use crate::samples::{call, finished, run_of, started, tools};
use crate::testing::MemoryJournal;
use crate::tool::{CallContext, Probe, Tool, ToolResult, ToolSpec};

/// Rules out and denies what is called so.
struct Without(&'static str);

#[async_trait]
impl Policy for Without {
    async fn decide(&self, call: &ToolCall, _spec: &ToolSpec, _run: &Run) -> Decision {
        Decision::new(if call.tool == self.0 { Verdict::Deny } else { Verdict::Allow }, self.0)
    }

    fn ruled_out(&self, _tools: &[ToolSpec], _run: &Run) -> Vec<String> {
        vec![self.0.to_owned()]
    }
}

#[tokio::test]
async fn a_pointer_to_a_policy_rules_out_what_the_policy_does() {
    let boxed: Box<dyn Policy> = Box::new(Without("pay"));
    let shared: Arc<dyn Policy> = Arc::new(Without("pay"));
    async fn holds(policy: impl Policy) {
        let (specs, run) = (tools(), run_of(&[started()]));
        assert_eq!(policy.ruled_out(&specs, &run), ["pay"]);
        assert_eq!(policy.decide(&call(1, "pay"), &specs[2], &run).await.verdict, Verdict::Deny);
        assert_eq!(policy.decide(&call(1, "look"), &specs[0], &run).await.verdict, Verdict::Allow);
    }
    holds(boxed).await;
    holds(shared).await;
}

/// A tool that answers everything itself.
struct Whole(ToolSpec);

#[async_trait]
impl Tool for Whole {
    fn spec(&self) -> &ToolSpec {
        &self.0
    }

    async fn call(&self, _arguments: Map<String, Value>, _context: &CallContext) -> ToolResult<Value> {
        Ok(json!("called"))
    }

    async fn probe(&self, _key: &IdempotencyKey) -> ToolResult<Probe> {
        Ok(Probe::NotDone)
    }

    async fn undo(&self, _undone: &IdempotencyKey, _context: &CallContext) -> ToolResult<Value> {
        Ok(json!("undone"))
    }

    async fn plan(
        &self,
        _arguments: Map<String, Value>,
        _context: &CallContext,
    ) -> ToolResult<Option<Value>> {
        Ok(Some(json!("planned")))
    }
}

/// A tool around another one, which answers the rest.
struct Around(Whole);

#[async_trait]
impl Tool for Around {
    fn spec(&self) -> &ToolSpec {
        self.0.spec()
    }

    async fn call(&self, _arguments: Map<String, Value>, _context: &CallContext) -> ToolResult<Value> {
        Ok(json!("called"))
    }

    fn inner(&self) -> Option<&dyn Tool> {
        Some(&self.0)
    }
}

#[tokio::test]
async fn a_pointer_to_a_tool_is_that_tool() {
    async fn holds(tool: impl Tool) {
        let context = CallContext::new(jiff::civil::date(2026, 11, 23).at(9, 0, 0, 0));
        assert_eq!(tool.spec().name, "pay");
        assert_eq!(tool.call(Map::new(), &context).await, Ok(json!("called")));
        assert_eq!(tool.probe(&"k".into()).await, Ok(Probe::NotDone));
        assert_eq!(tool.undo(&"k".into(), &context).await, Ok(json!("undone")));
        assert_eq!(tool.plan(Map::new(), &context).await, Ok(Some(json!("planned"))));
    }
    let whole = || Whole(tools().remove(2));
    holds(Arc::new(whole())).await;
    holds(Arc::new(whole()) as Arc<dyn Tool>).await;
    holds(Box::new(whole()) as Box<dyn Tool>).await;
    let around: Arc<dyn Tool> = Arc::new(Around(whole()));
    assert!(Tool::inner(&around).is_some());
    holds(around).await;
}

#[tokio::test]
async fn a_pointer_to_a_journal_is_that_journal() {
    async fn holds(journal: impl Journal) {
        let (run, events) = ("r1".into(), vec![started(), finished(crate::Outcome::Answered)]);
        journal.append_all(&[(run, events.clone())]).await.unwrap();
        assert_eq!(journal.events(&"r1".into()).await.unwrap(), events);
        assert_eq!(journal.events_of(&"s1".into(), None).await.unwrap(), [("r1".into(), events)]);
        assert_eq!(journal.runs(None).await.unwrap().len(), 1);
        let lease = journal.lease(&"s1".into()).await.unwrap();
        assert!(journal.lease(&"s1".into()).await.is_err());
        drop(lease);
    }
    holds(Box::new(MemoryJournal::default()) as Box<dyn Journal>).await;
    holds(Arc::new(MemoryJournal::default()) as Arc<dyn Journal>).await;
}

#[test]
fn a_pointer_to_a_sink_takes_its_deltas() {
    #[derive(Default)]
    struct Kept(std::sync::Mutex<Vec<Delta>>);

    impl DeltaSink for Kept {
        fn delta(&self, delta: Delta) {
            self.0.lock().unwrap().push(delta);
        }
    }

    let kept = Arc::new(Kept::default());
    let boxed: Box<dyn DeltaSink> = Box::new(Arc::clone(&kept));
    boxed.delta(Delta::Text("a".to_owned()));
    assert_eq!(kept.0.lock().unwrap().len(), 1);
}
