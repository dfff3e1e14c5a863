//! A toolbox as an MCP server: for other programs' agents.
//!
//! Their own policy decides what runs; what the tools do is told in the annotations. A client that sends the same
//! `handyman/idempotency-key` in `_meta` again gets the first call's result, where the tool keeps one.

use std::borrow::Cow;
use std::sync::atomic::{AtomicU64, Ordering};

use handyman_core::{CallContext, CallOutcome, Effect, ToolCall, ToolResult, Toolbox, Toolset};
use jiff::civil::DateTime;
use rmcp::model::{
    CallToolRequestParams, CallToolResponse, CallToolResult, Implementation, ListToolsResult,
    PaginatedRequestParams, RequestParamsMeta, ServerCapabilities, ServerConfig, ToolAnnotations,
};
use rmcp::service::{RequestContext, RoleServer};
use rmcp::{ErrorData, ServerHandler, ServiceExt};
use serde_json::Value;

use super::tool::KEY;

/// Serves a toolbox.
pub struct Serving<N> {
    tools: Toolbox,
    /// Says what the local date and time is.
    now: N,
    calls: AtomicU64,
    /// Sets this process's calls apart from an earlier one's.
    instance: String,
}

impl<N: Fn() -> DateTime + Send + Sync + 'static> Serving<N> {
    /// Serves these tools; `now` is asked at each call.
    pub fn new(tools: Toolbox, now: N) -> Self {
        let instance = format!("mcp{:x}", fastrand::u64(..));
        Self { tools, now, calls: AtomicU64::new(0), instance }
    }

    /// Serves on standard input and output until the client goes.
    ///
    /// # Errors
    /// If the client does not greet.
    pub async fn on_standard_io(self) -> ToolResult<()> {
        let service =
            self.serve(rmcp::transport::stdio()).await.map_err(handyman_core::ToolError::internal)?;
        service.waiting().await.map_err(handyman_core::ToolError::internal)?;
        Ok(())
    }

    fn context(&self, request: &CallToolRequestParams) -> CallContext {
        let number = self.calls.fetch_add(1, Ordering::Relaxed);
        let named = request.meta().and_then(|meta| meta.0.0.get(KEY)).and_then(Value::as_str);
        let key = named.map_or_else(|| format!("{}.{number}", self.instance), |key| format!("mcp.{key}"));
        CallContext {
            run: self.instance.as_str().into(),
            call: format!("c{number}").as_str().into(),
            key: key.as_str().into(),
            now: (self.now)(),
            allowed: None,
        }
    }
}

impl<N: Fn() -> DateTime + Send + Sync + 'static> ServerHandler for Serving<N> {
    fn get_info(&self) -> ServerConfig {
        let us = Implementation::new("handyman", env!("CARGO_PKG_VERSION"));
        ServerConfig::new(ServerCapabilities::builder().enable_tools().build()).with_server_info(us)
    }

    async fn list_tools(
        &self,
        _request: Option<PaginatedRequestParams>,
        _context: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        let tool = |spec: &handyman_core::ToolSpec| {
            let schema = spec.parameters.as_object().cloned().unwrap_or_default();
            let annotations = ToolAnnotations::new()
                .read_only(spec.effect == Effect::ReadOnly)
                .idempotent(spec.effect != Effect::Once);
            rmcp::model::Tool::new(
                Cow::Owned(spec.name.clone()),
                Cow::Owned(spec.description.clone()),
                schema,
            )
            .with_annotations(annotations)
        };
        Ok(ListToolsResult::with_all_items(self.tools.specs().iter().map(tool).collect()))
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        _context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let context = self.context(&request);
        let arguments = request.arguments.unwrap_or_default();
        let call = ToolCall { id: context.call.clone(), tool: request.name.into_owned(), arguments };
        let result = self.tools.call(&call, &context).await;
        let answer = match result.outcome {
            CallOutcome::Succeeded if result.result.is_object() => CallToolResult::structured(result.result),
            CallOutcome::Succeeded => {
                CallToolResult::success(vec![rmcp::model::ContentBlock::text(result.result.to_string())])
            }
            CallOutcome::Failed | CallOutcome::Refused | CallOutcome::Cancelled | CallOutcome::Unknown => {
                let said =
                    result.result["error"].as_str().map_or_else(|| result.result.to_string(), str::to_owned);
                CallToolResult::error(vec![rmcp::model::ContentBlock::text(said)])
            }
        };
        Ok(answer.into())
    }
}

impl<N> std::fmt::Debug for Serving<N> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Serving").field("tools", &self.tools).finish_non_exhaustive()
    }
}
