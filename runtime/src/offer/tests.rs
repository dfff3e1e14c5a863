//! Tools that could never be called, because nothing on offer gives what they need, are told of before a run.

use std::sync::Arc;

use handyman_core::testing::{MemoryJournal, ScriptedModel};
use handyman_core::{FaultKind, ReplyBody, ToolResult, Workflow, tool};
use serde_json::{Map, Value, json};

use crate::{Agent, AllowAll};

/// Searches.
#[tool(read_only)]
async fn search() -> ToolResult<Value> {
    Ok(json!({"rows": [{"id": 7}]}))
}

/// Looks at something that was found.
#[tool(read_only)]
async fn look(#[arg(from = ["search.rows.id", "list.id"])] id: i64) -> ToolResult<i64> {
    Ok(id)
}

/// Looks at something that was found, or at what the person names.
#[tool(read_only)]
async fn see(
    #[arg(verbatim, from = "search.name")] name: String,
    #[arg(from = "search.rows.id")] beside: Option<i64>,
) -> ToolResult<Value> {
    Ok(json!({"name": name, "beside": beside}))
}

fn agent(journal: &Arc<MemoryJournal>, replies: Vec<ReplyBody>) -> Agent {
    let agent = Agent::new(ScriptedModel::new(replies)).policy(AllowAll);
    agent.journal_with(Arc::clone(journal) as Arc<_>)
}

fn answer() -> Vec<ReplyBody> {
    vec![ScriptedModel::answer("Hello.")]
}

#[tokio::test]
async fn a_tool_that_could_never_be_called_is_told_of() {
    let journal = Arc::default();
    let fault = agent(&journal, answer()).tool(see).tool(look).run("go").await.unwrap_err();
    assert_eq!(fault.kind(), FaultKind::Schema);
    let problem = "tool 'look' could never be called: \
        /id can only be a value of search.rows.id or list.id, and no such tool is offered";
    assert_eq!(fault.to_string(), problem);
    assert!(fault.hint().is_some_and(|hint| hint.contains("leave look out")));
    assert!(journal.all().is_empty(), "no run has begun");

    let run = agent(&journal, answer()).tool(look).tool(search).run("go").await.unwrap();
    assert_eq!(run.answer(), "Hello.", "one of its sources is enough");
    let run = agent(&journal, answer()).tool(see).run("go").await.unwrap();
    assert_eq!(run.answer(), "Hello.", "what is copied or left out needs no source");
}

#[tokio::test]
async fn what_the_session_has_found_before_is_a_source() {
    let journal = Arc::default();
    let replies = vec![ScriptedModel::call("search", json!({})), ScriptedModel::answer("There is one.")];
    let searching = agent(&journal, replies).tool(search).session_named("s".into());
    searching.run("search").await.unwrap();
    let looking = agent(&journal, answer()).tool(look);
    assert_eq!(looking.session_named("s".into()).run("look").await.unwrap().answer(), "Hello.");
    assert!(looking.run("look").await.is_err(), "another session has found nothing");
}

#[tokio::test]
async fn a_workflow_gives_a_tool_what_it_needs() {
    let steps = json!([{"name": "seen", "call": "look", "with": {"id": 9}}]);
    let workflow = json!({"name": "w", "steps": steps, "answer": "It is {{ seen }}."});
    let workflow = Workflow::new(workflow).unwrap();
    let agent = agent(&Arc::default(), Vec::new()).tool(look);
    assert_eq!(agent.run_workflow(&workflow, Map::new()).await.unwrap().answer(), "It is 9.");
}
