//! What strangers wrote informs, but licenses no effect.
//!
//! A page or a mail may carry instructions that a model takes for the person's. Where a call with an effect
//! uses a value from such content, or comes after it was read and the person did not ask for such a call,
//! a person is asked, and told which content is behind it.

use async_trait::async_trait;
use handyman_core::{
    Decision, Effect, Message, Part, Policy, Role, Run, Source, ToolCall, ToolSpec, Verdict, claims,
};

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
        let asked = open_requests(run.record()).iter().any(|text| claims::asks_for(text, spec));
        let (tool, call) = (&result.tool, &result.call);
        let why = || {
            let name = &spec.name;
            format!(
                "untrusted content was read before (the result of {tool}, {call}), and nobody asked for {name}"
            )
        };
        (!asked).then(why)
    };
    // A workflow's author has asked for its calls: only what they are made of counts.
    tainted.or_else(|| if run.is_scripted(&call.id) { None } else { read() })
}

/// What a message asks for: the person's words, or those of a workflow's author.
fn asked_in(message: &Message) -> String {
    let task = |part: &Part| match part {
        Part::Task { text, untrusted: false } => Some(text.clone()),
        _ => None,
    };
    std::iter::once(message.text())
        .chain(message.parts.iter().filter_map(task))
        .collect::<Vec<_>>()
        .join("\n")
}

/// What the person asks for now, the newest first: their last message, and the one before it where that was
/// answered by a question, and so on. What was asked for and answered earlier licenses nothing more.
fn open_requests(record: &[Message]) -> Vec<String> {
    let mut open = Vec::new();
    // What strangers have a part in asks for nothing, and what was asked before it is answered.
    let is_task = |message: &Message| message.parts.iter().any(|part| matches!(part, Part::Task { .. }));
    let mut said =
        record.iter().rev().filter(|message| is_task(message) || !asked_in(message).trim().is_empty());
    while let Some(message) = said.find(|message| message.role == Role::User) {
        open.push(asked_in(message));
        let before = said.clone().find(|message| matches!(message.role, Role::Assistant | Role::User));
        let is_question = |message: &Message| {
            message.role == Role::Assistant && message.text().trim_end().ends_with(['?', '？'])
        };
        if !before.is_some_and(is_question) {
            break;
        }
    }
    open
}
