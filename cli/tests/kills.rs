//! Kills the process at random moments, restarts it, and counts: nothing lost, doubled, bricked or out of
//! balance. `make crash-test N=2000` kills more often and prints the table.

mod support;

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Output, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use handyman::tools::{Sandbox, Settings};
use handyman::{Agent, Earlier, Event, Journal, Run, ScriptModel, SqliteJournal, Toolbox};
use serde_json::{Value, json};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{Connection, SqliteConnection};
use support::{Bench, DATE};

/// Sessions in one world: so few that seats and money last for all of them.
const SESSIONS_A_WORLD: usize = 6;
/// A process that takes longer hangs.
const PATIENCE: Duration = Duration::from_secs(300);
/// What is asked of the built-in model.
const REQUESTS: [&str; 2] = [
    "What's the weather in Shanghai tomorrow? And book me the earliest train to Beijing.",
    "明天上海天气怎么样，帮我订一张去北京最早的高铁票",
];

/// Models that share the cores wait for each other's threads: one test runs at a time.
static CORES: Mutex<()> = Mutex::new(());

/// Who writes the replies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Writer {
    Script,
    #[cfg(feature = "llama")]
    BuiltIn,
}

/// How the work is done.
#[derive(Debug, Clone, Copy)]
struct Way {
    writer: Writer,
    /// Journal and world are one file.
    shared: bool,
}

/// What has been counted.
#[derive(Debug, Default)]
struct Tally {
    /// Kills by the last durable event.
    kills: BTreeMap<String, usize>,
    sessions: usize,
    effects: usize,
}

impl Tally {
    fn kills(&self) -> usize {
        self.kills.values().sum()
    }

    fn report(&self, way: Way) {
        let place = if way.shared { "in one file" } else { "apart" };
        println!(
            "{:?}, journal and world {place}: {} kills in {} sessions, {} effects; lost 0, doubled 0, bricked 0, unbalanced 0",
            way.writer,
            self.kills(),
            self.sessions,
            self.effects,
        );
        for (point, times) in &self.kills {
            println!("  after {point:<16} {times}");
        }
    }
}

/// `SplitMix64`; the same seed kills at the same points, as far as the clock allows.
struct Random(u64);

impl Random {
    fn below(&mut self, most: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (bits ^ (bits >> 31)) % most.max(1)
    }
}

/// A world with its journal, and the processes that work on it.
struct Scene {
    bench: Bench,
    way: Way,
    model: Option<String>,
    runtime: tokio::runtime::Runtime,
}

