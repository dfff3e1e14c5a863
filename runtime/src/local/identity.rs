//! What has to be the same for a saved sequence to be of use: what its keys and values follow from, and how the history
//! is written that goes on behind it.

use sha2::{Digest, Sha256};

use super::ModelSettings;
use crate::dialect::Dialect;
use crate::dialect::samples::{ask, hard_call, reply, results, tools};
use crate::llama::{STATE_VERSION, Token};
use crate::render::Template;
use crate::render::transcript::{Renderer, Tokenize};

/// A model as it computes and writes.
#[derive(Debug, Clone)]
pub(super) struct Identity<'a> {
    /// Hash of its file.
    pub(super) sha256: &'a str,
    /// How it is run.
    pub(super) settings: &'a ModelSettings,
    /// How it writes calls.
    pub(super) dialect: &'a str,
    /// What becomes of a [`sample`].
    pub(super) sample: Vec<Token>,
    /// Tokens it was trained to see at once before it was trained to see more, where it says so.
    pub(super) trained_first: Option<u64>,
    /// Tokens in its KV cache.
    pub(super) cells: u32,
}

impl Identity<'_> {
    /// The identity as a text.
    pub(super) fn text(&self) -> String {
        let Self { sha256, settings, dialect, sample, trained_first, cells } = self;
        let ModelSettings { cache_type, flash_attention, earlier_reasoning, .. } = settings;
        let mut hash = Sha256::new();
        for token in sample {
            hash.update(token.to_le_bytes());
        }
        let written = hex::encode(hash.finalize());
        // With more cells than that, llama.cpp turns keys by other angles, where the model has two kinds.
        let is_long = trained_first.is_some_and(|first| u64::from(*cells) > first);
        format!(
            "{sha256} {cache_type:?} {flash_attention:?} {STATE_VERSION} {dialect} {earlier_reasoning:?} {written} {is_long}"
        )
    }
}

/// The tokens of a conversation with what is hard to write: the same on every day, and others as soon as anything is
/// written in another way. None where the template refuses it.
pub(super) fn sample(template: &Template, dialect: &dyn Dialect, tokenizer: &dyn Tokenize) -> Vec<Token> {
    let template = template.timeless();
    let renderer = Renderer { template: &template, dialect, tokenizer };
    let calls = [hard_call()];
    let text = renderer.text(&[ask(), reply(&calls), results(&calls)], &tools(), true);
    text.map(|text| renderer.tokenize(&text)).unwrap_or_default()
}

#[cfg(test)]
mod tests;
