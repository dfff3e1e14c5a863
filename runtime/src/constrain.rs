//! Constrain: what a reply may consist of, as a grammar that the decode loop asks about each token.
//!
//! A grammar is a text in llguidance's Lark dialect, written by a [`dialect`](crate::dialect) out of
//! [`arguments`] (a tool's schema as rules) and [`sources`] (what may be copied). [`vocabulary`] tells
//! llguidance how the model's tokenizer cuts text, so that it knows which tokens are forced.

pub(crate) mod arguments;
pub(crate) mod grammar;
pub(crate) mod vocabulary;

pub(crate) use crate::sources;

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use std::thread;

use handyman_core::{Fault, FaultKind};
use llguidance::api::TopLevelGrammar;
use llguidance::{Matcher, ParserFactory};
use toktrie::{InferenceCapabilities, TokEnv};

/// Compiled grammars kept: a session needs one a turn, and turns repeat theirs after a malformed reply.
const CACHED_MAX: usize = 32;

/// Bytes of the stack on which a grammar is compiled: enough for as many definitions as a schema may have, each of which refers
/// to the next. Only what is used takes memory.
const STACK: usize = 64 << 20;

/// Masks of vocabularies from this size on begin with slices made beforehand; a small vocabulary is gone through
/// whole sooner than its slices are made.
const SLICES_FROM: usize = 32_000;

/// Compiles grammars for one vocabulary.
pub(crate) struct Constrainer {
    factory: ParserFactory,
    vocabulary: TokEnv,
    cached: Mutex<VecDeque<(String, Matcher)>>,
}

impl std::fmt::Debug for Constrainer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Constrainer").finish_non_exhaustive()
    }
}

impl Constrainer {
    /// Prepares the vocabulary: tenths of a second for a large one.
    ///
    /// # Errors
    /// A [`Fault`] of kind `Backend` when llguidance cannot work with the vocabulary.
    pub(crate) fn new(vocabulary: &TokEnv) -> Result<Self, Fault> {
        let capabilities = InferenceCapabilities { ff_tokens: true, ..InferenceCapabilities::default() };
        let slices = match vocabulary.tok_trie().vocab_size() {
            ..SLICES_FROM => Vec::new(),
            _ => llguidance::earley::SlicedBiasComputer::general_slices(),
        };
        let mut factory = ParserFactory::new(vocabulary, capabilities, &slices).map_err(|error| {
            Fault::new(FaultKind::Backend, format!("the vocabulary cannot be constrained: {error}"))
        })?;
        factory.quiet();
        Ok(Self { factory, vocabulary: TokEnv::clone(vocabulary), cached: Mutex::new(VecDeque::new()) })
    }

    /// The vocabulary that it compiles for.
    pub(crate) fn vocabulary(&self) -> TokEnv {
        TokEnv::clone(&self.vocabulary)
    }

    /// A matcher at the beginning of the grammar.
    ///
    /// # Errors
    /// A [`Fault`] of kind `Schema` when the grammar says something llguidance cannot hold.
    pub(crate) fn matcher(&self, grammar: &str) -> Result<Matcher, Fault> {
        let mut cached = self.cached.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, matcher)) = cached.iter().find(|(known, _)| known == grammar) {
            return Ok(matcher.deep_clone());
        }
        let matcher = self.compile(grammar)?;
        if let Some(problem) = matcher.get_error() {
            let message = format!("the tools' schemas cannot be turned into a grammar: {problem}");
            return Err(Fault::new(FaultKind::Schema, message)
                .with_hint("simplify the schema, or check in the tool what the grammar cannot hold"));
        }
        if cached.len() == CACHED_MAX {
            cached.pop_front();
        }
        cached.push_back((grammar.to_owned(), matcher.deep_clone()));
        Ok(matcher)
    }

    /// Compiles on a stack of its own: llguidance goes as deep as definitions refer to definitions.
    fn compile(&self, grammar: &str) -> Result<Matcher, Fault> {
        let compile =
            || Matcher::new(self.factory.create_parser(TopLevelGrammar::from_lark(grammar.to_owned())));
        let failed = |why: String| {
            Fault::new(
                FaultKind::Backend,
                format!("the tools' schemas could not be turned into a grammar: {why}"),
            )
        };
        thread::scope(|scope| {
            let compiling = thread::Builder::new().stack_size(STACK).spawn_scoped(scope, compile);
            let compiled = compiling.map_err(|error| failed(error.to_string()))?.join();
            compiled.map_err(|_| failed("llguidance panicked".to_owned()))
        })
    }
}

#[cfg(test)]
mod tests;
