//! Decode: tokens in, tokens out, under a grammar. The only place where the model computes.
//!
//! One thread owns the KV cache ([`engine`]); each session has a sequence in it ([`sequences`]). A token
//! is [`choose`]n first and checked against the grammar afterwards: the mask over the whole vocabulary is
//! computed only when it is refused. Tokens that the grammar leaves no choice in are appended without
//! choosing, in one pass with what follows.

pub(crate) mod choose;
pub(crate) mod engine;
pub(crate) mod sequences;

use handyman_core::{Fault, FaultKind, TokenUsage};
use llguidance::Matcher;
use tokio::sync::mpsc::UnboundedSender;
use toktrie::TokEnv;

use crate::llama::Token;
use crate::llama::cache::{BATCH_MAX, Cache, Place};
use choose::Chooser;
use sequences::Sequences;

/// What the decode loop needs of a model.
pub(crate) trait Compute {
    /// Computes up to [`BATCH_MAX`] tokens of a sequence.
    fn feed(&mut self, place: Place, tokens: &[Token]) -> Result<(), Fault>;
    /// The logits after the last fed token.
    fn logits(&self) -> Result<&[f32], Fault>;
    /// Forgets a sequence from a position on, and says how many tokens are left of it.
    fn truncate(&mut self, place: Place) -> usize;
}

impl Compute for Cache<'_> {
    fn feed(&mut self, place: Place, tokens: &[Token]) -> Result<(), Fault> {
        Cache::feed(self, place, tokens)
    }

    fn logits(&self) -> Result<&[f32], Fault> {
        Cache::logits(self)
    }

    fn truncate(&mut self, place: Place) -> usize {
        Cache::truncate(self, place)
    }
}

/// One reply to generate.
pub(crate) struct Generation {
    /// Whose sequence it extends.
    pub(crate) session: String,
    /// The whole prompt. What the sequence already holds of it is not computed again.
    pub(crate) prompt: Vec<Token>,
    /// What the reply may consist of.
    pub(crate) matcher: Matcher,
    /// How tokens are chosen.
    pub(crate) chooser: Chooser,
    /// Tokens the reply may have.
    pub(crate) tokens_max: usize,
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
    /// Nobody listens any more.
    Cancelled,
}

/// A generated reply.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Generated {
    /// Its tokens, with the one that ended it.
    pub(crate) tokens: Vec<Token>,
    /// Why it ended.
    pub(crate) stop: Stop,
    /// Where its tokens came from.
    pub(crate) usage: TokenUsage,
}

/// The decode loop over one cache.
pub(crate) struct Decoder<C> {
    compute: C,
    sequences: Sequences,
    vocabulary: TokEnv,
    /// Tokens one sequence may have.
    window: usize,
}

impl<C: Compute> Decoder<C> {
    /// A loop over an empty cache.
    pub(crate) fn new(compute: C, sequences: Sequences, vocabulary: TokEnv, window: usize) -> Self {
        Self { compute, sequences, vocabulary, window }
    }

    /// Generates one reply and reports it. What ended the reply is computed after that, so that the next
    /// prompt finds the whole reply in the cache.
    pub(crate) fn serve(&mut self, mut generation: Generation) {
        let result = self.generate(&mut generation);
        let whole = match &result {
            Ok(generated) if generated.stop != Stop::Cancelled => {
                Some([generation.prompt.as_slice(), &generated.tokens].concat())
            }
            Ok(_) | Err(_) => None,
        };
        // Nobody may be listening any more.
        let _ = generation.progress.send(Progress::Done(result));
        if let Some(whole) = whole.filter(|whole| whole.len() < self.window) {
            self.complete(&generation.session, &whole);
        }
    }

    /// Computes what a sequence lacks of these tokens. If that fails, the next prompt pays for it.
    fn complete(&mut self, session: &str, whole: &[Token]) {
        let slot = self.sequences.acquire(session, &mut self.compute);
        let held = self.sequences.tokens(slot).len();
        if held < whole.len() && self.feed(slot, &whole[held..]).is_err() {
            self.sequences.forget(slot, &mut self.compute);
        }
    }

