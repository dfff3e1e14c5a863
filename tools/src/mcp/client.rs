//! The client of a served call: who is told of it, and asked.

use async_trait::async_trait;
use rmcp::model::{
    ElicitRequestParams, ElicitationAction, ElicitationSchema, ProgressNotificationParam, ProgressToken,
};
use rmcp::service::{Peer, RequestContext, RoleServer};
use serde_json::json;
use tokio::sync::mpsc;

use super::serve::Caller;

/// The client of one call.
pub(super) struct Client {
    of: RequestContext<RoleServer>,
    told: Option<mpsc::UnboundedSender<String>>,
}

impl Client {
    /// The client, and what sends on what it is told until it is dropped. One that gave no token is told nothing.
    pub(super) fn new(
        of: RequestContext<RoleServer>,
        token: Option<ProgressToken>,
    ) -> (Self, impl Future<Output = ()>) {
        let (told, messages) = mpsc::unbounded_channel();
        let peer = of.peer.clone();
        let told = token.is_some().then_some(told);
        (Self { of, told }, send_on(peer, token, messages))
    }
}

async fn send_on(
    peer: Peer<RoleServer>,
    token: Option<ProgressToken>,
    mut messages: mpsc::UnboundedReceiver<String>,
) {
    let mut done = 0.0;
    while let (Some(message), Some(token)) = (messages.recv().await, &token) {
        done += 1.0;
        let progress = ProgressNotificationParam::new(token.clone(), done).with_message(message);
        if peer.notify_progress(progress).await.is_err() {
            return;
        }
    }
}

#[async_trait]
impl Caller for Client {
    fn tell(&self, message: &str) {
        if let Some(told) = &self.told {
            // A client that went away need not be told.
            let _ = told.send(message.to_owned());
        }
    }

    async fn allows(&self, question: &str) -> Option<bool> {
        self.of.peer.peer_info()?.capabilities.elicitation.as_ref()?;
        let schema = json!({"type": "object", "required": ["allow"],
            "properties": {"allow": {"type": "boolean", "title": "Allow", "description": "Whether it may be done"}}});
        let requested_schema: ElicitationSchema = serde_json::from_value(schema).ok()?;
        let message = question.to_owned();
        let asked = ElicitRequestParams::FormElicitationParams { meta: None, message, requested_schema };
        let answered = self.of.peer.create_elicitation(asked).await.ok()?;
        let allowed = answered.content.is_some_and(|content| content["allow"] == true);
        Some(answered.action == ElicitationAction::Accept && allowed)
    }

    async fn gone(&self) {
        self.of.ct.cancelled().await;
    }
}
