//! The shortest loop that llama.cpp allows: what ours is compared with.

use std::time::{Duration, Instant};

use handyman_core::Fault;

use super::Token;
use super::cache::{Cache, CacheSettings, CacheType, Feed, Place};
use super::threads::Threads;
use super::weights::Weights;

/// Tokens of the prompt before the clock starts.
const PROMPT: usize = 8;

/// What is decoded.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bare {
    /// Tokens of each sequence.
    pub(crate) tokens: usize,
    /// Sequences side by side, a token of each in every pass.
    pub(crate) sequences: u32,
    /// Threads, as for a model.
    pub(crate) threads: Option<u32>,
    /// Whose kernels compute, as for a model.
    pub(crate) own_kernels: bool,
}

/// Decodes greedily in a cache of its own, and says how long that took.
///
/// # Errors
/// A [`Fault`] of kind `Backend`.
pub(crate) fn bare_loop(weights: &Weights, bare: Bare) -> Result<Duration, Fault> {
    let Bare { tokens, sequences, threads, own_kernels } = bare;
    let cells = (PROMPT + tokens).saturating_mul(sequences as usize);
    let settings = CacheSettings {
        cells: u32::try_from(cells).unwrap_or(u32::MAX).next_multiple_of(256),
        sequences,
        threads: Threads::choose(threads),
        kind: CacheType::default(),
        flash_attention: None,
        own_kernels,
    };
    let mut cache = Cache::open(weights, settings)?;
    // Each sequence begins with a token of its own.
    let mut latest: Vec<Token> = (0..sequences).collect();
    let mut started = Instant::now();
    for position in 0..PROMPT + tokens {
        if position == PROMPT {
            started = Instant::now();
        }
        let feed = |(sequence, &token)| Feed { place: Place { sequence, position }, token, logits: true };
        let batch: Vec<Feed> = (0..).zip(&latest).map(feed).collect();
        cache.decode(&batch)?;
        for (index, token) in latest.iter_mut().enumerate() {
            *token = likeliest(cache.logits(index)?);
        }
    }
    Ok(started.elapsed())
}

fn likeliest(logits: &[f32]) -> Token {
    let best = (0..).zip(logits).max_by(|a, b| a.1.total_cmp(b.1));
    best.map_or(0, |(token, _)| token)
}
