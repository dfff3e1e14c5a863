//! A tool of a server.

use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use handyman_core::{CallContext, Effect, Safety, Tool, ToolError, ToolErrorKind, ToolResult, ToolSpec};
use rmcp::ErrorData;
use rmcp::model::{CallToolRequestParams, CallToolResult, ErrorCode, RequestParamsMeta};
use rmcp::service::ServiceError;
use serde_json::{Map, Value, json};

use super::connection::Connection;
use super::pages::Listed;
use super::server::{Server, unavailable};
use super::{content, failure};
use crate::foreign;

/// Where the idempotency key of a call stands in its `_meta`.
pub(super) const KEY: &str = "handyman/idempotency-key";

/// What is told with the first result of a server that was started again: what it kept in its memory is gone.
const NEWS: &str = "the server had ended and was started again before this call";

/// What a server says that hands calls on to another one: that one has gone, or gave no answer in time.
pub(super) const LOST: ErrorCode = ErrorCode(-32_000);
const LATE: ErrorCode = ErrorCode(-32_001);

/// How long before nobody waits for a call any more it is told what its server said instead of an answer.
const LAST_MOMENT: Duration = Duration::from_millis(200);

/// Bytes of a tool's schema.
const SCHEMA_BYTES_MAX: usize = 200_000;
/// Lists and objects within each other in a schema: 32 schemas, each in the properties of the next.
const SCHEMA_LEVELS_MAX: usize = 64;

/// A tool of a server, as it was when it was offered.
#[derive(Debug)]
pub(super) struct McpTool {
    server: Arc<Server>,
    offered: rmcp::model::Tool,
    spec: ToolSpec,
    /// The state of the connection for which it is known to be as it was offered.
    unchanged: Mutex<(u64, u64)>,
}

/// Why an attempt at a call got no answer.
enum Failed {
    /// It was not made: whether the tool is still as it was could not be found out.
    Before(ServiceError),
    /// It was not made: the tool is no longer as it was, or that cannot be told.
    Changed(ToolError),
    /// The call itself failed.
    During(ServiceError),
}

impl Failed {
    /// Whether the server never had the call, because the connection has ended.
    fn is_for_another(&self, connection: &Connection, key: &str) -> bool {
        match self {
            Self::Before(error) | Self::During(error) => connection.never_had(key, error),
            Self::Changed(_) => false,
        }
    }
}

impl McpTool {
    /// A tool as a server lists it in a state of its connection.
    pub(super) fn new(
        server: Arc<Server>,
        offered: rmcp::model::Tool,
        effect: Effect,
        state: (u64, u64),
    ) -> Self {
        let spec = ToolSpec {
            name: foreign::name(&offered.name),
            description: foreign::description(described(&offered)),
            parameters: foreign::adopted(&Value::Object((*offered.input_schema).clone())),
            effect,
            safety: Safety { untrusted: true, ..Safety::default() },
        };
        Self { server, offered, spec, unchanged: Mutex::new(state) }
    }

    /// Whether the server still describes the tool as it did: looked at where it said that its list has changed, and
    /// where it was started again.
    async fn check_unchanged(&self, connection: &Connection) -> Result<(), Failed> {
        let state = connection.state();
        if *self.unchanged.lock().unwrap_or_else(PoisonError::into_inner) == state {
            return Ok(());
        }
        let Listed { items, cut } = connection.list_tools().await.map_err(Failed::Before)?;
        if let Some(why) = cut {
            return Err(Failed::Changed(unavailable(&self.server.name, why)));
        }
        match items.iter().find(|tool| tool.name == self.offered.name) {
            Some(tool)
                if tool.input_schema == self.offered.input_schema
                    && described(tool) == described(&self.offered) =>
            {
                *self.unchanged.lock().unwrap_or_else(PoisonError::into_inner) = state;
                Ok(())
            }
            Some(_) => Err(Failed::Changed(ToolError::new(
                ToolErrorKind::Conflict,
                format!(
                    "'{}' is described otherwise now than when it was offered; begin a new run",
                    self.spec.name
                ),
            ))),
            None => Err(Failed::Changed(ToolError::new(
                ToolErrorKind::NotFound,
                format!("'{}' is no longer there", self.spec.name),
            ))),
        }
    }

