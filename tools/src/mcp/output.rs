//! A program that serves on its standard input and output: its messages, each on a line of its own, and what else it writes
//! there.

use std::io;
use std::sync::Arc;

use rmcp::model::RequestId;
use rmcp::service::{RoleClient, RxJsonRpcMessage, TxJsonRpcMessage};
use rmcp::transport::Transport;
use rmcp::transport::async_rw::AsyncRwTransport;
use serde::Deserialize;
use serde_json::{Map, Value};
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWrite, BufReader, Empty, empty};

use super::answers::{Answers, quoted};

/// Bytes of one message.
const LINE_BYTES_MAX: usize = 16_000_000;

/// The transport to a program. What it writes that is no message is kept among its [`Answers`].
pub(super) struct Piped<R, W: AsyncWrite> {
    output: BufReader<R>,
    input: AsyncRwTransport<RoleClient, Empty, W>,
    /// The line that is being read, and whether it is longer than a message may be.
    line: Vec<u8>,
    is_cut: bool,
    answers: Arc<Answers>,
}

impl<R, W> Piped<R, W>
where
    R: AsyncRead + Send + Unpin,
    W: AsyncWrite + Send + Unpin + 'static,
{
    /// Reads a program's standard output and writes to its standard input.
    pub(super) fn new(output: R, input: W, answers: Arc<Answers>) -> Self {
        Self {
            output: BufReader::new(output),
            input: AsyncRwTransport::new_client(empty(), input),
            line: Vec::new(),
            is_cut: false,
            answers,
        }
    }

    /// The next line, and whether it is whole; nothing at the end. Given up, it goes on where it was.
    async fn next_line(&mut self) -> Option<(Vec<u8>, bool)> {
        loop {
            let piece = self.output.fill_buf().await.ok()?;
            let end = piece.iter().position(|byte| *byte == b'\n');
            let is_over = piece.is_empty();
            let taken = end.map_or(piece.len(), |end| end + 1);
            let room = LINE_BYTES_MAX.saturating_sub(self.line.len());
            self.line.extend_from_slice(&piece[..taken.min(room)]);
            self.is_cut |= taken > room;
            self.output.consume(taken);
            if is_over && self.line.is_empty() {
                return None;
            }
            if is_over || end.is_some() {
                return Some((std::mem::take(&mut self.line), !std::mem::take(&mut self.is_cut)));
            }
        }
    }

    /// The message of a line, or what is heard instead of one that cannot be read.
    fn read(&self, line: &[u8], is_whole: bool) -> Option<RxJsonRpcMessage<RoleClient>> {
        let text = line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line).trim_ascii();
        if text.is_empty() {
            return None;
        }
        if !is_whole {
            let megabytes = LINE_BYTES_MAX / 1_000_000;
            return self.answers.instead(None, format!("it wrote a message of more than {megabytes} MB"));
        }
        if let Ok(message) = serde_json::from_slice(text) {
            return Some(message);
        }
        match serde_json::from_slice(text) {
            Ok(Value::Object(said)) if is_answer(&said) => self.answered(said, text),
            // Other programs' notifications are no concern of ours.
            Ok(Value::Object(said)) if said.contains_key("method") && !said.contains_key("id") => None,
            Ok(_) | Err(_) => {
                let said = quoted(text);
                let odd = format!("it wrote to its standard output, where only messages belong: {said}");
                self.answers.keep(odd);
                None
            }
        }
    }

    /// An answer that is not as it should be.
    fn answered(&self, mut said: Map<String, Value>, text: &[u8]) -> Option<RxJsonRpcMessage<RoleClient>> {
        let names = said.get("id").and_then(|id| RequestId::deserialize(id).ok());
        said.insert("jsonrpc".to_owned(), "2.0".into());
        if let Ok(message) = serde_json::from_value(Value::Object(said)) {
            return Some(message);
        }
        self.answers.instead(names, format!("its answer cannot be read: {}", quoted(text)))
    }
}

/// Whether this is meant to be an answer. Lines of a log may have an `error` too.
fn is_answer(said: &Map<String, Value>) -> bool {
    let has = |field: &str| said.contains_key(field);
    (has("result") || has("error")) && (has("id") || has("jsonrpc"))
}

impl<R, W> Transport<RoleClient> for Piped<R, W>
where
    R: AsyncRead + Send + Unpin,
    W: AsyncWrite + Send + Unpin + 'static,
{
    type Error = io::Error;

    fn send(
        &mut self,
        item: TxJsonRpcMessage<RoleClient>,
    ) -> impl Future<Output = Result<(), Self::Error>> + Send + 'static {
        self.input.send(item)
    }

    async fn receive(&mut self) -> Option<RxJsonRpcMessage<RoleClient>> {
        loop {
            let (line, is_whole) = self.next_line().await?;
            let message = self.read(&line, is_whole);
            if message.is_some() {
                return message;
            }
        }
    }

    async fn close(&mut self) -> Result<(), Self::Error> {
        self.input.close().await
    }
}

#[cfg(test)]
mod tests;
