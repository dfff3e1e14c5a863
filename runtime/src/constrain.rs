//! Constrain: what a reply may consist of, as a grammar that the decode loop asks about each token.
//!
//! A grammar is a text in llguidance's Lark dialect, written by a [`dialect`](crate::dialect) out of
//! [`arguments`] (a tool's schema as rules) and [`sources`] (what may be copied). [`vocabulary`] tells
//! llguidance how the model's tokenizer cuts text, so that it knows which tokens are forced.

pub(crate) mod arguments;
pub(crate) mod grammar;
pub(crate) mod vocabulary;

pub(crate) use crate::sources;

use std::collections::{HashMap, HashSet, VecDeque};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use handyman_core::{Fault, FaultKind, ToolSpec};
use llguidance::api::TopLevelGrammar;
use llguidance::{Matcher, ParserFactory};
use toktrie::{InferenceCapabilities, TokEnv};

use crate::dialect::{Dialect, Turn};

/// Compiled grammars kept: a session needs one a turn, and turns repeat theirs after a malformed reply.
const CACHED_MAX: usize = 32;

/// Pieces of grammars of which it is remembered whether they compile: those of all tools of a process, as a rule.
const TRIED_MAX: usize = 4_096;

/// Bytes of the stack on which a grammar is compiled: enough for as many definitions as a schema may have, each of which refers
/// to the next. Only what is used takes memory.
const STACK: usize = 64 << 20;

/// Masks of vocabularies from this size on begin with slices made beforehand; a small vocabulary is gone through
/// whole sooner than its slices are made.
const SLICES_FROM: usize = 32_000;

/// A grammar as it was compiled; nothing until it is. Who compiles it keeps it locked: who wants the same one waits, and
/// nobody else.
type Compiled = Arc<Mutex<Option<Matcher>>>;

