//! Evaluations: what passes and what does not, what is said of files that cannot be read, and that nothing of one's own is
//! touched.

mod support;

use std::path::Path;

use serde_json::{Value, json};
use support::{Bench, DATE, Ran, call};

/// What `eval` says of these cases.
fn eval(bench: &Bench, cases: &str, model: &str, options: &[&str]) -> Ran {
    let file = bench.write("cases.yaml", cases).display().to_string();
    bench.run(&[&["eval", &file, "--model", model, "--date", DATE][..], options].concat())
}

fn example() -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/evaluation/trips.yaml").display().to_string()
}

const TRIP: &str = "
- name: trip
  task: Book the earliest train from 上海 to 北京 tomorrow
  expect:
    calls:
      - {tool: search_trains, arguments: {from: 上海}}
      - {tool: book}
    exactly: true
    never: [pay]
    answer: {contains: [booked], lacks: [sorry]}
    outcome: answered
- name: thanks
  task: [book it, thanks]
  expect: {calls: [{tool: book}], answer: {contains: [welcome]}}
";

#[test]
fn cases_pass_and_nothing_of_ones_own_is_touched() {
    let bench = Bench::new();
    let model = bench.booking();
    let ran = eval(&bench, TRIP, &model, &[]);
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
    let lines: Vec<&str> = ran.out.lines().collect();
    assert_eq!(lines[..2], ["ok    trip", "ok    thanks"]);
    assert!(
        ran.out.ends_with("2 of 2 cases passed: 100 % (95 % confidence interval 34 to 100 %)\n"),
        "{}",
        ran.out
    );
    let mut files: Vec<String> = std::fs::read_dir(bench.folder())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    files.sort();
    assert_eq!(files, ["cases.yaml", "script.jsonl"], "no world, no journal, no computed tokens");
}

#[test]
fn what_is_not_as_expected_is_told() {
    let bench = Bench::new();
    let model = bench.script(&[
        call("search_trains", json!({"from": "上海", "to": "北京", "day": "明天"})),
        call("book", json!({"id": "{{search_trains.id}}", "people": "1"})),
        json!({"text": "Is there anything else?"}),
    ]);
    let cases = "
- name: party
  task: Book it for three
  expect: {calls: [{tool: book, arguments: {people: 3}}], answer: {contains: [Anything]}}
- name: one
  task: Book it
  expect: {calls: [{tool: book, arguments: {people: 1}}]}
";
    let ran = eval(&bench, cases, &model, &[]);
    assert_eq!(ran.code, 1, "{}", ran.err);
    let lines: Vec<&str> = ran.out.lines().collect();
    assert_eq!(lines[..2], ["FAIL  party: book was called with people 1, wanted 3", "ok    one"]);
    assert!(
        ran.out.ends_with("1 of 2 cases passed: 50 % (95 % confidence interval 9 to 91 %)\n"),
        "{}",
        ran.out
    );
    assert_eq!(eval(&bench, cases, &model, &["--only", "one"]).code, 0);
    let unknown = eval(&bench, cases, &model, &["--only", "two"]);
    assert!(unknown.code == 2 && unknown.err.contains("hint: the cases are: party, one"), "{}", unknown.err);
    let asks = eval(&bench, cases, &model, &["--approve", "ask", "--only", "one"]);
    assert_eq!(asks.code, 1, "{}", asks.out);
    assert!(asks.out.starts_with("FAIL  one: it waits for a person's decision on book(id: "), "{}", asks.out);
}

