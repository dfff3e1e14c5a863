//! An operation as a tool.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use handyman_core::{CallContext, Effect, Safety, Tool, ToolError, ToolErrorKind, ToolResult, ToolSpec};
use reqwest::header::CONTENT_TYPE;
use serde_json::{Map, Value, json};

use super::operation::{KEY, Operation};
use super::request::request;
use crate::search::encoding;
use crate::web::{Answer, Client};

/// The service an operation belongs to.
#[derive(Debug, Clone)]
pub(super) struct Service {
    pub(super) client: Client,
    pub(super) credentials: Arc<BTreeMap<String, String>>,
}

#[derive(Debug)]
pub(super) struct OperationTool {
    operation: Operation,
    spec: ToolSpec,
    service: Service,
    /// The keys of calls that may have been done without an answer.
    doubtful: Mutex<BTreeSet<String>>,
}

impl OperationTool {
    pub(super) fn new(operation: Operation, effect: Effect, service: Service) -> Self {
        let operation = if effect == Effect::ReadOnly { operation } else { operation.keyed() };
        let spec = ToolSpec {
            name: operation.name.clone(),
            description: operation.description.clone(),
            parameters: operation.arguments.schema.clone(),
            effect,
            safety: Safety { untrusted: true, ..Safety::default() },
        };
        Self { operation, spec, service, doubtful: Mutex::default() }
    }

    /// What a call comes to. One that may have been done, and is made again under its key, is not told by the last
    /// answer alone: what was deleted at first is not there the second time.
    fn weighed(&self, key: &str, outcome: ToolResult<Answer>) -> ToolResult<Answer> {
        let mut doubtful = self.doubtful.lock().unwrap_or_else(PoisonError::into_inner);
        match outcome {
            Ok(answer) => {
                doubtful.remove(key);
                Ok(answer)
            }
            Err(error) if *error.kind() == ToolErrorKind::InDoubt => {
                doubtful.insert(key.to_owned());
                Err(error)
            }
            Err(error) if doubtful.contains(key) => {
                Err(ToolError::in_doubt(format!("{error}; it may have been done before")))
            }
            Err(error) => Err(error),
        }
    }
}

#[async_trait]
impl Tool for OperationTool {
    fn spec(&self) -> &ToolSpec {
        &self.spec
    }

    async fn call(&self, arguments: Map<String, Value>, context: &CallContext) -> ToolResult<Value> {
        let Service { client, credentials } = &self.service;
        let mut request = request(&self.operation, arguments, credentials)?;
        request.effect = self.spec.effect != Effect::ReadOnly;
        if request.effect {
            // A service that knows the key makes one effect of it; one that does not, is not asked twice.
            request = request.header(KEY, context.key.as_str())?;
        }
        request.repeatable = self.spec.effect != Effect::Once;
        let outcome = client.send(&request).await.and_then(Answer::successful);
        let answer = self.weighed(context.key.as_str(), outcome)?;
        let source = answer.url.host_str().unwrap_or_default().to_owned();
        Ok(match serde_json::from_slice::<Value>(&answer.body) {
            Ok(Value::Object(fields)) => Value::Object(fields),
            Ok(other) => json!({"result": other, "source": source}),
            Err(_) if answer.body.is_empty() => json!({"status": answer.status.as_u16(), "source": source}),
            Err(_) if is_of_bytes(&answer) => {
                json!({"type": kind(&answer), "bytes": answer.body.len(), "source": source})
            }
            Err(_) => json!({"text": answer.text(), "source": source}),
        })
    }
}

/// What an answer says that it is.
fn kind(answer: &Answer) -> &str {
    answer.headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default()
}

/// Whether an answer is no text: a picture, an archive.
fn is_of_bytes(answer: &Answer) -> bool {
    let kind = kind(answer).to_ascii_lowercase();
    let is_called_text = kind.starts_with("text/") || kind.contains("charset=");
    !is_called_text && encoding::text(&answer.body).is_none_or(|text| text.contains('\0'))
}
