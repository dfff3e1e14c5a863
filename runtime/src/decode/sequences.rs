//! Which session holds which sequence of the cache, and what is in it.

use handyman_core::{Fault, FaultKind};

use super::Compute;
use crate::llama::Token;
use crate::llama::cache::Place;

/// The sequences of one cache. Idle sessions lose theirs, the longest idle first.
#[derive(Debug)]
pub(crate) struct Sequences {
    slots: Vec<Slot>,
    /// Tokens over all sequences.
    cells: usize,
    clock: u64,
}

#[derive(Debug, Default)]
struct Slot {
    session: Option<String>,
    tokens: Vec<Token>,
    used: u64,
}

impl Sequences {
    /// Empty sequences that share this many cells.
    pub(crate) fn new(count: usize, cells: usize) -> Self {
        let slots = (0..count).map(|_| Slot::default()).collect();
        Self { slots, cells, clock: 0 }
    }

    /// The session's sequence: its own, or a free one, or the one idle for longest.
    pub(crate) fn acquire(&mut self, session: &str, compute: &mut impl Compute) -> usize {
        self.clock += 1;
        let own = self.slots.iter().position(|slot| slot.session.as_deref() == Some(session));
        let slot = own.unwrap_or_else(|| {
            // A free slot has never been used, or was forgotten: it sorts first.
            let oldest = (0..self.slots.len()).min_by_key(|&slot| self.slots[slot].used).unwrap_or(0);
            self.forget(oldest, compute);
            oldest
        });
        self.slots[slot].session = Some(session.to_owned());
        self.slots[slot].used = self.clock;
        slot
    }

    /// Keeps what a sequence has in common with a prompt and returns how many tokens that is. The
    /// prompt's last token is never kept: what comes after it has to be computed.
    pub(crate) fn reuse(&mut self, slot: usize, prompt: &[Token], compute: &mut impl Compute) -> usize {
        let held = &mut self.slots[slot].tokens;
        let common = held.iter().zip(prompt).take_while(|(held, asked)| held == asked).count();
        let common = common.min(prompt.len().saturating_sub(1));
        if common < held.len() {
            let left = compute.truncate(Place { sequence: number(slot), position: common });
            held.truncate(left);
        }
        held.len()
    }

    /// Makes room for more tokens in a sequence by forgetting idle ones.
    ///
    /// # Errors
    /// A [`Fault`] of kind `Window` when this sequence alone is too long.
    pub(crate) fn make_room(&mut self, slot: usize, tokens: usize, compute: &mut impl Compute) -> Result<(), Fault> {
        while self.slots.iter().map(|slot| slot.tokens.len()).sum::<usize>() + tokens > self.cells {
            let others = (0..self.slots.len()).filter(|&other| other != slot && !self.slots[other].tokens.is_empty());
            let Some(oldest) = others.min_by_key(|&other| self.slots[other].used) else {
                return Err(Fault::new(FaultKind::Window, "the KV cache is full"));
            };
            self.forget(oldest, compute);
        }
        Ok(())
    }

    /// Empties a sequence.
    pub(crate) fn forget(&mut self, slot: usize, compute: &mut impl Compute) {
        if !self.slots[slot].tokens.is_empty() {
            compute.truncate(Place { sequence: number(slot), position: 0 });
        }
        self.slots[slot] = Slot::default();
    }

    /// The tokens of a sequence.
    pub(crate) fn tokens(&self, slot: usize) -> &[Token] {
        &self.slots[slot].tokens
    }

    /// Where a sequence goes on.
    pub(crate) fn end(&self, slot: usize) -> Place {
        Place { sequence: number(slot), position: self.slots[slot].tokens.len() }
    }

    /// Records that tokens have been computed.
    pub(crate) fn extend(&mut self, slot: usize, tokens: &[Token]) {
        self.slots[slot].tokens.extend(tokens);
    }
}

fn number(slot: usize) -> u32 {
    u32::try_from(slot).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests;
