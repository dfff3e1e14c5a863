//! Another name for a tool.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use handyman_core::{CallContext, IdempotencyKey, Probe, Tool, ToolResult, ToolSpec};
use serde_json::{Map, Value};

/// A tool under another name, such as where two servers have tools of one name.
pub struct Renamed {
    inner: Arc<dyn Tool>,
    spec: ToolSpec,
}

impl Renamed {
    /// The tool under this name.
    #[must_use]
    pub fn new(inner: Arc<dyn Tool>, name: impl Into<String>) -> Self {
        let spec = ToolSpec { name: name.into(), ..inner.spec().clone() };
        Self { inner, spec }
    }
}

#[async_trait]
impl Tool for Renamed {
    fn spec(&self) -> &ToolSpec {
        &self.spec
    }

    async fn call(&self, arguments: Map<String, Value>, context: &CallContext) -> ToolResult<Value> {
        self.inner.call(arguments, context).await
    }

    async fn probe(&self, key: &IdempotencyKey) -> ToolResult<Probe> {
        self.inner.probe(key).await
    }

    async fn undo(&self, undone: &IdempotencyKey, context: &CallContext) -> ToolResult<Value> {
        self.inner.undo(undone, context).await
    }

    async fn plan(&self, arguments: Map<String, Value>, context: &CallContext) -> ToolResult<Option<Value>> {
        self.inner.plan(arguments, context).await
    }
}

impl fmt::Debug for Renamed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Renamed({} as {})", self.inner.spec().name, self.spec.name)
    }
}
