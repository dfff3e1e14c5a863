//! Which requests wait for an answer, and what a server says that answers none: it is told to the request that alone can be
//! meant, and kept for whoever gets no answer.

use std::collections::{HashSet, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use rmcp::model::{
    ClientNotification, ErrorData, JsonRpcError, JsonRpcMessage, JsonRpcNotification, JsonRpcRequest,
    RequestId, ServerJsonRpcMessage,
};
use rmcp::service::{RoleClient, TxJsonRpcMessage};

use super::tool::LOST;

/// Odd things that are kept, and the characters of each that are quoted.
const KEPT_MAX: usize = 3;
const QUOTED_MAX: usize = 160;

/// The requests of one connection, and what its server says beside their answers.
#[derive(Debug, Default)]
pub(super) struct Answers(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    /// Requests that wait for an answer.
    open: HashSet<RequestId>,
    /// The last one that was sent: they are numbered, from 0.
    last: Option<i64>,
    /// What the server said at last that was no answer.
    odd: VecDeque<String>,
    /// How often it did so.
    count: usize,
}

impl Answers {
    /// Notes what goes out: a request, which is named, or that one is given up.
    pub(super) fn goes_out(&self, message: &TxJsonRpcMessage<RoleClient>) -> Option<RequestId> {
        match message {
            JsonRpcMessage::Request(JsonRpcRequest { id, .. }) => {
                let mut state = self.lock();
                if let RequestId::Number(number) = id {
                    state.last = state.last.max(Some(*number));
                }
                state.open.insert(id.clone());
                Some(id.clone())
            }
            JsonRpcMessage::Notification(JsonRpcNotification {
                notification: ClientNotification::CancelledNotification(given_up),
                ..
            }) => {
                if let Some(id) = &given_up.params.request_id {
                    self.closes(id);
                }
                None
            }
            JsonRpcMessage::Notification(_) | JsonRpcMessage::Response(_) | JsonRpcMessage::Error(_) => None,
        }
    }

    /// Notes that nothing answers a request any more.
    pub(super) fn closes(&self, id: &RequestId) {
        self.lock().open.remove(id);
    }

    /// A message of the server's as the request hears it that it answers, or alone can be meant to answer.
    pub(super) fn heard(&self, message: ServerJsonRpcMessage) -> ServerJsonRpcMessage {
        let named = match &message {
            JsonRpcMessage::Response(response) => Some(response.id.clone()),
            JsonRpcMessage::Error(error) => error.id.clone(),
            JsonRpcMessage::Request(_) | JsonRpcMessage::Notification(_) => return message,
        };
        let Some(id) = named else { return self.complained(message) };
        if self.lock().settles(&id) {
            return message;
        }
        let id = quoted(id.to_string().as_bytes());
        self.instead(None, format!("it answered a request '{id}', which it was not sent")).unwrap_or(message)
    }

    /// A complaint of a request that the server could not read, so that it does not name it.
    fn complained(&self, message: ServerJsonRpcMessage) -> ServerJsonRpcMessage {
        match message {
            JsonRpcMessage::Error(JsonRpcError { jsonrpc, id: None, error }) => {
                let mut state = self.lock();
                let id = state.only();
                if let Some(id) = &id {
                    state.open.remove(id);
                } else {
                    let said = quoted(error.message.as_bytes());
                    state.keep(format!("it complained of a message, without saying of which: {said}"));
                }
                JsonRpcMessage::Error(JsonRpcError { jsonrpc, id, error })
            }
            other => other,
        }
    }

    /// What a request is told instead of an answer that cannot be read: the one that it names, or else the only one that
    /// waits. Nothing where there is none. It is kept in any case.
    pub(super) fn instead(&self, names: Option<RequestId>, odd: String) -> Option<ServerJsonRpcMessage> {
        let mut state = self.lock();
        state.keep(odd.clone());
        let to = match names.and_then(|id| state.sent(&id)) {
            Some(id) => state.open.contains(&id).then_some(id),
            None => state.only(),
        }?;
        state.open.remove(&to);
        Some(JsonRpcMessage::Error(JsonRpcError::new(Some(to), ErrorData::new(LOST, odd, None))))
    }

    /// Keeps what the server said that belongs to no message.
    pub(super) fn keep(&self, odd: String) {
        self.lock().keep(odd);
    }

    /// How often it said such a thing.
    pub(super) fn count(&self) -> usize {
        self.lock().count
    }

    /// What it said so since then, as far as it is kept.
    pub(super) fn odd_since(&self, count: usize) -> Option<String> {
        let state = self.lock();
        let new = state.count.saturating_sub(count).min(state.odd.len());
        let kept: Vec<&str> = state.odd.iter().skip(state.odd.len() - new).map(String::as_str).collect();
        (!kept.is_empty()).then(|| kept.join("; "))
    }

    /// Why something went wrong, and what the server said that it should not have.
    pub(super) fn beside(&self, why: String) -> String {
        match self.odd_since(0) {
            Some(odd) => format!("{why}; {odd}"),
            None => why,
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// The request of this name, if there was one. Some servers write the number as a text.
    fn sent(&self, id: &RequestId) -> Option<RequestId> {
        let number = match id {
            RequestId::Number(number) => Some(*number),
            RequestId::String(text) => text.parse().ok(),
        };
        let last = self.last?;
        number.filter(|number| (0..=last).contains(number)).map(RequestId::Number)
    }

    /// Whether an answer is to a request that was sent, which it then settles.
    fn settles(&mut self, id: &RequestId) -> bool {
        let Some(id) = self.sent(id) else { return false };
        self.open.remove(&id);
        true
    }

    /// The request that waits, if it is the only one.
    fn only(&self) -> Option<RequestId> {
        let mut open = self.open.iter();
        open.next().filter(|_| open.next().is_none()).cloned()
    }

    fn keep(&mut self, odd: String) {
        self.count += 1;
        self.odd.push_back(odd);
        if self.odd.len() > KEPT_MAX {
            self.odd.pop_front();
        }
    }
}

/// The beginning of what somebody wrote, on one line.
pub(super) fn quoted(written: &[u8]) -> String {
    let text = String::from_utf8_lossy(&written[..written.len().min(4 * QUOTED_MAX)]);
    let line = text.trim().chars().map(|c| if c.is_control() { ' ' } else { c });
    let quoted: String = line.clone().take(QUOTED_MAX).collect();
    if line.count() > QUOTED_MAX { format!("{quoted}…") } else { quoted }
}

#[cfg(test)]
mod tests;
