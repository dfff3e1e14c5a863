//! Ctrl-C, two processes on one session, and answers that a limit cut off: through the command line.
#![cfg(unix)]

mod support;

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::process::{Child, ChildStdout, Command, Stdio};

use serde_json::{Value, json};
use support::{Bench, DATE};

/// An endpoint that takes requests and never answers; `--model` names it.
fn silent() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || listener.incoming().collect::<Vec<_>>());
    format!("http://127.0.0.1:{port}#m")
}

/// A process that has begun a run whose model never answers, its output, and the run.
fn begun(bench: &Bench, arguments: &[&str]) -> (Child, BufReader<ChildStdout>, String) {
    let model = silent();
    let all = [arguments, &["--model", &model, "--date", DATE, "--json"]].concat();
    let mut command = bench.command(&all);
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    if arguments[0] == "chat" {
        writeln!(child.stdin.as_mut().unwrap(), "hello").unwrap();
    }
    let mut out = BufReader::new(child.stdout.take().unwrap());
    let run = event(&mut out)["run"].as_str().unwrap().to_owned();
    (child, out, run)
}

fn event(out: &mut BufReader<ChildStdout>) -> Value {
    let mut line = String::new();
    out.read_line(&mut line).unwrap();
    serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}"))
}

fn interrupt(child: &Child) {
    assert!(
        Command::new("sh").args(["-c", &format!("kill -INT {}", child.id())]).status().unwrap().success()
    );
}

#[test]
fn an_interrupted_run_is_cancelled_and_says_so() {
    let bench = Bench::new();
    let (mut child, mut out, run) = begun(&bench, &["run", "hello"]);
    interrupt(&child);
    assert_eq!(event(&mut out)["outcome"], "cancelled");
    assert_eq!(child.wait().unwrap().code(), Some(130));
    let listed = bench.run(&["runs", "list"]).out;
    assert!(listed.contains(&run) && listed.contains("cancelled"), "{listed}");
}

#[cfg(feature = "services")]
#[test]
fn pressed_again_nothing_is_waited_for() {
    let bench = Bench::new();
    // A service that never says whether it has booked.
    let service = silent();
    let service = service.trim_end_matches("#m");
    let model = bench.script(&[support::call("book", json!({"id": "G1-1"}))]);
    let arguments = ["book it", "--booking", service, "--approve", "auto", "--model", &model, "--json"];
    let mut command = bench.command(&arguments);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut out = BufReader::new(child.stdout.take().unwrap());
    while event(&mut out)["type"] != "call_started" {}
    interrupt(&child);
    let mut told = String::new();
    BufReader::new(child.stderr.take().unwrap()).read_line(&mut told).unwrap();
    assert!(told.contains("Ctrl-C again leaves at once"), "{told}");
    // It may not have begun to listen again.
    let ended = (0..600).any(|_| {
        interrupt(&child);
        std::thread::sleep(std::time::Duration::from_millis(100));
        child.try_wait().unwrap().is_some()
    });
    assert!(ended, "nobody can leave");
    assert_eq!(child.wait().unwrap().code(), Some(130));
    let listed = bench.run(&["runs", "list"]).out;
    assert!(listed.contains("interrupted"), "the call was not waited for: {listed}");
}

#[test]
fn a_second_process_is_told_that_a_session_is_busy_and_may_when_it_no_longer_is() {
    let bench = Bench::new();
    let (mut child, mut out, run) = begun(&bench, &["chat", "--session", "s"]);
    let script = bench.script(&[json!({"text": "Hello."})]);
    let second = bench.run(&["resume", &run, "--model", &script, "--date", DATE]);
    assert_eq!(second.code, 1, "{}{}", second.out, second.err);
    assert!(second.err.contains("session s is busy: another process is at work on it"), "{}", second.err);
    interrupt(&child);
    assert_eq!(event(&mut out)["outcome"], "cancelled");
    drop(child.stdin.take());
    assert_eq!(child.wait().unwrap().code(), Some(0), "the chat itself goes on until its input ends");
    let mut next = bench.command(&["chat", "--session", "s", "--model", &script, "--date", DATE, "--json"]);
    let mut next = next.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    writeln!(next.stdin.take().unwrap(), "and now?").unwrap();
    let next = support::Ran::from(next.wait_with_output().unwrap());
    assert_eq!(next.events().last().unwrap()["answer"], "Hello.", "{}", next.err);
}

