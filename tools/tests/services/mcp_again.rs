//! MCP servers that end and are started again: what they never had goes to the next one, what they may have had is not
//! repeated, and nothing is tried without end.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use handyman_core::{Effect, Tool, ToolError, ToolErrorKind};
use handyman_tools::mcp::Launch;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::mcp::{by_hand, named, tools_of};
use crate::support::{call, context, object, until};

/// What a server notes of its starts and calls.
struct Notes(TempDir);

impl Notes {
    fn new() -> Self {
        Self(TempDir::new().unwrap())
    }

    /// A server that notes here.
    fn launch(&self, arguments: &str) -> Launch {
        let mut launch = by_hand(arguments);
        launch.env.insert("NOTES".to_owned(), self.0.path().join("notes").display().to_string());
        launch
    }

    fn count(&self, fits: impl Fn(&str) -> bool) -> usize {
        let notes = std::fs::read_to_string(self.0.path().join("notes")).unwrap_or_default();
        notes.lines().filter(|line| fits(line)).count()
    }

    /// How often it was started.
    fn starts(&self) -> usize {
        self.count(|line| line.starts_with("start "))
    }

    /// The process that was started last.
    fn last_start(&self) -> String {
        let notes = std::fs::read_to_string(self.0.path().join("notes")).unwrap();
        let process = notes.lines().rev().find_map(|line| line.strip_prefix("start "));
        process.unwrap().to_owned()
    }

    /// How often a tool was called.
    fn calls(&self, tool: &str) -> usize {
        let name = format!("\"name\":\"{tool}\"");
        self.count(|line| line.starts_with("call ") && line.contains(&name))
    }
}

/// Calls the tool after which the server has ended, and waits until it has.
async fn leave(notes: &Notes, tools: &[Arc<dyn Tool>]) {
    let said = call(named(tools, "leave"), json!({})).await.unwrap();
    assert_eq!(said["text"], "goodbye");
    let process = notes.last_start();
    until("the server has ended", || has_ended(&process)).await;
    // The client hears of it when it is its turn; without `/proc` nothing was waited for yet.
    let is_known = std::fs::exists("/proc/self/stat").unwrap();
    tokio::time::sleep(Duration::from_millis(if is_known { 200 } else { 1_000 })).await;
}

/// Whether this child of ours has ended, be it waited for or not.
fn has_ended(process: &str) -> bool {
    let status = std::fs::read_to_string(format!("/proc/{process}/stat"));
    status.map_or(true, |status| status.rsplit(") ").next().is_some_and(|state| state.starts_with('Z')))
}

/// Calls `echo` so many times at once.
async fn echoes(echo: &dyn Tool, count: usize) -> Vec<Result<Value, ToolError>> {
    let calls = (0..count).map(|number| async move {
        let arguments = object(json!({"text": format!("hello {number}")}));
        echo.call(arguments, &context(&format!("c{number}"))).await
    });
    join_all(calls).await
}

#[tokio::test]
async fn the_next_call_starts_a_server_again_that_has_ended() {
    let notes = Notes::new();
    let tools = tools_of(&notes.launch("")).await;
    leave(&notes, &tools).await;
    let echo = named(&tools, "echo");
    let said = call(echo, json!({"text": "hello"})).await.unwrap();
    let news = "the server had ended and was started again before this call";
    assert_eq!(said, json!({"source": "mcp:by hand", "text": "hello", "note": news}));
    let said = call(echo, json!({"text": "again"})).await.unwrap();
    assert_eq!(said, json!({"source": "mcp:by hand", "text": "again"}), "news are told once");
    assert_eq!((notes.starts(), notes.calls("echo")), (2, 2));
    // Its resources are read over the new connection too.
    leave(&notes, &tools).await;
    let note = call(named(&tools, "read_resource"), json!({"uri": "note://1"})).await.unwrap();
    assert_eq!((&note["contents"][0]["text"], notes.starts()), (&json!("Remember the milk."), 3));
}

#[tokio::test]
async fn a_call_that_the_server_died_of_is_in_doubt_and_not_repeated() {
    let notes = Notes::new();
    let tools = tools_of(&notes.launch("")).await;
    let error = call(named(&tools, "die"), json!({})).await.unwrap_err();
    assert_eq!(error.kind(), &ToolErrorKind::InDoubt, "{error}");
    assert_eq!((notes.starts(), notes.calls("die")), (1, 1));
    assert!(call(named(&tools, "echo"), json!({"text": "hello"})).await.is_ok());
    assert_eq!((notes.starts(), notes.calls("die")), (2, 1), "the new one did not get the old call");
}

