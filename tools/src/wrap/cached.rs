//! Results that are kept for a while.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use handyman_core::{CallContext, Effect, Tool, ToolResult, ToolSpec};
use serde_json::{Map, Value};
use tokio::time::Instant;

/// Results that are kept at the same time.
const KEPT_MAX: usize = 1_000;

/// A tool that gives the result it gave before, if it was asked the same a short while ago.
///
/// Only what a tool that reads returned is kept; one with an effect is called each time, and so is one whose program gives its
/// tools values (`Agent::with`): the result may depend on them. Failures are not kept.
pub struct Cached {
    inner: Arc<dyn Tool>,
    time: Duration,
    kept: Mutex<HashMap<String, (Instant, Value)>>,
}

impl Cached {
    /// The tool with results kept for so long.
    #[must_use]
    pub fn new(inner: Arc<dyn Tool>, time: Duration) -> Self {
        Self { inner, time, kept: Mutex::default() }
    }

    fn remembered(&self, question: &str) -> Option<Value> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.get(question).filter(|(when, _)| when.elapsed() < self.time).map(|(_, result)| result.clone())
    }

    fn remember(&self, question: String, result: Value) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.retain(|_, (when, _)| when.elapsed() < self.time);
        if kept.len() < KEPT_MAX {
            kept.insert(question, (Instant::now(), result));
        }
    }
}

#[async_trait]
impl Tool for Cached {
    fn spec(&self) -> &ToolSpec {
        self.inner.spec()
    }

    fn inner(&self) -> Option<&dyn Tool> {
        Some(self.inner.as_ref())
    }

    async fn call(&self, arguments: Map<String, Value>, context: &CallContext) -> ToolResult<Value> {
        // What the program gives may be who asks: that one's result is nobody else's.
        if self.inner.spec().effect != Effect::ReadOnly || !context.given.is_empty() {
            return self.inner.call(arguments, context).await;
        }
        // What a word such as `tomorrow` means depends on the day.
        let question = format!("{} {}", context.now.date(), Value::Object(arguments.clone()));
        if let Some(result) = self.remembered(&question) {
            return Ok(result);
        }
        let result = self.inner.call(arguments, context).await?;
        self.remember(question, result.clone());
        Ok(result)
    }
}

impl fmt::Debug for Cached {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Cached({})", self.inner.spec().name)
    }
}
