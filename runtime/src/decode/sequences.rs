//! Which session holds which sequence of the cache, what is in it, and what it shares with others.

use handyman_core::Fault;

use super::cells::Cells;
use super::parked::{Checkpoint, Parked, Saved, marked_up_to};
use super::{Compute, common};
use crate::llama::Token;
use crate::llama::cache::Place;
use crate::llama::raw::Extent;

mod copies;
mod room;

use room::window_of;

/// A common beginning of fewer tokens is computed again rather than shared or copied.
pub(crate) const SHARED_MIN: usize = 16;
/// Checkpoints of one sequence; the first one stands after the tools, so new sessions can begin there.
const CHECKPOINTS_MAX: usize = 4;

/// The sequences of one cache. Idle ones make room for others, the longest idle first: they move to the
/// host's memory, and from there are forgotten.
#[derive(Debug)]
pub(crate) struct Sequences {
    slots: Vec<Slot>,
    cells: Cells,
    parked: Parked,
    clock: u64,
    /// Sequences forgotten for want of room.
    evicted: u64,
}

#[derive(Debug, Default)]
struct Slot {
    session: Option<String>,
    tokens: Vec<Token>,
    cells: Vec<u32>,
    checkpoints: Vec<Checkpoint>,
    used: u64,
    busy: bool,
}

impl Sequences {
    /// Empty sequences that share this many cells, and bytes of the host's memory for idle ones.
    pub(crate) fn new(count: usize, cells: usize, host_bytes: usize) -> Self {
        Self {
            slots: (0..count).map(|_| Slot::default()).collect(),
            cells: Cells::new(cells),
            parked: Parked::new(host_bytes),
            clock: 0,
            evicted: 0,
        }
    }

    /// A sequence for the session, with as much of the prompt in it as any sequence has; `None` while all
    /// are busy. It is busy until [`Sequences::release`].
    pub(crate) fn acquire(
        &mut self,
        session: &str,
        prompt: &[Token],
        compute: &mut impl Compute,
    ) -> Option<usize> {
        self.clock += 1;
        let own = |slot: &Slot| !slot.busy && slot.session.as_deref() == Some(session);
        let slot = if let Some(slot) = self.slots.iter().position(own) {
            slot
        } else {
            let idle = (0..self.slots.len()).filter(|&slot| !self.slots[slot].busy);
            // A slot that was never used, or was forgotten, sorts first.
            let slot = idle.min_by_key(|&slot| self.slots[slot].used)?;
            // Nothing is forgotten for what leaves until what is wanted has been found.
            self.move_out(slot, compute);
            if let Some(saved) = self.parked.take(session) {
                // What cannot be loaded is computed again.
                let _ = self.load(slot, &saved, compute);
            }
            slot
        };
        let taken = &mut self.slots[slot];
        taken.session = Some(session.to_owned());
        taken.used = self.clock;
        taken.busy = true;
        self.adopt(slot, prompt, compute);
        self.settle();
        Some(slot)
    }

    /// Whether a session can be given a sequence now.
    pub(crate) fn has_idle(&self) -> bool {
        self.slots.iter().any(|slot| !slot.busy)
    }

    /// Begins a sequence with what another one has in common with the prompt, if that is more.
    fn adopt(&mut self, slot: usize, prompt: &[Token], compute: &mut impl Compute) {
        let own = self.staying(slot, prompt, compute);
        let others = (0..self.slots.len()).filter(|&other| other != slot);
        let lengths = others.map(|other| (self.shareable(other, prompt, compute), other));
        let (shared, donor) = lengths.max_by_key(|(length, _)| *length).unwrap_or((0, slot));
        let (parked, saved) = match self.parked.nearest(prompt, compute.undoes()) {
            Some((length, saved)) => (length, Some(saved)),
            None => (0, None),
        };
        if shared.max(parked) < own + SHARED_MIN {
            return;
        }
        if shared >= parked {
            self.clear(slot, compute);
            self.share(donor, slot, shared, compute);
        } else if let Some(saved) = saved.cloned() {
            self.clear(slot, compute);
            let _ = self.load(slot, &saved, compute);
        }
    }

    /// Tokens at the beginning of a sequence that can be shared with a prompt.
    fn shareable(&self, donor: usize, prompt: &[Token], compute: &impl Compute) -> usize {
        if !compute.shares() {
            return 0;
        }
        let donor = &self.slots[donor];
        let length = common(&donor.tokens, prompt);
        if compute.rolls_back() || length == donor.tokens.len() {
            return length;
        }
        marked_up_to(&donor.checkpoints, length)
    }

    /// Tokens at the beginning of a sequence that stay where it goes on with a prompt.
    fn staying(&self, slot: usize, prompt: &[Token], compute: &impl Compute) -> usize {
        let held = &self.slots[slot];
        let length = common(&held.tokens, prompt);
        let stays =
            compute.can_truncate(Place { sequence: number(slot), position: length }, held.tokens.len());
        if stays { length } else { marked_up_to(&held.checkpoints, length) }
    }

