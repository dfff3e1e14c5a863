//! The examples are run, not only compiled.

use std::path::{Path, PathBuf};
use std::process::Command;

/// The examples' sources.
const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/examples");

/// Runs an example that `cargo test` has built beside this test.
fn run(name: &str) -> String {
    run_with(name, &[])
}

fn run_with(name: &str, arguments: &[&str]) -> String {
    let output =
        Command::new(built(name)).args(arguments).output().unwrap_or_else(|error| panic!("{name}: {error}"));
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(output.status.success(), "{name}: {}{}", text(&output.stdout), text(&output.stderr));
    text(&output.stdout)
}

/// The program of an example. One that was left by an earlier build would say nothing of what stands there now.
fn built(name: &str) -> PathBuf {
    let test = std::env::current_exe().expect("this test has a path");
    let folder = test.ancestors().nth(2).expect("target/PROFILE/deps").join("examples");
    let program = folder.join(format!("{name}{}", std::env::consts::EXE_SUFFIX));
    let written = |path: &Path| std::fs::metadata(path).and_then(|file| file.modified()).ok();
    let source = written(&Path::new(FOLDER).join(format!("{name}.rs")));
    assert!(
        written(&program).is_some_and(|program| Some(program) >= source),
        "{} is not there or older than its source: a test of the whole package builds it (`make test`), and so does \
         `cargo build --example {name}`, with this test's profile and features",
        program.display()
    );
    program
}

#[test]
fn scripted_model_hears_its_mistake_and_answers() {
    let out = run("scripted_model");
    assert!(out.contains("Failed") && out.contains("Succeeded") && out.ends_with("2 + 3 = 5\n"), "{out}");
}

#[test]
fn approve_books_what_was_allowed_and_pays_nothing() {
    let out = run("approve");
    let lines: Vec<&str> = out.lines().collect();
    assert!(lines[0].starts_with("book {\"id\":"), "{out}");
    assert!(lines[1].contains("unpaid") && lines[2].starts_with("pay {"), "{out}");
    assert!(out.contains("a person said no: not before the trip is certain"), "{out}");
    assert!(out.ends_with("The train is booked; nothing was paid.\n"), "{out}");
}

