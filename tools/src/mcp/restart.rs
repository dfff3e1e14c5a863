//! Starting a server again that has ended: once for all calls that wait for it, not too often, and not without end.

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use handyman_core::{ToolError, ToolErrorKind, ToolResult};
use tokio::time::Instant;

use super::connection::Connection;
use super::listener::Listener;
use super::server::{Server, unavailable};

/// Starts in a row after which the server has answered no call. Then one is tried each [`REST`].
const STARTS_MAX: u32 = 3;
/// The pause before the second of them; the third one waits four times as long.
const FIRST_PAUSE: Duration = Duration::from_millis(500);
const REST: Duration = Duration::from_mins(1);
/// Time a server has that is started again: some of what a tool call has, of which the call needs the rest.
const START_TIME: Duration = Duration::from_secs(30);

/// What was tried to have a server again.
#[derive(Debug, Default)]
pub(super) struct Restarts {
    /// Starts since a call was answered.
    in_a_row: AtomicU32,
    /// Starts that came to an end, one way or the other.
    all: AtomicU64,
    /// Held by whoever starts the server.
    last: tokio::sync::Mutex<Last>,
}

#[derive(Debug, Default)]
struct Last {
    at: Option<Instant>,
    /// Why it failed, if it did, and what those were told who waited for it.
    failure: Option<(String, ToolError)>,
}

impl Server {
    /// The connection to send over: the one there is, or, where that has ended, a new one to the server that is started
    /// again or reached anew. Who comes while that is under way waits for it and gets what comes of it.
    ///
    /// # Errors
    /// Of kind `Unavailable` if it cannot be had now, and `Refused` if it was tried too often.
    pub(super) async fn connected(&self) -> ToolResult<Arc<Connection>> {
        let current = self.current();
        if !current.has_ended() {
            return Ok(current);
        }
        let seen = self.restarts.all.load(Ordering::Acquire);
        let mut last = self.restarts.last.lock().await;
        let current = self.current();
        if !current.has_ended() {
            return Ok(current);
        }
        let all = self.restarts.all.load(Ordering::Acquire);
        if let Some((_, told)) = &last.failure
            && all != seen
        {
            return Err(told.clone());
        }
        let how = current.end().await;
        let starts = self.restarts.in_a_row.load(Ordering::Acquire);
        let left = last.at.map_or(Duration::ZERO, |at| pause(starts).saturating_sub(at.elapsed()));
        if starts >= STARTS_MAX && !left.is_zero() {
            let why = last.failure.as_ref().map_or(&how, |(why, _)| why);
            return Err(self.given_up(why, starts, left));
        }
        tokio::time::sleep(left).await;
        self.restarts.in_a_row.fetch_add(1, Ordering::AcqRel);
        last.at = Some(Instant::now());
        let listener = Listener::new(&self.name, &self.to);
        let opened = Box::pin(Connection::open(&self.launch, listener, all + 1, START_TIME)).await;
        last.at = Some(Instant::now());
        self.restarts.all.store(all + 1, Ordering::Release);
        match opened {
            Ok(connection) => {
                let connection = Arc::new(connection);
                *self.current.lock().unwrap_or_else(PoisonError::into_inner) = Arc::clone(&connection);
                last.failure = None;
                Ok(connection)
            }
            Err(why) => {
                let why = format!("{how}; beginning anew failed: {why}");
                let told = self.not_started(&why, starts + 1);
                last.failure = Some((why, told.clone()));
                Err(told)
            }
        }
    }

    /// Notes that the server has answered: what was tried before counts no more.
    pub(super) fn answered(&self) {
        self.restarts.in_a_row.store(0, Ordering::Release);
    }

    fn not_started(&self, why: &str, starts: u32) -> ToolError {
        if starts >= STARTS_MAX {
            return self.given_up(why, starts, REST);
        }
        unavailable(&self.name, why).retry_after(pause(starts))
    }

    /// Not tried again by itself, for it would not help; nothing was called.
    fn given_up(&self, why: &str, starts: u32, left: Duration) -> ToolError {
        let cannot = unavailable(&self.name, why);
        let seconds = left.as_secs() + 1;
        let message = format!(
            "{cannot}; {starts} starts in a row led to no answered call; see to it that the server runs by itself, and \
             call again after {seconds} s"
        );
        ToolError::new(ToolErrorKind::Refused, message)
    }
}

/// How long to wait after a start, if there were so many in a row.
fn pause(starts: u32) -> Duration {
    match starts {
        0 => Duration::ZERO,
        1..STARTS_MAX => FIRST_PAUSE * 4_u32.pow(starts - 1),
        STARTS_MAX.. => REST,
    }
}
