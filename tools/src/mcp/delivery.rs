//! What went out over a connection, so that a call that never did can go to another one.

use std::collections::HashSet;
use std::error::Error;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rmcp::model::{ClientRequest, GetMeta, JsonRpcMessage, JsonRpcRequest, ProgressToken};
use rmcp::service::{RoleClient, RxJsonRpcMessage, TxJsonRpcMessage};
use rmcp::transport::Transport;

use super::answers::Answers;
use super::mended::mended;
use super::progress::UnderWay;
use super::tool::KEY;

/// The calls that went out, by their idempotency keys, and whether any still can.
#[derive(Debug, Default)]
pub(super) struct Delivery {
    sent: Mutex<Sent>,
    under_way: Arc<UnderWay>,
    answers: Arc<Answers>,
}

#[derive(Debug, Default)]
struct Sent {
    /// Calls that went out, or may have.
    calls: HashSet<String>,
    /// Whether the server has said its last. No call goes out after that.
    is_over: bool,
}

impl Delivery {
    /// Whether the server has said its last.
    pub(super) fn is_over(&self) -> bool {
        self.lock().is_over
    }

    /// Whether a call has not gone out, and will not.
    pub(super) fn never_had(&self, key: &str) -> bool {
        let sent = self.lock();
        sent.is_over && !sent.calls.contains(key)
    }

    /// Forgets a call: it was answered, or is known not to have gone out.
    pub(super) fn forget(&self, key: &str) {
        self.lock().calls.remove(key);
    }

    /// The calls that nobody has given up.
    pub(super) fn under_way(&self) -> &Arc<UnderWay> {
        &self.under_way
    }

    /// The requests that wait for an answer, and what the server said beside the answers.
    pub(super) fn answers(&self) -> &Arc<Answers> {
        &self.answers
    }

    /// Notes that a call goes out, if it still can.
    fn begin(&self, key: &str) -> bool {
        let mut sent = self.lock();
        if sent.is_over {
            return false;
        }
        sent.calls.insert(key.to_owned());
        true
    }

    fn end(&self) {
        self.lock().is_over = true;
    }

    fn lock(&self) -> MutexGuard<'_, Sent> {
        self.sent.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A transport of which is noted what goes out.
pub(super) struct Watched<T> {
    inner: T,
    delivery: Arc<Delivery>,
}

impl<T> Watched<T> {
    pub(super) fn new(inner: T, delivery: Arc<Delivery>) -> Self {
        Self { inner, delivery }
    }
}

impl<T: Transport<RoleClient> + 'static> Transport<RoleClient> for Watched<T> {
    type Error = T::Error;

    fn send(
        &mut self,
        item: TxJsonRpcMessage<RoleClient>,
    ) -> impl Future<Output = Result<(), Self::Error>> + Send + 'static {
        let (key, token) = (key_of(&item), token_of(&item));
        let delivery = Arc::clone(&self.delivery);
        let id = delivery.answers.goes_out(&item);
        let sending = self.inner.send(item);
        async move {
            if let Some(key) = &key {
                if !delivery.begin(key) {
                    // The connection is being taken down; whoever waits for an answer is told so then.
                    return std::future::pending().await;
                }
                if let Some(token) = token {
                    delivery.under_way.goes_out(key, token);
                }
            }
            let sent = sending.await;
            if let Err(error) = &sent {
                if let Some(id) = &id {
                    delivery.answers.closes(id);
                }
                if let Some(key) = key.filter(|_| was_not_read(error)) {
                    delivery.forget(&key);
                }
            }
            sent
        }
    }

    async fn receive(&mut self) -> Option<RxJsonRpcMessage<RoleClient>> {
        let message = self.inner.receive().await;
        if message.is_none() {
            self.delivery.end();
        }
        message.map(|message| mended(self.delivery.answers.heard(message)))
    }

    fn close(&mut self) -> impl Future<Output = Result<(), Self::Error>> + Send {
        self.inner.close()
    }
}

/// Whether what was sent was not read: of a program that has closed its standard input. Half of a line is no call.
pub(super) fn was_not_read(error: &(dyn Error + 'static)) -> bool {
    error.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
}

/// The idempotency key of a call; nothing of another message.
fn key_of(message: &TxJsonRpcMessage<RoleClient>) -> Option<String> {
    let JsonRpcMessage::Request(JsonRpcRequest { request: ClientRequest::CallToolRequest(call), .. }) =
        message
    else {
        return None;
    };
    let key = call.params.meta.as_ref()?.0.0.get(KEY)?;
    key.as_str().map(str::to_owned)
}

/// What the server will name a request by, when it tells how far that has come.
fn token_of(message: &TxJsonRpcMessage<RoleClient>) -> Option<ProgressToken> {
    let JsonRpcMessage::Request(JsonRpcRequest { request, .. }) = message else { return None };
    request.get_meta().get_progress_token()
}

#[cfg(test)]
mod tests;
