//! Watching a run: events once they are durable, deltas as they stream, and the wish to cancel.

use std::fmt;

use handyman_core::{DeltaSink, Discard, Event};
use tokio_util::sync::CancellationToken;

/// Is told what happens in a run. Must not block.
pub trait Observer: DeltaSink {
    /// An event has become durable.
    fn event(&self, event: &Event);
}

/// Nobody watches.
impl Observer for Discard {
    fn event(&self, _event: &Event) {}
}

/// Who is told of a run, and the token that cancels it.
#[derive(Clone)]
pub struct Watch<'a> {
    pub(crate) observer: &'a dyn Observer,
    pub(crate) cancel: CancellationToken,
}

impl<'a> Watch<'a> {
    /// This observer, and nobody who cancels.
    pub fn new(observer: &'a dyn Observer) -> Self {
        Self { observer, cancel: CancellationToken::new() }
    }

    /// Cancels the run when the token is. Every call gets a result first, and a call with an effect that
    /// is under way runs to its end.
    #[must_use]
    pub fn cancelled_by(mut self, token: CancellationToken) -> Self {
        self.cancel = token;
        self
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
