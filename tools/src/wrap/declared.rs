//! A declaration of one's own of what a tool does.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use handyman_core::{CallContext, Effect, Tool, ToolResult, ToolSpec};
use serde_json::{Map, Value};

/// A tool of which somebody else declares what it does, such as one of a server that says nothing of it.
///
/// Whoever declares it answers for it: a tool that is said to read runs unasked, and again after a crash.
pub struct Declared {
    inner: Arc<dyn Tool>,
    spec: ToolSpec,
}

impl Declared {
    /// The tool with this effect.
    #[must_use]
    pub fn new(inner: Arc<dyn Tool>, effect: Effect) -> Self {
        let spec = ToolSpec { effect, ..inner.spec().clone() };
        Self { inner, spec }
    }

    /// The tool, with results that hold what strangers wrote.
    #[must_use]
    pub fn untrusted(inner: Arc<dyn Tool>) -> Self {
        let mut spec = inner.spec().clone();
        spec.safety.untrusted = true;
        Self { inner, spec }
    }
}

#[async_trait]
impl Tool for Declared {
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

impl fmt::Debug for Declared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Declared({} as {})", self.spec.name, self.spec.effect.name())
    }
}
