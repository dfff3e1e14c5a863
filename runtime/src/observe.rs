//! Watching a run: events once they are durable, deltas as they stream, and the wish to cancel.

use std::fmt;
use std::ptr;
use std::sync::{Arc, Mutex, PoisonError};

use handyman_core::{Delta, DeltaSink, Discard, Event, Fault, Run, RunId};
use tokio_util::sync::CancellationToken;

mod several;
#[cfg(feature = "tracing")]
mod traced;

pub(crate) use several::Observers;

#[cfg(feature = "tracing")]
pub use traced::Traced;

/// Is told what happens in a run. Must not block.
pub trait Observer: DeltaSink {
    /// An event has become durable.
    fn event(&self, event: &Event);

    /// The same, with the run as it is after the event: for those who watch several runs side by side, or one that
    /// is resumed. This is what is called; by itself it hands the event on to [`Observer::event`].
    fn event_in(&self, run: &Run, event: &Event) {
        let _ = run;
        self.event(event);
    }

    /// A piece of a reply, or of how far a call has come, with the run that it is of. This is what is called; by itself it
    /// hands the piece on to [`DeltaSink::delta`].
    fn delta_in(&self, run: &RunId, delta: Delta) {
        let _ = run;
        self.delta(delta);
    }

    /// The model is about to be asked for the next reply of a run.
    fn asked(&self, run: &Run) {
        let _ = run;
    }

    /// A run could not go on: nothing more is told of it until it is resumed.
    fn broke_off(&self, run: &Run, fault: &Fault) {
        let _ = (run, fault);
    }

    /// Where the observer is, behind pointers that are shared. Two agents may have been given the same one, each for
    /// itself.
    #[doc(hidden)]
    fn address(&self) -> *const () {
        ptr::from_ref(self).cast()
    }
}

/// Nobody watches.
impl Observer for Discard {
    fn event(&self, _event: &Event) {}
}

/// A pointer to an observer is an observer.
macro_rules! observer_behind {
    ($pointer:ident $($address:tt)*) => {
        impl<O: Observer + ?Sized> Observer for $pointer<O> {
            $($address)*

            fn event(&self, event: &Event) {
                (**self).event(event);
            }

            fn event_in(&self, run: &Run, event: &Event) {
                (**self).event_in(run, event);
            }

            fn delta_in(&self, run: &RunId, delta: Delta) {
                (**self).delta_in(run, delta);
            }

            fn asked(&self, run: &Run) {
                (**self).asked(run);
            }

            fn broke_off(&self, run: &Run, fault: &Fault) {
                (**self).broke_off(run, fault);
            }
        }
    };
}

// A box is its observer's only owner, and one of nothing has no address of its own.
observer_behind!(Box);
observer_behind!(Arc
    fn address(&self) -> *const () {
        (**self).address()
    }
);

/// Remembers the text of a reply while it is shown to somebody else.
pub(crate) struct Heard<'a> {
    shown_to: &'a dyn Observer,
    text: Mutex<String>,
}

impl<'a> Heard<'a> {
    /// Nothing has been heard yet.
    pub(crate) fn new(shown_to: &'a dyn Observer) -> Self {
        Self { shown_to, text: Mutex::default() }
    }

    /// The text so far.
    pub(crate) fn text(&self) -> String {
        self.text.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl DeltaSink for Heard<'_> {
    fn delta(&self, delta: Delta) {
        if let Delta::Text(text) = &delta {
            self.text.lock().unwrap_or_else(PoisonError::into_inner).push_str(text);
        }
        self.shown_to.delta(delta);
    }
}

/// What a run hands down to those that its tools begin.
#[derive(Clone, Default)]
struct Within {
    cancel: CancellationToken,
    observers: Observers,
}

tokio::task_local! {
    /// That of the run that is under way in this task.
    static WITHIN: Within;
}

/// Who is told of a run, and the token that cancels it.
#[derive(Clone)]
pub struct Watch<'a> {
    pub(crate) observer: &'a dyn Observer,
    pub(crate) cancel: CancellationToken,
    /// Those who are shown the run because they are shown the one whose tool has begun it.
    pub(crate) above: Observers,
}

impl<'a> Watch<'a> {
    /// This observer, and nobody who cancels.
    pub fn new(observer: &'a dyn Observer) -> Self {
        Self { observer, cancel: CancellationToken::new(), above: Observers::default() }
    }

    /// Cancels the run when the token is. Every call gets a result first, and a call with an effect that
    /// is under way runs to its end; of a task that was handed on to another agent, that is the end of the call which
    /// that one is making.
    #[must_use]
    pub fn cancelled_by(mut self, token: CancellationToken) -> Self {
        self.cancel = token;
        self
    }

    /// What cancels the run whose tool this is called in cancels this one as well, and whoever is shown all runs of that
    /// one's agent is shown this one.
    pub(crate) fn within() -> Self {
        let Within { cancel, observers } = WITHIN.try_with(Within::clone).unwrap_or_default();
        Self { above: observers, ..Self::default().cancelled_by(cancel) }
    }

    /// Does the work of this run: what its tools begin on their part knows what cancels it, and who is shown it.
    pub(crate) fn over<W: Future>(&self, observers: &Observers, work: W) -> impl Future<Output = W::Output> {
        let within = Within { cancel: self.cancel.clone(), observers: observers.clone() };
        WITHIN.scope(within, work)
    }
}

impl Default for Watch<'_> {
    fn default() -> Self {
        Self::new(&Discard)
    }
}

impl fmt::Debug for Watch<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Watch").field("cancel", &self.cancel).finish_non_exhaustive()
    }
}
