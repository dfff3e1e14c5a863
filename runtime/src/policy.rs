//! Policies: who may act. Small values that wrap one another; each decides one thing and hands the rest on.
//!
//! ```
//! use handyman_runtime::{AllowAll, AllowList, AskFor, ReadOnly};
//! use handyman_core::Effect;
//!
//! // Only these two tools; paying, and whatever never may run twice, needs a person.
//! let policy = AllowList::new(["book", "pay"], AskFor::effect(Effect::Once, AllowAll));
//! # let _ = (policy, ReadOnly);
//! ```

mod ask;
mod by_tool;
mod refused;
mod untrusted;

use async_trait::async_trait;
use handyman_core::{Decision, Effect, Policy, Run, ToolCall, ToolSpec, Verdict};

pub use ask::AskFor;
pub use by_tool::ByTool;
pub use refused::HeedRefusals;
pub use untrusted::AskForUntrusted;

/// Allows everything: for sandboxes and for agents whose every tool is harmless.
#[derive(Debug, Clone, Copy)]
pub struct AllowAll;

#[async_trait]
impl Policy for AllowAll {
    async fn decide(&self, _call: &ToolCall, spec: &ToolSpec, _run: &Run) -> Decision {
        Decision::new(Verdict::Allow, spec.effect.name())
    }
}

/// Refuses everything.
#[derive(Debug, Clone, Copy)]
pub struct DenyAll;

#[async_trait]
impl Policy for DenyAll {
    async fn decide(&self, _call: &ToolCall, _spec: &ToolSpec, _run: &Run) -> Decision {
        Decision::new(Verdict::Deny, "no tool may be used")
    }
}

/// Reads freely; a person has to say about everything with an effect. The default of an agent.
#[derive(Debug, Clone, Copy)]
pub struct AskForEffects;

#[async_trait]
impl Policy for AskForEffects {
    async fn decide(&self, call: &ToolCall, spec: &ToolSpec, run: &Run) -> Decision {
        AskFor::effects(AllowAll).decide(call, spec, run).await
    }
}

/// Reads freely; everything with an effect is refused.
#[derive(Debug, Clone, Copy)]
pub struct ReadOnly;

#[async_trait]
impl Policy for ReadOnly {
    async fn decide(&self, _call: &ToolCall, spec: &ToolSpec, _run: &Run) -> Decision {
        match spec.effect {
            Effect::ReadOnly => Decision::new(Verdict::Allow, spec.effect.name()),
            Effect::Idempotent | Effect::Once => Decision::new(
                Verdict::Deny,
                format!("{} has an effect and only reading is allowed", spec.name),
            ),
        }
    }
}

/// Refuses every tool that is not named; the inner policy decides on the others.
#[derive(Debug, Clone)]
pub struct AllowList<P> {
    names: Vec<String>,
    inner: P,
}

impl<P> AllowList<P> {
    /// Only these tools, and of them only what `inner` allows.
    pub fn new<N: Into<String>>(names: impl IntoIterator<Item = N>, inner: P) -> Self {
        Self { names: names.into_iter().map(Into::into).collect(), inner }
    }
}

#[async_trait]
impl<P: Policy> Policy for AllowList<P> {
    async fn decide(&self, call: &ToolCall, spec: &ToolSpec, run: &Run) -> Decision {
        if self.names.contains(&spec.name) {
            self.inner.decide(call, spec, run).await
        } else {
            Decision::new(Verdict::Deny, format!("{} is not on the list of allowed tools", spec.name))
        }
    }

    fn ruled_out(&self, tools: &[ToolSpec], run: &Run) -> Vec<String> {
        self.inner.ruled_out(tools, run)
    }
}

#[cfg(test)]
mod tests;
