//! Workflows as files: checked, followed, decided on by a person, resumed, and told where they are wrong.

mod support;

use std::path::Path;

use serde_json::json;
use support::{Bench, DATE, call};

fn example(name: &str) -> String {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/workflows").join(name);
    file.display().to_string()
}

const TRIP: [&str; 4] = ["--input", "from=上海", "--input", "to=Beijing"];

#[test]
fn the_trip_is_booked_and_paid_without_a_model() {
    let bench = Bench::new();
    let model = bench.script(&[]);
    let file = example("trip.yaml");
    let run = ["workflow", "run", &file, "--model", &model, "--approve", "auto", "--date", DATE];
    let ran = bench.run(&[&run[..], &TRIP].concat());
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert!(ran.out.contains("is booked (HM") && ran.out.contains("and paid."), "{}", ran.out);
    assert_eq!(bench.bookings(), 1);
    let none = bench.run(&[&run[..], &TRIP, &["-i", "latest=00:30"]].concat());
    assert!(
        none.out.contains("Nothing was booked: none leaves between 00:00 and 00:30"),
        "{} {}",
        none.out,
        none.err
    );
    assert_eq!(bench.bookings(), 1);
}

#[test]
fn a_person_decides_on_each_effect_and_the_workflow_goes_on_as_it_was() {
    let bench = Bench::new();
    let model = bench.script(&[]);
    let file = bench.write("trip.yaml", &std::fs::read_to_string(example("trip.yaml")).unwrap());
    let file = file.display().to_string();
    let ran = bench
        .run(&[&["workflow", "run", &file, "--model", &model, "--date", DATE, "--json"][..], &TRIP].concat());
    assert_eq!(ran.code, 3, "{}", ran.err);
    let run = ran.events()[0]["run"].as_str().unwrap().to_owned();
    // What it was when it began is in the journal.
    std::fs::remove_file(&file).unwrap();
    for waits in [true, false] {
        assert_eq!(bench.run(&["approvals", "allow", &run]).code, 0);
        let resumed = bench.run(&["resume", &run, "--model", &model, "--date", DATE]);
        assert_eq!(resumed.code, if waits { 3 } else { 0 }, "{}", resumed.err);
    }
    assert_eq!(bench.select("SELECT status FROM bookings"), json!([{"status": "paid"}]));
    let shown = bench.run(&["runs", "show", &run]);
    assert!(shown.out.contains("id ← search_trains (c2)"), "{}", shown.out);
    assert_eq!(shown.out.lines().next(), Some("2026-11-23 09:00"), "no model has a part in it");
    assert_eq!(bench.run(&["replay", &run, "--without-model", "--model", &model, "--date", DATE]).code, 0);
    let replayed = bench.run(&["replay", &run, "--date", DATE]);
    assert_eq!((replayed.code, replayed.err.as_str()), (0, ""), "no model is loaded: {}", replayed.out);
}

#[test]
fn what_the_model_said_to_a_step_is_shown_afterwards() {
    let bench = Bench::new();
    let model = bench.script(&[json!({"text": "Yes, it is."})]);
    let steps = "steps: [{name: advice, ask: \"Is an umbrella\\nenough?\"}]";
    let text = format!("name: w\n{steps}\nanswer: \"Advice: {{{{ advice }}}}\"\n");
    let file = bench.write("w.yaml", &text).display().to_string();
    let ran = bench.run(&["workflow", "run", &file, "--model", &model, "--date", DATE, "--json"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    let shown = bench.run(&["runs", "show", ran.events()[0]["run"].as_str().unwrap()]);
    let step = "· step advice: the model is asked\n  Is an umbrella\n  enough?\nYes, it is.\n";
    assert!(shown.out.contains(step) && shown.out.contains("\nAdvice: Yes, it is.\n"), "{}", shown.out);
    assert_eq!(shown.err, "", "all of it is the command's output");
}

#[test]
fn one_call_for_each_and_a_step_that_the_model_does() {
    let bench = Bench::new();
    let entry = json!({"title": "Pack", "day": "tomorrow", "time": "09:00"});
    let model = bench.script(&[call("add_event", entry), json!({"text": "It is in your calendar."})]);
    let file = example("cities.yaml");
    let inputs = ["--input", r#"cities=["Oslo", "Madrid", "Nowhere"]"#, "--input", "title=Pack"];
    let run = ["workflow", "run", &file, "--model", &model, "--approve", "auto", "--date", DATE];
    let failed = bench.run(&[&run[..], &inputs].concat());
    assert_eq!(failed.code, 1, "{}", failed.err);
    assert!(failed.out.contains("The step forecasts failed: weather (c3) failed"), "{}", failed.out);
    let inputs = ["--input", r#"cities=["Oslo", "Madrid"]"#, "--input", "title=Pack"];
    let ran = bench.run(&[&run[..], &inputs].concat());
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert!(ran.out.contains("Oslo: ") && ran.out.contains("Madrid: "), "{}", ran.out);
}

#[test]
fn a_workflow_is_shown_and_its_mistakes_are_told() {
    let bench = Bench::new();
    let file = example("trip.yaml");
    let shown = bench.run(&["workflow", "check", &file]);
    assert_eq!(shown.code, 0, "{}", shown.err);
    for says in [
        "input from  Where the trip begins",
        "input day  When (default: tomorrow)",
        "booking: book(",
        "[once] if not trains.error",
    ] {
        assert!(shown.out.contains(says), "{says} in {}", shown.out);
    }
    let told = |text: &str, says: &str| {
        let file = bench.write("w.yaml", text).display().to_string();
        let ran = bench.run(&["workflow", "check", &file]);
        assert_eq!(ran.code, 2, "{}", ran.out);
        assert!(ran.err.contains(says), "{says} in {}", ran.err);
    };
    told("name: w\nsteps: [{name: a, call: wether}]", "there is no tool 'wether'");
    told("name: w\nsteps: [{name: a, call: weather}]", "the argument 'city' is missing");
    told("name: w\nsteps: [{name: a, call: weather, with: {city: x, unit: kelvin}}]", "the argument 'unit'");
    told("name: w\nsteps: [{name: a, ask: \"{{ b }}\"}]", "uses `b`, which is no input and no earlier step");
    told("name: w\nsteps: [", "cannot be read");
    told("trip", "it is not a mapping with `name` and `steps`");
    let missing = bench.run(&["workflow", "run", &file]);
    assert_eq!(missing.code, 2);
    assert!(missing.err.contains("the input 'from' (Where the trip begins) is missing"), "{}", missing.err);
    let hint = "hint: give them with --input from=VALUE --input to=VALUE\n";
    assert!(missing.err.ends_with(hint), "{}", missing.err);
    let missing = bench.run(&["workflow", "run", &file, "--input", "from=上海"]);
    assert!(missing.err.ends_with("hint: give it with --input to=VALUE\n"), "{}", missing.err);
    let nowhere = bench.run(&["workflow", "run", "nowhere.yaml"]);
    assert!(nowhere.code == 2 && nowhere.err.contains("nowhere.yaml"), "{}", nowhere.err);
}
