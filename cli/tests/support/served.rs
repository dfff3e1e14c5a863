//! An agent that is served over HTTP, and what it answers.

use std::io::{BufRead, BufReader, Lines, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};

use serde_json::Value;

use super::{Bench, DATE};

/// An agent that is served on a bench.
pub(crate) struct Server {
    pub(crate) child: Child,
    pub(crate) place: String,
}

/// What it answered.
pub(crate) struct Reply {
    pub(crate) status: u16,
    /// The headers, in small letters.
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Server {
    pub(crate) fn start(bench: &Bench, model: &str, more: &[&str]) -> Self {
        let fixed = ["serve", "agent", "--listen", "127.0.0.1:0", "--date", DATE, "--model", model];
        Self::of(&mut bench.command(&[fixed.as_slice(), more].concat()))
    }

    pub(crate) fn of(command: &mut Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let place = line.trim().strip_prefix("listening on http://").unwrap_or_else(|| panic!("{line}"));
        Self { place: place.to_owned(), child }
    }

    /// Asks, and gives the connection that is answered on. In HTTP 1.0 the answer ends where the connection does.
    pub(crate) fn ask(&self, line: &str, headers: &[(&str, &str)], body: &str) -> TcpStream {
        let mut head = format!("{line} HTTP/1.0\r\ncontent-length: {}\r\n", body.len());
        if headers.iter().all(|(name, _)| *name != "host") {
            head.push_str(&format!("host: {}\r\n", self.place));
        }
        for (name, value) in headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        let mut connection = TcpStream::connect(&self.place).unwrap();
        connection.write_all(format!("{head}\r\n{body}").as_bytes()).unwrap();
        connection
    }

    pub(crate) fn reply(&self, line: &str, headers: &[(&str, &str)], body: &str) -> Reply {
        Reply::on(self.ask(line, headers, body))
    }

    pub(crate) fn get(&self, path: &str) -> (u16, Value) {
        self.reply(&format!("GET {path}"), &[], "").told()
    }

    pub(crate) fn post(&self, path: &str, body: &Value) -> (u16, Value) {
        self.reply(&format!("POST {path}"), &[], &body.to_string()).told()
    }

    /// Begins a run under a key.
    pub(crate) fn begin(&self, key: &str, body: &Value) -> (u16, Value) {
        self.reply("POST /runs", &[("idempotency-key", key)], &body.to_string()).told()
    }

    pub(crate) fn stream(&self, path: &str, body: &Value) -> Told {
        let headers = [("accept", "text/event-stream")];
        Told::on(self.ask(&format!("POST {path}"), &headers, &body.to_string()))
    }

    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Reply {
    pub(crate) fn on(mut connection: TcpStream) -> Self {
        let mut text = String::new();
        connection.read_to_string(&mut text).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or_else(|| panic!("{text}"));
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        Self { status, head: head.to_lowercase(), body: body.to_owned() }
    }

    pub(crate) fn told(&self) -> (u16, Value) {
        let body = serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.body));
        (self.status, body)
    }
}

/// A stream of Server-Sent Events.
pub(crate) struct Told(Lines<BufReader<TcpStream>>);

impl Told {
    pub(crate) fn on(connection: TcpStream) -> Self {
        let mut lines = BufReader::new(connection).lines();
        let head: Vec<String> =
            lines.by_ref().map(Result::unwrap).take_while(|line| !line.is_empty()).collect();
        assert!(head[0].contains(" 200 "), "{head:?}");
        assert!(head.iter().any(|line| line.to_lowercase() == "content-type: text/event-stream"), "{head:?}");
        Self(lines)
    }
}

/// What kind each one is, and its JSON.
impl Iterator for Told {
    type Item = (String, Value);

    fn next(&mut self) -> Option<Self::Item> {
        let mut kind = String::new();
        loop {
            let line = self.0.next()?.unwrap();
            if let Some(name) = line.strip_prefix("event: ") {
                name.clone_into(&mut kind);
            } else if let Some(data) = line.strip_prefix("data: ") {
                return Some((kind, serde_json::from_str(data).unwrap()));
            }
        }
    }
}

/// An endpoint that takes requests and never answers; `--model` names it.
pub(crate) fn silent() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || listener.incoming().collect::<Vec<_>>());
    format!("http://127.0.0.1:{port}#m")
}
