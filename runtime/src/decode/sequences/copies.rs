//! What copies of sequences take, and those that lie outside the cache.

use super::{Sequences, number};
use crate::decode::Compute;
use crate::decode::parked::{Checkpoint, Saved};

impl Sequences {
    /// Bytes that a copy of a sequence takes. None is made.
    pub(crate) fn size(&self, slot: usize, compute: &mut impl Compute) -> usize {
        let held = &self.slots[slot];
        let marks: usize = held.checkpoints.iter().map(Checkpoint::bytes).sum();
        compute.size(number(slot)) + held.tokens.len() * 4 + marks
    }

    /// The sequence of an idle session that was moved to the host's memory.
    pub(crate) fn parked(&self, session: &str) -> Option<&Saved> {
        self.parked.get(session)
    }
}
