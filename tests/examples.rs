//! The examples are run, not only compiled.

use std::path::PathBuf;
use std::process::Command;

/// Runs an example that `cargo test` has built beside this test.
fn run(name: &str) -> String {
    run_with(name, &[])
}

fn run_with(name: &str, arguments: &[&str]) -> String {
    let test = std::env::current_exe().expect("this test has a path");
    let folder: PathBuf = test.ancestors().nth(2).expect("target/PROFILE/deps").join("examples");
    let output = Command::new(folder.join(name))
        .args(arguments)
        .output()
        .unwrap_or_else(|error| panic!("{name}: {error}"));
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
fn hello_tool_answers() {
    assert!(!run("hello_tool").trim().is_empty());
}

#[cfg(feature = "llama")]
#[test]
fn trip_bot_calls_tools_and_answers() {
    let out = run("trip_bot");
    assert!(out.contains("Succeeded"), "{out}");
}

/// A server that the test command starts or installs; says so where it is not there.
#[cfg(any(feature = "databases", feature = "mcp"))]
fn given(name: &str) -> Option<String> {
    use std::io::Write;
    let value = std::env::var(name).ok();
    if value.is_none() {
        let _ = writeln!(std::io::stderr(), "skipped: {name} is not set; `make test` sets it");
    }
    value
}

#[cfg(all(feature = "databases", feature = "llama"))]
#[test]
fn ask_postgres_looks_at_the_schema() {
    let Some(url) = given("HANDYMAN_TEST_POSTGRES") else { return };
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
        return;
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
