//! What a run began with: it goes on with the same tools, where they act.

use std::collections::BTreeMap;

use super::{CallState, Run};
use crate::message::CallOutcome;
use crate::tool::ToolSpec;

/// The tools that a run began with.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct BeganWith {
    pub(super) tools: Vec<String>,
    /// Where those act that say so.
    pub(super) places: BTreeMap<String, String>,
}

/// A tool that acts elsewhere than it did when the run began.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moved<'a> {
    /// The tool.
    pub tool: &'a str,
    /// Where it acted when the run began.
    pub then: &'a str,
    /// Where it acts now, if it says so.
    pub now: Option<&'a str>,
}

impl Run {
    /// Names of the tools that were on offer when the run began, in that order.
    #[must_use]
    pub fn tools(&self) -> &[String] {
        &self.began_with.tools
    }

    /// A tool with an effect that this run has used, or is about to, and that acts elsewhere now. What became of its calls
    /// can be found out only where they were made, and what a person has allowed was to be done there.
    #[must_use]
    pub fn moved<'a>(&'a self, tools: &'a [ToolSpec]) -> Option<Moved<'a>> {
        let open = self.pending.iter().filter(|pending| pending.state != CallState::Finished);
        let stands = |outcome| matches!(outcome, CallOutcome::Succeeded | CallOutcome::Unknown);
        let acted = self.done.iter().filter(|done| stands(done.outcome)).map(|done| &done.call);
        acted.chain(open.map(|pending| &pending.call)).find_map(|call| {
            let (tool, then) = self.began_with.places.get_key_value(&call.tool)?;
            let now = tools.iter().find(|spec| spec.name == *tool)?.safety.place.as_deref();
            (now != Some(then.as_str())).then_some(Moved { tool, then, now })
        })
    }
}

#[cfg(test)]
mod tests;