impl Scene {
    fn new(way: Way, binary: &Path) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let mut scene = Self { bench: Bench::of(binary.to_owned()), way, model: None, runtime };
        if way.writer == Writer::Script {
            scene.model = Some(scene.script());
        }
        scene
    }

    /// Books, pays and cancels, and answers the next message too.
    fn script(&self) -> String {
        let search = json!({"from": "Shanghai", "to": "Beijing", "day": "tomorrow"});
        let world = self.world();
        let arguments =
            ["tools", "call", "search_trains", &search.to_string(), "--date", DATE, "--world", &world];
        let found: Value = serde_json::from_str(&self.bench.run(&arguments).out).unwrap();
        let trains = found["trains"].as_array().unwrap();
        let most = trains.iter().max_by_key(|train| train["seats"].as_i64()).unwrap();
        let call = |tool: &str, arguments: Value| json!({"calls": [{"tool": tool, "arguments": arguments}]});
        let booking = json!({"booking": "{{book.booking}}"});
        let mut replies = vec![
            call("search_trains", search),
            call("book", json!({"id": most["id"]})),
            call("pay", booking.clone()),
            call("cancel_booking", booking),
            json!({"text": "Your booking was cancelled."}),
        ];
        replies.extend((0..8).map(|_| json!({"text": "You are welcome."})));
        self.bench.script(&replies)
    }

    fn world(&self) -> String {
        self.bench.path(if self.way.shared { "handyman.db" } else { "world.db" }).display().to_string()
    }

    fn journal(&self) -> String {
        self.bench.path(if self.way.shared { "handyman.db" } else { "journal.db" }).display().to_string()
    }

    /// Says a message in a session, with a process of its own.
    fn say(&self, session: &str, message: &str) -> Child {
        let (world, journal) = (self.world(), self.journal());
        let mut arguments = vec!["chat", "--session", session, "--approve", "auto", "--date", DATE, "--json"];
        arguments.extend(["--world", &world, "--journal", &journal]);
        if let Some(model) = &self.model {
            arguments.extend(["--model", model]);
        }
        let mut child = self
            .bench
            .command(&arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        writeln!(child.stdin.take().unwrap(), "{message}").unwrap();
        child
    }

    /// Says it and waits for the end.
    fn say_all(&self, session: &str, message: &str) -> Output {
        let child = self.say(session, message);
        let process = child.id();
        let (done, ended) = std::sync::mpsc::channel();
        std::thread::spawn(move || done.send(child.wait_with_output().unwrap()));
        ended.recv_timeout(PATIENCE).unwrap_or_else(|_| {
            drop(std::process::Command::new("kill").args(["-9", &process.to_string()]).status());
            panic!("bricked: session {session} hangs")
        })
    }

    /// Says it and kills the process: after some event, or at some moment.
    fn say_and_die(&self, random: &mut Random, session: &str, message: &str, whole: Duration) {
        let mut child = self.say(session, message);
        if random.below(2) == 0 {
            let events = usize::try_from(random.below(22)).unwrap();
            let lines = BufReader::new(child.stdout.take().unwrap()).lines();
            lines.take(events).map_while(Result::ok).for_each(drop);
        } else {
            let micros = u64::try_from(whole.as_micros()).unwrap();
            std::thread::sleep(Duration::from_micros(random.below(micros)));
        }
        child.kill().unwrap();
        child.wait().unwrap();
    }

    fn rows(&self, file: &str, sql: &'static str) -> Vec<String> {
        self.runtime.block_on(async {
            let options = SqliteConnectOptions::new().filename(file).busy_timeout(Duration::from_secs(30));
            let mut connection = SqliteConnection::connect_with(&options).await.unwrap();
            sqlx::query_scalar(sql).fetch_all(&mut connection).await.unwrap()
        })
    }

    /// The kind of the last event that the kill left behind.
    fn last_event(&self, session: &str) -> String {
        let nothing = || "nothing".to_owned();
        if !Path::new(&self.journal()).exists() {
            return nothing();
        }
        let tables =
            self.rows(&self.journal(), "SELECT name FROM sqlite_schema WHERE name = 'journal_events'");
        if tables.is_empty() {
            return nothing();
        }
        let last = self.rows(
            &self.journal(),
            "SELECT runs.session || ' ' || json_extract(event, '$.type') FROM journal_events
             JOIN journal_runs AS runs USING (run) ORDER BY runs.rowid DESC, seq DESC LIMIT 1",
        );
        let last = last.first().and_then(|kind| kind.strip_prefix(&format!("{session} ")));
        last.map_or_else(nothing, str::to_owned)
    }

    /// One session: killed a few times, then left to finish, then spoken to once more.
    fn session(&self, tally: &mut Tally, random: &mut Random, whole: Duration) {
        let (session, request) = (format!("s{}", tally.sessions), REQUESTS[tally.sessions % REQUESTS.len()]);
        tally.sessions += 1;
        // The built-in model's window holds one interrupted run and the next message.
        let kills = if self.way.writer == Writer::Script { 1 + random.below(3) } else { 1 };
        for _ in 0..kills {
            self.say_and_die(random, &session, request, whole);
            *tally.kills.entry(self.last_event(&session)).or_default() += 1;
        }
        let output = self.say_all(&session, "Thanks");
        let errors = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success() && !errors.contains("error:"), "bricked: {session}: {errors}");
        let finished = String::from_utf8(output.stdout).unwrap();
        let last =
            finished.lines().last().unwrap_or_else(|| panic!("bricked: {session} says nothing: {errors}"));
        assert!(last.contains("\"type\":\"finished\""), "bricked: {session}: {last}");
    }

    /// Compares what the journal says was done with what the world holds, and gives the number of effects.
    fn check(&self) -> usize {
        let events = self.rows(
            &self.journal(),
            "SELECT json_object('run', run, 'event', json(event)) FROM journal_events ORDER BY run, seq",
        );
        let events: Vec<Value> = events.iter().map(|text| serde_json::from_str(text).unwrap()).collect();
        let mut told: BTreeMap<String, String> = BTreeMap::new();
        let mut tools: BTreeMap<String, String> = BTreeMap::new();
        for row in &events {
            let (run, event) = (row["run"].as_str().unwrap(), &row["event"]);
            for call in event["calls"].as_array().into_iter().flatten() {
                tools.insert(
                    format!("{run}.{}", call["id"].as_str().unwrap()),
                    call["tool"].as_str().unwrap().to_owned(),
                );
            }
            if event["type"] == "call_finished" {
                let key = format!("{run}.{}", event["call"].as_str().unwrap());
                let before = told.insert(key.clone(), event["outcome"].as_str().unwrap().to_owned());
                assert_eq!(before, None, "doubled: {key} has two results");
            }
        }
        let effects = self.rows(&self.world(), "SELECT key FROM effects");
        for key in &effects {
            assert_eq!(
                told.get(key).map(String::as_str),
                Some("succeeded"),
                "lost: {key} took effect and nobody was told"
            );
        }
        let acts = ["book", "pay", "cancel_booking", "refund", "add_event"];
        for (key, outcome) in
            told.iter().filter(|(key, _)| tools.get(*key).is_some_and(|tool| acts.contains(&tool.as_str())))
        {
            assert_ne!(outcome, "unknown", "{key}: the sandbox always knows");
            assert!(
                outcome != "succeeded" || effects.contains(key),
                "lost: {key} was told to have succeeded"
            );
        }
        let count =
            |tool: &str| tools.iter().filter(|(key, of)| *of == tool && effects.contains(key)).count();
        let bookings = self.rows(&self.world(), "SELECT booking FROM bookings");
        assert_eq!(bookings.len(), count("book"), "doubled or lost: bookings and calls that booked");
        let unbalanced = self.rows(
            &self.world(),
            "SELECT name FROM accounts WHERE balance_minor <> (SELECT sum(amount_minor) FROM ledger WHERE account = name)
             UNION ALL SELECT booking FROM bookings AS b WHERE status = 'paid'
               AND total_minor <> -(SELECT sum(amount_minor) FROM ledger WHERE ledger.booking = b.booking)
             UNION ALL SELECT booking FROM bookings AS b WHERE status <> 'paid'
               AND (SELECT coalesce(sum(amount_minor), 0) FROM ledger WHERE ledger.booking = b.booking) <> 0",
        );
        assert!(unbalanced.is_empty(), "unbalanced: {unbalanced:?}");
        let verified = self.bench.run(&["runs", "verify", "--journal", &self.journal()]);
        assert_eq!(verified.code, 0, "{}{}", verified.out, verified.err);
        self.runtime.block_on(self.fold());
        effects.len()
    }

    /// Folds every run anew: each event is what the planner would have asked for there, and what the process that
    /// ended the run had counted is what the fold counts.
    async fn fold(&self) {
        let journal = Arc::new(SqliteJournal::open(self.journal()).await.unwrap());
        let settings = Settings { world: Some(self.world().into()), ..Settings::new(DATE.parse().unwrap()) };
        let tools = Toolbox::new().with_all(Sandbox::open(&settings).await.unwrap().tools()).unwrap();
        let agent = Agent::new(ScriptModel::parse("").unwrap()).toolbox(tools);
        let agent = agent.journal_with(Arc::clone(&journal) as Arc<_>);
        for summary in journal.runs(None).await.unwrap() {
            let run = summary.run;
            let replayed = agent.session_named(summary.session).replay(&run, false).await.unwrap();
            assert_eq!(replayed.difference, None, "{run} folds to another run");
            let events = journal.events(&run).await.unwrap();
            let Some(Event::Finished { usage, .. }) = events.last() else { panic!("{run} has not ended") };
            assert_eq!(Run::replay(run, Earlier::default(), &events).usage(), *usage);
        }
    }
}

