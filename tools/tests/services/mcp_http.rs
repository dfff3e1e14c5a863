//! MCP servers that are not there any more, over standard input and output and over HTTP: what was never done is not
//! told as perhaps done, and no address is told at all.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;

use handyman_core::{Tool, ToolErrorKind};
use handyman_tools::mcp::{Launch, Listening, Server};
use serde_json::{Value, json};

use crate::support::call;

/// Serves one tool over HTTP, and answers a call of it with this status. Its port.
fn answering(status: &'static str) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            std::thread::spawn(move || answer(stream, status));
        }
    });
    port
}

/// What was asked, as JSON, where, and in which session.
pub(crate) struct Heard {
    pub(crate) asked: Value,
    path: String,
    pub(crate) session: String,
}

/// Reads one request.
pub(crate) fn heard(stream: &TcpStream) -> Option<Heard> {
    let mut reader = BufReader::new(stream.try_clone().ok()?);
    let (mut length, mut session) = (0, String::new());
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    let path = line.split(' ').nth(1)?.to_owned();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        match line.trim().to_ascii_lowercase().split_once(": ") {
            Some(("content-length", value)) => length = value.parse().ok()?,
            Some(("mcp-session-id", value)) => value.clone_into(&mut session),
            Some(_) => {}
            None if line.trim().is_empty() => break,
            None => {}
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some(Heard { asked: serde_json::from_slice(&body).unwrap_or_default(), path, session })
}

/// Answers it, with further headers that end their lines themselves.
pub(crate) fn reply(stream: &mut TcpStream, status: &str, headers: &str, body: &str) -> Option<()> {
    let kind = if body.is_empty() { "text/plain" } else { "application/json" };
    let length = body.len();
    write!(
        stream,
        "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\n{headers}Connection: close\r\n\r\n{body}"
    )
    .ok()
}

fn answer(mut stream: TcpStream, status: &str) -> Option<()> {
    let Heard { asked, path, .. } = heard(&stream)?;
    let host = match path.as_str() {
        "/moved" => Some("127.0.0.1"),
        "/away" => Some("localhost"),
        _ => None,
    };
    if let Some(host) = host {
        let header = format!("Location: http://{host}:{}/mcp\r\n", stream.local_addr().ok()?.port());
        return reply(&mut stream, "307 Temporary Redirect", &header, "");
    }
    let schema = json!({"type": "object", "properties": {}});
    let result = match asked["method"].as_str().unwrap_or_default() {
        "initialize" => Some(json!({"protocolVersion": asked["params"]["protocolVersion"],
            "serverInfo": {"name": "far", "version": "1"}, "capabilities": {"tools": {}}})),
        "tools/list" => Some(json!({"tools": [{"name": "pay", "inputSchema": schema}]})),
        _ => None,
    };
    let (status, body) = match (result, asked["method"].as_str()) {
        (Some(result), _) => {
            ("200 OK", json!({"jsonrpc": "2.0", "id": asked["id"], "result": result}).to_string())
        }
        (None, Some("tools/call")) if status.starts_with('-') => {
            let error = json!({"code": status.parse::<i32>().ok()?, "message": "it did not go well"});
            ("200 OK", json!({"jsonrpc": "2.0", "id": asked["id"], "error": error}).to_string())
        }
        (None, Some("tools/call")) => (status, String::new()),
        (None, None) => ("405 Method Not Allowed", String::new()),
        (None, Some(_)) if asked.get("id").is_none() => ("202 Accepted", String::new()),
        (None, Some(_)) => {
            let error = json!({"code": -32601, "message": "there is no such method"});
            ("200 OK", json!({"jsonrpc": "2.0", "id": asked["id"], "error": error}).to_string())
        }
    };
    if status.is_empty() {
        return None;
    }
    reply(&mut stream, status, "", &body)
}

async fn tools(url: &str) -> Vec<Arc<dyn Tool>> {
    let launch = Launch::of_command_line(url).unwrap();
    let server = Server::connect(&launch.short_name(), &launch, Listening::default()).await.unwrap();
    Arc::new(server).tools().await.unwrap()
}

#[tokio::test]
async fn what_a_server_did_not_take_is_not_in_doubt() {
    for (status, kind) in [
        ("400 Bad Request", ToolErrorKind::Refused),
        ("401 Unauthorized", ToolErrorKind::Refused),
        ("403 Forbidden", ToolErrorKind::Refused),
        ("404 Not Found", ToolErrorKind::Refused),
        ("429 Too Many Requests", ToolErrorKind::Unavailable),
        ("503 Service Unavailable", ToolErrorKind::Unavailable),
        ("408 Request Timeout", ToolErrorKind::InDoubt),
        ("500 Internal Server Error", ToolErrorKind::InDoubt),
        // Of a server that has handed the call on, and lost the other one, or waited too long for it.
        ("-32000", ToolErrorKind::InDoubt),
        ("-32001", ToolErrorKind::InDoubt),
        ("-32603", ToolErrorKind::Refused),
        ("", ToolErrorKind::InDoubt),
    ] {
        let port = answering(status);
        let tools = tools(&format!("http://ann:s3cret@127.0.0.1:{port}/mcp?token=t0ken")).await;
        let error = call(tools[0].as_ref(), json!({})).await.unwrap_err();
        assert_eq!(error.kind(), &kind, "{status}: {error}");
        let said = error.to_string();
        for secret in ["s3cret", "t0ken", "Transport [", "::"] {
            assert!(!said.contains(secret), "{status}: {said}");
        }
    }
}

#[tokio::test]
async fn an_address_is_not_told() {
    let launch = Launch::of_command_line("https://ann:s3cret@mcp.example:8443/mcp?token=t0ken").unwrap();
    assert_eq!(launch.short_name(), "mcp_example_8443");
    let nobody = Launch::of_command_line("http://ann:s3cret@127.0.0.1:9/mcp?token=t0ken").unwrap();
    let error = Server::connect("s", &nobody, Listening::default()).await.unwrap_err().to_string();
    assert!(!error.contains("s3cret") && !error.contains("t0ken") && !error.contains("::"), "{error}");
}

#[tokio::test]
async fn a_server_at_another_path_of_its_address_is_found_and_one_elsewhere_is_not_followed() {
    let port = answering("");
    assert_eq!(tools(&format!("http://127.0.0.1:{port}/moved")).await.len(), 1);
    let away = Launch::of_command_line(&format!("http://127.0.0.1:{port}/away")).unwrap();
    let error = Server::connect("s", &away, Listening::default()).await.unwrap_err().to_string();
    assert!(error.contains("307"), "{error}");
}