    fn share(&mut self, donor: usize, slot: usize, length: usize, compute: &mut impl Compute) {
        // A window of its own takes room; the donor is not to make it.
        let busy = std::mem::replace(&mut self.slots[donor].busy, true);
        let has_room = self.make_room(0, length.min(window_of(compute)), compute);
        self.slots[donor].busy = busy;
        if !has_room {
            return;
        }
        compute.share(number(donor), number(slot), length);
        let from = &self.slots[donor];
        let cells = from.cells[..length].to_vec();
        let tokens = from.tokens[..length].to_vec();
        let kept = from.checkpoints.iter().filter(|at| at.position <= length).cloned().collect();
        self.cells.share(&cells);
        let to = &mut self.slots[slot];
        (to.cells, to.tokens, to.checkpoints) = (cells, tokens, kept);
        if !compute.rolls_back() {
            self.separate(donor, slot, compute);
        }
    }

    /// Gives a sequence that begins as another does a window and a state of its own: llama.cpp never uses a
    /// cell of a window again while two sequences have it, however far behind them it lies.
    fn separate(&mut self, donor: usize, slot: usize, compute: &mut impl Compute) {
        let position = self.slots[slot].tokens.len();
        let marked = |at: &Checkpoint| at.position == position && at.fixed.is_some();
        // Without a mark here, all of the donor is shared, so what it holds now is what belongs here.
        if !self.slots[slot].checkpoints.iter().any(marked)
            && let Ok(fixed) = compute.save(number(donor), Extent::Fixed)
        {
            self.note(slot, Checkpoint { position, fixed: Some(fixed), logits: None });
        }
        self.go_back(slot, position, compute);
    }

    /// Keeps what a sequence has in common with a prompt and returns how many tokens that is. Without
    /// `to_the_end`, the prompt's last token is not kept: what comes after it has to be computed.
    pub(crate) fn reuse(
        &mut self,
        slot: usize,
        prompt: &[Token],
        to_the_end: bool,
        compute: &mut impl Compute,
    ) -> usize {
        let length = common(&self.slots[slot].tokens, prompt);
        let most = if to_the_end { prompt.len() } else { prompt.len().saturating_sub(1) };
        self.cut(slot, length.min(most), compute);
        self.slots[slot].tokens.len()
    }

    /// Forgets a sequence from a position on; where the model cannot, from the last checkpoint before it.
    pub(crate) fn cut(&mut self, slot: usize, position: usize, compute: &mut impl Compute) {
        let length = self.slots[slot].tokens.len();
        if position >= length {
            return;
        }
        if compute.can_truncate(Place { sequence: number(slot), position }, length) {
            compute.truncate(Place { sequence: number(slot), position });
            self.shorten(slot, position);
        } else {
            self.go_back(slot, position, compute);
        }
    }

    /// Goes back to the last checkpoint at or before a position, or to the beginning.
    fn go_back(&mut self, slot: usize, position: usize, compute: &mut impl Compute) {
        let at =
            self.slots[slot].checkpoints.iter().filter(|at| at.position <= position && at.fixed.is_some());
        let found = at.max_by_key(|at| at.position).cloned();
        let sequence = number(slot);
        if let Some(Checkpoint { position, fixed: Some(fixed), .. }) = found
            && compute.load(sequence, Extent::Fixed, &fixed).is_ok()
        {
            compute.truncate(Place { sequence, position });
            self.shorten(slot, position);
            return;
        }
        self.clear(slot, compute);
    }

    /// Goes back to the last checkpoint, or to the beginning: a batch that failed has left more than is known of.
    pub(crate) fn recover(&mut self, slot: usize, compute: &mut impl Compute) {
        self.go_back(slot, self.slots[slot].tokens.len(), compute);
    }

    fn shorten(&mut self, slot: usize, position: usize) {
        let held = &mut self.slots[slot];
        held.tokens.truncate(position);
        held.checkpoints.retain(|at| at.position <= position);
        let released = held.cells.split_off(position.min(held.cells.len()));
        self.cells.release(&released);
    }

    /// Notes what the model said at the end of a sequence and, where it has no past, how to come back.
    pub(crate) fn mark(&mut self, slot: usize, logits: Option<&[f32]>, compute: &mut impl Compute) {
        let position = self.slots[slot].tokens.len();
        let fixed = if compute.rolls_back() { None } else { compute.save(number(slot), Extent::Fixed).ok() };
        if logits.is_none() && fixed.is_none() {
            return;
        }
        self.note(slot, Checkpoint { position, fixed, logits: logits.map(<[f32]>::to_vec) });
    }

    /// Adds a checkpoint at the end of a sequence; of too many, the first and the latest stay.
    fn note(&mut self, slot: usize, checkpoint: Checkpoint) {
        let checkpoints = &mut self.slots[slot].checkpoints;
        checkpoints.retain(|at| at.position != checkpoint.position);
        if checkpoints.len() == CHECKPOINTS_MAX {
            checkpoints.remove(1);
        }
        checkpoints.push(checkpoint);
    }