    async fn attempt(
        &self,
        connection: &Connection,
        request: CallToolRequestParams,
        context: &CallContext,
    ) -> Result<CallToolResult, Failed> {
        self.check_unchanged(connection).await?;
        let odd = connection.odd();
        // Dropped, the request is cancelled at the server.
        let mut call = pin!(connection.peer().call_tool(request));
        let Some(time) = context.time_left().and_then(|left| left.checked_sub(LAST_MOMENT)) else {
            return call.await.map_err(Failed::During);
        };
        let answer = tokio::time::timeout(time, &mut call).await;
        match (answer, connection.odd_since(odd)) {
            (Ok(answer), _) => answer.map_err(Failed::During),
            (Err(_), None) => call.await.map_err(Failed::During),
            (Err(_), Some(odd)) => {
                let why = ErrorData::new(LOST, format!("no answer in time; {odd}"), None);
                Err(Failed::During(ServiceError::McpError(why)))
            }
        }
    }

    fn told(&self, failed: Failed) -> ToolError {
        let error = match failed {
            Failed::Before(error) => return unavailable(&self.server.name, failure::why(&error)),
            Failed::Changed(error) => return error,
            Failed::During(error) => error,
        };
        match error {
            ServiceError::McpError(ErrorData { code: ErrorCode::INVALID_PARAMS, message, .. }) => {
                ToolError::new(ToolErrorKind::InvalidArgument { path: String::new() }, message)
            }
            ServiceError::McpError(ErrorData { code: ErrorCode::METHOD_NOT_FOUND, message, .. }) => {
                ToolError::new(ToolErrorKind::NotFound, message)
            }
            ServiceError::McpError(ErrorData { code: LOST | LATE, .. }) => {
                failure::of_call(&self.server.name, self.spec.effect, &error)
            }
            ServiceError::McpError(error) => ToolError::new(ToolErrorKind::Refused, error.message),
            other => failure::of_call(&self.server.name, self.spec.effect, &other),
        }
    }
}

#[async_trait]
impl Tool for McpTool {
    fn spec(&self) -> &ToolSpec {
        &self.spec
    }

    async fn call(&self, arguments: Map<String, Value>, context: &CallContext) -> ToolResult<Value> {
        let key = context.key.as_str();
        let mut request = CallToolRequestParams::new(self.offered.name.clone()).with_arguments(arguments);
        request.meta_mut().get_or_insert_default().0.0.insert(KEY.to_owned(), json!(key));
        let mut is_second = false;
        let (connection, result) = loop {
            let connection = self.server.connected().await?;
            let hears = connection.hears(context);
            let result = self.attempt(&connection, request.clone(), context).await;
            drop(hears);
            let is_for_another = result.as_ref().is_err_and(|failed| failed.is_for_another(&connection, key));
            if !is_for_another {
                break (connection, result);
            }
            // The server never had it, so that it is no second time: it goes to the next connection, once.
            if is_second {
                return Err(unavailable(&self.server.name, "it ended before it took the call"));
            }
            is_second = true;
        };
        if matches!(result, Ok(_) | Err(Failed::During(ServiceError::McpError(_)))) {
            connection.forget(key);
            self.server.answered();
        }
        let asked = connection.take_asked();
        let result = result.map_err(|failed| self.told(failed))?;
        if result.is_error == Some(true) {
            return Err(ToolError::new(ToolErrorKind::Refused, content::plain(&result)));
        }
        let mut shown = content::result(&self.server.name, &result);
        if self.server.launch.takes_from(&self.spec.name) {
            content::open(&mut shown);
        }
        if !asked.is_empty() {
            shown["asked"] = asked.into();
        }
        if connection.take_news() {
            shown["note"] = NEWS.into();
        }
        Ok(shown)
    }
}

/// What a server says of a tool: its description, or its title where it has none.
fn described(tool: &rmcp::model::Tool) -> &str {
    tool.description.as_deref().or(tool.title.as_deref()).unwrap_or_default()
}

/// Why a tool cannot be offered, if so: its schema is more than what a model can keep to, and is gone through again and again.
pub(super) fn unusable(tool: &rmcp::model::Tool) -> Option<String> {
    let bytes = serde_json::to_vec(&tool.input_schema).map_or(usize::MAX, |written| written.len());
    if bytes > SCHEMA_BYTES_MAX {
        return Some(format!("its schema is larger than {} KB", SCHEMA_BYTES_MAX / 1_000));
    }
    let mut open: Vec<(&Value, usize)> = tool.input_schema.values().map(|value| (value, 2)).collect();
    while let Some((value, level)) = open.pop() {
        let is_nested = value.is_object() || value.is_array();
        if is_nested && level > SCHEMA_LEVELS_MAX {
            return Some(format!("its schema is nested more than {SCHEMA_LEVELS_MAX} deep"));
        }
        match value {
            Value::Object(fields) => open.extend(fields.values().map(|value| (value, level + 1))),
            Value::Array(items) => open.extend(items.iter().map(|value| (value, level + 1))),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }
    None
}

#[cfg(test)]
mod tests;
