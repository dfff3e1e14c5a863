//! A time limit for a tool, and for a call of a whole toolbox's.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use handyman_core::{
    CallContext, CallOutcome, CallResult, Effect, Probe, Tool, ToolCall, ToolError, ToolResult, ToolSpec,
    Toolbox, Toolset,
};
use serde_json::{Map, Value, json};
use tokio::time::Instant;

/// A tool that fails when it takes longer than it may.
///
/// A call with an effect that is cut off is asked for by its key: if it took place after all, its result counts. That may
/// take as long again.
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
        let within = within(self.deadline, context);
        if let Ok(result) = tokio::time::timeout(self.deadline, self.inner.call(arguments, &within)).await {
            return result;
        }
        if self.inner.spec().effect != Effect::ReadOnly
            && let Ok(Ok(Probe::Done(result))) =
                tokio::time::timeout(self.deadline, self.inner.probe(&context.key)).await
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

/// Calls a tool. One that takes longer than it may is given up, and asked what came of the call. It may take `limit`, or
/// what it says itself ([`Safety::time`](handyman_core::Safety::time)).
pub async fn call_within(
    limit: Duration,
    toolbox: &Toolbox,
    call: &ToolCall,
    context: &CallContext,
) -> CallResult {
    let spec = toolbox.specs().iter().find(|spec| spec.name == call.tool);
    let limit = spec.and_then(|spec| spec.safety.time).unwrap_or(limit);
    let within = within(limit, context);
    if let Ok(result) = tokio::time::timeout(limit, toolbox.call(call, &within)).await {
        return result;
    }
    let late = format!("no answer within {} s", limit.as_secs_f64());
    let failed = |error: String| (CallOutcome::Failed, json!({"error": error}));
    let (outcome, result) = if spec.is_some_and(|spec| spec.effect == Effect::ReadOnly) {
        failed(late)
    } else {
        let asked = tokio::time::timeout(limit, toolbox.probe(call, &context.key)).await;
        match asked.unwrap_or(Probe::Unsupported) {
            Probe::Done(result) => (CallOutcome::Succeeded, result),
            Probe::NotDone => failed(format!("{late}; it did not take effect")),
            Probe::Unsupported => {
                let error = format!("{late}; it is unknown whether this took effect");
                (CallOutcome::Unknown, json!({"error": error}))
            }
        }
    };
    CallResult { call: call.id.clone(), tool: call.tool.clone(), outcome, result }
}

/// The context of a call that has so much time from now on, or less where it had less.
fn within(limit: Duration, context: &CallContext) -> CallContext {
    let (outer, began) = (context.clone(), Instant::now());
    context.clone().timed_by(move || {
        let left = limit.saturating_sub(began.elapsed());
        outer.time_left().map_or(left, |outer| outer.min(left))
    })
}

impl fmt::Debug for Deadline {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Deadline({})", self.inner.spec().name)
    }
}
