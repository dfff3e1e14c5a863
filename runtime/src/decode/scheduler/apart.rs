//! What becomes of a batch that failed: only those replies end that have to.

use handyman_core::Fault;

use super::{Part, Scheduler, number};
use crate::decode::{Compute, Progress};

impl<C: Compute> Scheduler<C> {
    /// Each part is computed alone. Of a model without a past, what the batch left of a part cannot always be taken
    /// back: that sequence goes back to its last mark, and is read again from there.
    pub(super) fn one_by_one(&mut self, parts: Vec<Part>, fault: Fault) {
        if let [part] = parts.as_slice() {
            return self.fail(part.job, fault);
        }
        let mut failed = Vec::new();
        for part in parts {
            let slot = number(part.place);
            if !self.compute.truncate(part.place) {
                self.sequences.recover(slot, &mut self.compute);
                let job = &mut self.jobs[part.job];
                job.draft.clear();
                job.apart = job.text.len().min(part.place.position + part.tokens.len());
                continue;
            }
            let computed = self.compute.decode(&part.feeds().collect::<Vec<_>>());
            let result = computed.and_then(|()| {
                self.sequences.extend(slot, &part.tokens);
                self.advance(&part, 0, 1)
            });
            failed.extend(result.err().map(|fault| (part.job, fault)));
        }
        self.fail_all(failed);
    }

    /// The job that has to be computed alone next, where there is one: it might be the one that a batch failed for.
    pub(super) fn alone(&self) -> Option<usize> {
        let lacks = |slot: usize, apart: usize| self.sequences.tokens(slot).len() < apart;
        self.jobs.iter().position(|job| job.slot().is_some_and(|slot| lacks(slot, job.apart)))
    }

    pub(super) fn fail_all(&mut self, mut failed: Vec<(usize, Fault)>) {
        failed.sort_by_key(|(at, _)| std::cmp::Reverse(*at));
        for (at, fault) in failed {
            self.fail(at, fault);
        }
    }

    pub(super) fn fail(&mut self, at: usize, fault: Fault) {
        let job = self.jobs.remove(at);
        let _ = job.generation.progress.send(Progress::Done(Err(fault)));
        if let Some(slot) = job.slot() {
            self.sequences.forget(slot, &mut self.compute);
        }
    }
}
