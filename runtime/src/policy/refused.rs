//! What the person says is not to be done is not done, whatever the model makes of it.

use async_trait::async_trait;
use handyman_core::{Decision, Effect, Policy, Run, ToolCall, ToolSpec, Verdict, claims};
use serde_json::Value;

/// Refuses effects that the person's own words refuse, in English and Chinese: "don't book yet", "不用订". Where they refuse
/// only some of it, or ask for it as well, a person is asked; the inner policy decides on the rest. A person is also asked
/// where their words only ask something ("is it paid?") and a tool would pay, change or take away something. Every agent has
/// it, unless it is told otherwise.
///
/// What a workflow's steps call is its author's to say.
#[derive(Debug, Clone)]
pub struct HeedRefusals<P> {
    inner: P,
}

impl<P> HeedRefusals<P> {
    /// What `inner` allows, unless the person has refused it.
    pub fn new(inner: P) -> Self {
        Self { inner }
    }
}

#[async_trait]
impl<P: Policy> Policy for HeedRefusals<P> {
    async fn decide(&self, call: &ToolCall, spec: &ToolSpec, run: &Run) -> Decision {
        let decision = self.inner.decide(call, spec, run).await;
        if spec.effect == Effect::ReadOnly || decision.verdict == Verdict::Deny || run.is_scripted(&call.id) {
            return decision;
        }
        match claims::refusal(run, spec) {
            // In few words: the model has those of the person before it.
            Some(refusal) if refusal.is_plain => Decision::new(Verdict::Deny, "the person said no"),
            Some(refusal) => Decision::new(
                Verdict::Ask,
                format!("\"{}\" was said: {} needs a person's yes", refusal.words, spec.name),
            ),
            None if decision.verdict == Verdict::Allow
                && claims::is_only_asked_about(run, spec)
                && !is_found(run, spec) =>
            {
                Decision::new(
                    Verdict::Ask,
                    format!("nobody asked for it: {} needs a person's yes", spec.name),
                )
            }
            None => decision,
        }
    }

    fn ruled_out(&self, tools: &[ToolSpec], run: &Run) -> Vec<String> {
        let refused = claims::ruled_out(run, tools).into_iter().map(|tool| tool.name.clone());
        self.inner.ruled_out(tools, run).into_iter().chain(refused).collect()
    }
}

/// Whether what the person counts as their own words asks for it: what was found by tools that are trusted.
fn is_found(run: &Run, spec: &ToolSpec) -> bool {
    let trusted = run.done().iter().filter(|done| !run.untrusted().contains(&done.call.tool));
    trusted.map(|done| &done.result).any(|result| asks(result, spec))
}

fn asks(result: &Value, spec: &ToolSpec) -> bool {
    match result {
        Value::String(text) => claims::asks_for(text, spec),
        Value::Array(items) => items.iter().any(|item| asks(item, spec)),
        Value::Object(fields) => fields.values().any(|field| asks(field, spec)),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}
