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
fn a_tool_that_lacks_the_others_says_so() {
    let bench = Bench::new();
    let model = bench.script(&[json!({"text": "Hello."})]);
    let run = |tools: &str| bench.run(&["run", "book G2", "--model", &model, "--tools", tools]);
    for tools in ["book", "book,pay", "-search_*"] {
        let ran = run(tools);
        let told = ["tool 'book' could never be called: /id", "search_trains.id", "leave book out"];
        assert!(ran.code == 1 && told.iter().all(|told| ran.err.contains(told)), "{tools}: {}", ran.err);
    }
    for tools in ["book,search_hotels", "pay", "-search_*,-book"] {
        let ran = run(tools);
        assert_eq!((ran.code, ran.out.as_str()), (0, "Hello.\n"), "{tools}: {}", ran.err);
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
    let cases: &[(&[&str], i32, &str)] = &[
        (&["--database", &garbage], 1, "name a SQLite database that is there with --database FILE"),
        (&["--database", &nowhere], 2, "name a SQLite database that is there with --database FILE"),
        (&["--docs", &nowhere], 2, "with --docs FOLDER"),
        (&["--docs", &garbage], 2, "with --docs FOLDER"),
        (&["--mail", &nowhere], 2, "with --mail FOLDER"),
        (&["--world", &garbage], 1, "name another file with --world FILE"),
        #[cfg(feature = "services")]
        (&["--database", "postgres://ann:s3cret@127.0.0.1:9/shop"], 1, "check that the server runs"),
        #[cfg(feature = "services")]
        (&["--calendar", &nowhere], 2, "with --calendar FILE.ics"),
        #[cfg(feature = "services")]
        (&["--mcp", " "], 2, "--mcp takes a command line or a URL"),
    ];
    for (options, code, hint) in cases {
        let ran = bench.run(&[&["tools", "list", "--date", DATE], *options].concat());
        let told = ran.err.lines().find(|line| line.starts_with("hint: ")).unwrap_or_default();
        assert!(ran.code == *code && told.contains(hint), "{options:?}: {}", ran.err);
        assert!(!ran.err.contains("s3cret") && !ran.err.contains("can be removed"), "{}", ran.err);
    }
}

#[test]
fn somebody_elses_database_is_neither_a_world_nor_a_journal() {
    let bench = Bench::new();
    let shop = shop(&bench);
    let before = std::fs::read(&shop).unwrap();
    let model = bench.script(&[json!({"text": "Hello."})]);
    let cases: [&[&str]; 4] = [
        &["tools", "list", "--world", &shop],
        &["runs", "list", "--journal", &shop],
        &["runs", "prune", "--older-than", "1d", "--journal", &shop],
        &["run", "hi", "--model", &model, "--journal", &shop],
    ];
    for arguments in cases {
        let ran = bench.run(arguments);
        assert_eq!(ran.code, 1, "{arguments:?}: {}", ran.err);
        assert!(ran.err.contains("shop.db is somebody else's database"), "{arguments:?}: {}", ran.err);
        assert!(ran.err.contains("is named with --database FILE"), "{arguments:?}: {}", ran.err);
        assert_eq!(std::fs::read(&shop).unwrap(), before, "{arguments:?}");
    }
    // A world of ours that is damaged is made anew.
    let world = bench.path("world.db");
    assert_eq!(bench.run(&["tools", "call", "list_tables", "{}"]).code, 0);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        use sqlx::Connection;
        let file = format!("sqlite://{}", world.display());
        let mut world = sqlx::SqliteConnection::connect(&file).await.unwrap();
        sqlx::raw_sql("DELETE FROM about").execute(&mut world).await.unwrap();
        world.close().await.unwrap();
    });
    let ran = bench.run(&["tools", "call", "list_tables", "{}"]);
    assert!(ran.code == 1 && ran.err.contains("a damaged world can be removed"), "{}", ran.err);
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
    for (option, value) in
        [("--window", "512"), ("--threads", "512"), ("--gpu-layers", "512"), ("--cache-type", "q8_0")]
    {
        for (model, what) in
            [(script.as_str(), "replies from a file"), ("http://127.0.0.1:9#m", "a model behind an endpoint")]
        {
            let ran = bench.run(&["run", "hi", "--model", model, option, value]);
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
fn tokens_are_drawn_and_kept_as_the_options_say() {
    let bench = Bench::new();
    let options = "--temperature 0.5 --top-k 7 --top-p 0.75 --min-p 0.25 --repeat-penalty 1.5 --seed 3";
    let options: Vec<&str> = options.split(' ').collect();
    for cache in ["f16", "q8_0", "q4_0"] {
        let fixed = ["hi", "--json", "--max-turns", "1", "--cache-type", cache, "--date", DATE];
        let ran = bench.run(&[&fixed, options.as_slice()].concat());
        let events = ran.events();
        let sampling = events.iter().map(|event| &event["sampling"]).find(|sampling| sampling.is_object());
        let sampling = sampling.unwrap_or_else(|| panic!("{cache}: {}", ran.err));
        for (name, value) in [
            ("temperature", 0.5),
            ("top_k", 7.0),
            ("top_p", 0.75),
            ("min_p", 0.25),
            ("repeat_penalty", 1.5),
            ("seed", 3.0),
        ] {
            assert_eq!(sampling[name].as_f64(), Some(value), "{name}: {sampling}");
        }
    }
}

#[test]
fn numbers_out_of_range_are_told_with_what_is_right() {
    let bench = Bench::new();
    let script = bench.script(&[json!({"text": "Hello."})]);
    let cases: &[(&[&str], &str)] = &[
        (&["--temperature", "5.5"], "a number from 0 to 5"),
        (&["--temperature", "1", "--top-p", "1.5"], "a number from 0 to 1"),
        (&["--temperature", "1", "--top-p", "nan"], "a number from 0 to 1"),
        (&["--temperature", "1", "--min-p=-0.1"], "a number from 0 to 1"),
        (&["--temperature", "1", "--top-k", "many"], "invalid digit"),
        (&["--repeat-penalty", "0"], "a number from 1 to 5"),
        (&["--cache-type", "q5_0"], "f16, q8_0, q4_0"),
        (&["--tool-time", "soon"], "like 30d"),
        // Without a temperature the likeliest token is taken, and what may be drawn does not matter.
        (&["--top-p", "0.9"], "--temperature <T>"),
        (&["--top-k", "5"], "--temperature <T>"),
        (&["--min-p", "0.1"], "--temperature <T>"),
    ];
    for (options, problem) in cases {
        let ran = bench.run(&[&["run", "hi", "--model", &script], *options].concat());
        assert!(ran.code == 2 && ran.err.contains(problem), "{options:?}: {}", ran.err);
    }
    let ends =
        ["--temperature", "0", "--top-p", "1", "--min-p", "0", "--top-k", "0", "--repeat-penalty", "1"];
    let ran = bench.run(&[&["run", "hi", "--model", &script, "--date", DATE], ends.as_slice()].concat());
    assert_eq!((ran.code, ran.out.as_str()), (0, "Hello.\n"), "{}", ran.err);
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

#[cfg(feature = "llama")]
#[test]
fn a_run_is_neither_forked_nor_compared_with_a_model_that_nobody_chose() {
    let bench = Bench::new();
    let model = bench.script(&[json!({"text": "Hello."})]);
    let ran = bench.run(&["hi", "--model", &model, "--date", DATE, "--json"]);
    let run = ran.events()[0]["run"].as_str().unwrap().to_owned();
    for (command, hint) in [
        (&["fork", run.as_str(), "--at", "1"][..], "name it again with --model …, or --model builtin"),
        (&["replay", run.as_str()], "name it with --model …, or check the events alone: --without-model"),
    ] {
        let ran = bench.run(&[command, &["--date", DATE]].concat());
        assert_eq!((ran.code, ran.out.as_str()), (2, ""), "{}", ran.err);
        assert!(ran.err.contains(&format!("run {run} began with the model script")), "{}", ran.err);
        assert!(ran.err.contains(hint), "{}", ran.err);
    }
    assert_eq!(bench.run(&["runs", "list"]).out.lines().count(), 1, "nothing was begun");
}

#[test]
fn instructions_in_a_file_have_to_be_there() {
    let bench = Bench::new();
    let model = bench.script(&[json!({"text": "Hello."})]);
    let ran = bench.run(&["hi", "--model", &model, "--system", "@none.txt", "--date", DATE]);
    assert!(ran.code == 2 && ran.err.contains("--system: none.txt cannot be read"), "{}", ran.err);
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
