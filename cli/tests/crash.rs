//! Kills the process in the middle of a booking, again and again, and resumes: one booking, always.

mod support;

use serde_json::{Value, json};
use support::{Begun, Bench, DATE, kill_in_time};

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

#[test]
fn a_process_killed_between_any_two_events_books_once() {
    kill_in_time(14, |events| {
        let bench = Bench::new();
        let model = trip(&bench);
        let task = ["run", "book it", "--model", &model, "--approve", "auto", "--date", DATE, "--json"];
        let run = Begun::new(&mut bench.command(&task), events).kill();
        let was_unfinished = !bench.has_ended(&run);
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
        was_unfinished
    });
}
