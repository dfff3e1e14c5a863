//! MCP servers that are odd, slow or silent, or die, on the command line.

#![cfg(all(unix, feature = "services"))]

mod support;

use std::io::{BufRead, BufReader};
use std::process::Stdio;

use serde_json::{Value, json};
use support::{Bench, DATE, call};

/// A server in a few lines of shell: one tool says what nothing can hold, the other answers.
const ODD_SERVER: &str = r##"
while read -r line; do
  id=$(printf '%s' "$line" | sed -n 's/.*"id":\([0-9]*\).*/\1/p')
  say() { printf '{"jsonrpc":"2.0","id":%s,"result":%s}\n' "$id" "$1"; }
  case "$line" in
    *'"method":"initialize"'*) say '{"protocolVersion":"2025-06-18","capabilities":{"tools":{}},"serverInfo":{"name":"odd","version":"1"}}' ;;
    *'"method":"tools/list"'*) say '{"tools":[{"name":"echo","inputSchema":{"type":"object","properties":{"text":{"type":"string"}}}},{"name":"odd","inputSchema":{"type":"object","properties":{"a":{"$dynamicRef":"#x"}}}}]}' ;;
    *'"method":"tools/call"'*) say '{"content":[{"type":"text","text":"heard"}]}' ;;
  esac
done
"##;

#[test]
fn a_tool_that_cannot_be_offered_does_not_take_its_server_with_it() {
    let bench = Bench::new();
    let server = format!("sh '{}'", bench.write("server.sh", ODD_SERVER).display());
    let listed = bench.run(&["tools", "list", "--no-sandbox", "--mcp", &server]);
    assert_eq!(listed.code, 0, "{}", listed.err);
    assert!(listed.out.starts_with("echo ") && listed.out.lines().count() == 1, "{}", listed.out);
    let left_out = "· sh: the tool odd is left out: at /properties/a/$dynamicRef: the keyword '$dynamicRef'";
    assert!(listed.err.contains(left_out), "{}", listed.err);
    let called = bench.run(&["tools", "call", "echo", r#"{"text": "hello"}"#, "--mcp", &server]);
    assert!(called.code == 0 && called.out.contains("heard"), "{} {}", called.out, called.err);
    assert!(called.err.is_empty(), "nothing else was asked for: {}", called.err);
    let named = bench.run(&["tools", "call", "odd", "{}", "--mcp", &server]);
    assert!(named.code == 1 && named.err.starts_with("error: tool 'odd': "), "{}", named.err);
}

#[test]
fn a_server_that_a_file_names_is_looked_for_there() {
    let bench = Bench::new();
    let servers = json!({"files": {"command": "no-such-program-here"}});
    let file = bench.write("mcp.json", &json!({"mcpServers": servers}).to_string()).display().to_string();
    let ran = bench.run(&["tools", "list", "--mcp-config", &file]);
    let hint = format!("hint: look at \"files\" in {file}; run its command by hand\n");
    assert!(ran.code == 1 && ran.err.ends_with(&hint), "{}", ran.err);
    let ran = bench.run(&["tools", "list", "--mcp", "no-such-program-here"]);
    assert!(ran.code == 1 && ran.err.contains("hint: --mcp takes a command line or a URL"), "{}", ran.err);
}

#[test]
fn who_waits_for_a_server_is_told_so() {
    let bench = Bench::new();
    let mut command = bench.command(&["tools", "list", "--mcp", "cat"]);
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stderr.take().unwrap()).read_line(&mut line).unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(line, "· waiting for the MCP server cat …\n");
}

/// A server that dies of its first call and answers the others. It notes beside itself what it lived through.
const MORTAL_SERVER: &str = r#"
echo start >> "$0.notes"
while read -r line; do
  id=$(printf '%s' "$line" | sed -n 's/.*"id":\([0-9]*\).*/\1/p')
  say() { printf '{"jsonrpc":"2.0","id":%s,"result":%s}\n' "$id" "$1"; }
  case "$line" in
    *'"method":"initialize"'*) say '{"protocolVersion":"2025-06-18","capabilities":{"tools":{}},"serverInfo":{"name":"mortal","version":"1"}}' ;;
    *'"method":"tools/list"'*) say '{"tools":[{"name":"echo","inputSchema":{"type":"object","properties":{"text":{"type":"string"}}}}]}' ;;
    *'"method":"tools/call"'*)
      echo call >> "$0.notes"
      [ "$(grep -c call "$0.notes")" = 1 ] && exit 7
      say '{"content":[{"type":"text","text":"heard"}]}' ;;
  esac
