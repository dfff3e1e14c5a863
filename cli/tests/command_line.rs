//! The command line as a person meets it: what is printed, what is kept, how errors help.

mod support;

use serde_json::{Value, json};
use support::{Bench, DATE, call};

/// The trains from Shanghai to Beijing tomorrow, earliest first.
fn trains(bench: &Bench) -> Vec<Value> {
    let arguments = json!({"from": "上海", "to": "北京", "day": "明天"}).to_string();
    let ran = bench.run(&["tools", "call", "search_trains", &arguments, "--date", DATE]);
    serde_json::from_str::<Value>(&ran.out).unwrap()["trains"].as_array().unwrap().clone()
}

#[test]
fn a_scripted_trip_goes_through_policy_journal_and_tools() {
    let bench = Bench::new();
    let train = trains(&bench)[0]["id"].clone();
    let model = bench.script(&[
        json!({"calls": [
            {"tool": "weather", "arguments": {"city": "上海", "day": "明天"}},
            {"tool": "search_trains", "arguments": {"from": "上海", "to": "北京", "day": "明天"}}]}),
        call("book", json!({"id": train})),
        json!({"text": "订好了。"}),
    ]);
    let ran =
        bench.run(&["run", "帮我订票", "--model", &model, "--approve", "auto", "--date", DATE, "--json"]);
    assert_eq!((ran.code, ran.err.as_str()), (0, ""));
    let events = ran.events();
    let kinds: Vec<&str> = events.iter().map(|event| event["type"].as_str().unwrap()).collect();
    let expected = [
        "started",
        "model_replied",
        "call_decided",
        "call_decided",
        "call_started",
        "call_started",
        "call_finished",
        "call_finished",
        "model_replied",
        "call_decided",
        "call_started",
        "call_finished",
        "model_replied",
        "finished",
    ];
    assert_eq!(kinds, expected);
    assert_eq!(events[6]["result"]["date"], "2026-11-24", "the tool says what 明天 became");
    assert_eq!(events[11]["outcome"], "succeeded");
    assert_eq!(events[13]["answer"], "订好了。");
    let run = events[0]["run"].as_str().unwrap();
    assert_eq!(events[4]["key"], format!("{run}.c1"));

    let shown = bench.run(&["runs", "show", run, "--json"]);
    assert_eq!(shown.events(), events, "the journal holds what was printed");
    let listed = bench.run(&["runs", "list"]);
    assert!(listed.out.contains(run) && listed.out.contains("answered") && listed.out.contains("帮我订票"));
    assert_eq!(bench.select("SELECT count(*) AS n FROM bookings")[0]["n"], 1);
}

#[test]
fn a_person_sees_calls_results_answer_and_usage() {
    let bench = Bench::new();
    let model =
        bench.script(&[call("calculate", json!({"expression": "6 * 7"})), json!({"text": "It is 42."})]);
    let ran = bench.run(&["What is six times seven?", "--model", &model, "--date", DATE]);
    assert_eq!(ran.code, 0);
    assert_eq!(ran.out, "It is 42.\n", "the answer alone is what a program reads, once");
    let steps: Vec<&str> = ran.err.lines().filter(|line| !line.starts_with('·')).collect();
    assert_eq!(steps[0], "→ calculate(expression: 6 * 7)");
    assert!(steps[1].starts_with("← calculate: {") && steps[1].contains("42"), "{}", steps[1]);
    assert!(ran.err.contains("2 turns · 1 call · tokens: 0 prefilled"), "{}", ran.err);
}

#[test]
fn a_call_that_never_began_is_shown_with_its_arguments() {
    let bench = Bench::new();
    let model = bench.script(&[
        call("book", json!({"id": "G0000-0000", "people": 6})),
        call("fly", json!({"to": "Rome"})),
        json!({"text": "That cannot be done."}),
    ]);
    let ran = bench.run(&["book it", "--model", &model, "--date", DATE]);
    let steps: Vec<&str> = ran.err.lines().filter(|line| !line.starts_with('·')).collect();
    assert!(steps[0].starts_with("✗ book(id: G0000-0000, people: 6): {"), "{}", ran.err);
    assert!(steps[1].starts_with("✗ fly(to: Rome): {"), "{}", ran.err);
    assert_eq!((steps.len(), ran.code), (2, 0), "{}", ran.err);
}