#[test]
fn every_try_is_printed_for_programs() {
    let bench = Bench::new();
    let model = bench.booking();
    let ran = eval(&bench, TRIP, &model, &["--json", "--tries", "2", "--only", "trip"]);
    assert_eq!((ran.code, ran.err.as_str()), (0, ""));
    let printed = ran.events();
    assert_eq!(printed.len(), 2, "{}", ran.out);
    let case = &printed[0];
    assert_eq!(
        (&case["type"], &case["case"], &case["passed"]),
        (&json!("case"), &json!("trip"), &json!(true))
    );
    let tries = case["tries"].as_array().unwrap();
    assert_eq!(tries.len(), 2);
    for one in tries {
        assert_eq!((&one["unmet"], &one["usage"]["turns"]), (&json!([]), &json!(3)), "{one}");
        assert!(one["ms"].is_u64() && one["runs"][0].is_string(), "{one}");
    }
    let total = &printed[1];
    assert_eq!((&total["type"], &total["passed"], &total["of"]), (&json!("total"), &json!(1), &json!(1)));
    assert_eq!((&total["usage"]["turns"], total["interval"].as_array().unwrap().len()), (&json!(6), 2));
}

#[test]
fn a_file_that_cannot_be_meant_is_refused_before_a_model_is_loaded() {
    let bench = Bench::new();
    let cases = [
        ("- {name: trip, task: x, expect: {cals: []}}", "case 1 (trip): unknown field `cals`"),
        ("- {task: x}", "case 1: `expect` says nothing"),
        ("{\"task\": \"x\", \"expect\": {\"exactly\": true}}\n{", "line 2, column 1: EOF while"),
        ("", "there is no case in "),
        ("# nothing yet\n", "there is no case in "),
        ("- [", "cannot be read: "),
        ("- {name: a, task: x, expect: {never: [wether]}}", "the case 'a' names the tool 'wether'"),
        (
            "- {name: typo, task: x, expect: {calls: [{tool: weather, arguments: {town: Oslo}}]}}",
            "the case 'typo': weather has no argument 'town'; it has city, ",
        ),
    ];
    for (text, problem) in cases {
        let ran = eval(&bench, text, "script:none.jsonl", &[]);
        assert!(ran.code == 2 && ran.err.contains(problem), "{text}: {}", ran.err);
        assert!(ran.err.contains("hint: ") && ran.out.is_empty(), "{text}: {}", ran.err);
    }
    let nowhere = bench.run(&["eval", "nowhere.yaml"]);
    assert!(nowhere.code == 2 && nowhere.err.contains("nowhere.yaml cannot be read"), "{}", nowhere.err);
    let good = "- {task: x, expect: {exactly: true}}";
    let ran = eval(&bench, good, "script:none.jsonl", &["--world", "nowhere.db"]);
    assert!(ran.code == 2 && ran.err.contains("the world nowhere.db cannot be copied"), "{}", ran.err);
    for option in ["--allow", "--ask", "--deny"] {
        let ran = eval(&bench, good, "script:none.jsonl", &[option, "bok"]);
        let problem = format!("{option}: there is no tool 'bok' on offer");
        assert!(ran.code == 2 && ran.err.contains(&problem), "{}", ran.err);
    }
    let (own, same) = (bench.write("own.db", "").display().to_string(), bench.path("./own.db"));
    let same = same.display().to_string();
    let ran = eval(&bench, good, "script:none.jsonl", &["--world", &own, "--journal", &same]);
    assert!(ran.code == 2 && ran.err.contains("--journal and --world name the same file"), "{}", ran.err);
    assert_eq!(std::fs::read(&own).unwrap(), b"", "it is as it was");
}

const CANCEL: &str = "
- task: Cancel my booking
  expect: {calls: [{tool: list_bookings}, {tool: cancel_booking}]}
";

#[test]
fn every_try_begins_in_the_same_world() {
    let bench = Bench::new();
    let booking = bench.booking();
    let booked = bench.run(&["book it", "--model", &booking, "--approve", "auto", "--date", DATE]);
    assert_eq!(booked.code, 0, "{}", booked.err);
    let model = bench.script(&[
        call("list_bookings", json!({})),
        call("cancel_booking", json!({"booking": "{{list_bookings.booking}}"})),
        json!({"text": "Is there anything else?"}),
    ]);
    let world = bench.path("world.db").display().to_string();
    let ran = eval(&bench, CANCEL, &model, &["--world", &world, "--tries", "3"]);
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
    assert!(ran.out.starts_with("ok    Cancel my booking (3 of 3)\n"), "{}", ran.out);
    assert_eq!(bench.select("SELECT status FROM bookings"), json!([{"status": "unpaid"}]));
    // The world in the data folder is nobody's but the person's: without the option there is a new one.
    let fresh = eval(&bench, CANCEL, &model, &[]);
    assert_eq!(fresh.code, 1, "{}", fresh.err);
    assert!(fresh.out.contains(": cancel_booking was called, and failed: "), "{}", fresh.out);
}

