//! The process that serves, and how tools are called.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use handyman_core::{CallContext, Tool, ToolError, ToolResult};
use handyman_tools::web::{Answer, Client, HttpLimits, Reach, Request, Url};
use serde_json::{Map, Value};

/// A server of recorded and of hostile answers, in a process of its own.
pub(crate) struct Server {
    child: Child,
    port: u16,
}

impl Server {
    pub(crate) fn start() -> Self {
        // This very test binary, told to run the test that serves.
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "server::serve", "--ignored", "--nocapture"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let port = lines
            .map_while(Result::ok)
            .find_map(|line| line.split("PORT ").nth(1)?.trim().parse().ok())
            .expect("the server says its port");
        Self { child, port }
    }

    pub(crate) fn url(&self, path: &str) -> Url {
        format!("http://127.0.0.1:{}{path}", self.port).parse().unwrap()
    }

    /// The same by a name.
    pub(crate) fn url_by_name(&self, path: &str) -> Url {
        format!("http://localhost:{}{path}", self.port).parse().unwrap()
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// The requests that came in, as `METHOD path?query` and with headers and body.
    pub(crate) async fn seen(&self) -> Vec<Value> {
        let mut seen: Vec<Value> =
            anywhere().send(&Request::get(self.url("/log"))).await.unwrap().json().unwrap();
        seen.retain(|request| request["line"] != "GET /log");
        seen
    }

    pub(crate) async fn seen_lines(&self) -> Vec<String> {
        self.seen().await.iter().map(|request| request["line"].as_str().unwrap().to_owned()).collect()
    }

    pub(crate) async fn get(&self, path: &str) -> ToolResult<Answer> {
        anywhere().send(&Request::get(self.url(path))).await
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A client that may go anywhere and is not patient.
pub(crate) fn anywhere() -> Client {
    Client::new(Reach::Anywhere, impatient()).unwrap()
}

pub(crate) fn impatient() -> HttpLimits {
    HttpLimits { attempt: Duration::from_secs(2), bytes_max: 100_000, ..HttpLimits::default() }
}

pub(crate) fn context(call: &str) -> CallContext {
    let now = jiff::civil::date(2026, 11, 23).at(9, 0, 0, 0);
    CallContext::new(now).of_call("r1", call)
}

pub(crate) fn object(arguments: Value) -> Map<String, Value> {
    let Value::Object(arguments) = arguments else { panic!("arguments are an object") };
    arguments
}

pub(crate) async fn call(tool: &dyn Tool, arguments: Value) -> Result<Value, ToolError> {
    tool.call(object(arguments), &context("c1")).await
}

/// Waits until this is so, as long as any machine takes for it.
pub(crate) async fn until(what: &str, is_so: impl Fn() -> bool) {
    for _ in 0..3_000 {
        if is_so() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("after half a minute it is not so that {what}");
}