#[test]
fn a_task_can_be_piped_in() {
    let bench = Bench::new();
    let model = bench.script(&[json!({"text": "Hello."})]);
    let task = std::fs::File::open(bench.write("task.txt", "Say hello.\n")).unwrap();
    let output = bench.command(&["-", "--model", &model, "--date", DATE]).stdin(task).output().unwrap();
    assert_eq!(String::from_utf8(output.stdout).unwrap(), "Hello.\n");
    assert!(bench.run(&["runs", "list"]).out.contains("Say hello."));
}

#[test]
fn mistakes_are_told_with_what_to_do() {
    let bench = Bench::new();
    let garbage = bench.write("garbage.gguf", "this is not a model");
    let garbage = garbage.to_str().unwrap();
    let answer = bench.script(&[json!({"text": "Hello."})]);
    let cases: &[(&[&str], i32, &str, &str)] = &[
        (&["run", " ", "--model", &answer], 2, "the request is empty", "say in a sentence"),
        (&["docter"], 2, "no command 'docter'", "handyman doctor; as a task: handyman run docter"),
        (&["--journal", "d.db", "doctor"], 2, "before its options", "handyman doctor --journal d.db"),
        (&["--json", "runs", "list"], 2, "'runs' has to stand before", "handyman runs"),
        (
            &["tool", "list"],
            2,
            "there is no command 'tool'",
            "mean: handyman tools list; as a task: handyman \"tool list\"",
        ),
        (&["approval", "list", "--json"], 2, "no command 'approval'", "handyman approvals list --json; as"),
        (&["help", "tool"], 2, "no command 'tool'", "handyman help tools; as a task: handyman \"help tool\""),
        (&["help", "nope"], 2, "there is no command 'nope'", "handyman --help lists them"),
        (&["list"], 2, "no command 'list'", "handyman model list; as a task: handyman run list"),
        (&["weather", "in", "paris"], 2, "has to be one argument", "handyman \"weather in paris\""),
        (
            &["run", "x", "--model", "script:none.jsonl"],
            2,
            "none.jsonl",
            "name a file that is there, with one JSON",
        ),
        (&["run", "x", "--model", &answer, "--tools", "wether"], 2, "there is no tool 'wether'", "weather"),
        (
            &["run", "x", "--model", &answer, "--journal", "/proc/none/journal.db"],
            1,
            "/proc/none",
            "--journal",
        ),
        (&["run", "x", "--model", &answer, "--journal", garbage], 1, "garbage.gguf", "damaged"),
        (&["resume", "r0", "--model", &answer], 2, "there is no run r0", "`handyman runs list` lists"),
        (&["runs", "show", "r0"], 2, "there is no run r0", "runs list"),
        (&["tools", "call", "weather", "{city}"], 2, "not a JSON object", "handyman tools call weather"),
        #[cfg(feature = "llama")]
        (
            &["run", "x", "--model", "no/such.gguf"],
            2,
            "no file no/such.gguf",
            "or a model that `handyman model list` shows",
        ),
        #[cfg(feature = "llama")]
        (&["run", "x", "--model", "nope"], 2, "there is no model 'nope'", "handyman model list"),
        #[cfg(feature = "services")]
        (
            &["run", "x", "--model", &answer, "--openapi", "no.yaml"],
            2,
            "--openapi: no.yaml cannot be",
            "file",
        ),
        #[cfg(feature = "services")]
        (&["run", "x", "--model", &answer, "--mcp", "false"], 1, "false ended before it answered", ""),
        #[cfg(feature = "llama")]
        (&["run", "x", "--model", garbage], 1, "garbage.gguf", ""),
    ];
    for (arguments, code, message, hint) in cases {
        let ran = bench.run(arguments);
        assert_eq!(ran.code, *code, "{arguments:?}: {}", ran.err);
        assert!(ran.err.starts_with("error: ") && ran.err.contains(message), "{arguments:?}: {}", ran.err);
        assert!(ran.err.contains("hint: ") && ran.err.contains(hint), "{arguments:?}: {}", ran.err);
        assert!(ran.out.is_empty(), "{arguments:?}: {}", ran.out);
    }
}

#[cfg(feature = "llama")]
#[test]
fn a_model_that_cannot_be_loaded_leaves_no_journal() {
    let bench = Bench::new();
    let garbage = bench.write("garbage.gguf", "this is not a model");
    let journal = bench.path("new.db");
    let ran = bench.run(&[
        "run",
        "x",
        "--model",
        garbage.to_str().unwrap(),
        "--journal",
        journal.to_str().unwrap(),
    ]);
    assert_eq!(ran.code, 1, "{}", ran.err);
    assert!(!journal.exists());
}

