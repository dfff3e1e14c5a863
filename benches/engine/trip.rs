//! A booking session on the built-in model: weather, trains, booking, and a look at the bookings.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use handyman::prelude::*;
use handyman::tools::{Sandbox, Settings};
use handyman::{Delta, DeltaSink, Event, FaultKind, Observer, Shortcuts, StateFolder, Toolbox, Watch};

use crate::Outcome;
use crate::rows::{median, millis, ratio, row};

const MESSAGES: [&str; 3] = [
    "What's the weather in Shanghai tomorrow?",
    "Book me the earliest train from Shanghai to Beijing tomorrow.",
    "Show my bookings.",
];
const ROUNDS: usize = 3;

/// When all of it happens.
const NOW: jiff::civil::DateTime = jiff::civil::date(2026, 11, 23).at(9, 0, 0, 0);

fn agent_of(model: LocalModel, tools: Toolbox) -> Agent {
    Agent::new(model).toolbox(tools).policy(AllowAll).now(NOW)
}

async fn sandbox() -> Outcome<Toolbox> {
    let sandbox = Sandbox::open(&Settings::new(NOW.date())).await?;
    Ok(Toolbox::new().with_all(sandbox.tools())?)
}

/// One way to run the session of all messages.
#[derive(Default)]
struct Side {
    /// Time in the model, in each round.
    times: Vec<Duration>,
    /// How many messages were answered, and in how many turns, in each round.
    lengths: Vec<(usize, u32)>,
    /// The first answer, in each round.
    said: Vec<Option<String>>,
}

/// Counts the tokens of replies that ask for calls.
#[derive(Default)]
struct Calls(Mutex<(u64, u64)>);

impl DeltaSink for Calls {
    fn delta(&self, _delta: Delta) {}
}

impl Observer for Calls {
    fn event(&self, event: &Event) {
        let Event::ModelReplied { calls, usage, .. } = event else { return };
        if let (false, Ok(mut counted)) = (calls.is_empty(), self.0.lock()) {
            counted.0 += usage.sampled;
            counted.1 += usage.decoded();
        }
    }
}

impl Side {
    /// One more round, in a world of its own.
    async fn go(&mut self, model: &LocalModel, calls: &Calls) -> Outcome<()> {
        let session = agent_of(model.clone(), sandbox().await?).session();
        let (mut time, mut turns, mut said) = (Duration::ZERO, 0, Vec::new());
        for message in MESSAGES {
            let run = match session.run_watched(message, &Watch::new(calls)).await {
                // The built-in model's window is small: a session that fills it ends there.
                Err(fault) if fault.kind() == FaultKind::Window => break,
                run => run?,
            };
            time += Duration::from_millis(run.usage().model_ms);
            turns += run.usage().turns;
            said.push(run.answer().to_owned());
        }
        self.times.push(time);
        self.lengths.push((said.len(), turns));
        self.said.push(said.into_iter().next());
        Ok(())
    }

    fn time(&self) -> Duration {
        median(self.times.clone())
    }

    /// How long its sessions were.
    fn length(&self) -> String {
        let lengths: BTreeSet<(usize, u32)> = self.lengths.iter().copied().collect();
        let told =
            lengths.into_iter().map(|(messages, turns)| format!("{messages} messages in {turns} turns"));
        told.collect::<Vec<_>>().join(" or ")
    }
}

/// A row of what one side takes of the other's time. Sessions of different lengths are no such thing: they are shown, and
/// have no ratio.
fn against(name: &str, side: &Side, other: &Side, note: &str) {
    let as_long =
        side.lengths.iter().chain(&other.lengths).all(|length| Some(length) == side.lengths.first());
    let (mine, theirs) = (side.time(), other.time());
    let measured =
        if as_long { ratio(mine.as_secs_f64(), theirs.as_secs_f64()) } else { "NOT ALIKE".to_owned() };
    let lengths = format!("{} and {}", side.length(), other.length());
    let from = format!("{} to {}, {lengths}{note}", millis(mine), millis(theirs));
    row(name, &measured, "reported", &from);
}