    fn generate(&mut self, generation: &mut Generation) -> Result<Generated, Fault> {
        let prompt = generation.prompt.len();
        if prompt >= self.window {
            let problem = format!("the prompt has {prompt} tokens, the model's window holds {}", self.window);
            return Err(Fault::new(FaultKind::Window, problem)
                .with_hint("begin a new session, offer fewer tools, or use a model with a larger window"));
        }
        let slot = self.sequences.acquire(&generation.session, &mut self.compute);
        let reused = self.sequences.reuse(slot, &generation.prompt, &mut self.compute);
        let mut reply = Reply::new(generation, self.window - prompt, reused);
        let ended = self.decode(slot, &mut reply);
        if ended.is_err() {
            self.sequences.forget(slot, &mut self.compute);
        }
        let stop = ended?;
        Ok(Generated { tokens: reply.tokens, stop, usage: reply.usage })
    }

    fn decode(&mut self, slot: usize, reply: &mut Reply<'_>) -> Result<Stop, Fault> {
        // The logits of the prompt's last token are always needed anew.
        let mut unfed: Vec<Token> = reply.generation.prompt[self.sequences.tokens(slot).len()..].to_vec();
        loop {
            let forced = reply.force()?;
            self.emit(reply, &forced);
            unfed.extend(&forced);
            if let Some(stop) = reply.stop() {
                return Ok(stop);
            }
            for pass in unfed.chunks(BATCH_MAX) {
                if reply.generation.progress.is_closed() {
                    return Ok(Stop::Cancelled);
                }
                self.feed(slot, pass)?;
            }
            let token = reply.generation.chooser.choose(self.compute.logits()?, &mut reply.generation.matcher, &self.vocabulary)?;
            reply.usage.sampled += 1;
            reply.tokens.push(token);
            if self.vocabulary.tok_trie().eos_tokens().contains(&token) {
                return Ok(Stop::Ended);
            }
            self.emit(reply, &[token]);
            reply.consume(&[token])?;
            unfed = vec![token];
        }
    }

    /// Computes tokens at the end of a sequence, making room where others are idle.
    fn feed(&mut self, slot: usize, tokens: &[Token]) -> Result<(), Fault> {
        self.sequences.make_room(slot, tokens.len(), &mut self.compute)?;
        for pass in tokens.chunks(BATCH_MAX) {
            self.compute.feed(self.sequences.end(slot), pass)?;
            self.sequences.extend(slot, pass);
        }
        Ok(())
    }

    fn emit(&self, reply: &Reply<'_>, tokens: &[Token]) {
        let bytes = self.vocabulary.tok_trie().decode(tokens);
        if !bytes.is_empty() {
            // A closed channel is noticed before the next pass.
            let _ = reply.generation.progress.send(Progress::Piece(bytes));
        }
    }
}

/// A reply while it is written.
struct Reply<'g> {
    generation: &'g mut Generation,
    tokens: Vec<Token>,
    usage: TokenUsage,
    /// Tokens that fit into the window.
    room: usize,
}

impl<'g> Reply<'g> {
    fn new(generation: &'g mut Generation, room: usize, reused: usize) -> Self {
        let prefilled = generation.prompt.len() - reused;
        let usage = TokenUsage { prefilled: prefilled as u64, reused: reused as u64, ..TokenUsage::default() };
        Self { generation, tokens: Vec::new(), usage, room }
    }

    /// Takes the tokens that the grammar leaves no choice in.
    fn force(&mut self) -> Result<Vec<Token>, Fault> {
        let mut forced = self.generation.matcher.compute_ff_tokens();
        forced.truncate(self.left());
        self.consume(&forced)?;
        self.usage.forced += forced.len() as u64;
        self.tokens.extend(&forced);
        Ok(forced)
    }

    fn consume(&mut self, tokens: &[Token]) -> Result<(), Fault> {
        let matcher = &mut self.generation.matcher;
        let consumed = matcher.consume_tokens(tokens);
        match matcher.get_error() {
            None if consumed.is_ok() => Ok(()),
            problem => Err(grammar_fault(&problem.unwrap_or_default())),
        }
    }

    fn left(&self) -> usize {
        self.room.min(self.generation.tokens_max).saturating_sub(self.tokens.len())
    }

    fn stop(&self) -> Option<Stop> {
        if self.generation.matcher.is_stopped() {
            Some(Stop::Complete)
        } else if self.tokens.len() >= self.generation.tokens_max {
            Some(Stop::TokensMax)
        } else if self.left() == 0 {
            Some(Stop::WindowFull)
        } else {
            None
        }
    }
}

/// Nothing goes on unconstrained: a grammar that fails ends the generation.
pub(crate) fn grammar_fault(problem: &str) -> Fault {
    Fault::new(FaultKind::Backend, format!("the grammar failed while the model wrote: {problem}"))
}

#[cfg(test)]
mod tests;
