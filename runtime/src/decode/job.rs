//! A reply while it is written.

use std::time::{Duration, Instant};

use handyman_core::{Fault, TokenUsage};
use toktrie::TokEnv;

use super::draft::{Drafting, look_up};
use super::parked::Saved;
use super::{Generated, Generation, Progress, Shortcuts, Stop, grammar_fault};
use crate::llama::Token;

/// So many tokens of nothing but repetition end a reply: more than the rule of a table has.
const CIRCLING: usize = 512;
/// Tokens that may make up what is repeated.
const PERIOD_MAX: usize = 64;

/// Where a job's sequence is.
#[derive(Debug)]
pub(crate) enum Seat {
    /// In this slot of the cache.
    Slot(usize),
    /// Moved out until there is room again.
    Out(Box<Saved>),
}

/// What a job needs next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stage {
    /// The prompt is being computed.
    Reading,
    /// Tokens are being chosen.
    Writing,
    /// The reply has been reported; what ended it is computed, so that the next prompt finds it.
    Closing,
}

/// A reply to one prompt.
pub(crate) struct Job {
    pub(crate) generation: Generation,
    pub(crate) seat: Seat,
    /// Prompt and reply. The sequence holds the beginning of it.
    pub(crate) text: Vec<Token>,
    /// Tokens proposed to come after the text.
    pub(crate) draft: Vec<Token>,
    /// Tokens that the proposal was looked up by.
    matched: usize,
    pub(crate) usage: TokenUsage,
    /// Tokens the text may have.
    room: usize,
    pub(crate) closing: bool,
    /// Tokens up to which it is computed alone: a batch that it was in has failed.
    pub(crate) apart: usize,
    /// When it was last computed, in passes.
    pub(crate) served: u64,
    /// Time of the grammar since the last choice.
    constraint: Duration,
}

impl Job {
    /// A reply that has not begun, with the tokens that the grammar begins with.
    ///
    /// # Errors
    /// A [`Fault`] of kind `Backend` when the grammar fails.
    pub(crate) fn new(generation: Generation, window: usize, shortcuts: Shortcuts) -> Result<Self, Fault> {
        let text = generation.prompt.clone();
        let room = window.min(text.len().saturating_add(generation.tokens_max));
        let mut job = Self {
            generation,
            seat: Seat::Out(Box::default()),
            text,
            draft: Vec::new(),
            matched: 0,
            usage: TokenUsage::default(),
            room,
            closing: false,
            apart: 0,
            served: 0,
            constraint: Duration::ZERO,
        };
        job.check()?;
        if shortcuts.forcing {
            job.force()?;
        }
        Ok(job)
    }

    /// Tokens of the prompt.
    pub(crate) fn prompt(&self) -> usize {
        self.generation.prompt.len()
    }

    /// Tokens of the reply so far.
    pub(crate) fn reply(&self) -> &[Token] {
        &self.text[self.prompt()..]
    }

    /// The slot, while the sequence is in the cache.
    pub(crate) fn slot(&self) -> Option<usize> {
        match self.seat {
            Seat::Slot(slot) => Some(slot),
            Seat::Out(_) => None,
        }
    }

    /// What it needs next, when its sequence holds so many tokens.
    pub(crate) fn stage(&self, held: usize) -> Stage {
        if self.closing {
            Stage::Closing
        } else if held < self.prompt() {
            Stage::Reading
        } else {
            Stage::Writing
        }
    }

    /// What has to be computed before the next choice, when its sequence holds so many tokens.
    pub(crate) fn unfed(&self, held: usize) -> impl Iterator<Item = Token> {
        let text = self.text[held.min(self.text.len())..].iter();
        text.chain(&self.draft).copied()
    }

    /// Chooses the next token and takes it, as proposed or sampled.
    ///
    /// # Errors
    /// A [`Fault`] of kind `Backend` when the grammar fails or allows nothing.
    pub(crate) fn choose(
        &mut self,
        logits: &[f32],
        proposed: Option<Token>,
        vocabulary: &TokEnv,
    ) -> Result<Choice, Fault> {
        let token = self.generation.chooser.choose(logits, &mut self.generation.matcher, vocabulary)?;
        let held = proposed == Some(token);
        *(if held { &mut self.usage.drafted } else { &mut self.usage.sampled }) += 1;
        self.text.push(token);
        if vocabulary.tok_trie().eos_tokens().contains(&token) {
            return Ok(Choice { held, stop: Some(Stop::Ended) });
        }
        self.emit(self.text.len() - 1, vocabulary);
        self.consume(&[token])?;
        Ok(Choice { held, stop: self.stop() })
    }

