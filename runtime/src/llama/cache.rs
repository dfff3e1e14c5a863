//! The KV cache: which tokens of which sequence have been computed, and the logits after the last one.

use std::num::NonZeroU32;

use handyman_core::{Fault, FaultKind};
use llama_cpp_2::DecodeError;
use llama_cpp_2::context::LlamaContext;
use llama_cpp_2::context::params::LlamaContextParams;
use llama_cpp_2::llama_batch::LlamaBatch;

use super::Token;
use super::backend::{backend, one_at_a_time};
use super::weights::Weights;

/// Tokens computed in one pass at most; a cancelled request waits for at most one pass.
pub(crate) const BATCH_MAX: usize = 256;

/// The size of a cache.
#[derive(Debug, Clone, Copy)]
pub(crate) struct CacheSize {
    /// Tokens over all sequences.
    pub(crate) cells: u32,
    /// Sequences at the same time.
    pub(crate) sequences: u32,
    /// Threads to compute with.
    pub(crate) threads: i32,
}

/// Which sequence, and where in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place {
    /// The sequence, from 0.
    pub(crate) sequence: u32,
    /// Tokens before.
    pub(crate) position: usize,
}

/// The cache of one model, the batch that feeds it, and the logits it left.
#[derive(Debug)]
pub(crate) struct Cache<'w> {
    weights: &'w Weights,
    context: LlamaContext<'w>,
    batch: LlamaBatch<'static>,
    size: CacheSize,
    /// Index in the batch of the token whose logits can be read.
    logits_at: Option<i32>,
}

impl<'w> Cache<'w> {
    /// Allocates a cache.
    ///
    /// # Errors
    /// A [`Fault`] of kind `Backend` when there is not enough memory.
    pub(crate) fn open(weights: &'w Weights, size: CacheSize) -> Result<Self, Fault> {
        let backend = backend()?;
        let batch_max = u32::try_from(BATCH_MAX).unwrap_or(u32::MAX);
        let params = LlamaContextParams::default()
            .with_n_ctx(NonZeroU32::new(size.cells))
            .with_n_batch(batch_max)
            .with_n_ubatch(batch_max)
            .with_n_seq_max(size.sequences)
            .with_kv_unified(true)
            .with_n_threads(size.threads)
            .with_n_threads_batch(size.threads)
            .with_no_perf(true);
        let context = one_at_a_time(|| weights.model.new_context(backend, params)).map_err(|(error, why)| {
            let problem = format!("no memory for a window of {} tokens: {why}", size.cells);
            Fault::new(FaultKind::Backend, problem).with_hint("use a smaller window").with_source(error)
        })?;
        Ok(Self { weights, context, batch: LlamaBatch::new(BATCH_MAX, 1), size, logits_at: None })
    }

    /// Computes up to [`BATCH_MAX`] tokens; the logits after the last one can then be read.
    ///
    /// # Errors
    /// A [`Fault`] of kind `Backend`. The sequence then holds an unknown part of the tokens.
    pub(crate) fn feed(&mut self, place: Place, tokens: &[Token]) -> Result<(), Fault> {
        self.logits_at = None;
        if tokens.is_empty() || tokens.len() > BATCH_MAX || place.sequence >= self.size.sequences {
            let problem = format!("cannot compute {} tokens of sequence {}", tokens.len(), place.sequence);
            return Err(Fault::new(FaultKind::Backend, problem));
        }
        let sequence = i32::try_from(place.sequence).unwrap_or(0);
        self.batch.clear();
        for (index, &token) in tokens.iter().enumerate() {
            let known = self.weights.checked(token).ok_or_else(|| {
                Fault::new(FaultKind::Backend, format!("token {token} is not in the vocabulary"))
            })?;
            let position = i32::try_from(place.position + index)
                .map_err(|error| Fault::new(FaultKind::Window, "the sequence is too long").with_source(error))?;
            self.batch
                .add(known, position, &[sequence], index + 1 == tokens.len())
                .map_err(|error| Fault::new(FaultKind::Backend, "the batch is full").with_source(error))?;
        }
        self.context.decode(&mut self.batch).map_err(decode_fault)?;
        self.logits_at = Some(self.batch.n_tokens() - 1);
        Ok(())
    }

    /// The logits after the last fed token, one for each token of the vocabulary.
    ///
    /// # Errors
    /// A [`Fault`] of kind `Backend` when nothing has been fed since the last failure.
    pub(crate) fn logits(&self) -> Result<&[f32], Fault> {
        match self.logits_at {
            Some(index) => Ok(self.context.get_logits_ith(index)),
            None => Err(Fault::new(FaultKind::Backend, "there are no logits to read")),
        }
    }

    /// Forgets a sequence from a position on. Returns how many tokens are left: fewer than asked where
    /// the model (a recurrent one) can only forget everything.
    pub(crate) fn truncate(&mut self, place: Place) -> usize {
        let position = u32::try_from(place.position).ok();
        let removed = self.context.clear_kv_cache_seq(Some(place.sequence), position, None);
        if matches!(removed, Ok(true)) {
            return place.position;
        }
        // Forgetting a whole sequence cannot fail.
        let _ = self.context.clear_kv_cache_seq(Some(place.sequence), None, None);
        0
    }
}

fn decode_fault(error: DecodeError) -> Fault {
    let problem = match error {
        DecodeError::NoKvCacheSlot => "the KV cache has no room for the tokens",
        DecodeError::NTokensZero => "llama.cpp refused the batch",
        DecodeError::Unknown(_) => "llama.cpp failed while it computed",
    };
    Fault::new(FaultKind::Backend, problem).with_source(error)
}
