//! Whose values the tools of an agent get.

use std::sync::Arc;

use handyman_core::testing::{MemoryJournal, ScriptedModel};
use handyman_core::{CallOutcome, Effect, Event, ReplyBody, ToolResult, tool};
use serde_json::{Value, json};

use crate::{Agent, AllowAll, AskForEffects};

struct Customer(&'static str);
struct Tenant(&'static str);

/// Says whom it works for.
#[tool(idempotent)]
async fn who(#[given] customer: &Customer, #[given] tenant: &Tenant) -> ToolResult<Value> {
    Ok(json!(format!("{} at {}", customer.0, tenant.0)))
}

/// Calls a tool with these arguments and answers; also a second time.
fn agent(tool: &str, arguments: &Value) -> Agent {
    let turns = || [ScriptedModel::call(tool, arguments.clone()), ScriptedModel::answer("So it is.")];
    let replies: Vec<ReplyBody> = turns().into_iter().chain(turns()).collect();
    Agent::new(ScriptedModel::new(replies)).policy(AllowAll)
}

/// What the first call of a run came to.
fn result(run: &handyman_core::Run) -> &Value {
    &run.done()[0].result
}

#[tokio::test]
async fn the_later_value_of_a_type_counts_and_clones_have_their_own() {
    let agent = agent("who", &json!({})).tool(who).with(Tenant("North")).with(Customer("Ann"));
    let run = agent.clone().with(Customer("Bo")).run("Who am I?").await.unwrap();
    assert_eq!(result(&run), "Bo at North");
    let run = agent.session().with(Tenant("South")).run("Who am I?").await.unwrap();
    assert_eq!(result(&run), "Ann at South");
}

#[tokio::test]
async fn a_value_that_nobody_has_given_is_said_to_be_missing() {
    let run = agent("who", &json!({})).tool(who).with(Tenant("North")).run("Who am I?").await.unwrap();
    let done = &run.done()[0];
    let said = done.result["error"].as_str().unwrap();
    assert_eq!(done.outcome, CallOutcome::Failed);
    assert!(said.contains("given::tests::Customer") && said.contains("Agent::with"), "{said}");
}

#[tokio::test]
async fn an_agent_that_a_task_is_handed_to_has_them_too_unless_it_has_its_own() {
    let inner = agent("who", &json!({})).tool(who).with(Tenant("South"));
    let journal = Arc::new(MemoryJournal::default());
    let clerk =
        inner.journal_with(Arc::clone(&journal) as Arc<_>).as_tool("clerk", "Knows", Effect::Idempotent);
    let outer = agent("clerk", &json!({"task": "Say who I am"})).tool(clerk);
    outer.with(Tenant("North")).with(Customer("Ann")).run("Who am I?").await.unwrap();
    let results: Vec<Value> = journal
        .all()
        .into_iter()
        .filter_map(|(_, event)| match event {
            Event::CallFinished { result, .. } => Some(result),
            _ => None,
        })
        .collect();
    assert_eq!(results, ["Ann at South"]);
}

#[tokio::test]
async fn whoever_resumes_a_run_gives_them_again() {
    for again in [true, false] {
        let agent = agent("who", &json!({})).tool(who).policy(AskForEffects).with(Tenant("North"));
        let run = agent.clone().with(Customer("Ann")).run("Who am I?").await.unwrap();
        let waiting = agent.waiting(run.id()).await.unwrap().unwrap();
        let agent = if again { agent.with(Customer("Bo")) } else { agent };
        let run = agent.allow(&waiting).await.unwrap();
        assert_eq!(result(&run) == "Bo at North", again, "{}", result(&run));
    }
}