    /// Takes the tokens that the grammar leaves no choice in, and says whether that ended the reply.
    ///
    /// # Errors
    /// A [`Fault`] of kind `Backend` when the grammar fails.
    pub(crate) fn go_on(&mut self, vocabulary: &TokEnv) -> Result<Option<Stop>, Fault> {
        let from = self.text.len();
        self.force()?;
        self.emit(from, vocabulary);
        Ok(self.stop())
    }

    fn force(&mut self) -> Result<(), Fault> {
        let started = Instant::now();
        let mut forced = self.generation.matcher.compute_ff_tokens();
        self.constraint += started.elapsed();
        self.check()?;
        forced.truncate(self.left());
        if forced.is_empty() {
            return Ok(());
        }
        self.consume(&forced)?;
        self.usage.forced += forced.len() as u64;
        self.text.extend(forced);
        Ok(())
    }

    /// A grammar that has failed counts as complete and forces nothing: only when asked does it say what happened.
    fn check(&self) -> Result<(), Fault> {
        self.generation.matcher.get_error().map_or(Ok(()), |problem| Err(grammar_fault(&problem)))
    }

    /// Proposes what the window says comes next, as far as the grammar allows it and it is worth checking
    /// while so many replies are being written.
    pub(crate) fn propose(&mut self, drafting: &mut Drafting, writing: usize) {
        let Some(found) = look_up(&self.text) else { return };
        let most = found.follows.len().min(self.left().saturating_sub(1));
        let length = drafting.worth(found.matched, most, writing);
        if length == 0 {
            return;
        }
        let started = Instant::now();
        let valid = self.generation.matcher.validate_tokens(&found.follows[..length]).unwrap_or(0);
        self.constraint += started.elapsed();
        self.draft.extend(&found.follows[..valid.min(length)]);
        self.matched = found.matched;
    }

    /// Takes the proposal back, with the number of tokens it was looked up by.
    pub(crate) fn take_draft(&mut self) -> (Vec<Token>, usize) {
        (std::mem::take(&mut self.draft), self.matched)
    }

    /// Time of the grammar since this was last asked.
    pub(crate) fn take_constraint(&mut self) -> Duration {
        std::mem::take(&mut self.constraint) + self.generation.chooser.take_spent()
    }

    fn consume(&mut self, tokens: &[Token]) -> Result<(), Fault> {
        let started = Instant::now();
        let matcher = &mut self.generation.matcher;
        let consumed = matcher.consume_tokens(tokens);
        self.constraint += started.elapsed();
        match matcher.get_error() {
            None if consumed.is_ok() => {
                self.generation.chooser.wrote(tokens);
                Ok(())
            }
            problem => Err(grammar_fault(&problem.unwrap_or_default())),
        }
    }

    /// Shows the reply from this token of the text on.
    pub(crate) fn emit(&self, from: usize, vocabulary: &TokEnv) {
        let bytes = vocabulary.tok_trie().decode(&self.text[from..]);
        if !bytes.is_empty() {
            // A closed channel is noticed before the next pass.
            let _ = self.generation.progress.send(Progress::Piece(bytes));
        }
    }

    /// Reports the reply. What ended it is computed after that.
    pub(crate) fn report(&mut self, stop: Stop) {
        let confidence = self.generation.chooser.confidence();
        let generated = Generated { tokens: self.reply().to_vec(), stop, usage: self.usage, confidence };
        // Nobody may be listening any more.
        let _ = self.generation.progress.send(Progress::Done(Ok(generated)));
        self.closing = true;
    }

    fn left(&self) -> usize {
        self.room.saturating_sub(self.text.len())
    }

    /// Why the reply ends here, if it does.
    pub(crate) fn stop(&self) -> Option<Stop> {
        if self.generation.matcher.is_stopped() {
            Some(Stop::Complete)
        } else if self.reply().len() >= self.generation.tokens_max {
            Some(Stop::TokensMax)
        } else if self.left() == 0 {
            Some(Stop::WindowFull)
        } else if is_circling(self.reply()) {
            Some(Stop::Circling)
        } else {
            None
        }
    }
}

/// Whether a reply has come to an end that repeats itself. Greedy choices never leave such a circle, or only late.
fn is_circling(reply: &[Token]) -> bool {
    let Some(start) = reply.len().checked_sub(CIRCLING) else { return false };
    let last = &reply[start..];
    (1..=PERIOD_MAX).any(|period| last[period..] == last[..CIRCLING - period])
}

/// What came of a choice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Choice {
    /// Whether it is what was proposed.
    pub(crate) held: bool,
    /// Why the reply ends with it, if it does.
    pub(crate) stop: Option<Stop>,
}
