//! Sequences that were moved out of the KV cache into the host's memory.

use std::collections::VecDeque;

use super::common;
use crate::llama::Token;

/// A place in a sequence to which a model without a past can go back, and what it said there.
#[derive(Debug, Clone, Default)]
pub(crate) struct Checkpoint {
    /// Tokens before it.
    pub(crate) position: usize,
    /// What cannot be rolled back, where the model has such a part.
    pub(crate) fixed: Option<Vec<u8>>,
    /// The logits there, where a reply began with a choice.
    pub(crate) logits: Option<Vec<f32>>,
}

impl Checkpoint {
    /// Bytes that it takes.
    pub(super) fn bytes(&self) -> usize {
        self.fixed.as_ref().map_or(0, Vec::len) + self.logits.as_ref().map_or(0, |logits| logits.len() * 4)
    }
}

/// The last mark up to a position, which is where a model without a past can go back to; 0 is the beginning.
pub(super) fn marked_up_to(checkpoints: &[Checkpoint], position: usize) -> usize {
    let marked = checkpoints.iter().filter(|at| at.fixed.is_some() && at.position <= position);
    marked.map(|at| at.position).max().unwrap_or(0)
}

/// A sequence outside the cache.
#[derive(Debug, Clone, Default)]
pub(crate) struct Saved {
    /// Its tokens.
    pub(crate) tokens: Vec<Token>,
    /// Its keys, values and states, as llama.cpp writes them.
    pub(crate) state: Vec<u8>,
    /// Where it can go back to.
    pub(crate) checkpoints: Vec<Checkpoint>,
}

impl Saved {
    /// Bytes that it takes.
    pub(crate) fn bytes(&self) -> usize {
        self.state.len()
            + self.tokens.len() * 4
            + self.checkpoints.iter().map(Checkpoint::bytes).sum::<usize>()
    }
}

/// Saved sequences of idle sessions, the longest idle first.
#[derive(Debug)]
pub(crate) struct Parked {
    kept: VecDeque<(String, Saved)>,
    bytes: usize,
    bytes_max: usize,
}

impl Parked {
    /// Room for this many bytes.
    pub(crate) fn new(bytes_max: usize) -> Self {
        Self { kept: VecDeque::new(), bytes: 0, bytes_max }
    }

    /// Whether anything can be kept at all.
    pub(crate) fn is_open(&self) -> bool {
        self.bytes_max > 0
    }

    /// Bytes kept.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Bytes that can be kept.
    pub(crate) fn bytes_max(&self) -> usize {
        self.bytes_max
    }

    /// Whether a session's sequence is kept.
    pub(crate) fn has(&self, session: &str) -> bool {
        self.kept.iter().any(|(known, _)| known == session)
    }

    /// Forgets the sequence idle for longest; false when there is none.
    pub(crate) fn forget_oldest(&mut self) -> bool {
        let Some((_, saved)) = self.kept.pop_front() else { return false };
        self.bytes -= saved.bytes();
        true
    }

    /// Forgets sequences that would not fit alone either, so that nobody else has to go for them; returns how many.
    pub(crate) fn forget_oversized(&mut self) -> usize {
        let (count, most) = (self.kept.len(), self.bytes_max);
        self.kept.retain(|(_, saved)| saved.bytes() <= most);
        self.bytes = self.kept.iter().map(|(_, saved)| saved.bytes()).sum();
        count - self.kept.len()
    }

    /// Keeps a session's sequence, for now also beyond the bytes that can be kept.
    pub(crate) fn put(&mut self, session: String, saved: Saved) {
        self.take(&session);
        self.bytes += saved.bytes();
        self.kept.push_back((session, saved));
    }

    /// A session's sequence, which stays.
    pub(crate) fn get(&self, session: &str) -> Option<&Saved> {
        self.kept.iter().find(|(known, _)| known == session).map(|(_, saved)| saved)
    }

    /// Gives a session's sequence back.
    pub(crate) fn take(&mut self, session: &str) -> Option<Saved> {
        let at = self.kept.iter().position(|(known, _)| known == session)?;
        let (_, saved) = self.kept.remove(at)?;
        self.bytes -= saved.bytes();
        Some(saved)
    }

    /// The sequence of which most is of use to a prompt, and how many tokens that is: of a model without a past, those
    /// up to a mark.
    pub(crate) fn nearest(&self, prompt: &[Token], has_past: bool) -> Option<(usize, &Saved)> {
        let near = self.kept.iter().map(|(_, saved)| {
            let length = common(&saved.tokens, prompt);
            let stays = has_past || length == saved.tokens.len();
            (if stays { length } else { marked_up_to(&saved.checkpoints, length) }, saved)
        });
        near.max_by_key(|(length, _)| *length)
    }
}
