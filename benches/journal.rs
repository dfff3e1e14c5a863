//! Figures of the journal and of limits: `cargo bench --bench journal`.
//!
//! Appends a second with one run and with 64 at once, side by side; the time the framework takes for a
//! turn with the journal on a disk and in memory; and by how much a run passes its wall-time limit.

use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use handyman::prelude::*;
use handyman::{
    CallRequest, Event, Journal, Model, ModelInfo, ModelReply, ModelRequest, ReplyBody, ReplyMode, RunId,
    SqliteJournal, TokenUsage, core::DeltaSink,
};

#[path = "journal/turn.rs"]
mod turn;

/// Events each run appends.
const EVENTS: usize = 200;
/// Runs at once.
const RUNS: usize = 64;

/// A model that never ends its reply.
struct Endless;

#[async_trait]
impl Model for Endless {
    fn info(&self) -> ModelInfo {
        ModelInfo::default()
    }

    async fn reply(&self, _request: ModelRequest<'_>, _sink: &dyn DeltaSink) -> Result<ModelReply, Fault> {
        std::future::pending().await
    }
}

/// A model that calls a tool which never answers, and then never ends its answer.
struct Stuck;

#[async_trait]
impl Model for Stuck {
    fn info(&self) -> ModelInfo {
        ModelInfo::default()
    }

    async fn reply(&self, request: ModelRequest<'_>, _sink: &dyn DeltaSink) -> Result<ModelReply, Fault> {
        if request.mode == ReplyMode::AnswerOnly {
            std::future::pending::<()>().await;
        }
        let call = CallRequest { tool: "hang".to_owned(), arguments: serde_json::Map::new() };
        let body = ReplyBody::Said { reasoning: String::new(), text: String::new(), calls: vec![call] };
        Ok(ModelReply::new(body, TokenUsage::default()))
    }
}

/// Never answers.
#[tool(read_only)]
async fn hang() -> ToolResult<u32> {
    std::future::pending().await
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = tempfile::TempDir::new()?;
    let journal = Arc::new(SqliteJournal::open(folder.path().join("appends.db")).await?);
    let one = appends(&journal, 1).await?;
    let many = appends(&journal, RUNS).await?;
    row("appends per second, 1 run", &format!("{one:.0}"));
    row(
        &format!("appends per second, {RUNS} runs at once"),
        &format!("{many:.0} ({:.1} times as many)", many / one),
    );

    let [in_memory, on_disk] = turn::medians(folder.path()).await?;
    row("framework time per turn with one call, journal on disk", &millis(on_disk));
    row("the same, journal in memory", &millis(in_memory));

    let endless =
        overshoot(Agent::new(Endless).tool(turn::nothing).journal(folder.path().join("endless.db"))).await?;
    row("wall-time limit exceeded by at most: a model that never ends", &millis(endless));
    let stuck = overshoot(Agent::new(Stuck).tool(hang).journal(folder.path().join("stuck.db"))).await?;
    row("the same: a tool that never answers, then such a model", &millis(stuck));
    Ok(())
}

/// By how much runs of an agent that never comes to an end pass their wall-time limit, at most.
async fn overshoot(agent: Agent) -> Result<Duration, Fault> {
    agent.clone().session().last().await?;
    let mut most = Duration::ZERO;
    for wall in [50, 100, 200, 400] {
        let wall_time = Duration::from_millis(wall);
        let started = Instant::now();
        agent.clone().limits(Limits { wall_time, ..Limits::default() }).run("go").await?;
        most = most.max(started.elapsed().saturating_sub(wall_time));
    }
    Ok(most)
}

/// Appends a second, with this many runs at once.
async fn appends(journal: &Arc<SqliteJournal>, runs: usize) -> Result<f64, Fault> {
    let started = Instant::now();
    let mut tasks = tokio::task::JoinSet::new();
    for n in 0..runs {
        let journal = Arc::clone(journal);
        tasks.spawn(async move {
            let run = RunId::from(format!("r{runs}-{n}"));
            journal.append(&run, &begun(&run)).await?;
            for _ in 1..EVENTS {
                journal.append(&run, &Event::Resumed).await?;
            }
            Ok::<_, Fault>(())
        });
    }
    while let Some(done) = tasks.join_next().await {
        done.map_err(|error| Fault::new(handyman::FaultKind::Request, error.to_string()))??;
    }
    #[expect(clippy::cast_precision_loss, reason = "a few thousand")]
    let events = (runs * EVENTS) as f64;
    Ok(events / started.elapsed().as_secs_f64())
}

fn begun(run: &RunId) -> Event {
    Event::Started {
        run: run.clone(),
        session: "s".into(),
        message: "go".to_owned(),
        untrusted_message: false,
        key: None,
        model: ModelInfo::default(),
        tools: Vec::new(),
        untrusted: Vec::new(),
        places: std::collections::BTreeMap::new(),
        answer_schema: None,
        workflow: None,
        now: jiff::civil::date(2026, 11, 23).at(9, 0, 0, 0),
    }
}

fn row(name: &str, value: &str) {
    println!("  {name:<60} {value}");
}

fn millis(time: Duration) -> String {
    format!("{:.2} ms", time.as_secs_f64() * 1000.0)
}
