//! What strangers wrote informs, but licenses no effect.
//!
//! A page or a mail may carry instructions that a model takes for the person's. Where a call with an effect
//! uses a value from such content, or comes after it was read and the person did not ask for such a call,
//! a person is asked, and told which content is behind it.

use async_trait::async_trait;
use handyman_core::{
    Decision, Effect, Message, Policy, Run, Source, ToolCall, ToolSpec, Verdict, claims, provenance,
};
use serde_json::Value;

/// Asks a person about effects that untrusted content is behind; the inner policy decides on the rest.
/// Every agent has it, unless it is told otherwise.
///
/// A plan made before anything untrusted was read can license effects in advance: it is a policy around this one.
///
/// ```
/// use async_trait::async_trait;
/// use handyman_core::{Decision, Policy, Run, ToolCall, ToolSpec};
/// use handyman_runtime::{Agent, AllowAll, AskForUntrusted, ScriptModel};
///
/// /// What was planned is decided on as if nothing untrusted had been read.
/// struct Licensed<P> {
///     plan: Vec<ToolCall>,
///     inner: P,
/// }
///
/// #[async_trait]
/// impl<P: Policy + Clone> Policy for Licensed<P> {
///     async fn decide(&self, call: &ToolCall, spec: &ToolSpec, run: &Run) -> Decision {
///         let planned = |step: &ToolCall| step.tool == call.tool && step.arguments == call.arguments;
///         if self.plan.iter().any(planned) {
///             self.inner.decide(call, spec, run).await
///         } else {
///             AskForUntrusted::new(self.inner.clone()).decide(call, spec, run).await
///         }
///     }
/// }
///
/// # fn main() -> Result<(), handyman_core::Fault> {
/// let plan = Vec::new(); // made by whatever asks the model for one, before the run begins
/// let agent = Agent::new(ScriptModel::parse("")?).policy_alone(Licensed { plan, inner: AllowAll });
/// # Ok(())
/// # }
/// ```
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

    fn ruled_out(&self, tools: &[ToolSpec], run: &Run) -> Vec<String> {
        self.inner.ruled_out(tools, run)
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
        let what = heard(run)?;
        let asked = run.open_requests().iter().any(|request| claims::asks_for(&request.text, spec));
        let name = &spec.name;
        (!asked).then(|| format!("untrusted content was read before ({what}), and nobody asked for {name}"))
    };
    // A workflow's author has asked for its calls: only what they are made of counts.
    tainted.or_else(|| if run.is_scripted(&call.id) { None } else { made_up(call, run).or_else(read) })
}

/// The argument that nobody has said and no model should make up, if strangers were heard: they may have told it in
/// pieces.
fn made_up(call: &ToolCall, run: &Run) -> Option<String> {
    let what = heard(run)?;
    let arguments = Value::Object(call.arguments.clone());
    let made_up = run.trace(call).into_iter().find(|origin| {
        origin.source == Source::Model && arguments.pointer(&origin.at).is_some_and(provenance::is_identifier)
    })?;
    Some(format!(
        "nobody has said the argument {}, and untrusted content was read before ({what})",
        made_up.at
    ))
}

/// What strangers have been heard in, if they have.
fn heard(run: &Run) -> Option<String> {
    let mut results = run.record().iter().rev().flat_map(Message::results);
    let result = results.find(|result| run.untrusted().contains(&result.tool));
    let result = result.map(|result| format!("the result of {}, {}", result.tool, result.call));
    result.or_else(|| run.has_heard_strangers().then(|| "by the agent that set this task".to_owned()))
}
