//! The model's vocabulary as llguidance sees it: every token's bytes, and the tokenizer itself.
//!
//! llguidance can only say which tokens are forced if it is told how the model's own tokenizer cuts a
//! text, so the environment asks llama.cpp instead of cutting greedily.

use std::sync::Arc;

use handyman_core::{Fault, FaultKind};
use toktrie::{TokEnv, TokRxInfo, TokTrie, TokenId, TokenizerEnv};

use crate::llama::Token;
use crate::llama::weights::{TokenKind, Weights};

struct Vocabulary {
    weights: Arc<Weights>,
    trie: TokTrie,
}

/// Builds the environment of a model.
///
/// # Errors
/// A [`Fault`] of kind `Model` when the vocabulary is empty or has no token that ends a reply.
pub(crate) fn environment(weights: &Arc<Weights>) -> Result<TokEnv, Fault> {
    let tokens: Vec<Token> = (0..weights.vocabulary()).collect();
    let ends: Vec<Token> = tokens.iter().copied().filter(|&token| weights.ends(token)).collect();
    let Some(&end) = ends.first() else {
        return Err(Fault::new(FaultKind::Model, "the model's vocabulary has no token that ends a reply"));
    };
    let words: Vec<Vec<u8>> = tokens.iter().map(|&token| word(weights, token)).collect();
    let trie = TokTrie::from(&TokRxInfo::new(weights.vocabulary(), end), &words).with_eos_tokens(&ends);
    Ok(Arc::new(Vocabulary { weights: Arc::clone(weights), trie }))
}

/// A token's bytes; markers are flagged so that a grammar has to name them and no text can contain them.
fn word(weights: &Weights, token: Token) -> Vec<u8> {
    let piece = weights.piece(token);
    match weights.kind(token) {
        TokenKind::Unused => Vec::new(),
        kind if is_tag(kind, &piece) => {
            let mut flagged = vec![TokTrie::SPECIAL_TOKEN_MARKER];
            flagged.extend(piece);
            flagged
        }
        TokenKind::Text | TokenKind::Marker | TokenKind::Control => piece,
    }
}

/// Whether a token can only be named by a grammar, and not be part of a text: control tokens, and markers that
/// are written like a tag. Other markers, such as runs of blanks, are text.
pub(crate) fn is_tag(kind: TokenKind, piece: &[u8]) -> bool {
    let written =
        |begins: &[u8], ends: &[u8]| piece.starts_with(begins) && piece.ends_with(ends) && piece.len() > 2;
    match kind {
        TokenKind::Text | TokenKind::Unused => false,
        TokenKind::Marker => written(b"<", b">") || written(b"[", b"]"),
        TokenKind::Control => true,
    }
}

impl TokenizerEnv for Vocabulary {
    fn tok_trie(&self) -> &TokTrie {
        &self.trie
    }

    fn tokenize_bytes(&self, bytes: &[u8]) -> Vec<TokenId> {
        self.trie.tokenize_with_greedy_fallback(bytes, |text| {
            let tokens = self.weights.tokenize(text, false);
            // Some tokenizers put a space before a text; such a cut is not one of this text.
            if self.trie.decode(&tokens) == text.as_bytes() {
                tokens
            } else {
                self.trie.greedy_tokenize(text.as_bytes())
            }
        })
    }
}
