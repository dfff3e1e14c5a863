//! What we add to a tool call: `cargo bench --bench tool_call`.
//!
//! One tool that does nothing, called by itself, through a toolbox (which checks its arguments), and in runs, where each
//! call is decided on and its start and its end are durable before anything goes on. Medians of rounds in turn.

use std::time::{Duration, Instant};

use std::sync::Arc;

use handyman::prelude::*;
use handyman::{ToolCall, Toolbox, Toolset};

#[path = "journal/turn.rs"]
mod turn;

use turn::{arguments, nothing};

const CALLS: u32 = 100;
const ROUNDS: usize = 7;

fn context() -> CallContext {
    let now = jiff::civil::date(2026, 11, 23).at(9, 0, 0, 0);
    CallContext::new(now).of_call("bench", "c1").in_session("bench")
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

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}

fn micros(time: Duration) -> f64 {
    time.as_secs_f64() * 1e6
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = tempfile::TempDir::new()?;
    let tools = Toolbox::new().with(Arc::new(nothing))?;
    let (mut alone, mut checked) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        alone.push(by_itself().await?);
        checked.push(in_a_toolbox(&tools).await?);
    }
    let [in_memory, on_disk] = turn::medians(folder.path()).await?;
    let alone = median(alone);
    let rows = [
        ("a call by itself", alone),
        ("in a toolbox, arguments checked", median(checked)),
        ("in a run, journal in memory: a whole turn", in_memory),
        ("in a run, journal on disk: a whole turn, four durable events", on_disk),
    ];
    for (name, time) in rows {
        let (time, added) = (micros(time), micros(time) - micros(alone));
        println!("{name:<62} {time:>9.1} us, {added:>9.1} us added");
    }
    Ok(())
}