/// Compiles grammars for one vocabulary.
pub(crate) struct Constrainer {
    factory: ParserFactory,
    vocabulary: TokEnv,
    /// What was compiled, the one that was wanted last at the end.
    cached: Mutex<VecDeque<(String, Compiled)>>,
    /// Whether these pieces compile.
    tried: Mutex<HashMap<String, bool>>,
    /// The schemas, by their hash, that compile only in part.
    loosened: Mutex<HashSet<u64>>,
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
        Ok(Self {
            factory,
            vocabulary: TokEnv::clone(vocabulary),
            cached: Mutex::default(),
            tried: Mutex::default(),
            loosened: Mutex::default(),
        })
    }

    /// The vocabulary that it compiles for.
    pub(crate) fn vocabulary(&self) -> TokEnv {
        TokEnv::clone(&self.vocabulary)
    }

    /// A matcher at the beginning of a reply. What cannot be compiled of the tools' schemas does not hold the reply: all
    /// arguments are checked once more before a tool runs, and one tool's schema must not stop what others are for. Where
    /// nothing of a schema can be compiled, its tool is not offered in this reply.
    ///
    /// # Errors
    /// A [`Fault`] of kind `Schema` when nothing is left that could be written, with the tools that are the cause.
    pub(crate) fn reply(&self, dialect: &dyn Dialect, turn: &Turn<'_>) -> Result<Matcher, Fault> {
        let matcher = |turn: &Turn<'_>| dialect.grammar(turn).and_then(|grammar| self.matcher(&grammar));
        let loose = Turn { loosened: Some(self), ..*turn };
        // What did not compile as a whole will not at the next turn.
        let known = {
            let loosened = self.loosened.lock().unwrap_or_else(PoisonError::into_inner);
            !loosened.is_empty() && loosened.contains(&hash(turn))
        };
        if known && let Ok(matcher) = matcher(&loose) {
            return Ok(matcher);
        }
        let fault = match matcher(turn) {
            Ok(matcher) => return Ok(matcher),
            Err(fault) => fault,
        };
        if let Ok(matcher) = matcher(&loose) {
            let mut loosened = self.loosened.lock().unwrap_or_else(PoisonError::into_inner);
            if loosened.len() == TRIED_MAX {
                loosened.clear();
            }
            loosened.insert(hash(turn));
            return Ok(matcher);
        }
        let (fit, unfit): (Vec<&ToolSpec>, Vec<&ToolSpec>) = turn
            .callable()
            .partition(|tool| matcher(&Turn { tools: std::slice::from_ref(*tool), ..loose }).is_ok());
        let names: Vec<&str> = unfit.iter().map(|tool| tool.name.as_str()).collect();
        let named = match names.as_slice() {
            [] => fault,
            names => Fault::new(
                FaultKind::Schema,
                format!("no grammar can be made for the arguments of {}", names.join(", ")),
            )
            .with_hint("simplify these tools' schemas, or leave the tools out"),
        };
        if turn.must_call() && fit.is_empty() {
            return Err(named);
        }
        let fit: Vec<ToolSpec> = fit.into_iter().cloned().collect();
        matcher(&Turn { tools: &fit, ..loose }).map_err(|_| named)
    }

    /// Whether a grammar compiles. It is tried once, or by each of those who want to know at the same time.
    pub(crate) fn compiles(&self, grammar: &str) -> bool {
        let known = self.tried.lock().unwrap_or_else(PoisonError::into_inner).get(grammar).copied();
        if let Some(compiles) = known {
            return compiles;
        }
        let compiles = self.compile(grammar).is_ok_and(|matcher| matcher.get_error().is_none());
        let mut tried = self.tried.lock().unwrap_or_else(PoisonError::into_inner);
        if tried.len() == TRIED_MAX {
            tried.clear();
        }
        tried.insert(grammar.to_owned(), compiles);
        compiles
    }

    /// A matcher at the beginning of the grammar. One that takes long to compile holds up nobody who wants another.
    ///
    /// # Errors
    /// A [`Fault`] of kind `Schema` when the grammar says something llguidance cannot hold.
    pub(crate) fn matcher(&self, grammar: &str) -> Result<Matcher, Fault> {
        let place = self.place(grammar);
        let mut compiled = place.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(matcher) = compiled.as_ref() {
            return Ok(matcher.deep_clone());
        }
        let matcher = self.compile(grammar).and_then(|matcher| match matcher.get_error() {
            None => Ok(matcher),
            Some(problem) => {
                let message = format!("the tools' schemas cannot be turned into a grammar: {problem}");
                Err(Fault::new(FaultKind::Schema, message)
                    .with_hint("simplify the schema, or check in the tool what the grammar cannot hold"))
            }
        });
        if let Ok(matcher) = &matcher {
            *compiled = Some(matcher.deep_clone());
        } else {
            let mut cached = self.cached.lock().unwrap_or_else(PoisonError::into_inner);
            cached.retain(|(_, other)| !Arc::ptr_eq(other, &place));
        }
        matcher
    }

    /// Where a grammar is kept once it is compiled. Of too many, the one that was not wanted for longest goes.
    fn place(&self, grammar: &str) -> Compiled {
        let mut cached = self.cached.lock().unwrap_or_else(PoisonError::into_inner);
        let known = cached.iter().position(|(known, _)| known == grammar).and_then(|at| cached.remove(at));
        let wanted = known.unwrap_or_else(|| (grammar.to_owned(), Compiled::default()));
        if cached.len() == CACHED_MAX {
            cached.pop_front();
        }
        let place = Arc::clone(&wanted.1);
        cached.push_back(wanted);
        place
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

/// What the schemas of a turn come to.
fn hash(turn: &Turn<'_>) -> u64 {
    let mut hasher = DefaultHasher::new();
    for tool in turn.callable() {
        (&tool.name, tool.parameters.to_string()).hash(&mut hasher);
    }
    turn.answer.map(ToString::to_string).hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests;
