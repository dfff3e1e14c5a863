//! Tests of agents that other agents hand tasks to.

use std::sync::{Arc, Mutex};

use handyman_core::testing::{FailAt, FaultyJournal, MemoryJournal, ScriptedModel};
use handyman_core::{
    CallOutcome, CallRequest, Effect, Event, Outcome, ReplyBody, Role, Run, Safety, Tool, ToolResult,
    ToolSpec,
};
use serde_json::{Map, Value, json};

use crate::{Agent, AllowAll, AskForEffects};

/// A tool that counts what it did, by key.
struct Order(ToolSpec, Arc<Mutex<Vec<String>>>);

#[async_trait::async_trait]
impl Tool for Order {
    fn spec(&self) -> &ToolSpec {
        &self.0
    }

    async fn call(&self, _: Map<String, Value>, context: &handyman_core::CallContext) -> ToolResult<Value> {
        self.1.lock().unwrap().push(context.key.to_string());
        Ok(json!({"order": "A1"}))
    }

    async fn probe(&self, key: &handyman_core::IdempotencyKey) -> ToolResult<handyman_core::Probe> {
        let done = self.1.lock().unwrap().contains(&key.to_string());
        Ok(if done {
            handyman_core::Probe::Done(json!({"order": "A1"}))
        } else {
            handyman_core::Probe::NotDone
        })
    }
}

fn calls(tool: &str, arguments: Value) -> ReplyBody {
    let arguments = arguments.as_object().cloned().unwrap_or_default();
    let calls = vec![CallRequest { tool: tool.to_owned(), arguments }];
    ReplyBody::Said { reasoning: String::new(), text: String::new(), calls }
}

type Orders = Arc<Mutex<Vec<String>>>;

/// An agent that orders, and how many of its replies there have been.
fn buyer(replied: usize, orders: &Orders) -> Agent {
    let spec = ToolSpec {
        name: "order".to_owned(),
        description: "Order tea".to_owned(),
        parameters: json!({"type": "object"}),
        effect: Effect::Once,
        safety: Safety { probe: true, ..Safety::default() },
    };
    let replies = vec![calls("order", json!({})), ScriptedModel::answer("Ordered as A1.")];
    let model = ScriptedModel::new(replies.into_iter().skip(replied));
    Agent::new(model).policy(AllowAll).tool(Order(spec, Arc::clone(orders)))
}

fn asker(replied: usize, buyer: super::Delegate) -> Agent {
    let replies =
        vec![calls("buyer", json!({"task": "Order tea"})), ScriptedModel::answer("The tea is ordered: A1.")];
    let model = ScriptedModel::new(replies.into_iter().skip(replied));
    Agent::new(model).policy(AllowAll).tool(buyer)
}

fn result(run: &Run) -> (CallOutcome, Value) {
    let result = run.history().iter().flat_map(|message| message.results()).next().cloned().unwrap();
    (result.outcome, result.result)
}

#[tokio::test]
async fn a_task_is_handed_on_and_its_answer_comes_back() {
    let orders = Orders::default();
    let agent = asker(0, buyer(0, &orders).as_tool("buyer", "Buys", Effect::Once));
    let run = agent.run("Order tea").await.unwrap();
    assert_eq!(result(&run), (CallOutcome::Succeeded, json!({"answer": "Ordered as A1."})));
    assert_eq!(run.answer(), "The tea is ordered: A1.");
    assert_eq!(orders.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn declared_read_only_it_can_only_read() {
    let orders = Orders::default();
    let reader = buyer(0, &orders).as_tool("buyer", "Buys", Effect::ReadOnly);
    asker(0, reader).run("Order tea").await.unwrap();
    assert!(orders.lock().unwrap().is_empty());
}

#[tokio::test]
async fn what_waits_for_a_person_is_said_and_decided_on_there() {
    let orders = Orders::default();
    let inner = buyer(0, &orders).policy(AskForEffects);
    let run = asker(0, inner.as_tool("buyer", "Buys", Effect::Once)).run("Order tea").await.unwrap();
    let (_, told) = result(&run);
    assert_eq!(told["outcome"], "waiting");
    let waiting = inner.waiting(&told["run"].as_str().unwrap().into()).await.unwrap().unwrap();
    let run = inner.allow(&waiting).await.unwrap();
    assert_eq!((run.outcome(), orders.lock().unwrap().len()), (Some(&Outcome::Answered), 1));
}

#[tokio::test]
async fn a_crash_anywhere_orders_once() {
    for at in (0..12).flat_map(|n| [FailAt::Before(n), FailAt::After(n)]) {
        for inner_fails in [true, false] {
            let (orders, kept, inner_kept) =
                (Orders::default(), MemoryJournal::default(), MemoryJournal::default());
            let (kept, inner_kept) = (Arc::new(kept), Arc::new(inner_kept));
            let whole = FailAt::Before(usize::MAX);
            let (outer_at, inner_at) = if inner_fails { (whole, at) } else { (at, whole) };
            let inner = buyer(0, &orders)
                .journal_with(Arc::new(FaultyJournal::new(Arc::clone(&inner_kept), inner_at)));
            let outer = asker(0, inner.as_tool("buyer", "Buys", Effect::Once));
            let crashed = outer
                .journal_with(Arc::new(FaultyJournal::new(Arc::clone(&kept), outer_at)))
                .run("Order tea")
                .await;
            let Some((id, _)) = kept.all().first().cloned() else { continue };
            if crashed.is_ok() && !inner_fails {
                continue;
            }
            let replied = |journal: &MemoryJournal| {
                journal.all().iter().filter(|(_, event)| matches!(event, Event::ModelReplied { .. })).count()
            };
            let inner = buyer(replied(&inner_kept), &orders).journal_with(Arc::clone(&inner_kept) as Arc<_>);
            let outer = asker(replied(&kept), inner.as_tool("buyer", "Buys", Effect::Once));
            let run = outer.journal_with(Arc::clone(&kept) as Arc<_>).resume(&id).await.unwrap();
            let ordered = orders.lock().unwrap().len();
            assert!(ordered <= 1, "{at:?} {inner_fails}: {ordered}");
            if !inner_fails {
                assert_eq!(ordered, 1, "{at:?}");
                assert_eq!(run.history().last().map(|last| last.role), Some(Role::Assistant), "{at:?}");
            }
        }
    }
}

#[tokio::test]
async fn what_was_half_done_is_never_told_as_not_done() {
    let mut seen = Vec::new();
    for at in (0..12).flat_map(|n| [FailAt::Before(n), FailAt::After(n)]) {
        let (orders, kept) = (Orders::default(), Arc::new(MemoryJournal::default()));
        let inner = buyer(0, &orders).journal_with(Arc::new(FaultyJournal::new(kept, at)));
        let run = asker(0, inner.as_tool("buyer", "Buys", Effect::Once)).run("Order tea").await.unwrap();
        let (outcome, told) = result(&run);
        let ordered = orders.lock().unwrap().len();
        assert!(
            ordered == 0 || matches!(outcome, CallOutcome::Succeeded | CallOutcome::Unknown),
            "{at:?}: {told}"
        );
        seen.push((ordered, outcome));
    }
    assert!(seen.contains(&(1, CallOutcome::Unknown)), "{seen:?}");
}
