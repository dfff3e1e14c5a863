//! Two models for one agent: where the first fails, the second replies.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use handyman_core::{
    Delta, DeltaSink, Fault, FaultKind, Model, ModelInfo, ModelReply, ModelRequest, ToolSpec,
};

use crate::pair::Pair;

/// Replies by a first model, and by a second where the first failed.
///
/// By default the second is asked after a fault that may be the first one's own: of kind `Model`, `Template`,
/// `Backend` or `Busy`. A prompt that is too long (`Window`) is shortened instead, and a request that is itself at
/// fault (`Request`, `Schema`) is for the program to hear. [`Fallback::on`] chooses otherwise.
///
/// A reply of which something has been shown is not begun again: its fault is passed on. If both models fail, the
/// fault is the second's, and tells of the first's too.
///
/// Both are shown the same history, so any two models will do, and the next request goes to the first again. A
/// first model is as patient as its own settings are: while it waits or tries again, the second is not asked. What
/// a failed reply cost is not in the usage. The second may be a `Fallback` too.
///
/// ```
/// use handyman_core::FaultKind;
/// use handyman_runtime::{Agent, Fallback, ScriptModel};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), handyman_core::Fault> {
/// let (first, second) = (ScriptModel::parse("")?, ScriptModel::parse(r#"{"text": "Good morning."}"#)?);
/// let run = Agent::new(Fallback::new(first, second)).run("Hello").await?;
/// assert_eq!(run.answer(), "Good morning.");
///
/// # let (local, remote) = (ScriptModel::parse("")?, ScriptModel::parse("")?);
/// // Only while the first has too much to do.
/// let model = Fallback::new(local, remote).on(|fault| fault.kind() == FaultKind::Busy);
/// # let _ = model;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Fallback<F, S> {
    models: Pair<F, S>,
    on: Arc<dyn Fn(&Fault) -> bool + Send + Sync>,
}

impl<F, S> Fallback<F, S> {
    /// Asks `second` where `first` failed.
    pub fn new(first: F, second: S) -> Self {
        Self { models: Pair { first, second }, on: Arc::new(may_be_its_own) }
    }

    /// Asks the second after these faults of the first alone. Only faults before anything of a reply was shown are
    /// asked about; of those that are fallen back on nobody else hears.
    #[must_use]
    pub fn on(mut self, on: impl Fn(&Fault) -> bool + Send + Sync + 'static) -> Self {
        self.on = Arc::new(on);
        self
    }
}

/// Whether another model may do better.
fn may_be_its_own(fault: &Fault) -> bool {
    match fault.kind() {
        FaultKind::Model | FaultKind::Template | FaultKind::Backend | FaultKind::Busy => true,
        FaultKind::Request | FaultKind::Window | FaultKind::Schema | FaultKind::Journal | FaultKind::Tool => {
            false
        }
    }
}

impl<F: fmt::Debug, S: fmt::Debug> fmt::Debug for Fallback<F, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Fallback").field("models", &self.models).finish_non_exhaustive()
    }
}

#[async_trait]
impl<F: Model, S: Model> Model for Fallback<F, S> {
    /// Both, as one: `a, else b`, and a hash over both hashes, which is empty where neither has one.
    fn info(&self) -> ModelInfo {
        self.models.info("else")
    }

    /// That of the smaller one: either may be asked.
    fn window(&self) -> Option<u64> {
        self.models.window()
    }

    fn tokens(&self, text: &str) -> u64 {
        self.models.tokens(text)
    }

    fn describing(&self, tools: &[ToolSpec]) -> u64 {
        self.models.describing(tools)
    }

    async fn reply(&self, request: ModelRequest<'_>, sink: &dyn DeltaSink) -> Result<ModelReply, Fault> {
        let begun = Begun { shown_to: sink, has_shown: AtomicBool::new(false) };
        let first = match self.models.first.reply(request, &begun).await {
            Err(fault) if !begun.has_shown.load(Ordering::Relaxed) && (self.on)(&fault) => fault,
            reply => return reply,
        };
        let name = self.models.first.info().name;
        self.models.second.reply(request, sink).await.map_err(|second| both(second, &name, &first))
    }
}

/// The fault of the second model, which tells of that of the first as well.
fn both(second: Fault, name: &str, first: &Fault) -> Fault {
    let fault = Fault::new(second.kind(), format!("{second}; {name} was asked first: {first}"));
    let fault = match second.hint().or(first.hint()) {
        Some(hint) => fault.with_hint(hint),
        None => fault,
    };
    fault.with_source(second)
}

/// Shows what a model says, and notes that it has begun to.
struct Begun<'a> {
    shown_to: &'a dyn DeltaSink,
    has_shown: AtomicBool,
}

impl DeltaSink for Begun<'_> {
    fn delta(&self, delta: Delta) {
        let of_reply = match &delta {
            Delta::Text(text) | Delta::Reasoning(text) => !text.is_empty(),
            Delta::Progress { .. } => false,
        };
        if of_reply {
            self.has_shown.store(true, Ordering::Relaxed);
        }
        self.shown_to.delta(delta);
    }
}

#[cfg(test)]
mod tests;
