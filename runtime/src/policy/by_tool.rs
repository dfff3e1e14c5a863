//! What is said of a tool by its name: it may act, a person is asked, or it may not.

use async_trait::async_trait;
use handyman_core::{Decision, Policy, Run, ToolCall, ToolSpec, Verdict};

use super::AllowAll;

/// Decides on the tools that are named, whatever their effect; the inner policy decides on the rest. Where a tool is named
/// more than once, the more careful word holds: deny before ask, and ask before allow.
///
/// What is allowed so is still denied where the person's own words refuse it ([`HeedRefusals`](super::HeedRefusals)), and
/// asked about where untrusted content is behind it ([`AskForUntrusted`](super::AskForUntrusted)): every agent has these
/// around its policy.
///
/// ```
/// use handyman_runtime::{Agent, AskForEffects, ByTool, ScriptModel};
///
/// # fn main() -> Result<(), handyman_core::Fault> {
/// // Books without asking, refunds nothing, and asks about every other effect.
/// let policy = ByTool::new(AskForEffects).allow(["book"]).deny(["refund"]);
/// let agent = Agent::new(ScriptModel::parse("")?).policy(policy);
/// # let _ = agent;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ByTool<P> {
    allowed: Vec<String>,
    asked: Vec<String>,
    denied: Vec<String>,
    inner: P,
}

impl<P> ByTool<P> {
    /// As `inner` decides: no tool is named yet.
    pub fn new(inner: P) -> Self {
        Self { allowed: Vec::new(), asked: Vec::new(), denied: Vec::new(), inner }
    }

    /// Lets these tools act as well.
    #[must_use]
    pub fn allow<N: Into<String>>(mut self, names: impl IntoIterator<Item = N>) -> Self {
        self.allowed.extend(names.into_iter().map(Into::into));
        self
    }

    /// Asks a person about every call of these tools as well, also of those that only read.
    #[must_use]
    pub fn ask<N: Into<String>>(mut self, names: impl IntoIterator<Item = N>) -> Self {
        self.asked.extend(names.into_iter().map(Into::into));
        self
    }

    /// Denies every call of these tools as well, also of those that only read.
    #[must_use]
    pub fn deny<N: Into<String>>(mut self, names: impl IntoIterator<Item = N>) -> Self {
        self.denied.extend(names.into_iter().map(Into::into));
        self
    }

    /// What is said of a tool, if it is named.
    fn said_of(&self, tool: &str) -> Option<Verdict> {
        // The most careful word first.
        let lists =
            [(&self.denied, Verdict::Deny), (&self.asked, Verdict::Ask), (&self.allowed, Verdict::Allow)];
        lists.into_iter().find(|(names, _)| names.iter().any(|name| name == tool)).map(|(_, said)| said)
    }
}

#[async_trait]
impl<P: Policy> Policy for ByTool<P> {
    async fn decide(&self, call: &ToolCall, spec: &ToolSpec, run: &Run) -> Decision {
        let tool = &spec.name;
        match self.said_of(tool) {
            Some(Verdict::Deny) => {
                Decision::new(Verdict::Deny, format!("{tool} is on the list of denied tools"))
            }
            Some(Verdict::Ask) => Decision::new(Verdict::Ask, format!("{tool} needs a person's yes")),
            Some(Verdict::Allow) => AllowAll.decide(call, spec, run).await,
            None => self.inner.decide(call, spec, run).await,
        }
    }

    fn ruled_out(&self, tools: &[ToolSpec], run: &Run) -> Vec<String> {
        let mut ruled_out = self.inner.ruled_out(tools, run);
        ruled_out.retain(|tool| self.said_of(tool).is_none());
        ruled_out
    }
}
