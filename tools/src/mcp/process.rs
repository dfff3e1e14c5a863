//! The process of a server, and what it complains of.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::process::Child;
use tokio::task::JoinHandle;
use tokio::time::timeout;

/// Time a server that ends, or did not greet, has to say why.
const LAST_WORDS: Duration = Duration::from_secs(2);
/// Bytes of a server's complaints that are kept to be quoted.
const COMPLAINTS_MAX: usize = 2_000;
/// Lines of them that are quoted of a server that has ended.
const LINES_MAX: usize = 3;

/// A program that serves. It was started to be killed when it is dropped.
pub(super) struct Process {
    child: Child,
    complaints: Arc<Mutex<Vec<u8>>>,
    heard: Option<JoinHandle<()>>,
}

impl Process {
    /// A program whose standard error is listened to from now on.
    pub(super) fn new(mut child: Child) -> Self {
        let complaints = Arc::<Mutex<Vec<u8>>>::default();
        let heard =
            child.stderr.take().map(|stderr| tokio::spawn(keep_last(stderr, Arc::clone(&complaints))));
        Self { child, complaints, heard }
    }

    /// What it complained of.
    pub(super) fn said(&self) -> String {
        let kept = self.complaints.lock().unwrap_or_else(PoisonError::into_inner);
        // Its first character may be cut.
        String::from_utf8_lossy(&kept).trim_start_matches('\u{fffd}').trim().to_owned()
    }

    /// Why it did not greet: what it says of it, or how it ended, or else what the connection says.
    pub(super) async fn why_it_did_not_greet(mut self, program: &str, otherwise: String) -> String {
        // It may be about to say why it ends, or not to end at all.
        self.hear_out().await;
        let said = self.said();
        if !said.is_empty() {
            return said;
        }
        match timeout(LAST_WORDS, self.child.wait()).await {
            Ok(Ok(status)) => format!("{program} ended before it answered ({status})"),
            Ok(Err(_)) | Err(_) => otherwise,
        }
    }

    /// How it ended, and what it said at last. One that lives on is killed, so that it is not in the next one's way.
    pub(super) async fn end(mut self) -> String {
        let how = if let Ok(Ok(status)) = timeout(LAST_WORDS, self.child.wait()).await {
            format!("it has ended ({status})")
        } else {
            // What cannot be killed has ended meanwhile.
            let _ = self.child.kill().await;
            "it has closed the connection".to_owned()
        };
        self.hear_out().await;
        let said = self.said();
        let lines: Vec<&str> = said.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
        let last = lines[lines.len().saturating_sub(LINES_MAX)..].join("; ");
        if last.is_empty() { how } else { format!("{how} and said at last: {last}") }
    }

    async fn hear_out(&mut self) {
        if let Some(heard) = self.heard.take() {
            // Another program may hold its standard error open.
            let _ = timeout(LAST_WORDS, heard).await;
        }
    }
}

/// Reads what a server complains of, so that it is never blocked, and keeps the end of it.
async fn keep_last(mut stderr: impl AsyncRead + Unpin, kept: Arc<Mutex<Vec<u8>>>) {
    let mut piece = vec![0; 8_192];
    while let Ok(length @ 1..) = stderr.read(&mut piece).await {
        let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.extend_from_slice(&piece[..length]);
        let over = kept.len().saturating_sub(COMPLAINTS_MAX);
        kept.drain(..over);
    }
}

#[cfg(test)]
mod tests;
