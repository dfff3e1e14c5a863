//! MCP servers: one written by hand, and the reference servers of the package indexes where they are installed.

use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use handyman_core::{Effect, Tool, ToolCall, ToolErrorKind, Toolbox, Toolset};
use handyman_tools::mcp::{Config, Launch, Server};
use serde_json::{Value, json};

use crate::support::{call, context, object};

/// The server that `cargo test` has built beside this test.
fn by_hand(arguments: &str) -> Launch {
    let test = std::env::current_exe().unwrap();
    let program = test.ancestors().nth(2).unwrap().join("examples/mcp_server");
    Launch::of_command_line(&format!("'{}' {arguments}", program.display())).unwrap()
}

async fn tools_of(launch: &Launch) -> Vec<Arc<dyn Tool>> {
    Arc::new(Server::connect("by hand", launch, None).await.unwrap()).tools().await.unwrap()
}

fn named<'a>(tools: &'a [Arc<dyn Tool>], name: &str) -> &'a dyn Tool {
    tools.iter().find(|tool| tool.spec().name == name).unwrap_or_else(|| panic!("{name}")).as_ref()
}

#[tokio::test]
async fn tools_of_a_server_are_tools() {
    let tools = tools_of(&by_hand("")).await;
    Toolbox::new().with_all(tools.clone()).unwrap();
    let echo = named(&tools, "echo");
    assert_eq!(
        (echo.spec().description.as_str(), echo.spec().effect),
        ("Echoes a text.", Effect::Once),
        "a hint is a hint"
    );
    let said = call(echo, json!({"text": "hello"})).await.unwrap();
    assert_eq!(said, json!({"source": "mcp:by hand", "text": "hello"}));
    assert_eq!(call(named(&tools, "sum"), json!({"a": 2, "b": 3})).await.unwrap()["data"]["sum"], 5);
    let error = call(named(&tools, "fail"), json!({})).await.unwrap_err();
    assert_eq!(error.to_string(), "the printer is on fire");
    let picture = call(named(&tools, "picture"), json!({})).await.unwrap();
    assert_eq!(
        picture["content"],
        json!([{"image": "image/png", "bytes": 3}, "a dot", {"resource": "note://1", "name": "A note"}])
    );
    let huge = call(named(&tools, "huge"), json!({})).await.unwrap();
    assert_eq!(huge["text"].as_str().unwrap().len(), 3_000_000);
    let listed = call(named(&tools, "list_resources"), json!({})).await.unwrap();
    assert_eq!(listed["resources"], json!([{"uri": "note://1", "name": "A note"}]));
    let note = call(named(&tools, "read_resource"), json!({"uri": "note://1"})).await.unwrap();
    assert_eq!(note["contents"][0]["text"], "Remember the milk.");
    let missing = call(named(&tools, "read_resource"), json!({"uri": "note://2"})).await.unwrap_err();
    assert_eq!(missing.kind(), &ToolErrorKind::NotFound, "{missing}");
}

#[tokio::test]
async fn arguments_are_checked_before_the_server_sees_them() {
    let tools = Toolbox::new().with_all(tools_of(&by_hand("")).await).unwrap();
    for arguments in [json!({}), json!({"text": ""}), json!({"text": 1})] {
        let call = ToolCall { id: "c1".into(), tool: "echo".to_owned(), arguments: object(arguments) };
        let result = tools.call(&call, &context("c1")).await.result;
        assert!(result["error"].is_string(), "{result}");
    }
}

