//! What a person has said "always" to: for the rest of this process nobody is asked about the effects of these tools.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;
use handyman::{Decision, Policy, Run, ToolCall, ToolSpec, Verdict};

/// The tools.
static ALWAYS: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());

/// Notes that a person has said "always" to a tool.
pub(super) fn add(tool: &str) {
    ALWAYS.lock().unwrap_or_else(PoisonError::into_inner).insert(tool.to_owned());
}

/// Whether a person has said "always" to a tool.
pub(crate) fn is_always(tool: &str) -> bool {
    ALWAYS.lock().unwrap_or_else(PoisonError::into_inner).contains(tool)
}

/// Asks as the inner policy does, but not about tools that a person has said "always" to. What other policies around this
/// one ask about, such as untrusted content and the person's own words, they ask about each time.
#[derive(Debug, Clone, Copy)]
pub(crate) struct UnlessAlways<P>(pub(crate) P);

#[async_trait]
impl<P: Policy> Policy for UnlessAlways<P> {
    async fn decide(&self, call: &ToolCall, spec: &ToolSpec, run: &Run) -> Decision {
        let decision = self.0.decide(call, spec, run).await;
        if decision.verdict == Verdict::Ask && is_always(&spec.name) {
            return Decision::new(Verdict::Allow, format!("a person said \"always\" to {}", spec.name));
        }
        decision
    }

    fn ruled_out(&self, tools: &[ToolSpec], run: &Run) -> Vec<String> {
        self.0.ruled_out(tools, run)
    }
}

#[cfg(test)]
mod tests;
