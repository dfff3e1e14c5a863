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
    /// Weights of each layer.
    pub(crate) layers: Vec<u64>,
    /// Weights that belong to no layer.
    pub(crate) rest: u64,
    /// Keys and values of one token in one layer.
    pub(crate) token_in_layer: u64,
    /// Intermediate results of a batch.
    pub(crate) computing: u64,
}

impl Sizes {
    /// The sizes of a model. What a header does not say counts as nothing.
    pub(crate) fn of(header: &Header, kind: CacheType, vocabulary: u64) -> Self {
        let (layers, rest) = header.weights();
        let heads = header.of_architecture("attention.head_count").unwrap_or(0);
        let width = header.of_architecture("embedding_length").unwrap_or(0);
        let head = width.checked_div(heads).unwrap_or(0);
        let shared = header.of_architecture("attention.head_count_kv").unwrap_or(heads);
        let keys = header.of_architecture("attention.key_length").unwrap_or(head);
        let values = header.of_architecture("attention.value_length").unwrap_or(head);
        let computing = (vocabulary + 16 * width) * 4 * BATCH_MAX as u64;
        Self { layers, rest, token_in_layer: kind.bytes(shared * (keys + values)), computing }
    }

    /// Bytes of a cache of so many tokens.
    pub(crate) fn cache(&self, tokens: u64) -> u64 {
        self.token_in_layer.saturating_mul(self.layers.len() as u64).saturating_mul(tokens)
    }

    /// Layers that fit into the free memory of a device beside a cache of so many tokens. One more than
    /// there are means that the output goes there as well.
    pub(crate) fn layers_fitting(&self, free: u64, tokens: u64) -> u32 {
        let usable = (free - free / MARGIN).saturating_sub(self.computing.max(OVERHEAD_MIN));
        let cache = self.token_in_layer.saturating_mul(tokens);
        let mut used: u64 = 0;
        let mut fitting = 0;
        // llama.cpp gives the last layers away first; the output comes after them.
        for layer in self.layers.iter().rev().map(|weights| weights.saturating_add(cache)).chain([self.rest])
        {
            used = used.saturating_add(layer);
            if used > usable {
                break;
            }
            fitting += 1;
        }
        fitting
    }
}

#[cfg(test)]
mod tests;
