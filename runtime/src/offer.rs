//! The tools of a run: all at once, or behind one that shows them step by step.

use std::borrow::Cow;

use async_trait::async_trait;
use handyman_core::{
    CallContext, Fault, FaultKind, IdempotencyKey, Limits, Message, Model, Probe, ToolCall, ToolResult,
    ToolSpec, Toolbox, Toolset, catalogue, schema,
};
use serde_json::Value;

/// Tokens of a window that a model does not tell of.
const WINDOW: u64 = 32_768;

/// A toolbox as it is offered to a run.
pub(crate) struct Offer<'a> {
    tools: Cow<'a, Toolbox>,
    /// The tools behind the one that shows them.
    headed: Option<Vec<ToolSpec>>,
}

impl<'a> Offer<'a> {
    /// All tools at once.
    pub(crate) fn all(tools: Cow<'a, Toolbox>) -> Self {
        Self { tools, headed: None }
    }

    /// The tools behind one that shows them; its list takes at most half of what descriptions may take.
    pub(crate) fn step_by_step(tools: Cow<'a, Toolbox>, model: &dyn Model, limits: &Limits) -> Self {
        let room = room(model, limits) / 2;
        let head = catalogue::show_tools(tools.specs(), |list| model.tokens(list) <= room);
        let headed = std::iter::once(head).chain(tools.specs().iter().cloned()).collect();
        Self { tools, headed: Some(headed) }
    }

    /// Checks that each tool can be called: that another one on offer gives what its arguments can only be taken from, or
    /// has given it earlier in the session.
    ///
    /// # Errors
    /// A [`Fault`] of kind `Schema` that names the first tool of which that is not so, and what it lacks.
    pub(crate) fn check_sources(&self, earlier: &[Message]) -> Result<(), Fault> {
        let specs = self.tools.specs();
        let gave = earlier.iter().flat_map(Message::results).map(|result| result.tool.as_str());
        let tools: Vec<&str> = specs.iter().map(|spec| spec.name.as_str()).chain(gave).collect();
        let unmet = |spec: &ToolSpec| Some((spec.name.clone(), schema::unmet(&spec.parameters, &tools)?));
        let Some((name, problem)) = specs.iter().find_map(unmet) else { return Ok(()) };
        Err(Fault::new(FaultKind::Schema, format!("tool '{name}' could never be called: {problem}"))
            .with_hint(format!("offer a tool that gives such values as well, or leave {name} out")))
    }

    /// Whether the descriptions of all tools take no more of the window than they may.
    pub(crate) fn fits(&self, model: &dyn Model, limits: &Limits) -> bool {
        model.describing(self.tools.specs()) <= room(model, limits)
    }
}

/// Tokens that descriptions may take.
fn room(model: &dyn Model, limits: &Limits) -> u64 {
    model.window().unwrap_or(WINDOW) * u64::from(limits.tools_percent) / 100
}

#[async_trait]
impl Toolset for Offer<'_> {
    fn specs(&self) -> &[ToolSpec] {
        self.headed.as_deref().unwrap_or_else(|| self.tools.specs())
    }

    async fn attempt(&self, call: &ToolCall, context: &CallContext) -> ToolResult<Value> {
        self.tools.attempt(call, context).await
    }

    async fn probe(&self, call: &ToolCall, key: &IdempotencyKey) -> Probe {
        self.tools.probe(call, key).await
    }

    async fn undo(
        &self,
        call: &ToolCall,
        undone: &IdempotencyKey,
        context: &CallContext,
    ) -> ToolResult<Value> {
        self.tools.undo(call, undone, context).await
    }

    async fn plan(&self, call: &ToolCall, context: &CallContext) -> ToolResult<Option<Value>> {
        self.tools.plan(call, context).await
    }
}

#[cfg(test)]
mod tests;
