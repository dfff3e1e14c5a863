//! A limit of calls at the same time.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use handyman_core::{CallContext, Tool, ToolError, ToolResult, ToolSpec};
use serde_json::{Map, Value};
use tokio::sync::Semaphore;

/// A tool of which only so many calls run at the same time; others wait their turn.
pub struct AtOnce {
    inner: Arc<dyn Tool>,
    places: Semaphore,
}

impl AtOnce {
    /// The tool with so many places, at least one.
    #[must_use]
    pub fn new(inner: Arc<dyn Tool>, calls: usize) -> Self {
        Self { inner, places: Semaphore::new(calls.max(1)) }
    }
}

#[async_trait]
impl Tool for AtOnce {
    fn spec(&self) -> &ToolSpec {
        self.inner.spec()
    }

    fn inner(&self) -> Option<&dyn Tool> {
        Some(self.inner.as_ref())
    }

    async fn call(&self, arguments: Map<String, Value>, context: &CallContext) -> ToolResult<Value> {
        let _place = self.places.acquire().await.map_err(ToolError::internal)?;
        self.inner.call(arguments, context).await
    }
}

impl fmt::Debug for AtOnce {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AtOnce({})", self.inner.spec().name)
    }
}