done
"#;

/// A run that calls a mortal server once, its events, and what the server lived through.
fn with_a_mortal_server(options: &[&str]) -> (Vec<Value>, String) {
    let bench = Bench::new();
    let script = bench.write("server.sh", MORTAL_SERVER);
    let server = format!("sh '{}'", script.display());
    let model = bench.script(&[call("echo", json!({"text": "hello"})), json!({"text": "That is all."})]);
    let fixed = ["run", "Say hello", "--model", &model, "--mcp", &server, "--date", DATE, "--json"];
    let ran = bench.run(&[fixed.as_slice(), options].concat());
    let notes = std::fs::read_to_string(bench.path("server.sh.notes")).unwrap();
    (ran.events(), notes.split_whitespace().collect::<Vec<_>>().join(" "))
}

fn of_type<'a>(events: &'a [Value], name: &str) -> Vec<&'a Value> {
    events.iter().filter(|event| event["type"] == name).collect()
}

#[test]
fn a_call_that_a_server_died_of_is_unknown_and_made_once() {
    let (events, lived) = with_a_mortal_server(&["--approve", "auto"]);
    let ended = of_type(&events, "call_finished");
    assert_eq!((ended.len(), &ended[0]["outcome"]), (1, &json!("unknown")), "{ended:?}");
    assert_eq!(lived, "start call");
}

#[test]
fn a_call_that_only_reads_is_made_again_at_a_server_that_was_started_again() {
    let (events, lived) = with_a_mortal_server(&["--reads", "echo"]);
    assert_eq!(of_type(&events, "call_retried").len(), 1, "{events:?}");
    let ended = of_type(&events, "call_finished");
    assert_eq!((ended.len(), &ended[0]["outcome"]), (1, &json!("succeeded")), "{ended:?}");
    let result = &ended[0]["result"];
    assert_eq!(result["text"], "heard");
    assert!(result["note"].as_str().unwrap().contains("was started again"), "{result}");
    assert_eq!(lived, "start call start call");
}

/// A server that says half way how far it has come.
const TELLING_SERVER: &str = r#"
while read -r line; do
  id=$(printf '%s' "$line" | sed -n 's/.*"id":\([0-9]*\).*/\1/p')
  token=$(printf '%s' "$line" | sed -n 's/.*"progressToken":\([0-9]*\).*/\1/p')
  say() { printf '{"jsonrpc":"2.0","id":%s,"result":%s}\n' "$id" "$1"; }
  case "$line" in
    *'"method":"initialize"'*) say '{"protocolVersion":"2025-06-18","capabilities":{"tools":{}},"serverInfo":{"name":"telling","version":"1"}}' ;;
    *'"method":"tools/list"'*) say '{"tools":[{"name":"echo","inputSchema":{"type":"object","properties":{"text":{"type":"string"}}}}]}' ;;
    *'"method":"tools/call"'*)
      printf '{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":%s,"progress":1,"total":2,"message":"half way"}}\n' "$token"
      sleep 1
      say '{"content":[{"type":"text","text":"heard"}]}' ;;
  esac
done
"#;

#[test]
fn how_far_a_server_says_that_a_call_has_come_is_told() {
    let bench = Bench::new();
    let server = format!("sh '{}'", bench.write("server.sh", TELLING_SERVER).display());
    let called = bench.run(&["tools", "call", "echo", r#"{"text": "hello"}"#, "--mcp", &server]);
    assert_eq!((called.code, called.err.as_str()), (0, "· 1 of 2: half way\n"));
    let model = bench.script(&[call("echo", json!({"text": "hello"})), json!({"text": "That is all."})]);
    let ran = bench.run(&["run", "Say hello", "--model", &model, "--mcp", &server, "--reads", "echo"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert!(ran.err.contains("\n· echo: 1 of 2: half way\n"), "{}", ran.err);
}
