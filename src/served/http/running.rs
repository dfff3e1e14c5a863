//! The runs that are under way here. Each goes on to its end, whether or not a client listens.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::http::StatusCode;
use handyman_core::{Event, Fault, FaultKind, RunId};
use handyman_runtime::{RunStream, Told};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::{OwnedMutexGuard, OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;

use super::answer::Refusal;

/// What is heard of a run.
pub(super) type Heard = UnboundedReceiver<Result<Told, Fault>>;

/// The runs that are under way.
pub(super) struct Runs {
    at_work: Mutex<HashMap<RunId, AtWork>>,
    places: Arc<Semaphore>,
    places_max: u32,
    /// Held while a run is begun under a key.
    beginning: Arc<tokio::sync::Mutex<()>>,
    stopping: CancellationToken,
}

/// A run that is under way: what cancels it, and what tells that it no longer is.
#[derive(Clone)]
struct AtWork {
    cancel: CancellationToken,
    ended: CancellationToken,
}

impl Runs {
    /// None yet, and so many at most.
    pub(super) fn new(places_max: u32) -> Self {
        let places = Arc::new(Semaphore::new(places_max as usize));
        let (beginning, stopping) = (Arc::default(), CancellationToken::new());
        Self { at_work: Mutex::default(), places, places_max, beginning, stopping }
    }

    /// A place for a run that is about to begin.
    pub(super) fn place(self: &Arc<Self>) -> Result<Place, Refusal> {
        if self.stopping.is_cancelled() {
            return Err(Refusal::new(StatusCode::SERVICE_UNAVAILABLE, "busy", "the server is about to end")
                .hint("ask again when it is back")
                .after_seconds(5));
        }
        let Ok(permit) = Arc::clone(&self.places).try_acquire_owned() else {
            let message = format!("{} runs are under way, and no more may be", self.places_max);
            return Err(Refusal::new(StatusCode::SERVICE_UNAVAILABLE, "busy", message)
                .hint("ask again when one of them has ended")
                .after_seconds(2));
        };
        let at_work = AtWork { cancel: self.stopping.child_token(), ended: CancellationToken::new() };
        Ok(Place { runs: Arc::clone(self), at_work, run: None, beginning: None, _permit: permit })
    }

    /// The right to begin a run under a key, once nobody else has it. One that was begun meanwhile is in the journal.
    pub(super) async fn beginning(&self) -> OwnedMutexGuard<()> {
        Arc::clone(&self.beginning).lock_owned().await
    }

    /// A place for a run that goes on.
    pub(super) fn place_of(self: &Arc<Self>, run: &RunId) -> Result<Place, Refusal> {
        let mut place = self.place()?;
        if place.is_of(run) { Ok(place) } else { Err(Refusal::at_work(run)) }
    }

    /// Whether a run is under way here.
    pub(super) fn has(&self, run: &RunId) -> bool {
        self.lock().contains_key(run)
    }

    /// Waits until a run is no longer under way here; at once where it is not.
    pub(super) async fn end_of(&self, run: &RunId) {
        if let Some(AtWork { ended, .. }) = self.at_work(run) {
            ended.cancelled().await;
        }
    }

    /// Cancels a run if it is under way here, and waits until it no longer is.
    pub(super) async fn cancel(&self, run: &RunId) {
        // Where somebody wanted to go on with it while it began, it is not the first that is found.
        while let Some(AtWork { cancel, ended }) = self.at_work(run) {
            cancel.cancel();
            ended.cancelled().await;
        }
    }

    /// Cancels all runs, and lets no other begin.
    pub(super) fn stop(&self) {
        self.stopping.cancel();
    }

    /// Waits until no run can begin any more and none is under way.
    pub(super) async fn ended(&self) {
        self.stopping.cancelled().await;
        // Nobody closes the semaphore.
        drop(self.places.acquire_many(self.places_max).await);
    }

    fn at_work(&self, run: &RunId) -> Option<AtWork> {
        self.lock().get(run).cloned()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<RunId, AtWork>> {
        self.at_work.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A place among the runs that are under way. It is free again when this is dropped.
pub(super) struct Place {
    runs: Arc<Runs>,
    at_work: AtWork,
    run: Option<RunId>,
    /// There until the run has begun, where that is under a key.
    beginning: Option<OwnedMutexGuard<()>>,
    _permit: OwnedSemaphorePermit,
}

impl Place {
    /// The same place, with the right to begin a run under a key. It is given back once the run has begun, or cannot.
    pub(super) fn with(mut self, beginning: Option<OwnedMutexGuard<()>>) -> Self {
        self.beginning = beginning;
        self
    }

    /// Takes note of the run that has begun here. Somebody who read of it may want to go on with it and have a place for
    /// that: its session refuses them, and they cannot cancel what is here.
    fn begun(&mut self, run: &RunId) {
        self.runs.lock().insert(run.clone(), self.at_work.clone());
        self.run = Some(run.clone());
        self.beginning = None;
    }

    /// Takes note of the run that is to go on here. `false` where it has another place already.
    fn is_of(&mut self, run: &RunId) -> bool {
        match self.runs.lock().entry(run.clone()) {
            Entry::Occupied(_) => return false,
            Entry::Vacant(entry) => entry.insert(self.at_work.clone()),
        };
        self.run = Some(run.clone());
        true
    }

    /// Lets a run go on at this place, and gives what is heard of it. Whoever drops that leaves the run alone.
    pub(super) fn hold(self, stream: RunStream) -> Heard {
        let (tells, heard) = unbounded_channel();
        tokio::spawn(hand_on(stream, self, tells));
        heard
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if let Some(run) = &self.run {
            let mut all = self.runs.lock();
            if all.get(run).is_some_and(|at_work| at_work.ended == self.at_work.ended) {
                all.remove(run);
            }
        }
        self.at_work.ended.cancel();
    }
}

/// Hands on what a run tells. Its place is free before the last of it is told: whoever hears that may go on at once.
async fn hand_on(mut stream: RunStream, mut place: Place, tells: UnboundedSender<Result<Told, Fault>>) {
    let cancel = place.at_work.cancel.clone();
    let mut is_cancelled = false;
    let last = loop {
        let told = tokio::select! {
            told = stream.next() => told,
            () = cancel.cancelled(), if !is_cancelled => {
                is_cancelled = true;
                stream.cancel();
                continue;
            }
        };
        match told {
            Some(Ok(Told::Ended(run))) => break Ok(Told::Ended(run)),
            Some(Ok(told)) => {
                if let Told::Event(event) = &told
                    && let Event::Started { run, .. } = event.as_ref()
                {
                    place.begun(run);
                }
                // Nobody may be listening any more.
                let _ = tells.send(Ok(told));
            }
            Some(Err(fault)) => break Err(fault),
            None => break Err(gone()),
        }
    };
    drop(place);
    let _ = tells.send(last);
}

/// The task of a run has gone without a word.
pub(super) fn gone() -> Fault {
    Fault::new(FaultKind::Backend, "the run's task has gone")
        .with_hint("what happened until then is in the journal: resume the run")
}

#[cfg(test)]
mod tests;