#[test]
fn orders_orders_once_and_knows_it() {
    let out = run("orders");
    let lines: Vec<&str> = out.lines().collect();
    assert_eq!(lines[0], r#"would do: {"order":"green tea","amount":3,"price":37.5}"#);
    assert_eq!(lines[1], "I've ordered 3 packets of green tea.");
    assert!(lines[2].starts_with("Done(") && lines[3] == "NotDone", "{out}");
}

#[test]
fn own_policy_waits_before_it_pays() {
    assert!(run("own_policy").contains("Waiting"));
}

#[cfg(feature = "llama")]
#[test]
fn hello_tool_answers_what_was_asked() {
    let out = run("hello_tool");
    assert!(out.contains("Lagos") && out.contains("rain"), "{out}");
}

#[cfg(feature = "llama")]
#[test]
fn trip_bot_calls_tools_and_answers() {
    let out = run("trip_bot");
    let lines: Vec<&str> = out.lines().collect();
    // What the only call of a turn came to stands below it.
    let result = |tool: &str| -> serde_json::Value {
        let call = format!("{tool} {{");
        let at = lines.iter().position(|line| line.starts_with(&call));
        let line = at.and_then(|at| lines.get(at + 1)).unwrap_or_else(|| panic!("no {tool}: {out}"));
        let succeeded = line.strip_prefix("  Succeeded: ").unwrap_or_else(|| panic!("{tool} failed: {out}"));
        serde_json::from_str(succeeded).expect("a result is JSON")
    };
    let (booked, paid) = (result("book"), result("pay"));
    let reference = booked["booking"].as_str().expect("a booking has a reference");
    assert_eq!((&paid["booking"], &paid["paid"]), (&booked["booking"], &booked["total"]), "{out}");
    assert!(lines.last().is_some_and(|answer| answer.contains(reference)), "{out}");
}

/// Says that a test is skipped, and not by `eprintln!`, which the test runner would hide.
#[cfg(any(feature = "databases", feature = "mcp"))]
fn skip(why: &str) {
    use std::io::Write;
    let _ = writeln!(std::io::stderr(), "skipped: {why}; `make test` sees to it where it can");
}

/// A server that the test command starts or installs; says so where it is not there.
#[cfg(any(feature = "databases", feature = "mcp"))]
fn given(name: &str) -> Option<String> {
    let value = std::env::var(name).ok();
    if value.is_none() {
        skip(&format!("{name} is not set"));
    }
    value
}

#[cfg(all(feature = "databases", feature = "llama"))]
#[test]
fn ask_postgres_looks_at_the_schema() {
    let Some(url) = given("HANDYMAN_TEST_POSTGRES") else {
        assert!(std::env::var_os("CI").is_none(), "with CI set, there has to be a database");
        return;
    };
    let out = run_with("ask_postgres", &[&url]);
    assert!(out.starts_with("describe_database: {"), "{out}");
}

#[cfg(feature = "mcp")]
#[test]
fn mcp_files_reads_a_file() {
    let Some(folder) = given("HANDYMAN_TEST_MCP_SERVERS") else { return };
    let server =
        PathBuf::from(folder).join("node_modules/@modelcontextprotocol/server-filesystem/dist/index.js");
    if !server.exists() {
        return skip(&format!("{} is not installed", server.display()));
    }
    let root = env!("CARGO_MANIFEST_DIR");
    let call = format!(r#"{{"path": "{root}/Cargo.toml"}}"#);
    let out =
        run_with("mcp_files", &[&format!("node '{}' '{root}'", server.display()), "read_text_file", &call]);
    assert!(out.contains("Succeeded") && out.contains("[workspace]"), "{out}");
}

#[cfg(all(feature = "openapi", feature = "serve"))]
#[test]
fn openapi_service_finds_trains() {
    let out = run("openapi_service");
    assert!(out.contains("Succeeded") && out.contains("departs"), "{out}");
}

/// Every example: its name and its text.
fn examples() -> Vec<(String, String)> {
    let entries = std::fs::read_dir(FOLDER).expect("examples/");
    let paths = entries.map(|entry| entry.expect("an entry").path());
    let files = paths.filter(|path| path.extension().is_some_and(|extension| extension == "rs"));
    let named = |path: PathBuf| {
        let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
        (name, std::fs::read_to_string(&path).expect("readable"))
    };
    files.map(named).collect()
}

#[test]
fn examples_are_short() {
    for (name, text) in examples() {
        let lines = text.lines().count();
        assert!(lines < 80, "{name} has {lines} lines");
    }
}

#[test]
fn the_readme_names_every_example_and_each_says_which_features_it_needs() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let read = |name: &str| std::fs::read_to_string(root.join(name)).expect("it is there");
    let (readme, manifest) = (read("README.md"), read("Cargo.toml"));
    let examples = examples();
    assert!(examples.len() >= 9, "{}", examples.len());
    for (name, text) in examples {
        assert!(readme.contains(&format!("`{name}`")), "README.md says nothing of {name}");
        let header: String = text.lines().take_while(|line| line.starts_with("//!")).collect();
        let entry = format!("example]]\nname = \"{name}\"\n");
        let declared = manifest.split("[[").find(|part| part.starts_with(&entry));
        let needed =
            declared.and_then(|part| part.lines().find(|line| line.starts_with("required-features")));
        // The engine and the built-in model are there by default.
        let needed = needed.unwrap_or_default().split('"').skip(1).step_by(2).filter(|name| *name != "llama");
        for feature in needed {
            assert!(header.contains(feature), "{name} needs {feature} and does not say so");
        }
        let is_scripted = text.contains("core::testing::");
        assert!(!is_scripted || header.contains("`testing`"), "{name} needs the feature `testing`");
    }
}
