//! Where a tool acts.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use handyman_core::{CallContext, Safety, Tool, ToolResult, ToolSpec};
use serde_json::{Map, Value};

/// A tool that says where its effects take place: a run that has acted there goes on at no other place.
pub struct Placed {
    inner: Arc<dyn Tool>,
    spec: ToolSpec,
}

impl Placed {
    /// The tool at this place, which is told as it is written: it must hold no secret.
    #[must_use]
    pub fn new(inner: Arc<dyn Tool>, place: impl Into<String>) -> Self {
        let spec = inner.spec().clone();
        let safety = Safety { place: Some(place.into()), ..spec.safety };
        Self { inner, spec: ToolSpec { safety, ..spec } }
    }
}

#[async_trait]
impl Tool for Placed {
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

impl fmt::Debug for Placed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = self.spec.safety.place.as_deref().unwrap_or_default();
        write!(f, "Placed({} at {place})", self.inner.spec().name)
    }
}
