//! A limit of calls in a stretch of time.

use std::collections::VecDeque;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use handyman_core::{CallContext, Tool, ToolResult, ToolSpec};
use serde_json::{Map, Value};
use tokio::sync::Mutex;
use tokio::time::Instant;

/// A tool that is called so many times in any stretch of time; others wait until there is room.
///
/// For services that allow so many requests a minute.
pub struct Paced {
    inner: Arc<dyn Tool>,
    calls: usize,
    period: Duration,
    /// When the latest calls began, the oldest first.
    begun: Mutex<VecDeque<Instant>>,
}

impl Paced {
    /// The tool with so many calls (at least one) in a period.
    #[must_use]
    pub fn new(inner: Arc<dyn Tool>, calls: u32, period: Duration) -> Self {
        let calls = usize::try_from(calls.max(1)).unwrap_or(usize::MAX);
        Self { inner, calls, period, begun: Mutex::default() }
    }

    /// Waits until there is room for one more call. Calls get room in the order they ask.
    async fn room(&self) {
        let mut begun = self.begun.lock().await;
        if begun.len() == self.calls
            && let Some(oldest) = begun.front().copied()
        {
            // A call that is given up here leaves all as it was.
            tokio::time::sleep_until(oldest + self.period).await;
            begun.pop_front();
        }
        begun.push_back(Instant::now());
    }
}

#[async_trait]
impl Tool for Paced {
    fn spec(&self) -> &ToolSpec {
        self.inner.spec()
    }

    fn inner(&self) -> Option<&dyn Tool> {
        Some(self.inner.as_ref())
    }

    async fn call(&self, arguments: Map<String, Value>, context: &CallContext) -> ToolResult<Value> {
        self.room().await;
        self.inner.call(arguments, context).await
    }
}

impl fmt::Debug for Paced {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Paced({})", self.inner.spec().name)
    }
}
