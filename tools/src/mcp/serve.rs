//! A toolbox as an MCP server: for other programs' agents. Beside it, services that take their time and can ask the person
//! at the client. How far a call has come is told to clients that want to hear it.
//!
//! Their own policy decides what runs; what the tools do is told in the annotations. A client that sends the same
//! `handyman/idempotency-key` in `_meta` again gets the first call's result, where the tool keeps one.

use std::borrow::Cow;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;
use handyman_core::{
    CallContext, CallOutcome, Effect, Limits, ToolCall, ToolResult, ToolSpec, Toolbox, Toolset,
};
use jiff::civil::DateTime;
use rmcp::model::{
    CallToolRequestParams, CallToolResponse, CallToolResult, ContentBlock, Implementation, ListToolsResult,
    PaginatedRequestParams, ServerCapabilities, ServerConfig, ToolAnnotations,
};
use rmcp::service::{RequestContext, RoleServer};
use rmcp::{ErrorData, ServerHandler, ServiceExt};
use serde_json::{Map, Value};

use super::client::Client;
use super::tool::KEY;
use crate::wrap::call_within;

/// Something that is offered as a tool and takes its time, such as an agent.
#[async_trait]
pub trait Service: Send + Sync {
    /// What clients are told of it.
    fn spec(&self) -> &ToolSpec;

    /// Does what it is asked. A call under a key that was used before gives what came of that one.
    ///
    /// # Errors
    /// A [`ToolError`](handyman_core::ToolError) that tells the client what was wrong.
    async fn call(
        &self,
        arguments: Map<String, Value>,
        context: &CallContext,
        caller: &dyn Caller,
    ) -> ToolResult<Value>;
}

/// Who called a service.
#[async_trait]
pub trait Caller: Send + Sync {
    /// Tells how far the call has come. Does not block; a client that does not keep up misses some of it.
    fn tell(&self, message: &str);

    /// Asks the person at the client to allow something; `None` where nobody can be asked.
    async fn allows(&self, question: &str) -> Option<bool>;

    /// Waits until the client gives the call up.
    async fn gone(&self);
}

/// Serves a toolbox, and services beside it.
pub struct Serving<N> {
    tools: Toolbox,
    services: Vec<Arc<dyn Service>>,
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
        Self { tools, services: Vec::new(), now, calls: AtomicU64::new(0), instance }
    }

    /// Offers a service after the tools. A tool of the same name gives way.
    #[must_use]
    pub fn with(mut self, service: Arc<dyn Service>) -> Self {
        self.services.push(service);
        self
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

    /// What a tool gives within the time of a call.
    async fn answer(&self, call: &ToolCall, context: &CallContext) -> CallToolResult {
        let result = call_within(Limits::default().tool_time, &self.tools, call, context).await;
        match result.outcome {
            CallOutcome::Succeeded if result.result.is_object() => CallToolResult::structured(result.result),
            CallOutcome::Succeeded => {
                CallToolResult::success(vec![ContentBlock::text(result.result.to_string())])
            }
            CallOutcome::Failed | CallOutcome::Refused | CallOutcome::Cancelled | CallOutcome::Unknown => {
                failed(&result.result)
            }
        }
    }

    fn context(&self, of: &RequestContext<RoleServer>) -> CallContext {
        let number = self.calls.fetch_add(1, Ordering::Relaxed);
        let named = of.meta.0.0.get(KEY).and_then(Value::as_str);
        let key = named.map_or_else(|| format!("{}.{number}", self.instance), |key| format!("mcp.{key}"));
        CallContext::new((self.now)())
            .of_call(self.instance.as_str(), format!("c{number}"))
            .in_session(self.instance.as_str())
            .under(key)
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
        let tool = |spec: &ToolSpec| {
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
        let services = self.services.iter().map(|service| service.spec());
        let hidden = |spec: &&ToolSpec| self.services.iter().all(|service| service.spec().name != spec.name);
        let all = self.tools.specs().iter().filter(hidden).chain(services);
        Ok(ListToolsResult::with_all_items(all.map(tool).collect()))
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        of: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let context = self.context(&of);
        let service = self.services.iter().find(|service| service.spec().name == request.name);
        let token = of.meta.get_progress_token();
        let arguments = request.arguments.unwrap_or_default();
        let (client, telling) = Client::new(of, token);
        let Some(service) = service else {
            let context = client.attended(context);
            let call = ToolCall { id: context.call.clone(), tool: request.name.into_owned(), arguments };
            return Ok(telling.during(self.answer(&call, &context)).await.into());
        };
        let done = telling.during(service.call(arguments, &context, &client)).await;
        Ok(match done {
            Ok(value) => CallToolResult::structured(value),
            Err(error) => failed(&error.to_value()),
        }
        .into())
    }
}

/// A failure: its sentence, or all that is told of it where that is more, such as which argument is wrong and what
/// would be right.
fn failed(told: &Value) -> CallToolResult {
    let alone =
        told.as_object().filter(|fields| fields.len() == 1).and_then(|fields| fields.get("error")?.as_str());
    CallToolResult::error(vec![ContentBlock::text(alone.map_or_else(|| told.to_string(), str::to_owned))])
}

impl<N> std::fmt::Debug for Serving<N> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Serving").field("tools", &self.tools).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
