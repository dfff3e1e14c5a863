//! What the journal holds, through the command line: listing it, ending runs, and output that cannot be written.

mod support;

use std::io::{BufRead, BufReader};
use std::process::Stdio;

use serde_json::{Value, json};
use support::{Bench, DATE};

/// The run that these arguments begin.
fn begun(bench: &Bench, arguments: &[&str]) -> String {
    let ran = bench.run(&[arguments, &["--date", DATE, "--json"]].concat());
    ran.events()[0]["run"].as_str().unwrap().to_owned()
}

#[test]
fn a_run_takes_one_line_of_the_list() {
    let bench = Bench::new();
    let model = bench.script(&[json!({"text": "Hello."})]);
    let pasted = "a line that was pasted\n".repeat(3000);
    let long = begun(&bench, &[&pasted, "--model", &model]);
    let short = begun(&bench, &["hi", "--model", &model]);
    let listed = bench.run(&["runs", "list"]);
    let lines: Vec<&str> = listed.out.lines().collect();
    assert_eq!(lines.len(), 2, "{}", listed.out);
    assert_eq!(lines[0].chars().count(), 100, "{}", lines[0]);
    assert!(lines[0].starts_with(&long) && lines[0].ends_with('…'), "{}", lines[0]);
    assert!(lines[0].contains("  a line that was pasted a line"), "{}", lines[0]);

    let whole = bench.run(&["runs", "list", "--json"]).events();
    assert_eq!((whole.len(), &whole[0]["message"]), (2, &json!(pasted)), "a program is told all of it");
    let session = whole[1]["session"].as_str().unwrap();
    let last = bench.run(&["runs", "list", "--last", "1"]).out;
    let begins = format!("{short}  {DATE} ");
    assert!(
        last.starts_with(&begins) && last.ends_with(&format!("  answered     {session:<9}  hi\n")),
        "{last}"
    );
    assert_eq!(last.lines().count(), 1, "{last}");
    assert_eq!(bench.run(&["runs", "list", "--last", "9"]).out, listed.out);
    assert_eq!(bench.run(&["runs", "list", "--last", "1", "--json"]).events(), whole[1..]);
    assert_eq!(bench.run(&["runs", "list", "--last", "0"]).code, 2);
}

#[test]
fn a_run_that_waits_is_ended_without_a_model() {
    let bench = Bench::new();
    let run = begun(&bench, &["book it", "--model", &bench.booking()]);
    assert!(bench.run(&["approvals", "list"]).out.starts_with(&run));
    std::fs::remove_file(bench.path("script.jsonl")).unwrap();
    for time in ["first", "second"] {
        let ended = bench.run(&["runs", "cancel", &run, "--date", DATE]);
        assert_eq!((ended.code, ended.out), (0, format!("run {run}: cancelled\n")), "{time}: {}", ended.err);
    }
    assert_eq!(bench.run(&["approvals", "list"]).out, "", "nobody is asked any more");
    assert!(bench.run(&["runs", "list"]).out.contains("  cancelled  "));
    assert_eq!(bench.bookings(), 0);
}

#[test]
fn several_are_ended_and_one_that_has_ended_stays_as_it_is() {
    let bench = Bench::new();
    let model = bench.script(&[json!({"text": "Hello."})]);
    let answered = begun(&bench, &["hi", "--model", &model]);
    let before = bench.run(&["runs", "export"]).out;
    let ran = bench.run(&["runs", "cancel", "r0", &answered, "--date", DATE]);
    assert_eq!(ran.out, format!("run {answered}: has ended already (answered)\n"));
    assert!(ran.code == 2 && ran.err.contains("there is no run r0"), "{} {}", ran.code, ran.err);
    assert_eq!(bench.run(&["runs", "export"]).out, before);
    assert_eq!(bench.run(&["runs", "cancel"]).code, 2, "which one?");
}

