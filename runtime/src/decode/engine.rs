//! The thread that owns the cache. Everyone else talks to it over a channel.

use std::sync::Arc;
use std::thread;

use handyman_core::{Fault, FaultKind};
use tokio::sync::{Semaphore, mpsc, oneshot};
use toktrie::TokEnv;

use super::figures::{EngineFigures, Shared};
use super::scheduler::{Rules, Scheduler};
use super::sequences::Sequences;
use super::{Generation, Keeper};
use crate::llama::cache::{Cache, CacheSettings};
use crate::llama::weights::Weights;

/// What the thread is asked for.
enum Request {
    Generate(Box<Generation>),
    Keep(String, Keeper),
}

/// How an engine is set up.
#[derive(Debug, Clone)]
pub(crate) struct Plan {
    /// Size and kind of the cache.
    pub(crate) cache: CacheSettings,
    /// What the decode loop goes by.
    pub(crate) rules: Rules,
    /// Bytes of the host's memory for the sequences of idle sessions.
    pub(crate) host_bytes: usize,
    /// Requests that may wait.
    pub(crate) queue_max: usize,
}

/// The thread's owner. Dropping it waits for the thread: llama.cpp takes its tables down when the process
/// ends, and a thread that still computes then would read freed memory.
#[derive(Debug)]
pub(crate) struct Engine {
    requests: Option<mpsc::UnboundedSender<Request>>,
    thread: Option<thread::JoinHandle<()>>,
    figures: Shared,
    /// One permit for each request that may wait or be computed; held until its reply has been reported.
    places: Arc<Semaphore>,
    queue_max: usize,
}

/// A place in the queue, given back when dropped.
pub(crate) type Ticket = tokio::sync::OwnedSemaphorePermit;

impl Drop for Engine {
    fn drop(&mut self) {
        self.requests = None;
        if let Some(thread) = self.thread.take() {
            // A thread that panicked has nothing left to wait for.
            let _ = thread.join();
        }
    }
}

impl Engine {
    /// Starts the thread; what comes back is ready once its cache is.
    ///
    /// # Errors
    /// A [`Fault`] of kind `Backend` when the cache cannot be allocated or no thread can be started.
    pub(crate) fn start(
        weights: Arc<Weights>,
        vocabulary: TokEnv,
        plan: Plan,
    ) -> Result<impl Future<Output = Result<Self, Fault>>, Fault> {
        let (requests, mut incoming) = mpsc::unbounded_channel::<Request>();
        let (opened, open) = oneshot::channel();
        let figures = Shared::default();
        let written = figures.clone();
        let (sequences, queue_max) = (plan.cache.sequences as usize, plan.queue_max);
        let work = move || {
            let cells = plan.cache.cells as usize;
            let cache = match Cache::open(&weights, plan.cache) {
                Ok(cache) => cache,
                Err(fault) => return drop(opened.send(Err(fault))),
            };
            if opened.send(Ok(())).is_err() {
                return;
            }
            let held = Sequences::new(sequences, cells, plan.host_bytes);
            let mut scheduler = Scheduler::new(cache, held, vocabulary, plan.rules).with_figures(written);
            serve(&mut scheduler, &mut incoming);
        };
        let thread =
            thread::Builder::new().name("handyman-engine".to_owned()).spawn(work).map_err(|error| {
                Fault::new(FaultKind::Backend, "the engine's thread cannot be started").with_source(error)
            })?;
        let places =
            Arc::new(Semaphore::new(queue_max.saturating_add(sequences).min(Semaphore::MAX_PERMITS)));
        let engine = Self { requests: Some(requests), thread: Some(thread), figures, places, queue_max };
        Ok(async move {
            open.await.map_err(|_| gone())??;
            Ok(engine)
        })
    }

    /// A place in the queue.
    ///
    /// # Errors
    /// A [`Fault`] of kind `Busy` when there is none left.
    pub(crate) fn ticket(&self) -> Result<Ticket, Fault> {
        Arc::clone(&self.places).try_acquire_owned().map_err(|_| {
            let problem =
                format!("the model is busy: {} requests are waiting for it already", self.queue_max);
            Fault::new(FaultKind::Busy, problem)
                .with_hint("try again when some have been answered, or let more of them wait (queue_max)")
        })
    }

    /// Queues a generation.
    ///
    /// # Errors
    /// A [`Fault`] of kind `Backend` when the thread is gone.
    pub(crate) fn submit(&self, generation: Generation) -> Result<(), Fault> {
        self.send(Request::Generate(Box::new(generation)))
    }

    /// Asks for a copy of a session's sequence, once it is idle.
    ///
    /// # Errors
    /// A [`Fault`] of kind `Backend` when the thread is gone.
    pub(crate) fn keep(&self, session: String, keeper: Keeper) -> Result<(), Fault> {
        self.send(Request::Keep(session, keeper))
    }

    /// What it has done so far.
    pub(crate) fn figures(&self) -> EngineFigures {
        self.figures.read()
    }

    fn send(&self, request: Request) -> Result<(), Fault> {
        let requests = self.requests.as_ref().ok_or_else(gone)?;
        requests.send(request).map_err(|_| gone())
    }
}

/// Takes requests and computes batches until nobody can ask any more and all is done.
fn serve(scheduler: &mut Scheduler<Cache<'_>>, incoming: &mut mpsc::UnboundedReceiver<Request>) {
    loop {
        let next = if scheduler.is_idle() { incoming.blocking_recv() } else { incoming.try_recv().ok() };
        match next {
            Some(Request::Generate(generation)) => scheduler.add(*generation),
            Some(Request::Keep(session, keeper)) => scheduler.keep(session, keeper),
            None if scheduler.is_idle() => return,
            None => scheduler.step(),
        }
    }
}

/// The engine's thread ended by a defect. Nothing goes on without it.
pub(crate) fn gone() -> Fault {
    Fault::new(FaultKind::Backend, "the engine has stopped").with_hint("load the model again")
}
