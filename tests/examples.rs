//! The examples are run, not only compiled.

use std::path::PathBuf;
use std::process::Command;

/// Runs an example that `cargo test` has built beside this test.
fn run(name: &str) -> String {
    let test = std::env::current_exe().expect("this test has a path");
    let folder: PathBuf = test.ancestors().nth(2).expect("target/PROFILE/deps").join("examples");
    let output = Command::new(folder.join(name)).output().unwrap_or_else(|error| panic!("{name}: {error}"));
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(output.status.success(), "{name}: {}{}", text(&output.stdout), text(&output.stderr));
    text(&output.stdout)
}

#[test]
fn scripted_model_hears_its_mistake_and_answers() {
    let out = run("scripted_model");
    assert!(out.contains("Failed") && out.contains("Succeeded") && out.ends_with("2 + 3 = 5\n"), "{out}");
}

#[test]
fn own_policy_waits_before_it_pays() {
    assert!(run("own_policy").contains("Waiting"));
}

#[cfg(feature = "llama")]
#[test]
fn hello_tool_answers() {
    assert!(!run("hello_tool").trim().is_empty());
}

#[cfg(feature = "llama")]
#[test]
fn trip_bot_calls_tools_and_answers() {
    let out = run("trip_bot");
    assert!(out.contains("Succeeded"), "{out}");
}

#[test]
fn examples_are_short() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("examples");
    for entry in std::fs::read_dir(folder).expect("examples/") {
        let path = entry.expect("an entry").path();
        if path.extension().is_some_and(|extension| extension == "rs") {
            let lines = std::fs::read_to_string(&path).expect("readable").lines().count();
            assert!(lines < 80, "{} has {lines} lines", path.display());
        }
    }
}
