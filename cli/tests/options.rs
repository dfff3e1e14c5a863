//! Options: which tools they choose, how the model is run, and what is told where they cannot be followed.

mod support;

use serde_json::{Value, json};
use support::{Bench, DATE, Ran};

/// The names that `tools list` has printed.
fn names(listed: &Ran) -> Vec<&str> {
    listed.out.lines().filter_map(|line| line.split_whitespace().next()).collect()
}

/// A SQLite database of one's own.
fn shop(bench: &Bench) -> String {
    let file = bench.path("shop.db").display().to_string();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        use sqlx::Connection;
        let mut shop = sqlx::SqliteConnection::connect(&format!("sqlite://{file}?mode=rwc")).await.unwrap();
        sqlx::raw_sql("CREATE TABLE orders (id INTEGER PRIMARY KEY)").execute(&mut shop).await.unwrap();
    });
    file
}

/// The tools of a run with these options.
fn offered(bench: &Bench, options: &[&str]) -> Value {
    let model = bench.script(&[json!({"text": "Hello."})]);
    let ran = bench.run(&[&["run", "hi", "--model", &model, "--date", DATE, "--json"], options].concat());
    assert_eq!(ran.code, 0, "{}", ran.err);
    ran.events()[0]["tools"].clone()
}

#[test]
fn without_the_sandbox_only_what_was_named_is_offered() {
    let bench = Bench::new();
    let list = |options: &[&str]| bench.run(&[&["tools", "list", "--no-sandbox"], options].concat());
    let none = list(&[]);
    assert!(none.code == 0 && none.out.is_empty() && none.err.contains("no tool is offered"), "{}", none.err);
    let shop = shop(&bench);
    let database = ["list_tables", "describe_table", "query_table", "run_sql", "describe_database"];
    assert_eq!(names(&list(&["--database", &shop])), database);
    assert_eq!(names(&list(&["--database", &shop, "--database-write"])).last(), Some(&"change_rows"));
    std::fs::create_dir(bench.path("texts")).unwrap();
    bench.write("texts/one.md", "# One\n\nA text.");
    let texts = bench.path("texts").display().to_string();
    assert_eq!(names(&list(&["--docs", &texts, "--mail", &texts])), ["search", "read_mail"]);
    assert_eq!(offered(&bench, &["--no-sandbox"]), json!([]));
    assert!(!bench.path("world.db").exists(), "no world is made that nothing works on");
}

#[cfg(feature = "services")]
#[test]
fn services_stand_in_for_parts_of_the_sandbox() {
    let bench = Bench::new();
    let calendar = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:test\r\nEND:VCALENDAR\r\n";
    let calendar = bench.write("work.ics", calendar).display().to_string();
    let list = |options: &[&str]| bench.run(&[&["tools", "list", "--no-sandbox"], options].concat());
    let own = list(&["--calendar", &calendar, "--weather", "open-meteo"]);
    assert_eq!(names(&own), ["weather", "add_event", "list_events", "find_free_slot"], "{}", own.err);
    let booking = list(&["--booking", "http://127.0.0.1:9"]);
    let expected = [
        "search_trains",
        "search_flights",
        "search_hotels",
        "search_restaurants",
        "book",
        "cancel_booking",
        "list_bookings",
        "pay",
        "refund",
    ];
    assert_eq!(names(&booking), expected, "{}", booking.err);
    let served = bench.run(&["serve", "booking", "--listen", "127.0.0.1:0", "--no-sandbox"]);
    assert!(served.code == 2 && served.err.contains("it is the sandbox that is served"), "{}", served.err);
}

#[test]
fn tools_are_chosen_by_patterns_and_left_out() {
    let bench = Bench::new();
    assert_eq!(
        offered(&bench, &["--tools", "search_*,-search_trains"]),
        json!(["search_flights", "search_hotels", "search_restaurants"])
    );
    for without in [&["--tools=-pay,-re*"][..], &["--tools", "-pay", "--tools", "-re*"]] {
        let left = offered(&bench, without);
        let left = left.as_array().unwrap();
        assert_eq!(left.len(), 17, "{without:?}: {left:?}");
        assert!(!left.contains(&json!("pay")) && !left.contains(&json!("refund")), "{left:?}");
    }
    let model = bench.script(&[json!({"text": "Hello."})]);
    for (choice, problem) in [
        ("serach_*", "no tool has a name like 'serach_*'"),
        ("-payy", "there is no tool 'payy'"),
        ("book,bok", "there is no tool 'bok'"),
    ] {
        let ran = bench.run(&["run", "hi", "--model", &model, "--tools", choice]);
        assert!(ran.code == 2 && ran.err.contains(problem), "{choice}: {}", ran.err);
        assert!(ran.err.contains("hint: the tools are: weather, search"), "{choice}: {}", ran.err);
    }
}