#[test]
fn tool_mistakes_say_what_would_be_right() {
    let bench = Bench::new();
    let cases = [
        ("weather", json!({"city": "Shanghi"}), "Shanghai"),
        ("weather", json!({"city": "上海", "day": "yesterday"}), "past"),
        ("weather", json!({"town": "上海"}), "town"),
        ("book", json!({"id": "G0000-0000"}), "G0000-0000"),
        ("run_sql", json!({"select": "DELETE FROM bookings"}), "SELECT"),
    ];
    for (tool, arguments, word) in cases {
        let ran = bench.run(&["tools", "call", tool, &arguments.to_string(), "--date", DATE]);
        assert_eq!(ran.code, 1, "{tool}: {}", ran.out);
        let error = serde_json::from_str::<Value>(&ran.out).unwrap()["error"].as_str().unwrap().to_owned();
        assert!(error.contains(word), "{tool}: {error}");
    }
}

/// The root of the workspace, which is also the folder of the handyman crate.
const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

/// What `tools new` says in the bench's folder.
fn new_tool(bench: &Bench, arguments: &[&str]) -> support::Ran {
    let arguments = [&["tools", "new"], arguments].concat();
    support::Ran::from(bench.command(&arguments).current_dir(bench.folder()).output().unwrap())
}

