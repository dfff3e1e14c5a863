//! Models behind an OpenAI-compatible endpoint: vLLM, llama-server, hosted services.
//!
//! The run, its journal and its tools stay here; only the history and the tools' descriptions travel. What
//! the local grammar holds by construction is checked after decoding instead ([`crate::checked`]): a reply
//! whose calls are no JSON, or whose copied arguments were made up, is malformed, and the model hears why.

mod address;
mod client;
mod refusal;
mod request;
mod stream;

use std::fmt;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use handyman_core::{
    AnswerSchema, Delta, DeltaSink, Discard, Fault, FaultKind, Model, ModelInfo, ModelReply, ModelRequest,
    ReplyBody, ReplyMode, Sampling, TokenUsage, ToolChoice,
};
use serde_json::Value;

use crate::checked;
use client::{Client, Failure};
use request::{Asked, Manner};
use stream::Assembly;

/// Where a remote model is and how it is asked.
#[derive(Clone, PartialEq)]
pub struct RemoteSettings {
    /// The endpoint: `http://127.0.0.1:8080`, or `https://host/v1`. Without a path, `/v1` is meant. A query goes along with
    /// every request: `https://NAME.openai.azure.com/openai/deployments/NAME?api-version=2024-10-21`.
    pub url: String,
    /// The model's name there; without one, the only model that the endpoint lists.
    pub model: Option<String>,
    /// Sent as a bearer token, and to Azure as `api-key` as well. Never over plain HTTP to a public host.
    pub key: Option<String>,
    /// How tokens are drawn; `None` leaves it to the service.
    pub sampling: Option<Sampling>,
    /// Further attempts after one that failed and may succeed later. There is none where the service asks to wait for more
    /// than two minutes.
    pub retries_max: u32,
    /// Longest wait for a connection.
    pub connect_time: Duration,
    /// Longest silence: before the reply begins, and between two pieces of it.
    pub silence_time: Duration,
}

impl RemoteSettings {
    /// The endpoint of this URL, with defaults. A fragment (`…/v1#name`) names the model.
    #[must_use]
    pub fn new(url: impl Into<String>) -> Self {
        let url = url.into();
        let (url, model) = match url.split_once('#') {
            Some((url, model)) => (url.to_owned(), Some(model.to_owned())),
            None => (url, None),
        };
        Self {
            url,
            model,
            key: None,
            sampling: None,
            retries_max: 4,
            connect_time: Duration::from_secs(10),
            silence_time: Duration::from_mins(2),
        }
    }
}

impl fmt::Debug for RemoteSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RemoteSettings")
            // A query may hold a key as well.
            .field("url", &self.url.split('?').next())
            .field("model", &self.model)
            .field("key", &self.key.as_ref().map(|_| "…"))
            .finish_non_exhaustive()
    }
}

/// A model behind an OpenAI-compatible endpoint.
#[derive(Debug)]
pub struct RemoteModel {
    client: Client,
    model: String,
    sampling: Option<Sampling>,
    /// How the service takes requests, as far as that is known.
    manner: Mutex<Manner>,
    /// The last shape of an answer that the service did not take.
    refused_shape: Mutex<Option<Value>>,
}

impl RemoteModel {
    /// Connects to an endpoint. If no model is named, it is asked which one it has.
    ///
    /// # Errors
    /// A [`Fault`] of kind `Model` for an address that cannot be used, an endpoint that refuses, or one with
    /// several models of which none was named; `Backend` when it cannot be reached.
    pub async fn connect(settings: RemoteSettings) -> Result<Self, Fault> {
        let client = Client::new(&settings)?;
        let model = match settings.model.filter(|model| !model.is_empty()) {
            Some(model) => model,
            None => only_model(&client).await?,
        };
        let sampling = settings.sampling;
        Ok(Self { client, model, sampling, manner: Mutex::default(), refused_shape: Mutex::default() })
    }

    /// The names of the models that an endpoint lists. Nothing is asked of a model for that.
    ///
    /// # Errors
    /// A [`Fault`] of kind `Model` for an address that cannot be used, or an endpoint that refuses or lists no models at
    /// all; `Backend` when it cannot be reached.
    pub async fn models(settings: &RemoteSettings) -> Result<Vec<String>, Fault> {
        listed(&Client::new(settings)?).await
    }
}

async fn listed(client: &Client) -> Result<Vec<String>, Fault> {
    let listed: Value = client.get("models").await?;
    // Together gives the bare list.
    let models = listed.as_array().or_else(|| listed["data"].as_array()).into_iter().flatten();
    Ok(models.filter_map(|model| model["id"].as_str()).map(str::to_owned).collect())
}

async fn only_model(client: &Client) -> Result<String, Fault> {
    let names = listed(client).await?;
    match names.as_slice() {
        [only] => Ok(only.clone()),
        [] => Err(Fault::new(FaultKind::Model, format!("{} lists no model", client.address()))
            .with_hint("name one after the address: URL#MODEL")),
        several => {
            let some: Vec<&str> = several.iter().map(String::as_str).take(8).collect();
            Err(Fault::new(FaultKind::Model, format!("{} has {} models", client.address(), several.len()))
                .with_hint(format!("name one after the address, URL#MODEL: {}", some.join(", "))))
        }
    }
}

#[async_trait]
impl Model for RemoteModel {
    fn info(&self) -> ModelInfo {
        ModelInfo { name: self.model.clone(), sha256: String::new() }
    }

