//! Runs the binary as a person would, in a folder of its own.
#![allow(dead_code, reason = "every test file uses another part of it")]

use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Lines, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Output, Stdio};

use serde_json::{Value, json};
use tempfile::TempDir;

#[cfg(feature = "services")]
pub(crate) mod served;

/// A folder with a journal and a world, and the binary that works on them.
#[derive(Debug)]
pub(crate) struct Bench {
    folder: TempDir,
    binary: PathBuf,
}

impl Bench {
    pub(crate) fn new() -> Self {
        Self::of(PathBuf::from(env!("CARGO_BIN_EXE_handyman")))
    }

    /// One in which this binary works.
    pub(crate) fn of(binary: PathBuf) -> Self {
        Self { folder: TempDir::new().unwrap(), binary }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes a file into the folder and returns where it is.
    pub(crate) fn write(&self, name: &str, content: &str) -> PathBuf {
        let path = self.path(name);
        std::fs::write(&path, content).unwrap();
        path
    }

    /// A `--model` argument that plays these replies, one JSON object a line.
    pub(crate) fn script(&self, replies: &[Value]) -> String {
        let lines: Vec<String> = replies.iter().map(Value::to_string).collect();
        format!("script:{}", self.write("script.jsonl", &lines.join("\n")).display())
    }

    /// The binary with its data in this folder and nothing on standard input. Of the environment it gets neither
    /// keys nor options of the person who runs the tests, nor a proxy: services of tests are on this machine.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.binary);
        for (name, _) in std::env::vars_os().filter(|(name, _)| is_personal(name)) {
            command.env_remove(name);
        }
        command.args(arguments).env("HANDYMAN_HOME", self.folder.path()).stdin(Stdio::null());
        command.env("NO_PROXY", "localhost,127.0.0.1,::1");
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Ran {
        Ran::from(self.command(arguments).output().unwrap())
    }

    /// `handyman chat` with these options and this input, no terminal.
    pub(crate) fn chat(&self, options: &[&str], input: impl AsRef<[u8]>) -> Ran {
        let mut child = self
            .command(&[&["chat", "--date", DATE], options].concat())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(input.as_ref()).unwrap();
        Ran::from(child.wait_with_output().unwrap())
    }

    /// What the database holds: rows of one SELECT, through the product's own tool.
    pub(crate) fn select(&self, sql: &str) -> Value {
        let arguments = json!({"select": sql}).to_string();
        let ran = self.run(&["tools", "call", "run_sql", &arguments, "--date", DATE]);
        assert_eq!(ran.code, 0, "{}", ran.out);
        serde_json::from_str::<Value>(&ran.out).unwrap()["rows"].clone()
    }

    /// A model that finds a train, books it, says so (what a script does not know stays as it is), and is thanked.
    pub(crate) fn booking(&self) -> String {
        self.script(&[
            call("search_trains", json!({"from": "上海", "to": "北京", "day": "明天"})),
            call("book", json!({"id": "{{search_trains.id}}"})),
            json!({"text": "Booked {{x}}."}),
            json!({"text": "You are welcome."}),
        ])
    }

    /// How many bookings there are.
    pub(crate) fn bookings(&self) -> Value {
        self.select("SELECT count(*) AS n FROM bookings")[0]["n"].clone()
    }

    /// Whether the journal says that this run has ended.
    pub(crate) fn has_ended(&self, run: &str) -> bool {
        let shown = self.run(&["runs", "show", run, "--json"]);
        assert_eq!(shown.code, 0, "{}", shown.err);
        shown.events().last().unwrap()["type"] == "finished"
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }
}

/// A run in a process of its own, which can be killed.
#[derive(Debug)]
pub(crate) struct Begun {
    child: Child,
    /// Kept open: a process whose output nobody can read ends by itself.
    output: Lines<BufReader<ChildStdout>>,
    run: String,
}

impl Begun {
    /// Begins a run with `--json` and waits until it has printed so many events, or has ended.
    pub(crate) fn new(command: &mut Command, events: usize) -> Self {
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut output = BufReader::new(child.stdout.take().unwrap()).lines();
        let seen: Vec<String> = output.by_ref().take(events).map_while(Result::ok).collect();
        let first: Value = serde_json::from_str(seen.first().expect("the run had begun")).unwrap();
        Self { child, output, run: first["run"].as_str().unwrap().to_owned() }
    }

    /// Kills the process and gives the run.
    pub(crate) fn kill(mut self) -> String {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        self.run
    }
}

/// Kills run after run, each after one event more. `kill` is told after how many, and says whether the run had not
/// ended then: a kill that comes too late tests nothing, so it goes round until half of a round came in time.
pub(crate) fn kill_in_time(events: usize, mut kill: impl FnMut(usize) -> bool) {
    const ROUNDS: usize = 10;
    let mut in_time = 0;
    for _ in 0..ROUNDS {
        in_time += (1..=events).filter(|&after| kill(after)).count();
        if in_time >= events / 2 {
            return;
        }
    }
    panic!("of {} kills only {in_time} came before the run had ended", ROUNDS * events);
}

/// Whether a variable says what the binary is to do, for the person who has set it.
fn is_personal(variable: &OsStr) -> bool {
    let name = variable.to_string_lossy();
    let prefixes = ["HANDYMAN_", "OPENAI_", "HF_"];
    prefixes.iter().any(|prefix| name.starts_with(prefix)) || name.to_lowercase().ends_with("_proxy")
}

/// A scripted reply that calls one tool.
pub(crate) fn call(tool: &str, arguments: Value) -> Value {
    json!({"calls": [{"tool": tool, "arguments": arguments}]})
}

/// The date all tests run on.
pub(crate) const DATE: &str = "2026-11-23";

/// What the binary printed and how it ended.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl From<Output> for Ran {
    fn from(output: Output) -> Self {
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        Self { code: output.status.code().unwrap_or(-1), out: text(output.stdout), err: text(output.stderr) }
    }
}

impl Ran {
    /// The events of a `--json` run.
    pub(crate) fn events(&self) -> Vec<Value> {
        self.out
            .lines()
            .map(|line| serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {line}")))
            .collect()
    }
}