    /// The logits at the end of a prompt, if a reply has begun there before.
    pub(crate) fn logits_at(&self, slot: usize, position: usize) -> Option<&[f32]> {
        let at = self.slots[slot].checkpoints.iter().find(|at| at.position == position)?;
        at.logits.as_deref()
    }

    /// A copy of a sequence.
    ///
    /// # Errors
    /// A [`Fault`] of kind `Backend` when llama.cpp refuses.
    pub(crate) fn saved(&self, slot: usize, compute: &mut impl Compute) -> Result<Saved, Fault> {
        let held = &self.slots[slot];
        let state = compute.save(number(slot), Extent::Whole)?;
        Ok(Saved { tokens: held.tokens.clone(), state, checkpoints: held.checkpoints.clone() })
    }

    /// Puts a saved sequence in place of what a slot held.
    ///
    /// # Errors
    /// A [`Fault`] of kind `Backend` when it does not fit; the slot is empty then.
    pub(crate) fn load(
        &mut self,
        slot: usize,
        saved: &Saved,
        compute: &mut impl Compute,
    ) -> Result<(), Fault> {
        self.clear(slot, compute);
        let length = saved.tokens.len();
        if !self.make_room(length, length.min(window_of(compute)), compute) {
            return Err(super::full());
        }
        compute.load(number(slot), Extent::Whole, &saved.state)?;
        let held = &mut self.slots[slot];
        held.cells = self.cells.take(saved.tokens.len());
        held.tokens.clone_from(&saved.tokens);
        held.checkpoints.clone_from(&saved.checkpoints);
        Ok(())
    }

    /// Takes a sequence out of the cache while its reply is not finished, to go on with later.
    ///
    /// # Errors
    /// A [`Fault`] of kind `Backend` when llama.cpp refuses.
    pub(crate) fn suspend(&mut self, slot: usize, compute: &mut impl Compute) -> Result<Saved, Fault> {
        let saved = self.saved(slot, compute)?;
        self.forget(slot, compute);
        Ok(saved)
    }

    /// A slot for a sequence that was suspended; `None` while there is no room for it, with cells to spare.
    pub(crate) fn resume(
        &mut self,
        session: &str,
        saved: &Saved,
        spare: usize,
        compute: &mut impl Compute,
    ) -> Option<usize> {
        let idle = (0..self.slots.len()).filter(|&slot| !self.slots[slot].busy);
        let slot = idle.min_by_key(|&slot| self.slots[slot].used)?;
        let length = saved.tokens.len();
        if !self.make_room(length + spare, length.min(window_of(compute)) + spare, compute) {
            return None;
        }
        self.park(slot, compute);
        // What cannot be loaded is computed again.
        let _ = self.load(slot, saved, compute);
        let held = &mut self.slots[slot];
        (held.session, held.busy) = (Some(session.to_owned()), true);
        Some(slot)
    }

    /// Takes in what an earlier process saved of a session, or of what sessions begin with, unless it is known already.
    /// Whoever is given a sequence next can begin with it; what is too large to be kept is forgotten then.
    pub(crate) fn restore(&mut self, name: &str, saved: Saved) {
        let seated = self.slots.iter().any(|slot| slot.session.as_deref() == Some(name));
        if !seated && !self.parked.has(name) {
            self.parked.put(name.to_owned(), saved);
        }
    }

    /// Keeps what was suspended of a session whose reply will not go on.
    pub(crate) fn set_aside(&mut self, session: &str, saved: Saved) {
        if saved.tokens.len() >= SHARED_MIN {
            self.restore(session, saved);
            self.settle();
        }
    }

    /// The idle slot of a session.
    pub(crate) fn of(&self, session: &str) -> Option<usize> {
        self.slots.iter().position(|slot| !slot.busy && slot.session.as_deref() == Some(session))
    }

    /// The session no longer generates; its sequence stays.
    pub(crate) fn release(&mut self, slot: usize) {
        self.clock += 1;
        self.slots[slot].used = self.clock;
        self.slots[slot].busy = false;
        self.settle();
    }

    /// Empties a sequence and takes it from its session.
    pub(crate) fn forget(&mut self, slot: usize, compute: &mut impl Compute) {
        // A batch that failed may have left more than is known of.
        compute.truncate(Place { sequence: number(slot), position: 0 });
        self.shorten(slot, 0);
        self.slots[slot] = Slot::default();
    }

    fn clear(&mut self, slot: usize, compute: &mut impl Compute) {
        if !self.slots[slot].tokens.is_empty() {
            compute.truncate(Place { sequence: number(slot), position: 0 });
            self.shorten(slot, 0);
        }
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
        let cells = self.cells.take(tokens.len());
        self.slots[slot].cells.extend(cells);
        self.slots[slot].tokens.extend(tokens);
    }

    /// Sequences forgotten so far for want of room.
    pub(crate) fn evicted(&self) -> u64 {
        self.evicted
    }
}

fn number(slot: usize) -> u32 {
    u32::try_from(slot).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests;
