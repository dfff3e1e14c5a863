//! The thread that owns the cache. Everyone else talks to it over a channel.

use std::sync::Arc;
use std::thread;

use handyman_core::{Fault, FaultKind};
use tokio::sync::{mpsc, oneshot};
use toktrie::TokEnv;

use super::sequences::Sequences;
use super::{Decoder, Generation};
use crate::llama::cache::{Cache, CacheSize};
use crate::llama::weights::Weights;

/// The thread's owner. Dropping it waits for the thread: llama.cpp takes its tables down when the process
/// ends, and a thread that still computes then would read freed memory.
#[derive(Debug)]
pub(crate) struct Engine {
    requests: Option<mpsc::UnboundedSender<Generation>>,
    thread: Option<thread::JoinHandle<()>>,
}

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
    /// Starts the thread and waits for its cache; `window` is what one session may use of it.
    ///
    /// # Errors
    /// A [`Fault`] of kind `Backend` when the cache cannot be allocated or no thread can be started.
    pub(crate) async fn start(
        weights: Arc<Weights>,
        vocabulary: TokEnv,
        size: CacheSize,
        window: usize,
    ) -> Result<Self, Fault> {
        let (requests, mut incoming) = mpsc::unbounded_channel::<Generation>();
        let (opened, open) = oneshot::channel();
        let work = move || {
            let cache = match Cache::open(&weights, size) {
                Ok(cache) => cache,
                Err(fault) => return drop(opened.send(Err(fault))),
            };
            if opened.send(Ok(())).is_err() {
                return;
            }
            let sequences = Sequences::new(size.sequences as usize, size.cells as usize);
            let mut decoder = Decoder::new(cache, sequences, vocabulary, window);
            while let Some(generation) = incoming.blocking_recv() {
                decoder.serve(generation);
            }
        };
        let thread = thread::Builder::new().name("handyman-engine".to_owned()).spawn(work).map_err(|error| {
            Fault::new(FaultKind::Backend, "the engine's thread cannot be started").with_source(error)
        })?;
        open.await.map_err(|_| gone())??;
        Ok(Self { requests: Some(requests), thread: Some(thread) })
    }

    /// Queues a generation.
    ///
    /// # Errors
    /// A [`Fault`] of kind `Backend` when the thread is gone.
    pub(crate) fn submit(&self, generation: Generation) -> Result<(), Fault> {
        let requests = self.requests.as_ref().ok_or_else(gone)?;
        requests.send(generation).map_err(|_| gone())
    }
}

/// The engine's thread ended by a defect. Nothing goes on without it.
pub(crate) fn gone() -> Fault {
    Fault::new(FaultKind::Backend, "the engine has stopped").with_hint("load the model again")
}
