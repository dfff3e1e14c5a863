//! Decode: tokens in, tokens out, under a grammar. The only place where the model computes.
//!
//! One thread owns the KV cache ([`engine`]). Its [`scheduler`] computes the prompts and replies of many
//! runs in one batch; each session has a sequence in the cache ([`sequences`]), which shares its beginning
//! with others where it can and moves to the host's memory ([`parked`]) when others need the room. A reply
//! is a [`job`]: a token is [`choose`]n first and checked against the grammar afterwards, so the mask over
//! the whole vocabulary is computed only when it is refused. Tokens that the grammar leaves no choice in are
//! appended without choosing, in one pass with what follows; tokens that stand in the window already are
//! proposed ([`draft`]) and checked in one pass.

pub(crate) mod cells;
pub(crate) mod choose;
pub(crate) mod draft;
pub(crate) mod engine;
pub(crate) mod figures;
pub(crate) mod guide;
pub(crate) mod job;
pub(crate) mod parked;
pub(crate) mod scheduler;
pub(crate) mod sequences;

use handyman_core::{Fault, FaultKind, TokenUsage};
use llguidance::Matcher;
use tokio::sync::mpsc::UnboundedSender;

use crate::llama::Token;
use crate::llama::cache::{Cache, Feed, Place, Windows};
use crate::llama::raw::Extent;
use choose::Chooser;
use parked::Saved;

/// What the decode loop needs of a model.
pub(crate) trait Compute {
    /// Computes tokens at the ends of any sequences, at most [`BATCH_MAX`](crate::llama::cache::BATCH_MAX).
    fn decode(&mut self, batch: &[Feed]) -> Result<(), Fault>;
    /// The logits after one token of the last batch.
    fn logits(&self, index: usize) -> Result<&[f32], Fault>;
    /// Whether a sequence of this length can be cut back to a position.
    fn can_truncate(&self, place: Place, length: usize) -> bool;
    /// Forgets a sequence from a position on; false when what is left of it is of no use.
    fn truncate(&mut self, place: Place) -> bool;
    /// Lets an empty sequence begin with the first tokens of another.
    fn share(&mut self, from: u32, to: u32, length: usize);
    /// Whether sequences can have a beginning in common.
    fn shares(&self) -> bool;
    /// Whether sequences can be cut back to any position.
    fn rolls_back(&self) -> bool;
    /// Whether the last few tokens can be forgotten, as a wrong draft is.
    fn undoes(&self) -> bool;
    /// The room for sliding windows, where the model has such.
    fn windows(&self) -> Option<Windows>;
    /// Bytes that a copy of a whole sequence takes, without making it.
    fn size(&mut self, sequence: u32) -> usize;
    /// Copies a sequence out.
    fn save(&mut self, sequence: u32, extent: Extent) -> Result<Vec<u8>, Fault>;
    /// Copies a sequence in.
    fn load(&mut self, sequence: u32, extent: Extent, bytes: &[u8]) -> Result<(), Fault>;
}

impl Compute for Cache<'_> {
    fn decode(&mut self, batch: &[Feed]) -> Result<(), Fault> {
        Cache::decode(self, batch)
    }

    fn logits(&self, index: usize) -> Result<&[f32], Fault> {
        Cache::logits(self, index)
    }

    fn can_truncate(&self, place: Place, length: usize) -> bool {
        Cache::can_truncate(self, place, length)
    }

    fn truncate(&mut self, place: Place) -> bool {
        Cache::truncate(self, place)
    }

    fn share(&mut self, from: u32, to: u32, length: usize) {
        Cache::share(self, from, to, length);
    }

    fn shares(&self) -> bool {
        Cache::shares(self)
    }

    fn rolls_back(&self) -> bool {
        Cache::rolls_back(self)
    }

    fn undoes(&self) -> bool {
        Cache::undoes(self)
    }

    fn windows(&self) -> Option<Windows> {
        Cache::windows(self)
    }

    fn size(&mut self, sequence: u32) -> usize {
        Cache::size(self, sequence)
    }

    fn save(&mut self, sequence: u32, extent: Extent) -> Result<Vec<u8>, Fault> {
        Cache::save(self, sequence, extent)
    }

    fn load(&mut self, sequence: u32, extent: Extent, bytes: &[u8]) -> Result<(), Fault> {
        Cache::load(self, sequence, extent, bytes)
    }
}

