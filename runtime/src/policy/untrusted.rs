//! What strangers wrote informs, but licenses no effect.
//!
//! A page or a mail may carry instructions that a model takes for the person's. Where a call with an effect
//! uses a value from such content, or comes after it was read and the person did not ask for such a call,
//! a person is asked, and told which content is behind it. A plan made before anything untrusted is read
//! could license effects in advance; it would be a policy that wraps this one.

use async_trait::async_trait;
use handyman_core::{
    Decision, Effect, Message, Part, Policy, Role, Run, Source, ToolCall, ToolSpec, Verdict, claims,
};

/// Asks a person about effects that untrusted content is behind; the inner policy decides on the rest.
/// Every agent has it, unless it is told otherwise.
#[derive(Debug, Clone)]
pub struct AskForUntrusted<P> {
    inner: P,
}

impl<P> AskForUntrusted<P> {
    /// What `inner` allows, unless untrusted content is behind it.
    pub fn new(inner: P) -> Self {
        Self { inner }
    }
}

#[async_trait]
impl<P: Policy> Policy for AskForUntrusted<P> {
    async fn decide(&self, call: &ToolCall, spec: &ToolSpec, run: &Run) -> Decision {
        let decision = self.inner.decide(call, spec, run).await;
        if spec.effect == Effect::ReadOnly || decision.verdict == Verdict::Deny {
            return decision;
        }
        match behind(call, spec, run) {
            Some(why) => Decision::new(Verdict::Ask, why),
            None => decision,
        }
    }
}

/// Which untrusted content is behind a call, if any is.
fn behind(call: &ToolCall, spec: &ToolSpec, run: &Run) -> Option<String> {
    let tainted = run.trace(call).into_iter().find_map(|origin| match origin.source {
        Source::Result { call, tool, untrusted: true } => Some(format!(
            "the argument {} comes from untrusted content: the result of {tool} ({call})",
            origin.at
        )),
        Source::Result { .. } | Source::Person | Source::System | Source::Model => None,
    });
    let read = || {
        let mut results = run.record().iter().rev().flat_map(Message::results);
        let result = results.find(|result| run.untrusted().contains(&result.tool))?;
        let asked = run.record().iter().filter(|message| message.role == Role::User).any(|message| {
            message.parts.iter().any(|part| matches!(part, Part::Text(text) if claims::asks_for(text, spec)))
        });
        let (tool, call) = (&result.tool, &result.call);
        let why = || {
            let name = &spec.name;
            format!(
                "untrusted content was read before (the result of {tool}, {call}), and nobody asked for {name}"
            )
        };
        (!asked).then(why)
    };
    tainted.or_else(read)
}
