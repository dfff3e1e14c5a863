//! Figures of a booking session on the built-in model: `make bench`.
//!
//! Two messages, about six turns: weather, trains, booking, payment and answer; then a look at the
//! bookings. Prints where the tokens came from, the time the framework itself took, and peak memory. A session before
//! computes the tools' description, with which every session begins, and its tokens are told apart.

use std::sync::Mutex;
use std::time::{Duration, Instant};

use handyman::prelude::*;
use handyman::tools::{Sandbox, Settings};
use handyman::{Delta, DeltaSink, Event, Observer, Toolbox, Watch};

const MESSAGES: [&str; 2] = [
    "What's the weather in Shanghai tomorrow? And book me the earliest train to Beijing.",
    "Show my bookings.",
];

/// Notes when the first piece of text came.
#[derive(Default)]
struct FirstText(Mutex<Option<Instant>>);

impl DeltaSink for FirstText {
    fn delta(&self, _delta: Delta) {
        if let Ok(mut first) = self.0.lock() {
            first.get_or_insert_with(Instant::now);
        }
    }
}

impl Observer for FirstText {
    fn event(&self, _event: &Event) {}
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let started = Instant::now();
    let model = LocalModel::builtin().await?;
    row("load the model", &millis(started.elapsed()));

    let folder = tempfile::TempDir::new()?;
    let now = jiff::civil::date(2026, 11, 23).at(9, 0, 0, 0);
    let started = Instant::now();
    let sandbox = Sandbox::open(&Settings::new(now.date())).await?;
    row("make the sandbox world", &millis(started.elapsed()));

    let tools = Toolbox::new().with_all(sandbox.tools())?;
    let agent =
        Agent::new(model).toolbox(tools).policy(AllowAll).now(now).journal(folder.path().join("journal.db"));

    let answer_only = Limits { turns_max: 1, ..Limits::default() };
    let first = FirstText::default();
    let started = Instant::now();
    let hello = agent.clone().limits(answer_only).session().run_watched("Hello", &Watch::new(&first)).await?;
    let first = first.0.lock().map_err(|_| "the observer failed")?.ok_or("the model said nothing")?;
    row("first token, cold, all tools in the prompt", &millis(first - started));
    let described = hello.usage().tokens.prefilled;
    row("tokens prefilled for it, the tools' description among them", &described.to_string());

    let session = agent.session();
    for message in MESSAGES {
        let started = Instant::now();
        let run = session.run(message).await?;
        let (wall, usage) = (started.elapsed(), run.usage());
        println!("\n» {message}\n  {}", run.answer());
        row("turns, calls", &format!("{}, {}", usage.turns, usage.calls));
        row("tokens prefilled, after the tools' description", &usage.tokens.prefilled.to_string());
        row("tokens reused from the KV cache", &usage.tokens.reused.to_string());
        let decoded = usage.tokens.decoded().max(1);
        let share = 100 * usage.tokens.forced / decoded;
        row("tokens forced", &format!("{} ({share} % of the replies)", usage.tokens.forced));
        row("tokens sampled", &usage.tokens.sampled.to_string());
        row("model", &format!("{} ms", usage.model_ms));
        let inside = Duration::from_millis(usage.model_ms + usage.tool_ms);
        row(
            "framework, a turn (journal included)",
            &millis(wall.saturating_sub(inside) / usage.turns.max(1)),
        );
    }
    println!();
    row("peak memory", &peak_memory());
    Ok(())
}

fn row(name: &str, value: &str) {
    println!("  {name:<60} {value}");
}

fn millis(time: Duration) -> String {
    format!("{:.1} ms", time.as_secs_f64() * 1000.0)
}

/// The most memory the process has held, where the system tells.
fn peak_memory() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    peak.map_or_else(|| "not told by this system".to_owned(), |text| text.trim().to_owned())
}
