//! The client of a served call: who is told of it, and asked.

use async_trait::async_trait;
use handyman_core::CallContext;
use rmcp::model::{
    ElicitRequestParams, ElicitationAction, ElicitationSchema, ProgressNotificationParam, ProgressToken,
};
use rmcp::service::{Peer, RequestContext, RoleServer};
use serde_json::json;
use tokio::sync::{mpsc, oneshot};

use super::serve::Caller;

/// Words that wait to be sent. A client that does not keep up misses some.
const WORDS_MAX: usize = 256;

/// The client of one call.
pub(super) struct Client {
    of: RequestContext<RoleServer>,
    told: Option<mpsc::Sender<String>>,
}

/// What a client is to be sent of how far its call has come.
pub(super) struct Telling {
    peer: Peer<RoleServer>,
    token: Option<ProgressToken>,
    words: mpsc::Receiver<String>,
}

impl Client {
    /// The client, and what is to be sent to it. One that gave no token is told nothing.
    pub(super) fn new(of: RequestContext<RoleServer>, token: Option<ProgressToken>) -> (Self, Telling) {
        let (told, words) = mpsc::channel(WORDS_MAX);
        let told = token.is_some().then_some(told);
        let telling = Telling { peer: of.peer.clone(), token, words };
        (Self { of, told }, telling)
    }

    /// The context of a tool's call that the client hears of, and may give up.
    pub(super) fn attended(&self, context: CallContext) -> CallContext {
        let given_up = self.of.ct.clone();
        let context = context.cancelled_when(move || given_up.is_cancelled());
        let Some(told) = self.told.clone() else { return context };
        context.on_progress(move |words| {
            // Who is full, or away, need not be told.
            let _ = told.try_send(words);
        })
    }
}

impl Telling {
    /// Does the work, and sends on what is told meanwhile: in order, and before what comes of the work.
    pub(super) async fn during<W: Future>(self, work: W) -> W::Output {
        let (over, is_over) = oneshot::channel::<()>();
        let work = async {
            let done = work.await;
            drop(over);
            done
        };
        tokio::join!(work, self.send_on(is_over)).0
    }

    async fn send_on(self, mut over: oneshot::Receiver<()>) {
        let Self { peer, token: Some(token), mut words } = self else { return };
        let (mut done, mut is_over) = (0.0, false);
        loop {
            let word = tokio::select! {
                word = words.recv() => word,
                _ = &mut over, if !is_over => {
                    // A tool that was given up may tell more. Nobody hears that.
                    words.close();
                    is_over = true;
                    continue;
                }
            };
            let Some(word) = word else { return };
            done += 1.0;
            let progress = ProgressNotificationParam::new(token.clone(), done).with_message(word);
            if peer.notify_progress(progress).await.is_err() {
                return;
            }
        }
    }
}

#[async_trait]
impl Caller for Client {
    fn tell(&self, message: &str) {
        if let Some(told) = &self.told {
            // Who is full, or away, need not be told.
            let _ = told.try_send(message.to_owned());
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
