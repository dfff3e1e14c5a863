//! A time limit for a tool.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use handyman_core::{CallContext, Effect, Probe, Tool, ToolError, ToolResult, ToolSpec};
use serde_json::{Map, Value};

/// A tool that fails when it takes longer than it may.
///
/// A call with an effect that is cut off is asked for by its key: if it took place after all, its result counts.
pub struct Deadline {
    inner: Arc<dyn Tool>,
    deadline: Duration,
}

impl Deadline {
    /// The tool within a time limit.
    #[must_use]
    pub fn new(inner: Arc<dyn Tool>, deadline: Duration) -> Self {
        Self { inner, deadline }
    }
}

#[async_trait]
impl Tool for Deadline {
    fn spec(&self) -> &ToolSpec {
        self.inner.spec()
    }

    fn inner(&self) -> Option<&dyn Tool> {
        Some(self.inner.as_ref())
    }

    async fn call(&self, arguments: Map<String, Value>, context: &CallContext) -> ToolResult<Value> {
        if let Ok(result) = tokio::time::timeout(self.deadline, self.inner.call(arguments, context)).await {
            return result;
        }
        if self.inner.spec().effect != Effect::ReadOnly
            && let Ok(Probe::Done(result)) = self.inner.probe(&context.key).await
        {
            return Ok(result);
        }
        let message = format!("{} gave no answer within {:?}", self.inner.spec().name, self.deadline);
        match self.inner.spec().effect {
            Effect::ReadOnly => Err(ToolError::unavailable(message)),
            Effect::Idempotent | Effect::Once => Err(ToolError::in_doubt(message)),
        }
    }
}

impl fmt::Debug for Deadline {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Deadline({})", self.inner.spec().name)
    }
}
