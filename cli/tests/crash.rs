//! Kills the process in the middle of a booking, again and again, and resumes: one booking, always.

mod support;

use std::io::{BufRead, BufReader};
use std::process::Stdio;

use serde_json::{Value, json};
use support::{Bench, DATE};

/// Plays a whole trip; the ids come from the world itself.
fn trip(bench: &Bench) -> String {
    let search = json!({"from": "Shanghai", "to": "Beijing", "day": "tomorrow"});
    let found = bench.run(&["tools", "call", "search_trains", &search.to_string(), "--date", DATE]);
    let train = serde_json::from_str::<Value>(&found.out).unwrap()["trains"][0]["id"].clone();
    bench.script(&[
        json!({"calls": [{"tool": "weather", "arguments": {"city": "Shanghai", "day": "tomorrow"}},
                         {"tool": "search_trains", "arguments": search}]}),
        json!({"calls": [{"tool": "book", "arguments": {"id": train}}]}),
        json!({"text": "Booked."}),
    ])
}

/// Runs and kills the process as soon as it has printed `events` events.
fn killed_after(bench: &Bench, model: &str, events: usize) -> Option<String> {
    let arguments = ["run", "book it", "--model", model, "--approve", "auto", "--date", DATE, "--json"];
    let mut child = bench.command(&arguments).stdout(Stdio::piped()).spawn().unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let seen: Vec<String> = lines.take(events).map_while(Result::ok).collect();
    child.kill().unwrap();
    child.wait().unwrap();
    let first = seen.first()?;
    serde_json::from_str::<Value>(first).ok()?["run"].as_str().map(str::to_owned)
}

#[test]
fn a_process_killed_between_any_two_events_books_once() {
    for events in 1..=14 {
        let bench = Bench::new();
        let model = trip(&bench);
        let run = killed_after(&bench, &model, events).expect("the run had begun");
        let arguments =
            ["resume", run.as_str(), "--model", &model, "--approve", "auto", "--date", DATE, "--json"];
        let resumed = bench.run(&arguments);
        assert_eq!(resumed.code, 0, "killed after {events}: {}", resumed.err);
        let bookings = bench.select("SELECT count(*) AS n FROM bookings");
        assert_eq!(bookings[0]["n"], 1, "killed after {events}: neither lost nor doubled");
        let shown = bench.run(&["runs", "show", &run, "--json"]).events();
        assert_eq!(shown.last().unwrap()["answer"], "Booked.", "killed after {events}");
        assert_eq!(bench.run(&arguments).code, 0, "resuming a finished run changes nothing");
        assert_eq!(bench.select("SELECT count(*) AS n FROM bookings")[0]["n"], 1);
    }
}
