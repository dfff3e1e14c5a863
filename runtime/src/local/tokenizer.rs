//! A model's tokenizer, as rendering needs it.

use std::sync::Arc;

use crate::constrain::vocabulary::is_tag;
use crate::llama::Token;
use crate::llama::weights::{TokenKind, Weights};
use crate::render::transcript::Tokenize;

/// Cuts prompts into tokens.
#[derive(Debug)]
pub(super) struct ModelTokenizer {
    weights: Arc<Weights>,
    markers: Vec<String>,
    tags: Vec<(String, Token)>,
    ends: Vec<String>,
}

impl ModelTokenizer {
    /// The tokenizer of a loaded model.
    pub(super) fn new(weights: Arc<Weights>) -> Self {
        let text =
            |token: Token| String::from_utf8(weights.piece(token)).ok().filter(|text| !text.is_empty());
        let tokens = || 0..weights.vocabulary();
        let markers = tokens()
            .filter(|&token| matches!(weights.kind(token), TokenKind::Control | TokenKind::Marker))
            .filter_map(text)
            .collect();
        let tags = tokens()
            .filter(|&token| is_tag(weights.kind(token), &weights.piece(token)))
            .filter_map(|token| text(token).map(|text| (text, token)))
            .collect();
        let ends = tokens().filter(|&token| weights.ends(token)).filter_map(text).collect();
        Self { weights, markers, tags, ends }
    }

    /// The model it belongs to.
    pub(super) fn weights(&self) -> &Weights {
        &self.weights
    }
}

impl Tokenize for ModelTokenizer {
    fn tokenize(&self, text: &str) -> Vec<Token> {
        self.weights.tokenize(text, true)
    }

    fn markers(&self) -> &[String] {
        &self.markers
    }

    fn tags(&self) -> &[(String, Token)] {
        &self.tags
    }

    fn ends(&self) -> &[String] {
        &self.ends
    }

    fn beginning(&self) -> Option<Token> {
        self.weights.beginning()
    }
}
