//! Two models behind one: what can be told of them before either has replied.

use handyman_core::{Model, ModelInfo, ToolSpec};
use sha2::{Digest, Sha256};

/// A first model and a second, either of which may reply.
#[derive(Debug, Clone)]
pub(crate) struct Pair<F, S> {
    pub(crate) first: F,
    pub(crate) second: S,
}

impl<F: Model, S: Model> Pair<F, S> {
    /// Both, as one: their names with a word between them, and a hash over both hashes, which is empty where
    /// neither has one.
    pub(crate) fn info(&self, between: &str) -> ModelInfo {
        let (first, second) = (self.first.info(), self.second.info());
        let hashes = [first.sha256, second.sha256];
        let sha256 = if hashes.iter().all(String::is_empty) {
            String::new()
        } else {
            hex::encode(Sha256::digest(hashes.join(" ")))
        };
        ModelInfo { name: format!("{}, {between} {}", first.name, second.name), sha256 }
    }

    /// The smaller window.
    pub(crate) fn window(&self) -> Option<u64> {
        self.first.window().into_iter().chain(self.second.window()).min()
    }

    pub(crate) fn tokens(&self, text: &str) -> u64 {
        self.first.tokens(text).max(self.second.tokens(text))
    }

    pub(crate) fn describing(&self, tools: &[ToolSpec]) -> u64 {
        self.first.describing(tools).max(self.second.describing(tools))
    }
}
