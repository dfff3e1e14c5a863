//! The reference servers of the package indexes, which we did not write; skipped where they are not installed.

use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use handyman_core::Toolbox;
use handyman_tools::mcp::{Answer, Launch, Listening, Person, Question, Server};
use serde_json::{Value, json};

use crate::mcp::{named, tools_of};
use crate::support::{call, context, object};

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

/// Answers what it can.
struct Agreeable;

#[async_trait::async_trait]
impl Person for Agreeable {
    async fn answer(&self, question: &Question) -> Answer {
        let wanted = &question.schema["properties"];
        assert!(wanted["untitledSingleSelectEnum"]["enum"].is_array(), "{wanted}");
        Answer::Given(object(json!({"name": "Ann", "check": true})))
    }
}

#[tokio::test]
async fn the_reference_server_tells_how_far_it_is_asks_and_is_given_up() {
    let Some(server) = installed("node_modules/@modelcontextprotocol/server-everything/dist/index.js") else {
        return;
    };
    let launch = Launch::of_command_line(&format!("node '{}'", server.display())).unwrap();
    let told: Arc<Mutex<Vec<String>>> = Arc::default();
    let hear = Arc::clone(&told);
    let to = Listening { person: Some(Arc::new(Agreeable)) };
    let server = Arc::new(Server::connect("everything", &launch, to).await.unwrap());
    // Some of its tools are there only once the client has greeted, and it says that the list has changed.
    let tools = server.tools().await.unwrap();
    Toolbox::new().with_all(tools.clone()).unwrap();
    let long = named(&tools, "trigger-long-running-operation");
    let context = context("c1").on_progress(move |text| hear.lock().unwrap().push(text));
    long.call(object(json!({"duration": 1, "steps": 3})), &context).await.unwrap();
    let told = told.lock().unwrap().clone();
    let done: Vec<&str> = told.iter().filter_map(|text| text.split_whitespace().next()).collect();
    assert_eq!(done, ["1", "2", "3"], "{told:?}");
    let asked = call(named(&tools, "trigger-elicitation-request"), json!({})).await.unwrap();
    assert_eq!(asked["asked"][0]["answered"], json!({"name": "Ann", "check": true}), "{asked}");
    assert!(asked.to_string().contains("Ann"), "{asked}");
    let given_up = call(long, json!({"duration": 60, "steps": 60}));
    assert!(tokio::time::timeout(Duration::from_millis(300), given_up).await.is_err());
    let said = call(named(&tools, "echo"), json!({"message": "still there"})).await.unwrap();
    assert!(said.to_string().contains("still there"), "{said}");
}
