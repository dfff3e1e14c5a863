//! A model that plays what a test has written down.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;
use serde_json::Value;

use crate::event::ModelInfo;
use crate::fault::{Fault, FaultKind};
use crate::message::Message;
use crate::ports::{CallRequest, Delta, DeltaSink, Model, ModelReply, ModelRequest, ReplyBody, ReplyMode};

/// A model that plays replies in order, or makes them of what it is asked, and remembers what it was shown.
#[derive(Debug, Default)]
pub struct ScriptedModel {
    script: Script,
    seen: Mutex<Vec<(Vec<Message>, ReplyMode)>>,
    offered: Mutex<Vec<Vec<String>>>,
}

/// Makes a reply of what it is asked.
type By = dyn Fn(&ModelRequest<'_>) -> Result<ModelReply, Fault> + Send + Sync;

/// Where replies come from.
enum Script {
    Replies(Mutex<VecDeque<ModelReply>>),
    By(Box<By>),
}

impl ScriptedModel {
    /// A model with these replies.
    #[must_use]
    pub fn new(replies: impl IntoIterator<Item = ReplyBody>) -> Self {
        Self::from_replies(replies.into_iter().map(ModelReply::from))
    }

    /// A model with these replies, each with what it cost, why it ended and how sure the model was.
    #[must_use]
    pub fn from_replies(replies: impl IntoIterator<Item = ModelReply>) -> Self {
        let replies = replies.into_iter().collect();
        Self { script: Script::Replies(Mutex::new(replies)), ..Self::default() }
    }

    /// A model whose replies depend on what it is shown. A body alone is a whole reply: `Ok(ScriptedModel::answer("…").into())`.
    #[must_use]
    pub fn by(
        reply: impl Fn(&ModelRequest<'_>) -> Result<ModelReply, Fault> + Send + Sync + 'static,
    ) -> Self {
        Self { script: Script::By(Box::new(reply)), ..Self::default() }
    }

    /// A reply that calls one tool.
    ///
    /// # Panics
    /// If `arguments` is not a JSON object.
    #[must_use]
    pub fn call(tool: &str, arguments: Value) -> ReplyBody {
        Self::calls([(tool, arguments)])
    }

    /// A reply that calls several tools, in this order.
    ///
    /// # Panics
    /// If the arguments of one are not a JSON object.
    #[must_use]
    pub fn calls<'a>(calls: impl IntoIterator<Item = (&'a str, Value)>) -> ReplyBody {
        let request = |(tool, arguments): (&str, Value)| {
            let Value::Object(arguments) = arguments else {
                panic!("the arguments of {tool} must be a JSON object");
            };
            CallRequest { tool: tool.to_owned(), arguments }
        };
        let calls = calls.into_iter().map(request).collect();
        ReplyBody::Said { reasoning: String::new(), text: String::new(), calls }
    }

    /// A reply that answers.
    #[must_use]
    pub fn answer(text: &str) -> ReplyBody {
        ReplyBody::Said { reasoning: String::new(), text: text.to_owned(), calls: Vec::new() }
    }

    /// What the model was shown and what it was allowed to reply with, one entry a reply.
    #[must_use]
    pub fn seen(&self) -> Vec<(Vec<Message>, ReplyMode)> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Names of the tools that could be called, one entry a reply.
    #[must_use]
    pub fn offered(&self) -> Vec<Vec<String>> {
        self.offered.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// How many replies have not been played; 0 where they are made of what is asked.
    #[must_use]
    pub fn left(&self) -> usize {
        match &self.script {
            Script::Replies(replies) => replies.lock().unwrap_or_else(PoisonError::into_inner).len(),
            Script::By(_) => 0,
        }
    }
}

#[async_trait]
impl Model for ScriptedModel {
    fn info(&self) -> ModelInfo {
        ModelInfo { name: "script".to_owned(), sha256: String::new() }
    }

    async fn reply(&self, request: ModelRequest<'_>, sink: &dyn DeltaSink) -> Result<ModelReply, Fault> {
        self.seen
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push((request.history.to_vec(), request.mode));
        let names = request.callable().into_iter().map(|tool| tool.name).collect();
        self.offered.lock().unwrap_or_else(PoisonError::into_inner).push(names);
        let reply = match &self.script {
            Script::Replies(replies) => {
                let next = replies.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
                next.ok_or_else(|| {
                    Fault::new(FaultKind::Model, "the script has no reply left")
                        .with_hint("add a reply for this turn, or let the last one answer without a call")
                })?
            }
            Script::By(reply) => reply(&request)?,
        };
        if let ReplyBody::Said { text, .. } = &reply.body {
            sink.delta(Delta::Text(text.clone()));
        }
        Ok(reply)
    }
}

impl Default for Script {
    fn default() -> Self {
        Self::Replies(Mutex::default())
    }
}

impl fmt::Debug for Script {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Replies(replies) => f.debug_tuple("Replies").field(replies).finish(),
            Self::By(_) => f.debug_struct("By").finish_non_exhaustive(),
        }
    }
}

#[cfg(test)]
mod tests;
