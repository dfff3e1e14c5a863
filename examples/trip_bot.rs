//! A travel bot on the sandbox world: weather, trains, a booking and its payment.
//!
//! `cargo run --release --example trip_bot -- "明天上海天气怎么样，帮我订一张去北京最早的高铁票"`
//! In a crate of its own it needs `jiff` and `serde_json`, or names them as `handyman::jiff` and `handyman::serde_json`.

use handyman::prelude::*;
use handyman::tools::{Sandbox, Settings};
use handyman::{DeltaSink, Event, Observer, Toolbox, Watch};

/// Prints what the bot does while it does it.
struct Progress;

/// Only events are shown, not the text as it streams.
impl DeltaSink for Progress {}

impl Observer for Progress {
    fn event(&self, event: &Event) {
        match event {
            Event::ModelReplied { calls, .. } => {
                for call in calls {
                    println!("{} {}", call.tool, serde_json::Value::Object(call.arguments.clone()));
                }
            }
            Event::CallFinished { outcome, result, .. } => println!("  {outcome:?}: {result}"),
            _ => {}
        }
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let request = std::env::args().nth(1);
    let request = request
        .unwrap_or_else(|| "Weather in Hangzhou tomorrow, and book the earliest train to Nanjing".into());

    let now = jiff::civil::date(2026, 11, 23).at(9, 0, 0, 0);
    let sandbox = Sandbox::open(&Settings::new(now.date())).await?;
    let wanted = ["weather", "search_trains", "book", "pay"].map(String::from);
    let tools = Toolbox::new().with_all(sandbox.tools())?.only(&wanted)?;

    let agent = Agent::new(LocalModel::builtin().await?)
        .toolbox(tools)
        .policy(AllowAll) // nothing is really booked: it is a sandbox
        .now(now);
    let session = agent.session();
    let run = session.run_watched(&request, &Watch::new(&Progress)).await?;
    println!("{}", run.answer());
    Ok(())
}
