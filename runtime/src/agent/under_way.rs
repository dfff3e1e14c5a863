//! The runs of an agent and its clones that are under way in this process: each can be cancelled by its name.

use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use handyman_core::{Run, RunId};
use tokio_util::sync::CancellationToken;

/// The runs that are under way. Clones share them.
#[derive(Clone, Default)]
pub(crate) struct UnderWay(Arc<Mutex<Vec<AtWork>>>);

/// Somebody's work on a run: what cancels it, what tells that it is over, and what it came to where it was cancelled.
#[derive(Clone)]
struct AtWork {
    run: RunId,
    cancel: CancellationToken,
    over: CancellationToken,
    came_to: Arc<OnceLock<Run>>,
}

impl UnderWay {
    /// Takes note of the work on a run until the value is dropped. Whoever asks for the session's lease does so after
    /// this, so that the lease is free again once the work is said to be over.
    pub(crate) fn at_work(&self, run: &RunId, cancelled_by: &CancellationToken) -> Place {
        let (run, cancel) = (run.clone(), cancelled_by.child_token());
        let at_work = AtWork { run, cancel, over: CancellationToken::new(), came_to: Arc::default() };
        self.lock().push(at_work.clone());
        Place { under_way: self.clone(), at_work }
    }

    /// Cancels a run if it is under way here, and waits until it no longer is; gives it where it was gone through with.
    pub(crate) async fn cancel(&self, run: &RunId) -> Option<Run> {
        let mut came_to = None;
        // Who asks for a lease in vain is at work for a moment too.
        while let Some(at_work) = self.find(run) {
            at_work.cancel.cancel();
            at_work.over.cancelled().await;
            came_to = at_work.came_to.get().cloned().or(came_to);
        }
        came_to
    }

    /// Waits until a run is no longer under way here; at once where it is not.
    pub(crate) async fn end_of(&self, run: &RunId) {
        while let Some(at_work) = self.find(run) {
            at_work.over.cancelled().await;
        }
    }

    fn find(&self, run: &RunId) -> Option<AtWork> {
        self.lock().iter().find(|at_work| at_work.run == *run).cloned()
    }

    fn lock(&self) -> MutexGuard<'_, Vec<AtWork>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A run's place among those that are under way, until this is dropped.
pub(crate) struct Place {
    under_way: UnderWay,
    at_work: AtWork,
}

impl Place {
    /// What cancels the run.
    pub(crate) fn cancel(&self) -> &CancellationToken {
        &self.at_work.cancel
    }

    /// The run has been gone through with: whoever cancelled it is given it.
    pub(crate) fn came_to(&self, run: &Run) {
        if self.at_work.cancel.is_cancelled() {
            // It comes to something once.
            let _ = self.at_work.came_to.set(run.clone());
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.under_way.lock().retain(|at_work| at_work.over != self.at_work.over);
        self.at_work.over.cancel();
    }
}

#[cfg(test)]
mod tests;