/// Kills until it has killed so often, in one world after the other.
fn kill(way: Way, kills: usize, seed: u64) {
    let _alone = CORES.lock().unwrap_or_else(PoisonError::into_inner);
    // The binary stays the same, whatever is built meanwhile.
    let folder = tempfile::TempDir::new().unwrap();
    let binary = folder.path().join("handyman");
    std::fs::copy(env!("CARGO_BIN_EXE_handyman"), &binary).unwrap();
    let (mut tally, mut random) = (Tally::default(), Random(seed));
    while tally.kills() < kills {
        let scene = Scene::new(way, &binary);
        let started = Instant::now();
        let first = scene.say_all("whole", REQUESTS[0]);
        let whole = started.elapsed();
        assert!(first.status.success(), "{}", String::from_utf8_lossy(&first.stderr));
        let world = tally.sessions + SESSIONS_A_WORLD;
        while tally.sessions < world && tally.kills() < kills {
            scene.session(&mut tally, &mut random, whole);
        }
        let effects = scene.check();
        assert!(effects > 0, "a run that nobody kills books");
        tally.effects += effects;
    }
    tally.report(way);
}

fn times(variable: &str, default: usize) -> usize {
    std::env::var(variable).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

#[test]
fn killed_at_random_moments_nothing_is_lost_doubled_bricked_or_unbalanced() {
    let kills = times("HANDYMAN_KILLS", 12);
    for shared in [false, true] {
        kill(Way { writer: Writer::Script, shared }, kills.div_ceil(2), 7 + u64::from(shared));
    }
}

#[cfg(feature = "llama")]
#[test]
fn killed_under_the_built_in_model_nothing_is_lost_doubled_bricked_or_unbalanced() {
    let kills = times("HANDYMAN_KILLS_MODEL", 3);
    kill(Way { writer: Writer::BuiltIn, shared: true }, kills, 11);
}
