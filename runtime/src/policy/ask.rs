//! Asking a person: what a policy allows is asked about where it concerns an effect, a tool or a condition.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use handyman_core::{Decision, Effect, Policy, Run, ToolCall, ToolSpec, Verdict};

/// Says why a person has to be asked about a call, if they have to.
type Concern = Arc<dyn Fn(&ToolCall, &ToolSpec, &Run) -> Option<String> + Send + Sync>;

/// Asks a person about some of what the inner policy allows.
#[derive(Clone)]
pub struct AskFor<P> {
    concern: Concern,
    inner: P,
}

impl<P> AskFor<P> {
    /// Asks about calls that this says a reason for.
    pub fn when(
        concern: impl Fn(&ToolCall, &ToolSpec, &Run) -> Option<String> + Send + Sync + 'static,
        inner: P,
    ) -> Self {
        Self { concern: Arc::new(concern), inner }
    }

    /// Asks about every call with an effect.
    pub fn effects(inner: P) -> Self {
        Self::when(
            |_, spec, _| {
                (spec.effect != Effect::ReadOnly)
                    .then(|| format!("{} has an effect and needs a person's yes", spec.name))
            },
            inner,
        )
    }

    /// Asks about calls of tools with this effect.
    pub fn effect(effect: Effect, inner: P) -> Self {
        Self::when(
            move |_, spec, _| {
                let why = || format!("{} is {} and needs a person's yes", spec.name, effect.name());
                (spec.effect == effect).then(why)
            },
            inner,
        )
    }

    /// Asks about calls with an effect in a reply in which the model was less sure than this, from 0 to 1, of what it chose:
    /// a tool, or one of a few given values (see [`Run::confidence`]). Of a model that cannot say how sure it was, and of
    /// what a workflow's steps call, which no model has chosen, nothing is asked.
    pub fn unsure(threshold: f32, inner: P) -> Self {
        Self::when(
            move |call, spec, run| {
                let sure = run.confidence().filter(|sure| *sure < threshold)?;
                let is_chosen = spec.effect != Effect::ReadOnly && !run.is_scripted(&call.id);
                // Rounded down: who is asked is never told of a hundred.
                let percent = (sure * 100.0).floor();
                let name = &spec.name;
                is_chosen.then(|| {
                    format!("the model was only {percent} % sure of its choice: {name} needs a person's yes")
                })
            },
            inner,
        )
    }

    /// Asks about calls of these tools.
    pub fn tools<N: Into<String>>(names: impl IntoIterator<Item = N>, inner: P) -> Self {
        let names: Vec<String> = names.into_iter().map(Into::into).collect();
        Self::when(
            move |call, _, _| {
                names.contains(&call.tool).then(|| format!("{} needs a person's yes", call.tool))
            },
            inner,
        )
    }
}

impl<P: fmt::Debug> fmt::Debug for AskFor<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AskFor").field("inner", &self.inner).finish_non_exhaustive()
    }
}

#[async_trait]
impl<P: Policy> Policy for AskFor<P> {
    async fn decide(&self, call: &ToolCall, spec: &ToolSpec, run: &Run) -> Decision {
        let decision = self.inner.decide(call, spec, run).await;
        match (decision.verdict, (self.concern)(call, spec, run)) {
            (Verdict::Allow, Some(why)) => Decision::new(Verdict::Ask, why),
            (Verdict::Allow | Verdict::Ask | Verdict::Deny, _) => decision,
        }
    }

    fn ruled_out(&self, tools: &[ToolSpec], run: &Run) -> Vec<String> {
        self.inner.ruled_out(tools, run)
    }
}
