//! A loaded model: its weights, its vocabulary and its metadata.

use std::path::Path;

use handyman_core::{Fault, FaultKind};
use llama_cpp_2::model::LlamaModel;
use llama_cpp_2::model::params::LlamaModelParams;
use llama_cpp_2::token::LlamaToken;
use llama_cpp_2::token_type::LlamaTokenAttr;

use super::Token;
use super::backend::{backend, one_at_a_time};

/// What a token stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TokenKind {
    /// A piece of text.
    Text,
    /// A marker that steers the model and is no text (`<|im_start|>`).
    Control,
    /// A marker that prints as text (`<tool_call>`).
    Marker,
    /// Nothing: a hole in the vocabulary.
    Unused,
}

/// A model in memory. Every token that comes in is checked: llama.cpp aborts on unknown ones.
#[derive(Debug)]
pub(crate) struct Weights {
    pub(super) model: LlamaModel,
    vocabulary: Token,
}

impl Weights {
    /// Loads a file whose header has been checked; `gpu_layers` of `None` offloads all.
    ///
    /// # Errors
    /// A [`Fault`] of kind `Model` with llama.cpp's own reason.
    pub(crate) fn load(path: &Path, gpu_layers: Option<u32>) -> Result<Self, Fault> {
        let backend = backend()?;
        let mut params = LlamaModelParams::default();
        if let Some(layers) = gpu_layers {
            params = params.with_n_gpu_layers(layers);
        }
        if gpu_layers == Some(0) {
            // A GPU that is listed computes large products, and takes memory for them.
            params = params.with_devices(&[]).map_err(|error| {
                Fault::new(FaultKind::Backend, "the GPU cannot be left out").with_source(error)
            })?;
        }
        let model = one_at_a_time(|| LlamaModel::load_from_file(backend, path, &params)).map_err(
            |(error, why)| {
                Fault::new(FaultKind::Model, format!("{}: llama.cpp cannot load it: {why}", path.display()))
                    .with_hint(
                        "the file may be incomplete, or of a kind this version of llama.cpp does not know",
                    )
                    .with_source(error)
            },
        )?;
        let vocabulary = Token::try_from(model.n_vocab()).unwrap_or(0);
        Ok(Self { model, vocabulary })
    }

    /// Tokens in the vocabulary.
    pub(crate) fn vocabulary(&self) -> Token {
        self.vocabulary
    }

    /// Tokens the model was trained to see at once.
    pub(crate) fn window_trained(&self) -> u32 {
        self.model.n_ctx_train()
    }

    /// Whether the file names this architecture.
    pub(crate) fn is_of(&self, architecture: &str) -> bool {
        self.model.meta_val_str("general.architecture").is_ok_and(|named| named == architecture)
    }

    /// Whether it carries a recurrent state, alone or beside attention: such a state has no past.
    pub(crate) fn is_recurrent(&self) -> bool {
        self.model.is_recurrent() || self.model.is_hybrid()
    }

    /// Whether sequences of this model cannot be cut back to any position.
    pub(crate) fn forgets_positions(&self) -> bool {
        self.is_recurrent() || super::raw::sliding_window(&self.model) > 0
    }

    /// Parameters of the model.
    pub(crate) fn parameters(&self) -> u64 {
        self.model.n_params()
    }

    /// The texts of the tokens that begin a prompt and end a reply, as templates know them.
    pub(crate) fn frame(&self) -> (String, String) {
        let vocab = self.model.vocab();
        let text = |token: LlamaToken| {
            let piece = Token::try_from(token.0).map(|token| self.piece(token)).unwrap_or_default();
            String::from_utf8_lossy(&piece).into_owned()
        };
        (text(vocab.bos()), text(vocab.eos()))
    }

    /// The tokens of a text; with `markers`, text that spells a control token becomes it.
    pub(crate) fn tokenize(&self, text: &str, markers: bool) -> Vec<Token> {
        let tokens = self.model.vocab().tokenize(text.as_bytes(), false, markers);
        tokens.into_iter().filter_map(|token| Token::try_from(token.0).ok()).collect()
    }

    /// The token that begins every prompt, where the model wants one.
    pub(crate) fn beginning(&self) -> Option<Token> {
        let vocab = self.model.vocab();
        let token = vocab.bos().0;
        Token::try_from(token).ok().filter(|&token| vocab.should_add_bos() && token < self.vocabulary)
    }

    /// The bytes a token stands for; not always whole UTF-8 characters. Empty for an unknown token.
    pub(crate) fn piece(&self, token: Token) -> Vec<u8> {
        match self.checked(token) {
            Some(token) => self.model.vocab().token_to_piece(token, true, None),
            None => Vec::new(),
        }
    }

    /// Whether a token ends a reply.
    pub(crate) fn ends(&self, token: Token) -> bool {
        self.checked(token).is_some_and(|token| self.model.vocab().is_eog(token))
    }

    /// What a token stands for.
    pub(crate) fn kind(&self, token: Token) -> TokenKind {
        let Some(token) = self.checked(token) else { return TokenKind::Unused };
        let attributes = self.model.vocab().attr(token);
        if attributes.contains(LlamaTokenAttr::Control) || attributes.contains(LlamaTokenAttr::Unknown) {
            TokenKind::Control
        } else if attributes.contains(LlamaTokenAttr::UserDefined) {
            TokenKind::Marker
        } else if attributes.contains(LlamaTokenAttr::Unused) {
            TokenKind::Unused
        } else {
            TokenKind::Text
        }
    }

    pub(super) fn checked(&self, token: Token) -> Option<LlamaToken> {
        let id = i32::try_from(token).ok()?;
        (token < self.vocabulary).then_some(LlamaToken(id))
    }
}
