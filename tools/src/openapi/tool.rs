//! An operation as a tool.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use handyman_core::{CallContext, Effect, Safety, Tool, ToolResult, ToolSpec};
use serde_json::{Map, Value, json};
use url::Url;

use super::operation::Operation;
use super::request::request;
use crate::web::Client;

/// The service an operation belongs to.
#[derive(Debug, Clone)]
pub(super) struct Service {
    pub(super) base: Url,
    pub(super) client: Client,
    pub(super) credentials: Arc<BTreeMap<String, String>>,
}

#[derive(Debug)]
pub(super) struct OperationTool {
    operation: Operation,
    spec: ToolSpec,
    service: Service,
}

impl OperationTool {
    pub(super) fn new(operation: Operation, effect: Effect, service: Service) -> Self {
        let spec = ToolSpec {
            name: operation.name.clone(),
            description: operation.description.clone(),
            parameters: operation.arguments(),
            effect,
            safety: Safety { untrusted: true, ..Safety::default() },
        };
        Self { operation, spec, service }
    }
}

#[async_trait]
impl Tool for OperationTool {
    fn spec(&self) -> &ToolSpec {
        &self.spec
    }

    async fn call(&self, arguments: Map<String, Value>, context: &CallContext) -> ToolResult<Value> {
        let Service { base, client, credentials } = &self.service;
        let mut request = request(base, &self.operation, arguments, credentials)?;
        if self.spec.effect != Effect::ReadOnly {
            // A service that knows the key makes one effect of it; one that does not, is not asked twice.
            request = request.header("idempotency-key", context.key.as_str())?;
        }
        request.repeatable = self.spec.effect != Effect::Once;
        let answer = client.send(&request).await?.successful()?;
        let source = answer.url.host_str().unwrap_or_default().to_owned();
        Ok(match serde_json::from_slice::<Value>(&answer.body) {
            Ok(Value::Object(fields)) => Value::Object(fields),
            Ok(other) => json!({"result": other, "source": source}),
            Err(_) if answer.body.is_empty() => json!({"status": answer.status.as_u16(), "source": source}),
            Err(_) => json!({"text": answer.text(), "source": source}),
        })
    }
}
