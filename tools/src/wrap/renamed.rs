//! Another name for a tool.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use handyman_core::{CallContext, Tool, ToolResult, ToolSpec};
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

    fn inner(&self) -> Option<&dyn Tool> {
        Some(self.inner.as_ref())
    }

    async fn call(&self, arguments: Map<String, Value>, context: &CallContext) -> ToolResult<Value> {
        self.inner.call(arguments, context).await
    }
}

impl fmt::Debug for Renamed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Renamed({} as {})", self.inner.spec().name, self.spec.name)
    }
}