#[test]
fn a_message_may_begin_with_a_hyphen() {
    let bench = Bench::new();
    let model = bench.script(&[json!({"text": "It is -2."})]);
    let options = ["--model", model.as_str(), "--date", DATE];
    for message in [&["-5 + 3 = ?"][..], &["run", "--5 - -3?"], &["-5加3等于几"]] {
        let ran = bench.run(&[message, &options].concat());
        assert_eq!((ran.code, ran.out.as_str()), (0, "It is -2.\n"), "{message:?}: {}", ran.err);
    }
    let listed = bench.run(&["runs", "list", "--json"]).out;
    assert!(listed.contains("-5 + 3 = ?") && listed.contains("--5 - -3?"), "{listed}");
    for misspelt in [&["--nope"][..], &["hi", "--nope"], &["run", "--nope", "hi"], &["--nope=a b", "hi"]] {
        let ran = bench.run(&[misspelt, &options].concat());
        assert!(
            ran.code == 2 && ran.err.contains("unexpected argument '--nope'"),
            "{misspelt:?}: {}",
            ran.err
        );
    }
}

#[test]
fn what_cannot_be_opened_is_told_with_the_option_that_named_it() {
    let bench = Bench::new();
    let garbage = bench.write("garbage.db", "this is no database").display().to_string();
    let nowhere = bench.path("nowhere").display().to_string();
    let cases: &[(&[&str], &str)] = &[
        (&["--database", &garbage], "name a SQLite database that is there with --database FILE"),
        (&["--database", &nowhere], "name a SQLite database that is there with --database FILE"),
        (&["--docs", &nowhere], "with --docs FOLDER"),
        (&["--mail", &nowhere], "with --mail FOLDER"),
        (&["--world", &garbage], "name another file with --world FILE"),
        #[cfg(feature = "services")]
        (&["--database", "postgres://ann:s3cret@127.0.0.1:9/shop"], "check that the server runs"),
        #[cfg(feature = "services")]
        (&["--calendar", &nowhere], "with --calendar FILE.ics"),
    ];
    for (options, hint) in cases {
        let ran = bench.run(&[&["tools", "list", "--date", DATE], *options].concat());
        let told = ran.err.lines().find(|line| line.starts_with("hint: ")).unwrap_or_default();
        assert!(ran.code == 1 && told.contains(hint), "{options:?}: {}", ran.err);
        assert!(!ran.err.contains("s3cret"), "{}", ran.err);
    }
}

#[cfg(feature = "llama")]
#[test]
fn tools_that_fail_while_the_model_is_loaded_end_the_command_and_not_the_process() {
    let bench = Bench::new();
    let garbage = bench.write("garbage.db", "this is no database").display().to_string();
    // Each fails at another moment of the load.
    let failing = [
        &["--database", garbage.as_str()][..],
        &["--world", garbage.as_str()],
        &["--journal", "/proc/none/journal.db"],
        &["--tools", "nope"],
    ];
    for attempt in 0..40 {
        let options = failing[attempt % failing.len()];
        let ran = bench.run(&[&["hi", "--date", DATE], options].concat());
        let expected = if options.contains(&"nope") { 2 } else { 1 };
        assert_eq!(ran.code, expected, "attempt {attempt}, {options:?}: {}", ran.err);
        assert!(ran.err.starts_with("error: ") && ran.out.is_empty(), "{}", ran.err);
    }
}

#[test]
fn how_a_model_is_run_here_is_no_matter_of_one_elsewhere() {
    let bench = Bench::new();
    let script = bench.script(&[json!({"text": "Hello."})]);
    for option in ["--window", "--threads", "--gpu-layers"] {
        for (model, what) in
            [(script.as_str(), "replies from a file"), ("http://127.0.0.1:9#m", "a model behind an endpoint")]
        {
            let ran = bench.run(&["run", "hi", "--model", model, option, "512"]);
            let problem = format!("{option} has no effect on {what}");
            assert!(ran.code == 2 && ran.err.contains(&problem), "{}", ran.err);
            assert!(ran.err.contains("hint: leave it out"), "{}", ran.err);
        }
    }
    assert_eq!(bench.run(&["run", "hi", "--model", &script, "--threads", "0"]).code, 2);
}

