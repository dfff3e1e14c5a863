//! A tool of a server.

use std::sync::Arc;

use async_trait::async_trait;
use handyman_core::{CallContext, Effect, Safety, Tool, ToolError, ToolErrorKind, ToolResult, ToolSpec};
use rmcp::ErrorData;
use rmcp::model::{CallToolRequestParams, ErrorCode, RequestParamsMeta};
use rmcp::service::ServiceError;
use serde_json::{Map, Value, json};

use super::server::{Server, unavailable};
use super::{content, failure};
use crate::foreign;

/// Where the idempotency key of a call stands in its `_meta`.
pub(super) const KEY: &str = "handyman/idempotency-key";

/// A tool of a server, as it was when it was offered.
#[derive(Debug)]
pub(super) struct McpTool {
    server: Arc<Server>,
    offered: rmcp::model::Tool,
    spec: ToolSpec,
}

impl McpTool {
    pub(super) fn new(server: Arc<Server>, offered: rmcp::model::Tool, effect: Effect) -> Self {
        let described = offered.description.as_deref().or(offered.title.as_deref()).unwrap_or_default();
        let spec = ToolSpec {
            name: foreign::name(&offered.name),
            description: foreign::description(described),
            parameters: foreign::adopted(&Value::Object((*offered.input_schema).clone())),
            effect,
            safety: Safety { untrusted: true, ..Safety::default() },
        };
        Self { server, offered, spec }
    }

    /// Whether the server still describes the tool as it did.
    async fn check_unchanged(&self) -> ToolResult<()> {
        if !self.server.has_changed() {
            return Ok(());
        }
        let server = &self.server;
        let listed = server
            .peer()
            .list_all_tools()
            .await
            .map_err(|error| unavailable(&server.name, failure::why(&error)))?;
        match listed.iter().find(|tool| tool.name == self.offered.name) {
            Some(tool)
                if tool.input_schema == self.offered.input_schema
                    && tool.description == self.offered.description =>
            {
                Ok(())
            }
            Some(_) => Err(ToolError::new(
                ToolErrorKind::Conflict,
                format!(
                    "'{}' is described otherwise now than when it was offered; begin a new run",
                    self.spec.name
                ),
            )),
            None => Err(ToolError::new(
                ToolErrorKind::NotFound,
                format!("'{}' is no longer there", self.spec.name),
            )),
        }
    }
}

#[async_trait]
impl Tool for McpTool {
    fn spec(&self) -> &ToolSpec {
        &self.spec
    }

    async fn call(&self, arguments: Map<String, Value>, context: &CallContext) -> ToolResult<Value> {
        if self.server.peer().is_transport_closed() {
            // Nothing is sent to it any more, so that nothing is in doubt.
            return Err(unavailable(&self.server.name, "it has ended; begin anew to start it again"));
        }
        self.check_unchanged().await?;
        let mut request = CallToolRequestParams::new(self.offered.name.clone()).with_arguments(arguments);
        request.meta_mut().get_or_insert_default().0.0.insert(KEY.to_owned(), json!(context.key.as_str()));
        // Dropped, the request is cancelled at the server.
        let result = self.server.peer().call_tool(request).await;
        let asked = self.server.take_asked();
        let result = result.map_err(|error| self.failed(error))?;
        let mut shown = content::result(&self.server.name, &result);
        if !asked.is_empty() {
            shown["asked"] = asked.into();
        }
        if result.is_error == Some(true) {
            return Err(ToolError::new(ToolErrorKind::Refused, content::plain(&result)));
        }
        Ok(shown)
    }
}

impl McpTool {
    fn failed(&self, error: ServiceError) -> ToolError {
        match error {
            ServiceError::McpError(ErrorData { code: ErrorCode::INVALID_PARAMS, message, .. }) => {
                ToolError::new(ToolErrorKind::InvalidArgument { path: String::new() }, message)
            }
            ServiceError::McpError(ErrorData { code: ErrorCode::METHOD_NOT_FOUND, message, .. }) => {
                ToolError::new(ToolErrorKind::NotFound, message)
            }
            ServiceError::McpError(error) => ToolError::new(ToolErrorKind::Refused, error.message),
            other => failure::of_call(&self.server.name, self.spec.effect, &other),
        }
    }
}