#[test]
fn at_its_prompt_a_chat_ends() {
    let bench = Bench::new();
    let script = bench.script(&[json!({"text": "Hello."})]);
    let mut command = bench.command(&["chat", "--model", &script, "--date", DATE, "--json"]);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    writeln!(child.stdin.as_mut().unwrap(), "hello").unwrap();
    let mut out = BufReader::new(child.stdout.take().unwrap());
    while event(&mut out)["type"] != "finished" {}
    // The input stays open. The process may still be on its way to the prompt.
    let ended = (0..600).any(|_| {
        interrupt(&child);
        std::thread::sleep(std::time::Duration::from_millis(100));
        child.try_wait().unwrap().is_some()
    });
    assert!(ended, "nobody can leave");
}

#[test]
fn an_evaluation_that_is_stopped_before_a_case_has_ended_has_no_share_to_tell() {
    let bench = Bench::new();
    let cases = bench.write("cases.yaml", "- {task: hello, expect: {exactly: true}}").display().to_string();
    let (model, journal) = (silent(), bench.path("kept.db").display().to_string());
    let arguments = ["eval", &cases, "--model", &model, "--journal", &journal, "--date", DATE];
    let mut command = bench.command(&arguments);
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let has_begun = (0..600).any(|_| {
        std::thread::sleep(std::time::Duration::from_millis(100));
        bench.run(&["runs", "list", "--journal", &journal]).out.contains("hello")
    });
    assert!(has_begun, "no case is tried");
    interrupt(&child);
    let ran = support::Ran::from(child.wait_with_output().unwrap());
    assert_eq!((ran.code, ran.out.as_str()), (130, "stopped before a case had ended\n"), "{}", ran.err);
    assert!(ran.err.contains("stopped early, after 0 of 1 case"), "{}", ran.err);
}

#[test]
fn an_answer_that_a_limit_cut_off_is_marked_and_replays() {
    let bench = Bench::new();
    let script = bench.script(&[json!({"text": "It will ra", "stop": "tokens"})]);
    let ran = bench.run(&["run", "Will it rain?", "--model", &script, "--date", DATE]);
    assert_eq!((ran.code, ran.out.trim()), (3, "It will ra"));
    assert!(ran.err.contains("no tokens were left for the reply"), "{}", ran.err);
    assert!(ran.err.contains("the answer is incomplete"), "{}", ran.err);
    let exported = bench.run(&["runs", "export"]).events().remove(0);
    let events = exported["events"].as_array().unwrap();
    assert_eq!(events[1]["stop"], "tokens");
    let finished = json!({"outcome": "limit", "limit": "tokens", "answer": "It will ra"});
    for (name, value) in finished.as_object().unwrap() {
        assert_eq!(events[2][name], *value);
    }
    let run = exported["run"].as_str().unwrap();
    let replayed = bench.run(&["replay", run, "--model", &script, "--date", DATE]);
    assert_eq!((replayed.code, replayed.out.trim()), (0, "3 events the same, 1 reply generated again"));
    let other = bench.write("other.jsonl", "{\"text\": \"It will rain.\"}");
    let other = format!("script:{}", other.display());
    let replayed = bench.run(&["replay", run, "--model", &other, "--date", DATE]);
    assert!(replayed.code == 1 && replayed.err.contains("made by another model"), "{}", replayed.err);
}

#[test]
fn a_journal_that_is_named_has_to_be_there() {
    let bench = Bench::new();
    let missing = bench.path("typo.db");
    let named = missing.to_str().unwrap();
    let looking: [&[&str]; 7] = [
        &["runs", "verify"],
        &["runs", "list"],
        &["runs", "cancel", "r1"],
        &["approvals", "list"],
        &["resume", "r1"],
        &["replay", "r1"],
        &["fork", "r1", "--at", "1"],
    ];
    for arguments in looking {
        let ran = bench.run(&[arguments, &["--journal", named]].concat());
        assert!(ran.code == 2 && ran.err.contains("there is no journal"), "{}{}", ran.out, ran.err);
        assert!(!missing.exists(), "looking makes nothing");
    }
    assert_eq!(bench.run(&["runs", "list"]).code, 0, "nothing was run yet");
}

#[cfg(feature = "services")]
#[test]
fn a_tool_that_takes_longer_than_it_may_is_given_up() {
    let bench = Bench::new();
    // A service that never says which trains there are.
    let service = silent();
    let service = service.trim_end_matches("#m");
    let search = support::call("search_trains", json!({"from": "上海", "to": "北京", "day": "明天"}));
    let model = bench.script(&[search, json!({"text": "That is all."})]);
    let arguments = ["run", "Which trains are there?", "--booking", service, "--tool-time", "1s"];
    let ran = bench.run(&[&arguments[..], &["--model", &model, "--date", DATE, "--json"]].concat());
    let ended = ran.events().into_iter().find(|event| event["type"] == "call_finished").unwrap();
    assert_eq!(ended["outcome"], "failed", "{ended}");
    assert_eq!(ended["result"]["error"], "no answer within 1 s", "{ended}");
    assert_eq!(ran.code, 0, "{}", ran.err);
}
