//! What we add to a tool call: `cargo bench --bench tool_call`.
//!
//! One tool that does nothing, called by itself, through a toolbox (which checks its arguments), and in runs, where each
//! call is decided on and its start and its end are durable before anything goes on. Medians of rounds in turn.

use std::time::{Duration, Instant};

use std::sync::Arc;

use handyman::core::testing::ScriptedModel;
use handyman::prelude::*;
use handyman::{ToolCall, Toolbox, Toolset};
use serde_json::{Map, Value, json};

const CALLS: u32 = 20;
const ROUNDS: usize = 7;

/// Does nothing.
#[tool(read_only)]
async fn nothing(
    /// Which call it is
    #[arg(range = 0..=100_000)]
    number: u32,
    /// What it is about
    about: String,
) -> ToolResult<String> {
    Ok(format!("{number} {}", about.len()))
}

fn arguments(number: u32) -> Map<String, Value> {
    let arguments = json!({"number": number, "about": "the weather in Lagos"});
    arguments.as_object().cloned().unwrap_or_default()
}

fn context() -> CallContext {
    let now = jiff::civil::date(2026, 11, 23).at(9, 0, 0, 0);
    CallContext { run: "bench".into(), call: "c1".into(), key: "bench.c1".into(), now, allowed: None }
}

async fn by_itself() -> Result<Duration, Box<dyn std::error::Error>> {
    let begun = Instant::now();
    for number in 0..CALLS {
        nothing.call(arguments(number), &context()).await?;
    }
    Ok(begun.elapsed() / CALLS)
}

async fn in_a_toolbox(tools: &Toolbox) -> Result<Duration, Box<dyn std::error::Error>> {
    let begun = Instant::now();
    for number in 0..CALLS {
        let call = ToolCall { id: "c1".into(), tool: "nothing".to_owned(), arguments: arguments(number) };
        tools.attempt(&call, &context()).await?;
    }
    Ok(begun.elapsed() / CALLS)
}

/// One call a turn; the model is a script.
async fn in_a_run(agent: impl Fn(ScriptedModel) -> Agent) -> Result<Duration, Box<dyn std::error::Error>> {
    let calls = (0..CALLS).map(|number| ScriptedModel::call("nothing", Value::Object(arguments(number))));
    let model = ScriptedModel::new(calls.chain([ScriptedModel::answer("That was all.")]));
    let limits = Limits { turns_max: CALLS + 2, calls_max: CALLS + 2, ..Limits::default() };
    let agent = agent(model).tool(nothing).limits(limits);
    agent.opened_journal().await?;
    let begun = Instant::now();
    let run = agent.run("Do nothing").await?;
    assert_eq!(run.usage().calls, CALLS);
    Ok(begun.elapsed() / CALLS)
}

fn median(mut times: Vec<Duration>) -> f64 {
    times.sort_unstable();
    times[times.len() / 2].as_secs_f64() * 1e6
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = tempfile::TempDir::new()?;
    let tools = Toolbox::new().with(Arc::new(nothing))?;
    let mut times: [Vec<Duration>; 4] = Default::default();
    for round in 0..ROUNDS {
        let file = folder.path().join(format!("{round}.db"));
        times[0].push(by_itself().await?);
        times[1].push(in_a_toolbox(&tools).await?);
        times[2].push(in_a_run(Agent::new).await?);
        times[3].push(in_a_run(|model| Agent::new(model).journal(&file)).await?);
    }
    let names = [
        "a call by itself",
        "in a toolbox, arguments checked",
        "in a run, journal in memory: a whole turn",
        "in a run, journal on disk: a whole turn, five durable events",
    ];
    let alone = median(times[0].clone());
    for (name, times) in names.into_iter().zip(times) {
        let time = median(times);
        println!("{name:<62} {time:>9.1} us, {:>9.1} us added", time - alone);
    }
    Ok(())
}
