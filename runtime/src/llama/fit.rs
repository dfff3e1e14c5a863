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
    /// Its recurrent state of one sequence.
    pub(crate) state: u64,
}

impl Layer {
    /// What it keeps of so many tokens of so many sequences: each of them has its state from the beginning.
    fn cache(&self, tokens: u64, sequences: u64) -> u64 {
        self.token.saturating_mul(tokens).saturating_add(self.state.saturating_mul(sequences))
    }
}

impl Sizes {
    /// The sizes of a model. What a header does not say counts as nothing.
    pub(crate) fn of(header: &Header, kind: CacheType, vocabulary: u64) -> Self {
        let (weights, rest) = header.weights();
        let width = header.of_architecture("embedding_length").unwrap_or(0);
        let computing =
            width.saturating_mul(16).saturating_add(vocabulary).saturating_mul(4 * BATCH_MAX as u64);
        let layer = |(layer, weights)| Layer {
            weights,
            token: kind.bytes(values_of_token(header, layer, width)),
            state: 0,
        };
        let mut layers: Vec<Layer> = weights.into_iter().enumerate().map(layer).collect();
        // A layer has keys and values or a state; where all have the former, all have both.
        let (state, mixed) = (state_of_sequence(header, width), layers.iter().any(|layer| layer.token == 0));
        for layer in layers.iter_mut().filter(|layer| layer.token == 0 || !mixed) {
            layer.state = state;
        }
        Self { layers, rest, computing }
    }

    /// Bytes of a cache of so many tokens of so many sequences.
    pub(crate) fn cache(&self, tokens: u64, sequences: u64) -> u64 {
        self.layers.iter().fold(0, |sum: u64, layer| sum.saturating_add(layer.cache(tokens, sequences)))
    }

    /// Layers that fit into the free memory of a device beside a cache of so many tokens of so many sequences. One more
    /// than there are means that the output goes there as well.
    pub(crate) fn layers_fitting(&self, free: u64, tokens: u64, sequences: u64) -> u32 {
        let usable = (free - free / MARGIN).saturating_sub(self.computing.max(OVERHEAD_MIN));
        let mut used: u64 = 0;
        let mut fitting = 0;
        // llama.cpp gives the last layers away first; the output comes after them.
        let with_cache = |layer: &Layer| layer.weights.saturating_add(layer.cache(tokens, sequences));
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

/// Bytes of a recurrent state of one sequence in one layer, as llama.cpp keeps it in 32 bits (`llama_hparams::n_embd_r` and
/// `n_embd_s`): what goes into its convolution, and the state itself.
fn state_of_sequence(header: &Header, width: u64) -> u64 {
    let said = |key: &str| header.of_architecture(key).unwrap_or(0);
    let (inner, state, groups) = (said("ssm.inner_size"), said("ssm.state_size"), said("ssm.group_count"));
    let values = if said("wkv.head_size") > 0 {
        let shifts = header.of_architecture("token_shift_count").unwrap_or(2);
        width.saturating_mul(shifts.saturating_add(said("wkv.head_size")))
    } else if said("shortconv.l_cache") > 0 {
        width.saturating_mul(said("shortconv.l_cache") - 1)
    } else {
        let convolved = groups.saturating_mul(state).saturating_mul(2).saturating_add(inner);
        let convolution = said("ssm.conv_kernel").saturating_sub(1).saturating_mul(convolved);
        state.saturating_mul(inner).saturating_add(convolution)
    };
    values.saturating_mul(4)
}

#[cfg(test)]
mod tests;
