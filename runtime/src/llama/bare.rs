//! The shortest loop that llama.cpp allows: what ours is compared with.

use std::time::{Duration, Instant};

use handyman_core::Fault;

use super::Token;
use super::cache::{Cache, CacheSettings, CacheType, Feed, Place};
use super::threads::Threads;
use super::weights::Weights;

/// Tokens of the prompt before the clock starts.
const PROMPT: usize = 8;

/// Decodes this many tokens greedily, one at a time, in a cache of its own, and says how long that took.
///
/// # Errors
/// A [`Fault`] of kind `Backend`.
pub(crate) fn bare_loop(weights: &Weights, tokens: usize, threads: Option<u32>) -> Result<Duration, Fault> {
    let settings = CacheSettings {
        cells: u32::try_from(PROMPT + tokens).unwrap_or(u32::MAX).next_multiple_of(256),
        sequences: 1,
        threads: Threads::choose(threads),
        kind: CacheType::default(),
        flash_attention: None,
    };
    let mut cache = Cache::open(weights, settings)?;
    let feed =
        |position: usize, token: Token| Feed { place: Place { sequence: 0, position }, token, logits: true };
    let mut token = 0;
    for position in 0..PROMPT {
        cache.decode(&[feed(position, token)])?;
        token = likeliest(cache.logits(0)?);
    }
    let started = Instant::now();
    for position in PROMPT..PROMPT + tokens {
        cache.decode(&[feed(position, token)])?;
        token = likeliest(cache.logits(0)?);
    }
    Ok(started.elapsed())
}

fn likeliest(logits: &[f32]) -> Token {
    let best = (0..).zip(logits).max_by(|a, b| a.1.total_cmp(b.1));
    best.map_or(0, |(token, _)| token)
}
