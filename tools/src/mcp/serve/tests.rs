//! What a client hears of a tool that gives no answer, and of one that says how far it has come.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use handyman_core::{CallContext, Effect, Safety, Tool, ToolCall, ToolResult, ToolSpec, Toolbox};
use jiff::civil::{DateTime, date};
use rmcp::ServiceExt;
use serde_json::{Map, Value, json};
use tokio::io::{
    AsyncBufReadExt, AsyncWriteExt, BufReader, DuplexStream, Lines, ReadHalf, WriteHalf, duplex, split,
};
use tokio::sync::Notify;

use super::Serving;

/// A tool that never answers.
struct Silent(ToolSpec);

#[async_trait]
impl Tool for Silent {
    fn spec(&self) -> &ToolSpec {
        &self.0
    }

    async fn call(&self, _arguments: Map<String, Value>, _context: &CallContext) -> ToolResult<Value> {
        std::future::pending().await
    }
}

fn now() -> DateTime {
    date(2026, 11, 23).at(9, 0, 0, 0)
}

// The clock goes on by itself while everybody waits.
#[tokio::test(start_paused = true)]
async fn a_tool_that_gives_no_answer_is_given_up() {
    let cases = [
        (Effect::ReadOnly, "no answer within 60 s"),
        (Effect::Once, "no answer within 60 s; it is unknown whether this took effect"),
    ];
    for (effect, words) in cases {
        let spec = ToolSpec { effect, ..spec("silent") };
        let serving = Serving::new(Toolbox::new().with(Arc::new(Silent(spec))).unwrap(), now);
        let call = ToolCall { id: "c1".into(), tool: "silent".to_owned(), arguments: Map::new() };
        let context = CallContext::new(now()).under("k1");
        let answer = tokio::time::timeout(Duration::from_hours(1), serving.answer(&call, &context));
        let answer = json!(answer.await.unwrap());
        let heard = (&answer["isError"], &answer["content"][0]["text"]);
        assert_eq!(heard, (&json!(true), &json!(words)), "{answer}");
    }
}

/// A tool that says how far it has come, also after its end.
struct Tells(ToolSpec);

#[async_trait]
impl Tool for Tells {
    fn spec(&self) -> &ToolSpec {
        &self.0
    }

    async fn call(&self, _arguments: Map<String, Value>, context: &CallContext) -> ToolResult<Value> {
        context.tell("half of it");
        let late = context.clone();
        // It holds on to who hears it for longer than anybody waits.
        tokio::spawn(async move {
            tokio::time::sleep(Duration::from_mins(10)).await;
            late.tell("too late");
        });
        Ok(json!({"done": true}))
    }
}

/// A tool that waits until nobody wants its answer any more.
struct Waits(ToolSpec, Arc<Notify>);

#[async_trait]
impl Tool for Waits {
    fn spec(&self) -> &ToolSpec {
        &self.0
    }

    async fn call(&self, _arguments: Map<String, Value>, context: &CallContext) -> ToolResult<Value> {
        while !context.is_cancelled() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        self.1.notify_one();
        Ok(json!({}))
    }
}

fn spec(name: &str) -> ToolSpec {
    ToolSpec {
        name: name.to_owned(),
        description: "Does something".to_owned(),
        parameters: json!({"type": "object", "properties": {}}),
        effect: Effect::Once,
        safety: Safety::default(),
    }
}

/// A client that has greeted the server of a tool.
struct Talk {
    lines: Lines<BufReader<ReadHalf<DuplexStream>>>,
    writes: WriteHalf<DuplexStream>,
}

impl Talk {
    async fn with(tool: impl Tool + 'static) -> Self {
        let serving = Serving::new(Toolbox::new().with(Arc::new(tool)).unwrap(), now);
        let (ours, theirs) = duplex(64_000);
        tokio::spawn(async move { serving.serve(split(theirs)).await.unwrap().waiting().await });
        let (reads, writes) = split(ours);
        let mut talk = Self { lines: BufReader::new(reads).lines(), writes };
        let us = json!({"name": "x", "version": "1"});
        let greeting = json!({"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": us});
        talk.say(&json!({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": greeting})).await;
        talk.hear().await;
        talk.say(&json!({"jsonrpc": "2.0", "method": "notifications/initialized"})).await;
        talk
    }

    async fn say(&mut self, message: &Value) {
        self.writes.write_all(format!("{message}\n").as_bytes()).await.unwrap();
    }

    async fn hear(&mut self) -> Value {
        let line = tokio::time::timeout(Duration::from_secs(20), self.lines.next_line()).await.unwrap();
        serde_json::from_str(&line.unwrap().unwrap()).unwrap()
    }
}

#[tokio::test]
async fn what_a_tool_tells_is_progress_for_clients_that_want_it() {
    let mut talk = Talk::with(Tells(spec("tells"))).await;
    let asked = json!({"name": "tells", "arguments": {}, "_meta": {"progressToken": "t"}});
    talk.say(&json!({"jsonrpc": "2.0", "id": 2, "method": "tools/call", "params": asked})).await;
    let progress = talk.hear().await;
    assert_eq!(progress["method"], "notifications/progress", "{progress}");
    let told = (&progress["params"]["progressToken"], &progress["params"]["message"]);
    assert_eq!(told, (&json!("t"), &json!("half of it")));
    assert_eq!(talk.hear().await["id"], 2, "and the answer is not held back by a tool that might tell more");
    let asked = json!({"name": "tells", "arguments": {}});
    talk.say(&json!({"jsonrpc": "2.0", "id": 3, "method": "tools/call", "params": asked})).await;
    assert_eq!(talk.hear().await["id"], 3, "who gave no token hears the answer alone");
}

#[tokio::test]
async fn a_tool_sees_that_the_client_has_given_its_call_up() {
    let seen = Arc::new(Notify::new());
    let mut talk = Talk::with(Waits(spec("waits"), Arc::clone(&seen))).await;
    let asked = json!({"name": "waits", "arguments": {}});
    talk.say(&json!({"jsonrpc": "2.0", "id": 2, "method": "tools/call", "params": asked})).await;
    let given_up = json!({"requestId": 2});
    talk.say(&json!({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": given_up})).await;
    tokio::time::timeout(Duration::from_secs(20), seen.notified()).await.unwrap();
}