/// With all shortcuts and without any, in turn; and what the calls' tokens came from.
pub(crate) async fn rows() -> Outcome<()> {
    let off = Shortcuts { reuse: false, forcing: false, drafting: false };
    let undrafted = Shortcuts { drafting: false, ..Shortcuts::default() };
    let [plain, undrafted] =
        [off, undrafted].map(|shortcuts| ModelSettings { shortcuts, ..ModelSettings::default() });
    let theirs = ModelSettings { own_kernels: false, ..ModelSettings::default() };
    let plain = LocalModel::builtin_with(plain).await?;
    let undrafted = LocalModel::builtin_with(undrafted).await?;
    let theirs = LocalModel::builtin_with(theirs).await?;
    let quick = LocalModel::builtin().await?;
    let (calls, uncounted) = (Calls::default(), Calls::default());
    let (mut all_on, mut all_off, mut no_drafts, mut unaided) =
        (Side::default(), Side::default(), Side::default(), Side::default());
    for _ in 0..ROUNDS {
        all_on.go(&quick, &calls).await?;
        all_off.go(&plain, &uncounted).await?;
        unaided.go(&theirs, &uncounted).await?;
        no_drafts.go(&undrafted, &uncounted).await?;
    }
    against("a session with all shortcuts / without any: time", &all_on, &all_off, "");
    // Later answers name references, which are different in every run.
    let said = if all_on.said == no_drafts.said { ", the same answer" } else { ", ANOTHER ANSWER" };
    against("the same session with drafts / without: time", &all_on, &no_drafts, said);
    against("the same session, our kernels / llama.cpp's: time", &all_on, &unaided, ", in the same engine");
    let (sampled, all) = *calls.0.lock().map_err(|_| "the observer failed")?;
    let share = 100.0 * (1.0 - sampled as f64 / all.max(1) as f64);
    row(
        "tokens of calls that were not sampled one by one",
        &format!("{share:.0} %"),
        "60 %",
        &format!("{sampled} of {all} were"),
    );
    let figures = quick.figures();
    row(
        "drafted tokens that were accepted",
        &format!("{} %", 100 * figures.confirmed / figures.proposed.max(1)),
        "reported",
        &format!("{} of {}", figures.confirmed, figures.proposed),
    );
    Ok(())
}

/// A process that ends with its first call or answer. Its model keeps what it computes in a folder, as the command
/// line's does.
pub(crate) async fn first_call(folder: &Path) -> Outcome<()> {
    let states = StateFolder { folder: folder.to_owned(), bytes_max: 1 << 30 };
    let settings = ModelSettings { states: Some(states), ..ModelSettings::default() };
    let (model, tools) = tokio::join!(LocalModel::builtin_with(settings), sandbox());
    let agent = agent_of(model?, tools?);
    let limits = Limits { turns_max: 2, calls_max: 1, ..Limits::default() };
    agent.limits(limits).session().run_watched(MESSAGES[0], &Watch::new(&EndAtReply)).await?;
    Ok(())
}

struct EndAtReply;

impl DeltaSink for EndAtReply {
    fn delta(&self, _delta: Delta) {}
}

impl Observer for EndAtReply {
    fn event(&self, event: &Event) {
        if matches!(event, Event::ModelReplied { .. } | Event::ReplyMalformed { .. }) {
            println!("{}", computed().map_or(0, |time| time.as_micros()));
        }
    }
}

/// Time that the threads of this process have computed, where the system tells.
fn computed() -> Option<Duration> {
    let nanoseconds = |task: std::fs::DirEntry| {
        let text = std::fs::read_to_string(task.path().join("schedstat")).ok()?;
        text.split_whitespace().next()?.parse::<u64>().ok()
    };
    let tasks = std::fs::read_dir("/proc/self/task").ok()?;
    Some(Duration::from_nanos(tasks.flatten().filter_map(nanoseconds).sum()))
}

/// From the start of a process to its first call: the sandbox world is made in this time as well.
pub(crate) fn start_row() -> Outcome<()> {
    let scratch = tempfile::tempdir()?;
    let (mut first, mut later) = (Vec::new(), Vec::new());
    for round in 0..5 {
        let folder = scratch.path().join(round.to_string());
        std::fs::create_dir(&folder)?;
        first.push(start(&folder)?);
        later.push(start(&folder)?);
    }
    let name = "process start to first call, sandbox world made meanwhile";
    for (name, goal, times) in
        [(name, "200 ms", later), ("the same, nothing unpacked or computed before", "reported", first)]
    {
        let (wall, computed) = times.into_iter().unzip();
        let note = format!("median of 5; {} of computing", millis(median(computed)));
        row(name, &millis(median(wall)), goal, &note);
    }
    Ok(())
}

/// How long a process takes to its first call, and how much of that its threads computed: the rest is waiting,
/// mostly for a core that others use. It finds in the folder what an earlier process has unpacked and computed there.
fn start(folder: &Path) -> Outcome<(Duration, Duration)> {
    let started = Instant::now();
    let mut child = Command::new(std::env::current_exe()?)
        .arg("first-call")
        .arg(folder.join("states"))
        .env("TMPDIR", folder)
        .stdout(std::process::Stdio::piped())
        .spawn()?;
    let mut output = std::io::BufReader::new(child.stdout.take().ok_or("no output")?);
    let mut line = String::new();
    std::io::BufRead::read_line(&mut output, &mut line)?;
    let time = started.elapsed();
    child.wait()?;
    Ok((time, Duration::from_micros(line.trim().parse()?)))
}
