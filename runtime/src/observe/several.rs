//! Several observers of one run: those of its agent, those of the agents that have handed it on, and who watches it.

use std::sync::Arc;

use handyman_core::{Delta, DeltaSink, Event, Fault, Run, RunId};

use super::Observer;
use crate::agent::Agent;

impl Agent {
    /// Shows this observer every run of the agent, however it is begun or gone on with: [`run`](Agent::run),
    /// [`stream`](Agent::stream), workflows, [`resume`](Agent::resume), [`allow`](Agent::allow), in sessions and over
    /// HTTP. Several add up, in this order, after whoever watches a single run ([`Watch`](crate::Watch)).
    ///
    /// The runs of agents that its runs hand a task on to ([`Agent::as_tool`]) are shown too, between the events of the
    /// run that hands it on. [`Observer::event_in`] and [`Observer::delta_in`] say which run it is. An observer that both
    /// agents were given, as an `Arc`, is shown each run once.
    ///
    /// ```
    /// use std::sync::Arc;
    /// use std::sync::atomic::{AtomicU64, Ordering};
    ///
    /// use handyman_core::{DeltaSink, Event};
    /// use handyman_runtime::{Agent, Observer, ScriptModel};
    ///
    /// /// Counts the tokens of all replies.
    /// #[derive(Default)]
    /// struct Tokens(AtomicU64);
    ///
    /// impl DeltaSink for Tokens {}
    ///
    /// impl Observer for Tokens {
    ///     fn event(&self, event: &Event) {
    ///         if let Event::ModelReplied { usage, .. } = event {
    ///             self.0.fetch_add(usage.decoded(), Ordering::Relaxed);
    ///         }
    ///     }
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), handyman_core::Fault> {
    /// # let model = ScriptModel::parse(r#"{"text": "Good morning."}"#)?;
    /// let tokens = Arc::new(Tokens::default());
    /// let agent = Agent::new(model).observed_by(Arc::clone(&tokens));
    /// agent.run("Hello").await?;
    /// println!("{} tokens", tokens.0.load(Ordering::Relaxed));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// With the feature `tracing`: `Agent::new(model).observed_by(Traced::new())`.
    #[must_use]
    pub fn observed_by(mut self, observer: impl Observer + 'static) -> Self {
        self.observers = self.observers.with(observer);
        self
    }
}

/// Those who are shown all runs of an agent.
#[derive(Clone, Default)]
pub(crate) struct Observers(Vec<Arc<dyn Observer>>);

impl Observers {
    fn with(mut self, observer: impl Observer + 'static) -> Self {
        self.0.push(Arc::new(observer));
        self
    }

    /// These, and those others that are not among them: clones of one agent share theirs, and several agents may have been
    /// given the same one.
    pub(crate) fn and(mut self, others: &Self) -> Self {
        for other in &others.0 {
            let is_other = |one: &Arc<dyn Observer>| one.address() == other.address();
            if !self.0.iter().any(is_other) {
                self.0.push(Arc::clone(other));
            }
        }
        self
    }

    /// This run, shown to who watches it, and then to these.
    pub(crate) fn after<'a>(&'a self, watcher: &'a dyn Observer, run: &RunId) -> Shown<'a> {
        Shown { watcher, observers: &self.0, run: run.clone() }
    }
}

/// A run that is shown to several.
pub(crate) struct Shown<'a> {
    watcher: &'a dyn Observer,
    observers: &'a [Arc<dyn Observer>],
    run: RunId,
}

impl Shown<'_> {
    fn each(&self, show: impl Fn(&dyn Observer)) {
        show(self.watcher);
        self.observers.iter().for_each(|observer| show(observer.as_ref()));
    }
}

impl DeltaSink for Shown<'_> {
    fn delta(&self, delta: Delta) {
        self.each(|observer| observer.delta_in(&self.run, delta.clone()));
    }
}

impl Observer for Shown<'_> {
    fn event(&self, event: &Event) {
        self.each(|observer| observer.event(event));
    }

    fn event_in(&self, run: &Run, event: &Event) {
        self.each(|observer| observer.event_in(run, event));
    }

    fn delta_in(&self, run: &RunId, delta: Delta) {
        self.each(|observer| observer.delta_in(run, delta.clone()));
    }

    fn asked(&self, run: &Run) {
        self.each(|observer| observer.asked(run));
    }

    fn broke_off(&self, run: &Run, fault: &Fault) {
        self.each(|observer| observer.broke_off(run, fault));
    }
}

#[cfg(test)]
mod tests;
