//! The same session through our engine and through llama-server: `make bench-peer`. docs/figures.md says what is compared.
//!
//! Two sessions are run once with our engine, and every request to the model is kept. Then both sides answer these
//! requests, in turn: same model file, same history, same tools, greedy, one thread. Before the first session nothing is
//! computed; the second finds what either side kept of the first. llama-server is asked by [`RemoteModel`], which does
//! nothing but ask.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use handyman::prelude::*;
use handyman::tools::{Sandbox, Settings};
use handyman::{
    Discard, FaultKind, Message, Model, ModelInfo, ModelReply, ModelRequest, RemoteModel, RemoteSettings,
    ReplyBody, ReplyMode, ReplyOptions, Sampling, SessionId, TokenUsage, ToolSpec, Toolbox,
};

#[path = "../engine/rows.rs"]
mod rows;
mod server;

use rows::{median, millis, ratio, row};
use server::Server;

type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

/// The first session and the next.
const SESSIONS: [[&str; 3]; 2] = [
    [
        "What's the weather in Shanghai tomorrow? And book me the earliest train to Beijing.",
        "What's the weather in Beijing tomorrow?",
        "Show my bookings.",
    ],
    [
        "How warm will it be in Nanjing on Friday? And book me the cheapest train to Hangzhou.",
        "What's the weather in Hangzhou on Friday?",
        "Show my bookings.",
    ],
];
const ROUNDS: usize = 5;

/// A request as it was made.
#[derive(Clone)]
struct Asked {
    history: Vec<Message>,
    tools: Vec<ToolSpec>,
    mode: ReplyMode,
    tokens_max: u64,
    options: ReplyOptions,
}

impl Asked {
    fn request<'a>(&'a self, session: &'a SessionId) -> ModelRequest<'a> {
        ModelRequest {
            session,
            history: &self.history,
            tools: &self.tools,
            revealed: &[],
            mode: self.mode,
            tokens_max: self.tokens_max,
            options: &self.options,
        }
    }
}

/// A model that keeps what it is asked.
struct Recorder {
    model: LocalModel,
    asked: Arc<Mutex<Vec<Asked>>>,
}

#[async_trait]
impl Model for Recorder {
    fn info(&self) -> ModelInfo {
        self.model.info()
    }

    async fn reply(
        &self,
        request: ModelRequest<'_>,
        sink: &dyn handyman::DeltaSink,
    ) -> Result<ModelReply, Fault> {
        let asked = Asked {
            history: request.history.to_vec(),
            tools: request.tools.to_vec(),
            mode: request.mode,
            tokens_max: request.tokens_max,
            options: request.options.clone(),
        };
        self.asked.lock().map_err(|_| Fault::new(FaultKind::Backend, "the recorder broke"))?.push(asked);
        self.model.reply(request, sink).await
    }
}

#[tokio::main]
async fn main() -> Outcome<()> {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|part| part != "--bench").collect();
    let [program] = arguments.as_slice() else { return Err("usage: --bench peer -- LLAMA-SERVER".into()) };
    let (program, folder) = (PathBuf::from(program), tempfile::tempdir()?);
    let file = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/model/handyman.gguf"));

    let asked = [record(SESSIONS[0]).await?, record(SESSIONS[1]).await?];
    let names: [SessionId; 2] = ["first".into(), "next".into()];
    let (mut ours, mut theirs) = (<[Side; 2]>::default(), <[Side; 2]>::default());
    for _ in 0..ROUNDS {
        let model = LocalModel::load(file, one_thread()).await?;
        for ((side, asked), session) in ours.iter_mut().zip(&asked).zip(&names) {
            side.go(session, &model, asked).await?;
        }
        drop(model);
        let server = Server::start(&program, file, folder.path()).await?;
        let settings =
            RemoteSettings { sampling: Some(Sampling::default()), ..RemoteSettings::new(server.url()) };
        let model = RemoteModel::connect(settings).await?;
        for ((side, asked), session) in theirs.iter_mut().zip(&asked).zip(&names) {
            side.go(session, &model, asked).await?;
        }
    }
    rows::head();
    print("the first session", &ours[0], &theirs[0]);
    print("the next session", &ours[1], &theirs[1]);
    Ok(())
}

fn one_thread() -> ModelSettings {
    ModelSettings { threads: Some(1), ..ModelSettings::default() }
}

/// The requests of a session of ours.
async fn record(messages: [&str; 3]) -> Outcome<Vec<Asked>> {
    let now = jiff::civil::date(2026, 11, 23).at(9, 0, 0, 0);
    let sandbox = Sandbox::open(&Settings::new(now.date())).await?;
    let tools = Toolbox::new().with_all(sandbox.tools())?;
    let asked = Arc::new(Mutex::new(Vec::new()));
    let model = Recorder { model: LocalModel::builtin().await?, asked: Arc::clone(&asked) };
    let agent = Agent::new(model).toolbox(tools).policy(AllowAll).now(now);
    let session = agent.session();
    for message in messages {
        session.run(message).await?;
    }
    let kept = asked.lock().map_err(|_| "the recorder broke")?.clone();
    Ok(kept)
}

/// What one side took and said in a session.
#[derive(Default)]
struct Side {
    times: Vec<Duration>,
    replies: Vec<ReplyBody>,
    usage: TokenUsage,
}

impl Side {
    async fn go(&mut self, session: &SessionId, model: &dyn Model, asked: &[Asked]) -> Outcome<()> {
        (self.replies, self.usage) = (Vec::new(), TokenUsage::default());
        let started = Instant::now();
        for request in asked {
            let reply = model.reply(request.request(session), &Discard).await?;
            self.replies.push(reply.body);
            self.usage += reply.usage;
        }
        self.times.push(started.elapsed());
        Ok(())
    }
}

fn print(session: &str, ours: &Side, theirs: &Side) {
    let (mine, other) = (median(ours.times.clone()), median(theirs.times.clone()));
    let turns = ours.replies.len();
    let from = format!("{} to {}, {turns} turns, median of {ROUNDS}", millis(mine), millis(other));
    let name = format!("{session}, ours / llama-server: time");
    row(&name, &ratio(mine.as_secs_f64(), other.as_secs_f64()), "0.33", &from);
    let same = ours.replies.iter().zip(&theirs.replies).filter(|(a, b)| alike(a, b)).count();
    row("  turns with the same reply", &format!("{same}"), "reported", &format!("of {turns}"));
    for (name, usage) in [("ours", ours.usage), ("llama-server", theirs.usage)] {
        let from =
            format!("{} forced or confirmed, {} sampled", usage.decoded() - usage.sampled, usage.sampled);
        row(&format!("  tokens written, {name}"), &usage.decoded().to_string(), "reported", &from);
        let from = format!("{} reused", usage.reused);
        row(
            &format!("  tokens of prompts computed, {name}"),
            &usage.prefilled.to_string(),
            "reported",
            &from,
        );
    }
}

/// Whether two replies ask for the same calls, or answer with the same text.
fn alike(a: &ReplyBody, b: &ReplyBody) -> bool {
    match (a, b) {
        (ReplyBody::Said { text, calls, .. }, ReplyBody::Said { text: other, calls: others, .. }) => {
            calls == others && (!calls.is_empty() || text.trim() == other.trim())
        }
        _ => false,
    }
}