#[test]
fn runs_can_be_kept_and_looked_at() {
    let bench = Bench::new();
    let model = bench.script(&[json!({"text": "Is there anything else?"})]);
    let journal = bench.path("kept.db").display().to_string();
    let ran = eval(&bench, CANCEL, &model, &["--journal", &journal]);
    assert_eq!(ran.code, 1, "{}", ran.out);
    let listed = bench.run(&["runs", "list", "--journal", &journal, "--json"]);
    let runs = listed.events();
    assert_eq!(runs.len(), 1, "{}", listed.out);
    let run = runs[0]["run"].as_str().unwrap();
    let hint = format!("handyman runs show {run} --journal {journal}");
    assert!(ran.err.contains(&hint), "{hint}: {}", ran.err);
}

#[cfg(feature = "services")]
#[test]
fn what_stays_is_not_changed_unless_that_is_said() {
    let bench = Bench::new();
    let empty = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:test\r\nEND:VCALENDAR\r\n";
    let path = bench.write("work.ics", empty);
    let calendar = path.display().to_string();
    let event = json!({"title": "Tea with Bo", "day": "tomorrow", "time": "15:00"});
    let model = bench.script(&[call("add_event", event), json!({"text": "Is there anything else?"})]);
    let cases = "
- task: Put Tea with Bo into my calendar, tomorrow 15:00
  expect: {calls: [{tool: add_event}], exactly: true}
";
    let waits = eval(&bench, cases, &model, &["--calendar", &calendar]);
    assert_eq!(waits.code, 1, "{}", waits.out);
    assert!(
        waits.out.contains("it waits for a person's decision on add_event(title: Tea with Bo"),
        "{}",
        waits.out
    );
    assert!(waits.err.contains("· --calendar offers tools that act on real things"), "{}", waits.err);
    assert_eq!(std::fs::read_to_string(&path).unwrap(), empty);
    let allowed = eval(&bench, cases, &model, &["--calendar", &calendar, "--allow", "add_event"]);
    assert_eq!(allowed.code, 0, "{}{}", allowed.out, allowed.err);
    assert!(std::fs::read_to_string(&path).unwrap().contains("Tea with Bo"));
    let own = eval(&bench, cases, &model, &[]);
    assert_eq!((own.code, own.err.as_str()), (0, ""), "the sandbox's calendar is thrown away: {}", own.out);
}

#[test]
fn the_example_is_read() {
    let bench = Bench::new();
    let model = bench.script(&[json!({"text": "Hello."})]);
    let ran = bench.run(&["eval", &example(), "--model", &model, "--date", DATE, "--json"]);
    assert_eq!(ran.code, 1, "{}", ran.err);
    let printed = ran.events();
    let unmet: Vec<&Value> = printed.iter().map(|case| &case["tries"][0]["unmet"][0]["why"]).collect();
    assert_eq!(unmet[0], "weather(city: Berlin, day: Friday) was not called");
    assert_eq!(unmet[2], "it broke off: the script has 1 replies, and reply 2 was asked for");
    assert_eq!(printed[3]["of"], 3);
}

#[cfg(feature = "llama")]
#[test]
fn the_built_in_model_does_the_example() {
    let ran = Bench::new().run(&["eval", &example(), "--date", DATE]);
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
    assert!(ran.out.contains("3 of 3 cases passed"), "{}", ran.out);
}