#[test]
fn what_an_interrupted_run_has_done_is_known_when_it_is_ended() {
    // From the decision to book until the booking is recorded.
    for events in 7..=9 {
        let bench = Bench::new();
        let model = bench.booking();
        let arguments = ["book it", "--model", &model, "--approve", "auto", "--date", DATE, "--json"];
        let mut child = bench.command(&arguments).stdout(Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let seen: Vec<String> = lines.take(events).map_while(Result::ok).collect();
        child.kill().unwrap();
        child.wait().unwrap();
        let run = serde_json::from_str::<Value>(&seen[0]).unwrap()["run"].as_str().unwrap().to_owned();
        let ended = bench.run(&["runs", "cancel", &run, "--date", DATE]);
        assert_eq!(ended.code, 0, "killed after {events}: {}", ended.err);
        assert!(ended.out.starts_with(&format!("run {run}: ")), "{}", ended.out);
        let told = bench.run(&["runs", "show", &run, "--json"]).events();
        assert_eq!(told.last().unwrap()["type"], "finished", "killed after {events}");
        let booked = told.iter().any(|event| !event["result"]["booking"].is_null());
        assert_eq!(bench.bookings(), u64::from(booked), "killed after {events}: what was done is recorded");
    }
}

#[test]
fn a_recorded_run_is_shown_whole_on_standard_output() {
    let bench = Bench::new();
    let sum = json!({"tool": "calculate", "arguments": {"expression": "6 * 7"}});
    let model = bench.script(&[json!({"text": "I reckon.", "calls": [sum]}), json!({"text": "It is 42."})]);
    let run = begun(&bench, &["Reckon:\n6 * 7", "--model", &model]);
    let shown = bench.run(&["runs", "show", &run]);
    assert_eq!((shown.code, shown.err.as_str()), (0, ""));
    let begins = format!("{DATE} 09:00 · script\n» Reckon:\n  6 * 7\n· run {run}\nI reckon.\n");
    assert!(shown.out.starts_with(&begins), "{}", shown.out);
    assert!(shown.out.contains("\n→ calculate(expression: 6 * 7)\n← calculate: {"), "{}", shown.out);
    assert_eq!(shown.out.matches("It is 42.\n").count(), 1, "{}", shown.out);
    assert!(shown.out.lines().last().unwrap().starts_with("· 2 turns · 1 call · "), "{}", shown.out);
}

#[test]
fn a_fault_in_the_middle_of_a_run_says_how_it_goes_on() {
    let bench = Bench::new();
    let sum = support::call("calculate", json!({"expression": "6 * 7"}));
    let model = bench.script(std::slice::from_ref(&sum));
    let options = ["--model", model.as_str(), "--date", DATE];
    let interrupted = |ran: &support::Ran| {
        assert!(ran.code == 1 && ran.err.contains("reply 2 was asked for"), "{} {}", ran.code, ran.err);
        let last = bench.run(&["runs", "list", "--last", "1", "--json"]).events();
        let run = last[0]["run"].as_str().unwrap().to_owned();
        let note = format!("· the run was interrupted; go on with: handyman resume {run} --model {model} ");
        assert!(ran.err.contains(&note), "{note} in {}", ran.err);
        run
    };
    let run = interrupted(&bench.run(&[&["6 * 7?"][..], &options].concat()));
    interrupted(&bench.run(&[&["6 * 7?"][..], &options, &["--json"]].concat()));
    let flow = "name: w\nsteps: [{name: a, do: \"6 * 7?\"}]";
    let flow = bench.write("w.yaml", flow).display().to_string();
    interrupted(&bench.run(&[&["workflow", "run", &flow][..], &options].concat()));
    let mut talk = bench.command(&[&["chat"][..], &options].concat());
    talk.stdin(std::fs::File::open(bench.write("typed.txt", "6 * 7?\n")).unwrap());
    interrupted(&support::Ran::from(talk.output().unwrap()));
    // Nothing has begun, so nothing goes on.
    let empty = bench.run(&[&["run", " "][..], &options].concat());
    assert!(empty.code == 2 && !empty.err.contains("interrupted"), "{}", empty.err);
    bench.script(&[sum, json!({"text": "It is 42."})]);
    let resumed = bench.run(&[&["resume", run.as_str()][..], &options].concat());
    assert_eq!((resumed.code, resumed.out.as_str()), (0, "It is 42.\n"), "{}", resumed.err);
}

#[cfg(target_os = "linux")]
#[test]
fn an_error_that_cannot_be_told_is_one_all_the_same() {
    let bench = Bench::new();
    let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
    let status = bench.command(&["runs", "show", "r0"]).stderr(full).status().unwrap();
    assert_eq!(status.code(), Some(2));
}

#[cfg(target_os = "linux")]
#[test]
fn output_that_cannot_be_written_is_an_error() {
    let bench = Bench::new();
    let model = bench.script(&[json!({"text": "Hello."})]);
    begun(&bench, &["hi", "--model", &model]);
    let asked = ["hi", "--model", &model, "--date", DATE];
    let cases: [&[&str]; 4] =
        [&["runs", "export"], &["runs", "list"], &asked, &[&asked[..], &["--json"]].concat()];
    for arguments in cases {
        let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
        let mut command = bench.command(arguments);
        let ran = support::Ran::from(command.stdout(full).stderr(Stdio::piped()).output().unwrap());
        assert_eq!(ran.code, 1, "{arguments:?}: {}", ran.err);
        assert!(ran.err.contains("error: the output could not be written: "), "{arguments:?}: {}", ran.err);
        assert!(ran.err.contains("hint: "), "{arguments:?}: {}", ran.err);
    }
    let ran = bench.run(&["runs", "list"]);
    assert_eq!(ran.out.matches("  answered  ").count(), 3, "the runs themselves went well: {}", ran.out);
}

#[cfg(unix)]
#[test]
fn a_reader_that_has_gone_away_is_no_error() {
    let bench = Bench::new();
    let model = bench.script(&[json!({"text": "Hello."})]);
    begun(&bench, &["hi", "--model", &model]);
    for command in ["list", "export"] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let output = bench.command(&["runs", command]).stdout(writer).stderr(Stdio::piped()).output();
        let ran = support::Ran::from(output.unwrap());
        assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{command}");
    }
}
