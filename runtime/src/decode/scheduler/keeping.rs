//! Copies of sequences for those who keep them beyond the process. None is made that nobody wants.

use super::Scheduler;
use crate::decode::job::Job;
use crate::decode::sequences::Sequences;
use crate::decode::{Compute, Keeper};

impl<C: Compute> Scheduler<C> {
    /// Hands copies of idle sequences to those who asked for them, also of those that have left the cache since.
    pub(super) fn hand_over(&mut self) {
        let jobs = &self.jobs;
        let busy = |session: &str| jobs.iter().any(|job| job.generation.session == session);
        let keeping = std::mem::take(&mut self.keeping);
        let (later, now): (Vec<_>, Vec<_>) = keeping.into_iter().partition(|(session, _)| busy(session));
        self.keeping = later;
        for (session, mut keeper) in now {
            if let Some(slot) = self.sequences.of(&session) {
                hand(keeper, slot, &self.sequences, &mut self.compute);
            } else if let Some(saved) = self.sequences.parked(&session)
                && keeper.wants(&saved.tokens, saved.bytes())
            {
                keeper.take(saved.clone());
            }
        }
    }
}

/// Hands a copy of the sequence to whoever keeps prompts, once.
pub(super) fn hand_prompt(job: &mut Job, slot: usize, sequences: &Sequences, compute: &mut impl Compute) {
    if let Some(keeper) = job.generation.keeper.take() {
        hand(keeper, slot, sequences, compute);
    }
}

fn hand(mut keeper: Keeper, slot: usize, sequences: &Sequences, compute: &mut impl Compute) {
    if keeper.wants(sequences.tokens(slot), sequences.size(slot, compute))
        && let Ok(saved) = sequences.saved(slot, compute)
    {
        keeper.take(saved);
    }
}

#[cfg(test)]
mod tests;
