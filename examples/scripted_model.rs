//! Testing an agent without a model: replies come from a script, everything else is real.
//!
//! A crate of its own needs the feature `testing` of handyman, and `serde_json`.

use handyman::core::testing::ScriptedModel;
use handyman::prelude::*;
use serde_json::json;

/// Adds two numbers.
#[tool(read_only)]
async fn add(a: i64, b: i64) -> ToolResult<serde_json::Value> {
    match a.checked_add(b) {
        Some(sum) => Ok(json!({"sum": sum})),
        None => Err(ToolError::argument("b", "the sum does not fit; use smaller numbers")),
    }
}

#[tokio::main]
async fn main() -> Result<(), Fault> {
    let model = ScriptedModel::new([
        ScriptedModel::call("add", json!({"a": 2, "b": "three"})), // wrong: the agent is told
        ScriptedModel::call("add", json!({"a": 2, "b": 3})),
        ScriptedModel::answer("2 + 3 = 5"),
    ]);
    let run = Agent::new(model).tool(add).run("What is 2 + 3?").await?;
    for result in run.history().iter().flat_map(|message| message.results()) {
        println!("{:?}: {}", result.outcome, result.result);
    }
    assert_eq!(run.answer(), "2 + 3 = 5");
    println!("{}", run.answer());
    Ok(())
}
