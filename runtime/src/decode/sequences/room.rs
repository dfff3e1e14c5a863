//! Room for what is computed next: idle sequences move out of the cache, the longest idle first.

use super::{SHARED_MIN, Sequences};
use crate::decode::Compute;
use crate::decode::parked::Checkpoint;
use crate::llama::cache::Windows;

impl Sequences {
    /// Whether there is room for more tokens, and for these more in sliding windows, of which every sequence has its own.
    fn has_room(&self, tokens: usize, in_windows: usize, compute: &impl Compute) -> bool {
        let fits = |windows: Windows| self.held_in(windows) + in_windows <= windows.cells;
        self.cells.free() >= tokens && compute.windows().is_none_or(fits)
    }

    /// Tokens that stand in sliding windows.
    fn held_in(&self, windows: Windows) -> usize {
        self.slots.iter().map(|slot| slot.tokens.len().min(windows.window)).sum()
    }

    /// Makes room for up to so many more tokens, in sliding windows as well, and says for how many there is.
    pub(crate) fn room_for(&mut self, most: usize, compute: &mut impl Compute) -> usize {
        if self.make_room(most, most, compute) {
            return most;
        }
        let free = |windows: Windows| windows.cells.saturating_sub(self.held_in(windows));
        self.cells.free().min(compute.windows().map_or(most, free)).min(most)
    }

    /// Makes room for more tokens, and for these more in sliding windows, by moving idle sequences out; false while only
    /// busy ones are left.
    pub(crate) fn make_room(&mut self, tokens: usize, in_windows: usize, compute: &mut impl Compute) -> bool {
        while !self.has_room(tokens, in_windows, compute) {
            let idle = (0..self.slots.len())
                .filter(|&slot| !self.slots[slot].busy && !self.slots[slot].tokens.is_empty());
            let Some(oldest) = idle.min_by_key(|&slot| self.slots[slot].used) else { return false };
            self.park(oldest, compute);
        }
        true
    }

    /// Moves an idle sequence to the host's memory, for which others may be forgotten.
    pub(super) fn park(&mut self, slot: usize, compute: &mut impl Compute) {
        self.move_out(slot, compute);
        self.settle();
    }

    /// Moves an idle sequence to the host's memory. Nothing is forgotten for it before [`Self::settle`].
    pub(super) fn move_out(&mut self, slot: usize, compute: &mut impl Compute) {
        let worth_it = self.parked.is_open() && self.slots[slot].tokens.len() >= SHARED_MIN;
        if let Some(session) = self.slots[slot].session.take()
            && !self.slots[slot].tokens.is_empty()
        {
            match if worth_it { self.saved(slot, compute).ok() } else { None } {
                Some(saved) => self.parked.put(session, saved),
                None => self.evicted += 1,
            }
        }
        self.clear(slot, compute);
    }

    /// Forgets what was parked, and then marks of idle sequences, until both together are within the host's memory
    /// that is meant for them. Marks can always be done without: a sequence then goes back to an earlier one.
    pub(super) fn settle(&mut self) {
        if self.parked_bytes() > self.parked.bytes_max() {
            self.evicted += self.parked.forget_oversized() as u64;
        }
        while self.parked_bytes() > self.parked.bytes_max() {
            if self.parked.forget_oldest() {
                self.evicted += 1;
                continue;
            }
            let marked = self.slots.iter_mut().filter(|slot| !slot.busy && !slot.checkpoints.is_empty());
            let Some(oldest) = marked.min_by_key(|slot| slot.used) else { return };
            // The first stands after the tools, where new sessions can begin: it goes last.
            let least = 1.min(oldest.checkpoints.len() - 1);
            oldest.checkpoints.remove(least);
        }
    }

    /// Bytes of idle sequences in the host's memory, and of the marks that those in the cache go back to.
    pub(crate) fn parked_bytes(&self) -> usize {
        let idle = self.slots.iter().filter(|slot| !slot.busy);
        self.parked.bytes() + idle.flat_map(|slot| &slot.checkpoints).map(Checkpoint::bytes).sum::<usize>()
    }
}

/// Tokens of a sequence that stand in its window.
pub(super) fn window_of(compute: &impl Compute) -> usize {
    compute.windows().map_or(0, |windows| windows.window)
}