#[test]
fn a_new_tool_is_the_example_under_its_own_name() {
    let bench = Bench::new();
    let ran = new_tool(&bench, &["parcel_status", "--handyman", ROOT]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    let source = std::fs::read_to_string(bench.path("parcel_status/src/main.rs")).unwrap();
    let example = std::fs::read_to_string(format!("{ROOT}/examples/new_tool/src/main.rs")).unwrap();
    assert_eq!(source.replace("parcel_status", "greet"), example, "what the workspace builds and tests");
    assert!(source.contains("#[tokio::test]"), "{source}");
    let package = |manifest: &std::path::Path| {
        let read = std::process::Command::new(env!("CARGO"))
            .args(["metadata", "--no-deps", "--offline", "--format-version=1", "--manifest-path"])
            .arg(manifest)
            .output()
            .unwrap();
        assert!(read.status.success(), "{}", String::from_utf8_lossy(&read.stderr));
        let packages = serde_json::from_slice::<Value>(&read.stdout).unwrap()["packages"].clone();
        let named = |name: &str| packages.as_array().unwrap().iter().find(|p| p["name"] == name).cloned();
        named("parcel-status").or_else(|| named("greet")).unwrap()
    };
    let written = package(&bench.path("parcel_status/Cargo.toml"));
    let built = package(format!("{ROOT}/examples/new_tool/Cargo.toml").as_ref());
    assert_eq!((&written["edition"], &written["features"]), (&built["edition"], &built["features"]));
    // But for the place, and for the engine: the workspace's own package has that, and so the example beside it.
    let same = |of: &Value| -> Vec<Value> {
        let mut all = of["dependencies"].as_array().unwrap().clone();
        for dependency in all.iter_mut().filter(|dependency| dependency["name"] == "handyman") {
            dependency["path"] = Value::Null;
            dependency["uses_default_features"] = Value::Null;
        }
        all
    };
    assert_eq!(same(&written), same(&built), "what builds the one builds the other");
    let handyman = &written["dependencies"][0];
    assert_eq!(handyman["path"], *std::path::Path::new(ROOT).canonicalize().unwrap().to_string_lossy());
    assert_eq!(handyman["uses_default_features"], true, "with the engine");
    assert_eq!(built["dependencies"][0]["uses_default_features"], false);
    let again = new_tool(&bench, &["parcel_status", "--handyman", ROOT]);
    assert!(again.err.contains("is there already"), "nothing is overwritten: {}", again.err);
}

#[test]
fn a_new_tool_that_could_not_be_built_is_refused() {
    let bench = Bench::new();
    let cases = [
        ("Parcel Status", "is no name for a tool"),
        ("fn", "a word of Rust's own"),
        ("main", "used for something else in the code"),
        ("model", "used for something else in the code"),
        ("name", "used for something else in the code"),
        ("call", "used for something else in the code"),
        ("tokio", "used for something else in the code"),
        ("arguments", "used for something else in the code"),
        ("handyman", "the name of a crate"),
        ("serde", "the name of a crate"),
        ("build", "the name of a crate or folder"),
        ("show_tools", "the tool that shows the others"),
    ];
    for (name, why) in cases {
        let ran = new_tool(&bench, &[name, "--handyman", ROOT]);
        assert!(ran.code == 2 && ran.err.contains(why), "{name}: {}", ran.err);
        assert!(ran.err.contains("parcel_status") && !bench.path(name).exists(), "{name}: {}", ran.err);
    }
    for (arguments, why) in [
        (&["parcel_status"][..], "--handyman FOLDER is missing: the crate is in no package registry yet"),
        (
            &["parcel_status", "--handyman", env!("CARGO_MANIFEST_DIR")],
            "is not the folder of the handyman crate",
        ),
        (&["parcel_status", "--handyman", "/no/such"], "--handyman /no/such: "),
    ] {
        let ran = new_tool(&bench, arguments);
        assert!(ran.code == 2 && ran.err.contains(why) && ran.err.contains("hint: "), "{}", ran.err);
        assert!(!bench.path("parcel_status").exists());
    }
}

#[cfg(unix)]
#[test]
fn a_request_that_is_not_utf8_is_refused() {
    use std::os::unix::ffi::OsStrExt;
    let bench = Bench::new();
    let output = bench.command(&["run"]).arg(std::ffi::OsStr::from_bytes(b"caf\xe9")).output().unwrap();
    let ran = support::Ran::from(output);
    assert_eq!(ran.code, 2);
    assert!(
        ran.err.contains("not valid UTF-8") && ran.err.contains("hint: write it in UTF-8"),
        "{}",
        ran.err
    );
}

#[test]
fn an_answer_can_be_asked_for_in_a_shape() {
    let bench = Bench::new();
    let model = bench.script(&[json!({"text": "It will rain."}), json!({"text": "{\"rain\": true}"})]);
    let shape = json!({"type": "object", "properties": {"rain": {"type": "boolean"}}, "required": ["rain"]});
    let file = bench.write("shape.json", &shape.to_string()).display().to_string();
    let ran = bench.run(&["run", "Rain?", "--model", &model, "--answer-schema", &file, "--json"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    let events = ran.events();
    assert_eq!(events[0]["answer_schema"], shape);
    assert_eq!(events[1]["type"], "reply_malformed", "prose is not the answer that was asked for");
    assert_eq!(events.last().unwrap()["answer"], "{\"rain\": true}");
    bench.write("shape.json", "{\"type\": \"object\", \"$dynamicRef\": \"#x\"}");
    let ran = bench.run(&["run", "Rain?", "--model", &model, "--answer-schema", &file]);
    assert!(
        ran.code == 2 && ran.err.contains("shape.json") && ran.err.contains("'$dynamicRef'"),
        "{}",
        ran.err
    );
    assert!(ran.err.contains("hint:"), "{}", ran.err);
    let ran = bench.run(&["run", "Rain?", "--model", &model, "--answer-schema", "none.json"]);
    assert!(ran.code == 2 && ran.err.contains("--answer-schema none.json: "), "{}", ran.err);
}

#[test]
fn a_day_that_is_none_is_answered_with_how_days_are_written() {
    let bench = Bench::new();
    for day in ["yesterday", "2026-02-30", "30.11.2026"] {
        let ran = bench.run(&["hi", "--date", day]);
        assert!(
            ran.code == 2 && ran.err.contains(&format!("'{day}' is no date; write one like ")),
            "{}",
            ran.err
        );
    }
}

#[test]
fn a_task_without_quotes_is_answered_with_the_quotes() {
    let bench = Bench::new();
    for typed in [
        &["rain", "in", "Paris"][..],
        &["run", "rain", "in", "Paris"],
        &["run", "rain", "in", "Paris", "--json"],
    ] {
        let ran = bench.run(typed);
        assert_eq!(ran.code, 2, "{typed:?}: {}", ran.err);
        assert!(ran.err.contains("put it in quotes: handyman \"rain in Paris\""), "{typed:?}: {}", ran.err);
    }
    let other = bench.run(&["run", "rain", "--jsn"]);
    assert!(other.code == 2 && other.err.contains("'--jsn'"), "{}", other.err);
}