#[tokio::test]
async fn what_only_reads_or_may_be_repeated_can_be_tried_again() {
    for (effect, kind) in
        [(Effect::ReadOnly, ToolErrorKind::Unavailable), (Effect::Idempotent, ToolErrorKind::InDoubt)]
    {
        let notes = Notes::new();
        let mut launch = notes.launch("");
        launch.effects.insert("die".to_owned(), effect);
        let tools = tools_of(&launch).await;
        for attempt in 1..=2 {
            let error = call(named(&tools, "die"), json!({})).await.unwrap_err();
            assert_eq!(error.kind(), &kind, "{error}");
            assert_eq!((notes.starts(), notes.calls("die")), (attempt, attempt), "asked for, and only then");
        }
    }
}

#[tokio::test]
async fn a_server_that_does_not_come_up_again_is_given_up() {
    let notes = Notes::new();
    let tools = tools_of(&notes.launch("--later-broken")).await;
    leave(&notes, &tools).await;
    let echo = named(&tools, "echo");
    let mut kinds = Vec::new();
    for _ in 0..4 {
        let error = call(echo, json!({"text": "hello"})).await.unwrap_err();
        assert!(error.to_string().contains("this server cannot find its data"), "what it says: {error}");
        let is_given_up = error.to_string().contains("3 starts in a row led to no answered call");
        kinds.push((error.kind().clone(), is_given_up));
    }
    let (unavailable, given_up) = ((ToolErrorKind::Unavailable, false), (ToolErrorKind::Refused, true));
    assert_eq!(kinds, [unavailable.clone(), unavailable, given_up.clone(), given_up]);
    assert_eq!(notes.starts(), 4, "the third start again was the last one");
}

#[tokio::test]
async fn a_server_that_dies_of_each_call_is_given_up() {
    let notes = Notes::new();
    let tools = tools_of(&notes.launch("")).await;
    for _ in 0..4 {
        let error = call(named(&tools, "die"), json!({})).await.unwrap_err();
        assert_eq!(error.kind(), &ToolErrorKind::InDoubt, "{error}");
    }
    let error = call(named(&tools, "die"), json!({})).await.unwrap_err();
    assert_eq!(error.kind(), &ToolErrorKind::Refused, "{error}");
    let said = error.to_string();
    assert!(said.contains(": 4)") && said.contains("out of paper"), "what happened: {said}");
    assert_eq!((notes.starts(), notes.calls("die")), (4, 4));
}

#[tokio::test]
async fn a_tool_that_comes_back_as_another_is_not_called() {
    let notes = Notes::new();
    let tools = tools_of(&notes.launch("--later-changed")).await;
    leave(&notes, &tools).await;
    let error = call(named(&tools, "shifty"), json!({})).await.unwrap_err();
    assert_eq!(error.kind(), &ToolErrorKind::Conflict, "{error}");
    assert!(call(named(&tools, "echo"), json!({"text": "unchanged"})).await.is_ok());
    assert!(call(named(&tools, "shifty"), json!({})).await.is_err(), "nor later");
    assert_eq!((notes.starts(), notes.calls("shifty")), (2, 0));
}

#[tokio::test]
async fn calls_at_the_same_time_share_one_start() {
    let notes = Notes::new();
    let tools = tools_of(&notes.launch("")).await;
    leave(&notes, &tools).await;
    let answered = echoes(named(&tools, "echo"), 8).await;
    assert!(answered.iter().all(Result::is_ok), "{answered:?}");
    assert_eq!((notes.starts(), notes.calls("echo")), (2, 8));

    let notes = Notes::new();
    let tools = tools_of(&notes.launch("--later-broken")).await;
    leave(&notes, &tools).await;
    let failed = echoes(named(&tools, "echo"), 8).await;
    let is_unavailable = |error: &ToolError| error.kind() == &ToolErrorKind::Unavailable;
    assert!(failed.iter().all(|result| result.as_ref().is_err_and(is_unavailable)), "{failed:?}");
    assert_eq!(notes.starts(), 2, "and one failure");
}
