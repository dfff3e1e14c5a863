//! How much of a model fits where: sizes are read from the file's header before anything is loaded.

use super::cache::{BATCH_MAX, CacheType};
use super::gguf::Header;

/// Memory of a device that is left alone, as a share of what is free: other programs want some too.
const MARGIN: u64 = 10;
/// Bytes for what llama.cpp needs besides weights and cache, at least.
const OVERHEAD_MIN: u64 = 256 << 20;

/// The sizes that decide what fits, in bytes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Sizes {
    /// What each layer takes.
    pub(crate) layers: Vec<Layer>,
    /// Weights that belong to no layer.
    pub(crate) rest: u64,
    /// Intermediate results of a batch.
    pub(crate) computing: u64,
}

/// What one layer takes, in bytes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Layer {
    /// Its weights.
    pub(crate) weights: u64,
    /// Its keys and values of one token.
    pub(crate) token: u64,
}

impl Sizes {
    /// The sizes of a model. What a header does not say counts as nothing.
    pub(crate) fn of(header: &Header, kind: CacheType, vocabulary: u64) -> Self {
        let (weights, rest) = header.weights();
        let width = header.of_architecture("embedding_length").unwrap_or(0);
        let computing =
            width.saturating_mul(16).saturating_add(vocabulary).saturating_mul(4 * BATCH_MAX as u64);
        let layer =
            |(layer, weights)| Layer { weights, token: kind.bytes(values_of_token(header, layer, width)) };
        Self { layers: weights.into_iter().enumerate().map(layer).collect(), rest, computing }
    }

    /// Bytes of a cache of so many tokens.
    pub(crate) fn cache(&self, tokens: u64) -> u64 {
        let token = self.layers.iter().fold(0_u64, |sum, layer| sum.saturating_add(layer.token));
        token.saturating_mul(tokens)
    }

    /// Layers that fit into the free memory of a device beside a cache of so many tokens. One more than
    /// there are means that the output goes there as well.
    pub(crate) fn layers_fitting(&self, free: u64, tokens: u64) -> u32 {
        let usable = (free - free / MARGIN).saturating_sub(self.computing.max(OVERHEAD_MIN));
        let mut used: u64 = 0;
        let mut fitting = 0;
        // llama.cpp gives the last layers away first; the output comes after them.
        let with_cache = |layer: &Layer| layer.weights.saturating_add(layer.token.saturating_mul(tokens));
        for layer in self.layers.iter().rev().map(with_cache).chain([self.rest]) {
            used = used.saturating_add(layer);
            if used > usable {
                break;
            }
            fitting += 1;
        }
        fitting
    }
}

/// Keys and values that a layer keeps of one token: none where it has a recurrent state instead.
fn values_of_token(header: &Header, layer: usize, width: u64) -> u64 {
    let every = header.of_architecture("full_attention_interval").filter(|&every| every > 0);
    if every.is_some_and(|every| !(layer as u64 + 1).is_multiple_of(every)) {
        return 0;
    }
    let heads = |layer| header.of_layer("attention.head_count", layer).unwrap_or(0);
    // llama.cpp derives the length of all heads from the first layer.
    let length = width.checked_div(heads(0)).unwrap_or(0);
    let shared = header.of_layer("attention.head_count_kv", layer).unwrap_or_else(|| heads(layer));
    let keys = header.of_architecture("attention.key_length").unwrap_or(length);
    let values = header.of_architecture("attention.value_length").unwrap_or(length);
    shared.saturating_mul(keys.saturating_add(values))
}

#[cfg(test)]
mod tests;
