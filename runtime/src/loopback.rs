//! An HTTP server on this machine that answers as a test says, well or badly.

#![expect(clippy::unwrap_used, reason = "of tests only")]

use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// What a client asked.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    /// Method and path.
    pub(crate) line: String,
    /// Headers, in small letters.
    pub(crate) headers: String,
    pub(crate) body: String,
}

/// A piece of an answer.
#[derive(Debug, Clone)]
pub(crate) enum Piece {
    Send(Vec<u8>),
    /// Nothing comes any more, and the connection stays open.
    Hang,
}

/// The server; it ends with the test's runtime.
#[derive(Debug)]
pub(crate) struct Loopback {
    pub(crate) url: String,
    seen: Arc<Mutex<Vec<Request>>>,
}

impl Loopback {
    /// Answers every request as `answer` says; each connection is closed after its answer.
    pub(crate) async fn serve(
        answer: impl Fn(usize, &Request) -> Vec<Piece> + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let seen: Arc<Mutex<Vec<Request>>> = Arc::default();
        let (known, answer) = (Arc::clone(&seen), Arc::new(answer));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (known, answer) = (Arc::clone(&known), Arc::clone(&answer));
                tokio::spawn(async move {
                    let mut stream = stream;
                    let Some(request) = read(&mut stream).await else { return };
                    let index = {
                        let mut known = known.lock().unwrap();
                        known.push(request.clone());
                        known.len() - 1
                    };
                    for piece in answer(index, &request) {
                        match piece {
                            Piece::Send(bytes) => drop(stream.write_all(&bytes).await),
                            Piece::Hang => tokio::time::sleep(Duration::from_hours(1)).await,
                        }
                    }
                });
            }
        });
        Self { url, seen }
    }

    /// What was asked so far.
    pub(crate) fn seen(&self) -> Vec<Request> {
        self.seen.lock().unwrap().clone()
    }
}

async fn read(stream: &mut TcpStream) -> Option<Request> {
    let mut bytes = Vec::new();
    let mut buffer = [0; 4_096];
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let headers = head.to_lowercase();
            let length = headers
                .lines()
                .find_map(|line| line.strip_prefix("content-length: "))
                .map_or(0, |n| n.parse().unwrap());
            if body.len() >= length {
                let line = head.lines().next().unwrap_or_default().trim_end_matches(" HTTP/1.1").to_owned();
                return Some(Request { line, headers, body: body.to_owned() });
            }
        }
        match stream.read(&mut buffer).await {
            Ok(0) | Err(_) => return None,
            Ok(read) => bytes.extend(&buffer[..read]),
        }
    }
}

/// An answer with this status line, headers and body.
pub(crate) fn answer(status: &str, headers: &str, body: &[u8]) -> Vec<Piece> {
    let head =
        format!("HTTP/1.1 {status}\r\nconnection: close\r\ncontent-length: {}\r\n{headers}\r\n", body.len());
    vec![Piece::Send([head.as_bytes(), body].concat())]
}

/// An answer in JSON.
pub(crate) fn json(status: &str, value: &serde_json::Value) -> Vec<Piece> {
    answer(status, "content-type: application/json\r\n", value.to_string().as_bytes())
}
