//! Commands that only look: they make nothing, need to write nothing, and say where they have looked.

mod support;

use serde_json::json;
use support::{Bench, DATE};

#[test]
fn who_looks_at_tools_makes_no_world() {
    let bench = Bench::new();
    let file = bench.write("w.yaml", "name: w\nsteps: [{name: a, call: weather, with: {city: Oslo}}]");
    let file = file.display().to_string();
    let looking: [&[&str]; 3] =
        [&["tools", "list"], &["tools", "show", "book"], &["workflow", "check", &file]];
    for arguments in looking {
        let ran = bench.run(arguments);
        assert_eq!(ran.code, 0, "{arguments:?}: {}", ran.err);
        assert!(!ran.out.contains(r#""place""#), "it acts nowhere: {}", ran.out);
        let there = std::fs::read_dir(bench.folder()).unwrap().count();
        assert_eq!(there, 1, "{arguments:?}: there is but the workflow");
    }
    // Nor is a data folder needed that can be made.
    let mut elsewhere = bench.command(&["tools", "list"]);
    let output = elsewhere.env("HANDYMAN_HOME", bench.path("w.yaml").join("none")).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let world = bench.path("mine.db").display().to_string();
    assert_eq!(bench.run(&["tools", "list", "--world", &world]).code, 0);
    assert!(bench.path("mine.db").exists(), "one that was named is opened");
}

#[test]
fn a_run_in_a_journal_that_cannot_be_written_is_replayed() {
    let bench = Bench::new();
    let model = bench.script(&[json!({"text": "One."}), json!({"text": "Two."})]);
    let ran = bench.chat(&["--model", &model, "--json"], "first\nsecond\n");
    let events = ran.events();
    let run = events.iter().rev().find_map(|event| event["run"].as_str()).unwrap();
    let (journal, before) = (bench.path("journal.db"), std::fs::read(bench.path("journal.db")).unwrap());
    let rights = |is_read_only: bool| {
        let mut rights = std::fs::metadata(&journal).unwrap().permissions();
        rights.set_readonly(is_read_only);
        std::fs::set_permissions(&journal, rights).unwrap();
    };
    rights(true);
    let replayed = bench.run(&["replay", run, "--without-model", "--date", DATE]);
    assert_eq!((replayed.code, replayed.out.as_str()), (0, "3 events the same\n"), "{}", replayed.err);
    let generated = bench.run(&["replay", run, "--model", &model, "--date", DATE]);
    let same = "3 events the same, 1 reply generated again\n";
    assert_eq!((generated.code, generated.out.as_str()), (0, same), "{}", generated.err);
    assert_eq!(std::fs::read(&journal).unwrap(), before, "nothing was written");
    rights(false);
}

#[test]
fn a_data_folder_that_cannot_be_used_is_told_as_one() {
    let bench = Bench::new();
    let model = bench.script(&[json!({"text": "Hello."})]);
    let file = bench.write("home", "this is no folder");
    let output = bench.command(&["run", "hi", "--model", &model]).env("HANDYMAN_HOME", file).output();
    let ran = support::Ran::from(output.unwrap());
    assert!(ran.code == 1 && ran.err.contains("hint: set HANDYMAN_HOME to a folder"), "{}", ran.err);
}

#[test]
fn a_folder_is_no_file() {
    let bench = Bench::new();
    std::fs::create_dir(bench.path("odd dir")).unwrap();
    let folder = bench.path("odd dir").display().to_string();
    let model = bench.script(&[json!({"text": "Hello."})]);
    let cases: [(&str, &[&str]); 4] = [
        ("--journal", &["runs", "list"]),
        ("--journal", &["run", "hi", "--model", &model]),
        ("--world", &["tools", "list"]),
        ("--world", &["run", "hi", "--model", &model]),
    ];
    for (option, arguments) in cases {
        let ran = bench.run(&[arguments, &[option, &folder]].concat());
        let expected = format!("error: {option} {folder} is a folder\nhint: name a file\n");
        assert_eq!((ran.code, ran.err), (2, expected), "{arguments:?}");
    }
}

#[test]
fn what_is_printed_to_look_on_with_names_the_journal() {
    let bench = Bench::new();
    let model = bench.script(&[json!({"text": "Hello."})]);
    let journal = bench.path("mine.db").display().to_string();
    let options = ["--journal", journal.as_str()];
    let ran = bench.run(&[&["hi", "--model", &model, "--date", DATE][..], &options].concat());
    assert_eq!(ran.code, 0, "{}", ran.err);
    let unknown = bench.run(&[&["runs", "show", "r0"][..], &options].concat());
    assert!(unknown.err.contains(&format!("`handyman runs list --journal {journal}`")), "{}", unknown.err);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        use sqlx::Connection;
        let mut file = sqlx::SqliteConnection::connect(&format!("sqlite://{journal}")).await.unwrap();
        sqlx::raw_sql("DELETE FROM journal_events WHERE seq = 1").execute(&mut file).await.unwrap();
        file.close().await.unwrap();
    });
    let damaged = bench.run(&[&["runs", "verify"][..], &options].concat());
    let hint = format!("`handyman runs export --journal {journal}` saves them\n");
    assert!(damaged.code == 1 && damaged.err.ends_with(&hint), "{}{}", damaged.out, damaged.err);
}
