//! Tools that other programs call by themselves, where the person at the program is asked before each call.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use handyman::tools::mcp::serve::{Caller, Service};
use handyman::tools::wrap::Deadline;
use handyman::{
    Approval, CallContext, Fault, Limits, Probe, ToolCall, ToolError, ToolErrorKind, ToolResult, ToolSpec,
    Toolbox, Toolset,
};
use serde_json::{Map, Value, json};

use crate::approve::question;

/// What a client is told that cannot ask anybody, before the tool's name.
const NOBODY: &str = "nobody could be asked: this client cannot ask people; start handyman mcp without --ask";

/// A tool of which each call is asked about.
pub(super) struct Asked {
    spec: ToolSpec,
    tools: Toolbox,
    limit: Duration,
}

impl Asked {
    /// Each of these tools.
    pub(super) fn all(tools: &Toolbox) -> Result<Vec<Self>, Fault> {
        let limits = Limits::default();
        let tools = tools.map(|tool| {
            let time = limits.time_of(tool.spec());
            Arc::new(Deadline::new(tool, time))
        })?;
        let asked =
            |spec: &ToolSpec| Self { spec: spec.clone(), tools: tools.clone(), limit: limits.time_of(spec) };
        Ok(tools.specs().iter().map(asked).collect())
    }

    /// What the call would do, from a tool that has as long to say it as to do it.
    async fn planned(&self, call: &ToolCall, context: &CallContext) -> ToolResult<Option<Value>> {
        let late = |_| {
            let seconds = self.limit.as_secs();
            ToolError::unavailable(format!("it did not say within {seconds} s what it would do"))
        };
        tokio::time::timeout(self.limit, self.tools.plan(call, context)).await.map_err(late)?
    }
}

#[async_trait]
impl Service for Asked {
    fn spec(&self) -> &ToolSpec {
        &self.spec
    }

    async fn call(
        &self,
        arguments: Map<String, Value>,
        context: &CallContext,
        caller: &dyn Caller,
    ) -> ToolResult<Value> {
        let name = &self.spec.name;
        let call = ToolCall { id: context.call.clone(), tool: name.clone(), arguments };
        // What was done under the key is not asked about again.
        if let Probe::Done(result) = self.tools.probe(&call, &context.key).await {
            return Ok(object(result));
        }
        let plan = self.planned(&call, context).await?;
        let approval = Approval {
            run: context.run.clone(),
            session: context.session.clone(),
            message: String::new(),
            started: context.now,
            call: call.clone(),
            why: format!("--ask {name}: every call of it is asked about"),
            plan: plan.clone(),
            digest: String::new(),
            decision: None,
        };
        match caller.allows(&question(&approval)).await {
            Some(true) => self.tools.attempt(&call, &context.clone().allowing(plan)).await.map(object),
            Some(false) => Err(ToolError::new(ToolErrorKind::Refused, "a person said no")),
            None => Err(ToolError::new(ToolErrorKind::Refused, format!("{NOBODY} {name}"))),
        }
    }
}

/// A result as MCP has those of services: an object.
fn object(result: Value) -> Value {
    if result.is_object() { result } else { json!({"result": result}) }
}
