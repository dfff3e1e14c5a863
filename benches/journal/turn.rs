//! What a turn with one call takes: one definition, for all benchmarks that tell it.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use handyman::ScriptModel;
use handyman::prelude::*;
use serde_json::{Map, Value, json};

/// Calls of a run, one a turn. One more turn answers, and counts as a turn.
const CALLS: u32 = 100;
/// Runs with either journal, in turn.
const ROUNDS: usize = 5;

/// Does nothing.
#[tool(read_only)]
pub(crate) async fn nothing(
    /// Which call it is
    #[arg(range = 0..=100_000)]
    number: u32,
    /// What it is about
    about: String,
) -> ToolResult<String> {
    Ok(format!("{number} {}", about.len()))
}

/// The arguments of a call.
pub(crate) fn arguments(number: u32) -> Map<String, Value> {
    let arguments = json!({"number": number, "about": "the weather in Lagos"});
    arguments.as_object().cloned().unwrap_or_default()
}

/// The time of a turn with the journal in memory, and with it in files of this folder: medians.
pub(crate) async fn medians(folder: &Path) -> Result<[Duration; 2], Fault> {
    let (mut in_memory, mut on_disk) = (Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        in_memory.push(time(None).await?);
        on_disk.push(time(Some(folder.join(format!("turns-{round}.db")))).await?);
    }
    Ok([in_memory, on_disk].map(|mut times| {
        times.sort_unstable();
        times[ROUNDS / 2]
    }))
}

/// The time of a run by its turns. A script is the model, so all of it is the framework's. The journal is open before the
/// clock starts: to open it and to bring its tables up to date belongs to no turn.
async fn time(journal: Option<PathBuf>) -> Result<Duration, Fault> {
    let call = |number| json!({"calls": [{"tool": "nothing", "arguments": arguments(number)}]}).to_string();
    let answer = json!({"text": "That was all."}).to_string();
    let lines: Vec<String> = (0..CALLS).map(call).chain([answer]).collect();
    let limits = Limits { turns_max: CALLS + 2, calls_max: CALLS + 2, ..Limits::default() };
    let agent = Agent::new(ScriptModel::parse(&lines.join("\n"))?).tool(nothing).limits(limits);
    let agent = match journal {
        Some(path) => agent.journal(path),
        None => agent,
    };
    agent.opened_journal().await?;
    let started = Instant::now();
    let run = agent.run("Do nothing").await?;
    let time = started.elapsed();
    let usage = run.usage();
    assert_eq!((usage.calls, usage.turns), (CALLS, CALLS + 1), "one call a turn, and an answer");
    Ok(time / usage.turns)
}