/// Who is served first when not all can be.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Priority {
    /// Work that nobody waits for.
    Background,
    /// Work like any other.
    #[default]
    Normal,
    /// A person waits for it.
    Interactive,
}

/// What is not computed that could be: all on by default. Switched off one by one, they show what each is
/// worth; the replies stay the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shortcuts {
    /// A sequence keeps its tokens between turns, and shares its beginning with others.
    pub reuse: bool,
    /// Tokens that the grammar leaves no choice in are not sampled.
    pub forcing: bool,
    /// Tokens that stand in the window are proposed and checked in one pass.
    pub drafting: bool,
}

impl Default for Shortcuts {
    fn default() -> Self {
        Self { reuse: true, forcing: true, drafting: true }
    }
}

/// Keeps a copy of a sequence beyond the process.
pub(crate) trait Keep: Send {
    /// Whether a copy is wanted of a sequence of these tokens that would take so many bytes. Asked before it is made.
    fn wants(&mut self, tokens: &[Token], bytes: usize) -> bool;
    /// Takes the copy.
    fn take(self: Box<Self>, saved: Saved);
}

/// Whoever keeps one copy.
pub(crate) type Keeper = Box<dyn Keep>;

/// One reply to generate.
pub(crate) struct Generation {
    /// Whose sequence it extends.
    pub(crate) session: String,
    /// The whole prompt. What the sequence already holds of it is not computed again.
    pub(crate) prompt: Vec<Token>,
    /// Tokens at the beginning of the prompt that other sessions with the same tools begin with as well.
    pub(crate) shared: usize,
    /// What the reply may consist of.
    pub(crate) matcher: Matcher,
    /// How tokens are chosen.
    pub(crate) chooser: Chooser,
    /// Tokens the reply may have.
    pub(crate) tokens_max: usize,
    /// Who is served first.
    pub(crate) priority: Priority,
    /// What an earlier process saved of the session, or of what it begins with, and under which name.
    pub(crate) restored: Option<(String, Saved)>,
    /// Takes the sequence when the prompt has been computed.
    pub(crate) keeper: Option<Keeper>,
    /// Takes progress. Once nobody listens, the generation ends.
    pub(crate) progress: UnboundedSender<Progress>,
}

/// What a generation reports.
#[derive(Debug)]
pub(crate) enum Progress {
    /// Bytes of the reply; not always whole characters.
    Piece(Vec<u8>),
    /// The end.
    Done(Result<Generated, Fault>),
}

/// Why a reply ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stop {
    /// The model ended it.
    Ended,
    /// The grammar allows nothing more.
    Complete,
    /// It has as many tokens as it may have.
    TokensMax,
    /// The window is full.
    WindowFull,
    /// It says the same over and over, and would until there is no room.
    Circling,
}

/// A generated reply.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Generated {
    /// Its tokens, with the one that ended it.
    pub(crate) tokens: Vec<Token>,
    /// Why it ended.
    pub(crate) stop: Stop,
    /// Where its tokens came from.
    pub(crate) usage: TokenUsage,
    /// How sure the model was of its least sure choice between given values.
    pub(crate) confidence: Option<f32>,
}

/// Tokens that two sequences begin with.
pub(crate) fn common(a: &[Token], b: &[Token]) -> usize {
    a.iter().zip(b).take_while(|(a, b)| a == b).count()
}

/// Nothing goes on unconstrained: a grammar that fails ends the generation.
pub(crate) fn grammar_fault(problem: &str) -> Fault {
    Fault::new(FaultKind::Backend, format!("the grammar failed while the model wrote: {problem}"))
}

/// A sequence is longer than the cache.
pub(crate) fn full() -> Fault {
    Fault::new(FaultKind::Window, "the KV cache is full")
}

#[cfg(test)]
pub(crate) mod tests;