#[cfg(feature = "llama")]
#[test]
fn a_model_here_is_run_as_the_options_say() {
    let bench = Bench::new();
    let small = bench.run(&["hi", "--window", "100", "--date", DATE]);
    assert!(small.code == 1 && small.err.contains("a window of 100 tokens is too small"), "{}", small.err);
    // The model is loaded first, and tells what it cannot do; then there is no such tool.
    let more = ["--window", "1000000", "--threads", "9999", "--gpu-layers", "0", "--tools", "nope"];
    for model in [&[][..], &["--model", "builtin"]] {
        let ran = bench.run(&[&["hi", "--date", DATE], more.as_slice(), model].concat());
        assert_eq!(ran.code, 2, "{}", ran.err);
        assert!(ran.err.contains("· --window: the model was trained for 2048 tokens"), "{}", ran.err);
        assert!(ran.err.contains("· --threads: this process may use "), "{}", ran.err);
        assert!(!ran.err.contains("--gpu-layers"), "none were asked for: {}", ran.err);
    }
    let info = bench.run(&["model", "info", "--model", "builtin"]);
    assert!(info.code == 0 && info.out.contains("handyman-builtin"), "{} {}", info.out, info.err);
}

#[cfg(feature = "llama")]
#[test]
fn a_run_does_not_go_on_with_a_model_that_nobody_chose() {
    let bench = Bench::new();
    let model = bench.booking();
    let ran = bench.run(&["book it", "--model", &model, "--date", DATE, "--json"]);
    assert_eq!(ran.code, 3, "it waits: {}", ran.err);
    let run = ran.events()[0]["run"].as_str().unwrap().to_owned();
    assert_eq!(bench.run(&["approvals", "allow", &run]).code, 0);
    for json in [&[][..], &["--json"]] {
        let resumed = bench.run(&[&["resume", run.as_str(), "--date", DATE], json].concat());
        assert_eq!((resumed.code, resumed.out.as_str()), (2, ""), "{}", resumed.err);
        assert!(resumed.err.contains(&format!("run {run} began with the model script")), "{}", resumed.err);
        assert!(resumed.err.contains("name it again with --model …, or --model builtin"), "{}", resumed.err);
    }
    assert_eq!(bench.bookings(), 0, "nothing was done");
    assert_eq!(bench.run(&["resume", &run, "--model", &model, "--date", DATE]).code, 0);
    assert_eq!(bench.bookings(), 1);
    let ended = bench.run(&["resume", &run, "--date", DATE]);
    assert_eq!(ended.code, 0, "what has ended needs no model: {}", ended.err);
}

#[test]
fn instructions_in_a_file_have_to_be_there() {
    let bench = Bench::new();
    let model = bench.script(&[json!({"text": "Hello."})]);
    let ran = bench.run(&["hi", "--model", &model, "--system", "@none.txt", "--date", DATE]);
    assert!(ran.code == 1 && ran.err.contains("--system: none.txt cannot be read"), "{}", ran.err);
}

#[cfg(feature = "services")]
#[test]
fn the_help_names_every_variable_that_is_read() {
    let help = Bench::new().run(&["--help"]).out;
    assert!(help.contains("Environment variables:"), "{help}");
    let prefixes = ["HANDYMAN_", "OPENAI_", "HF_", "XDG_"];
    let is_variable = |word: &&str| {
        let letters = word.chars().all(|c| c.is_ascii_uppercase() || c == '_');
        letters && prefixes.iter().any(|prefix| word.starts_with(prefix))
    };
    let mut folders = vec![concat!(env!("CARGO_MANIFEST_DIR"), "/src").into()];
    let mut found = 0;
    while let Some(folder) = folders.pop() {
        let folder: std::path::PathBuf = folder;
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let text = std::fs::read_to_string(&path).unwrap();
            for variable in text.split('"').filter(is_variable) {
                assert!(help.contains(variable), "{variable} of {}", path.display());
                found += 1;
            }
        }
    }
    assert!(found >= 12, "{found}");
}