#[tokio::test]
async fn progress_is_told_and_the_key_is_handed_on() {
    let folder = tempfile::TempDir::new().unwrap();
    let notes = folder.path().join("notes");
    let mut launch = by_hand("");
    launch.env.insert("NOTES".to_owned(), notes.display().to_string());
    let told: Arc<Mutex<Vec<String>>> = Arc::default();
    let hear = Arc::clone(&told);
    let progress = Arc::new(move |server: &str, done: f64, total: Option<f64>, message: Option<&str>| {
        hear.lock().unwrap().push(format!("{server} {done} {total:?} {message:?}"));
    });
    let server = Arc::new(Server::connect("s", &launch, Some(progress)).await.unwrap());
    let tools = server.tools().await.unwrap();
    assert_eq!(call(named(&tools, "slowly"), json!({})).await.unwrap()["text"], "done at last");
    let told = told.lock().unwrap().clone();
    assert!(told.contains(&"s 1 Some(3.0) Some(\"step 1\")".to_owned()), "{told:?}");
    assert!(std::fs::read_to_string(&notes).unwrap().contains(r#""handyman/idempotency-key":"r1.c1""#));
    // A call that is given up is cancelled at the server.
    let never = call(named(&tools, "never"), json!({}));
    assert!(tokio::time::timeout(Duration::from_millis(300), never).await.is_err());
    assert_eq!(
        call(named(&tools, "echo"), json!({"text": "still there"})).await.unwrap()["text"],
        "still there"
    );
    assert!(std::fs::read_to_string(&notes).unwrap().contains("cancelled"), "the server was told");
}

#[tokio::test]
async fn a_tool_that_changes_is_not_called_any_more() {
    let tools = tools_of(&by_hand("")).await;
    assert!(call(named(&tools, "shifty"), json!({})).await.is_ok());
    call(named(&tools, "change"), json!({})).await.unwrap();
    let error = call(named(&tools, "shifty"), json!({})).await.unwrap_err();
    assert_eq!(error.kind(), &ToolErrorKind::Conflict, "{error}");
    assert!(call(named(&tools, "echo"), json!({"text": "unchanged"})).await.is_ok());
}

#[tokio::test]
async fn what_is_declared_counts_and_what_is_wrong_is_said() {
    let mut launch = by_hand("");
    launch.effects.insert("echo".to_owned(), Effect::ReadOnly);
    launch.tools = vec!["echo".to_owned()];
    let tools = tools_of(&launch).await;
    assert_eq!(named(&tools, "echo").spec().effect, Effect::ReadOnly);
    assert!(!tools.iter().any(|tool| tool.spec().name == "huge"), "only those that are wanted");
    launch.effects.insert("eco".to_owned(), Effect::ReadOnly);
    let server = Arc::new(Server::connect("s", &launch, None).await.unwrap());
    let error = server.tools().await.err().unwrap().to_string();
    assert!(error.contains("no tool 'eco'; it has echo, sum"), "{error}");
    let error = Server::connect("s", &by_hand("--broken"), None).await.unwrap_err().to_string();
    assert!(error.contains("this server cannot find its data"), "{error}");
    let missing = Launch::of_command_line("no-such-program-here --x").unwrap();
    let error = Server::connect("s", &missing, None).await.unwrap_err().to_string();
    assert!(error.contains("no-such-program-here cannot be started"), "{error}");
    let silent = Launch::of_command_line("http://127.0.0.1:9/mcp").unwrap();
    assert!(Server::connect("s", &silent, None).await.is_err());
}

#[test]
fn the_configuration_of_other_clients_is_understood() {
    let text = r#"{"mcpServers": {"files": {"command": "npx", "args": ["-y", "@x/server-filesystem", "/tmp"], "env": {"A": "b"},
        "effects": {"read_file": "read_only"}}, "far": {"url": "https://example.org/mcp", "headers": {"Authorization": "Bearer x"}}}}"#;
    let config = Config::parse(text).unwrap();
    assert_eq!(config.servers["files"].short_name(), "filesystem");
    assert_eq!(config.servers["far"].short_name(), "example_org");
    assert!(Config::parse(r#"{"mcpServers": {"x": {}}}"#).unwrap_err().contains("server 'x'"));
    assert!(Config::parse("{").unwrap_err().contains("line 1"));
    assert!(Launch::of_command_line("say 'unclosed").unwrap_err().contains("quotation"));
}

/// A reference server that set-up installed; says so where it did not.
fn installed(path: &str) -> Option<PathBuf> {
    use std::io::Write;
    let folder = std::env::var_os("HANDYMAN_TEST_MCP_SERVERS").map(PathBuf::from);
    let found = folder.map(|folder| folder.join(path)).filter(|path| path.exists());
    if found.is_none() {
        let _ = writeln!(std::io::stderr(), "skipped: {path} is not installed; scripts/mcp-servers.sh does");
    }
    found
}

#[tokio::test]
async fn the_reference_file_server_reads_and_writes() {
    let Some(server) = installed("node_modules/@modelcontextprotocol/server-filesystem/dist/index.js") else {
        return;
    };
    let folder = tempfile::TempDir::new().unwrap();
    std::fs::write(folder.path().join("a.txt"), "from a file").unwrap();
    let launch =
        Launch::of_command_line(&format!("node '{}' '{}'", server.display(), folder.path().display()))
            .unwrap();
    let tools = tools_of(&launch).await;
    Toolbox::new().with_all(tools.clone()).unwrap();
    let path = folder.path().join("a.txt").display().to_string();
    let read = call(named(&tools, "read_text_file"), json!({"path": path})).await.unwrap();
    assert!(read.to_string().contains("from a file"), "{read}");
    let new = folder.path().join("b.txt");
    call(named(&tools, "write_file"), json!({"path": new.display().to_string(), "content": "written"}))
        .await
        .unwrap();
    assert_eq!(std::fs::read_to_string(new).unwrap(), "written");
    let outside =
        call(named(&tools, "read_text_file"), json!({"path": "/etc/passwd"})).await.unwrap_err().to_string();
    assert!(outside.to_lowercase().contains("denied"), "{outside}");
}

#[tokio::test]
async fn the_reference_server_of_everything_is_understood() {
    let Some(server) = installed("node_modules/@modelcontextprotocol/server-everything/dist/index.js") else {
        return;
    };
    let launch = Launch::of_command_line(&format!("node '{}'", server.display())).unwrap();
    let tools = tools_of(&launch).await;
    Toolbox::new().with_all(tools.clone()).unwrap();
    let said = call(named(&tools, "echo"), json!({"message": "hello"})).await.unwrap();
    assert!(said.to_string().contains("hello"), "{said}");
    let listed = call(named(&tools, "list_resources"), json!({})).await.unwrap();
    let first: &Value = &listed["resources"][0]["uri"];
    assert!(call(named(&tools, "read_resource"), json!({"uri": first})).await.is_ok(), "{listed}");
}

#[tokio::test]
async fn the_reference_time_server_of_python_answers() {
    let Some(program) = installed("python/bin/mcp-server-time") else { return };
    let tools = tools_of(&Launch::of_command_line(&format!("'{}'", program.display())).unwrap()).await;
    Toolbox::new().with_all(tools.clone()).unwrap();
    let now = call(named(&tools, "get_current_time"), json!({"timezone": "Asia/Shanghai"})).await.unwrap();
    assert!(now.to_string().contains("Asia/Shanghai"), "{now}");
}