    async fn reply(&self, request: ModelRequest<'_>, sink: &dyn DeltaSink) -> Result<ModelReply, Fault> {
        if let Some(shape) = &request.options.answer {
            return self.typed(shape, &request, sink).await;
        }
        self.ask(Asked { request: &request, shaped: false, unseen: false }, sink)
            .await
            .map_err(Failure::fault)
    }
}

impl RemoteModel {
    /// A reply with an answer of a shape, or with calls. Many services that hold a reply to a shape let it call
    /// nothing: the model is asked freely first, and held to the shape once it answers in another one.
    async fn typed(
        &self,
        shape: &AnswerSchema,
        request: &ModelRequest<'_>,
        sink: &dyn DeltaSink,
    ) -> Result<ModelReply, Fault> {
        let calls = request.mode == ReplyMode::Free && request.options.tool_choice != ToolChoice::None;
        let mut before = TokenUsage::default();
        if calls && !request.tools.is_empty() {
            let asked = Asked { request, shaped: false, unseen: true };
            let reply = self.ask(asked, &Discard).await.map_err(Failure::fault)?;
            let answered = match &reply.body {
                ReplyBody::Said { text, calls, .. } if calls.is_empty() => Some(text),
                ReplyBody::Said { .. } | ReplyBody::Malformed { .. } => None,
            };
            match answered {
                Some(text) if shape.read(text).is_err() && reply.usage.decoded() < request.tokens_max => {
                    before = reply.usage;
                }
                Some(text) => {
                    sink.delta(Delta::Text(text.clone()));
                    return Ok(reply);
                }
                None => return Ok(reply),
            }
        }
        let tokens_max = request.tokens_max - before.decoded();
        let answering = ModelRequest { mode: ReplyMode::AnswerOnly, tokens_max, ..*request };
        let mut reply = self.shaped(shape, &answering, sink).await.map_err(Failure::fault)?;
        reply.usage += before;
        Ok(reply)
    }

    /// An answer that is held to a shape. A service that cannot hold to it is asked without; the prompt says what is
    /// wanted.
    async fn shaped(
        &self,
        shape: &AnswerSchema,
        request: &ModelRequest<'_>,
        sink: &dyn DeltaSink,
    ) -> Result<ModelReply, Failure> {
        if !self.has_refused(shape) {
            match self.ask(Asked { request, shaped: true, unseen: false }, sink).await {
                Err(Failure::Unfit(_)) => {}
                reply => return reply,
            }
        }
        let reply = self.ask(Asked { request, shaped: false, unseen: false }, sink).await?;
        let mut refused = self.refused_shape.lock().unwrap_or_else(PoisonError::into_inner);
        *refused = Some(shape.schema().clone());
        Ok(reply)
    }

    fn has_refused(&self, shape: &AnswerSchema) -> bool {
        let refused = self.refused_shape.lock().unwrap_or_else(PoisonError::into_inner);
        refused.as_ref() == Some(shape.schema())
    }

    /// Asks in the manner that the service is known to take, or else in another one.
    async fn ask(&self, asked: Asked<'_>, sink: &dyn DeltaSink) -> Result<ModelReply, Failure> {
        let begun = *self.manner.lock().unwrap_or_else(PoisonError::into_inner);
        let mut manner = begun;
        let assembly = loop {
            match self.assembly(asked, manner, sink).await {
                Ok(assembly) => break assembly,
                Err(failure) => manner = manner.after(&failure, asked.request).ok_or(failure)?,
            }
        };
        self.learn(begun, manner, &assembly);
        let (body, usage, stop) = assembly.finish(|text| self.tokens(text));
        let body = match body {
            ReplyBody::Malformed { text, problem } if !stop.is_ended() => ReplyBody::Malformed {
                text,
                problem: format!("it was cut off before it was whole: {problem}"),
            },
            body @ (ReplyBody::Said { .. } | ReplyBody::Malformed { .. }) => {
                checked::hold(body, stop, asked.request)
            }
        };
        Ok(ModelReply { stop, ..ModelReply::new(body, usage) })
    }

    /// One reply, after as many attempts as it takes and may take.
    async fn assembly(
        &self,
        asked: Asked<'_>,
        manner: Manner,
        sink: &dyn DeltaSink,
    ) -> Result<Assembly, Failure> {
        let body = request::body(&self.model, self.sampling.as_ref(), asked, manner);
        let mut attempt = 0;
        loop {
            let mut assembly = Assembly::begun(asked.unseen);
            match self.client.ask(&body, &mut assembly, sink).await {
                Ok(()) => return Ok(assembly),
                // What was shown cannot be taken back.
                Err(Failure::Passing { wait, .. })
                    if attempt < self.client.retries_max() && !assembly.was_shown() =>
                {
                    tokio::time::sleep(Client::pause(attempt, wait)).await;
                    attempt += 1;
                }
                Err(failure) => return Err(failure),
            }
        }
    }

    /// Remembers in which manner the service took a request that was begun in another one, perhaps.
    fn learn(&self, begun: Manner, taken: Manner, assembly: &Assembly) {
        let mut known = self.manner.lock().unwrap_or_else(PoisonError::into_inner);
        *known = known.learned(begun, taken, assembly.reasoning_field());
    }
}

#[cfg(test)]
mod tests;
