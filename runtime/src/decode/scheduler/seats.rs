//! Who gets a sequence of the cache, and who has to wait.

use std::cmp::Reverse;

use handyman_core::{Fault, FaultKind};

use super::Scheduler;
use crate::decode::job::{Job, Seat, Stage};
use crate::decode::sequences::SHARED_MIN;
use crate::decode::{Compute, Generation, Progress, common, full};
use crate::llama::Token;

/// Cells that each reply can fill before one that was moved out comes back.
const SPARE: usize = 32;

impl<C: Compute> Scheduler<C> {
    /// Begins what can begin.
    pub(super) fn admit(&mut self) {
        self.bring_back();
        let mut at = 0;
        while at < self.waiting.len() {
            if self.comes_after_others(&self.waiting[at]) {
                // Those behind it are no more urgent.
                return;
            }
            if self.waits_for_another(&self.waiting[at]) {
                at += 1;
            } else if let Some(generation) = self.waiting.remove(at)
                && let Some(generation) = self.begin(generation)
            {
                self.waiting.insert(at, generation);
                return;
            }
        }
    }

    /// Whether a reply as urgent as this request was moved out: it goes on before a newer one begins, or there might
    /// never be room for it again. Where nothing else is seated, there always is.
    fn comes_after_others(&self, generation: &Generation) -> bool {
        let mut out = self.jobs.iter().filter(|job| job.slot().is_none());
        out.any(|job| job.generation.priority >= generation.priority)
    }

    /// Whether a job is about to compute what this prompt begins with.
    fn waits_for_another(&self, generation: &Generation) -> bool {
        if !self.rules.shortcuts.reuse {
            return false;
        }
        self.jobs.iter().filter_map(|job| job.slot().map(|slot| (job, slot))).any(|(job, slot)| {
            let held = self.sequences.tokens(slot).len();
            let alike = common(&job.text, &generation.prompt);
            match job.stage(held) {
                // A reply that has been reported is whole after the next pass.
                Stage::Closing => alike > held || job.generation.session == generation.session,
                // It may wait itself, for others as urgent as this request.
                Stage::Reading if job.generation.priority < generation.priority => false,
                Stage::Reading if self.compute.rolls_back() => alike >= held + SHARED_MIN,
                Stage::Reading => {
                    job.generation.shared <= alike && job.generation.shared >= held + SHARED_MIN
                }
                Stage::Writing => false,
            }
        })
    }

    /// Gives a request a sequence; gives it back when there is none.
    fn begin(&mut self, mut generation: Generation) -> Option<Generation> {
        let (prompt, window) = (generation.prompt.len(), self.rules.window);
        if prompt >= window {
            let problem = format!("the prompt has {prompt} tokens, the model's window holds {window}");
            let fault = Fault::new(FaultKind::Window, problem)
                .with_hint("begin a new session, offer fewer tools, or use a model with a larger window");
            let _ = generation.progress.send(Progress::Done(Err(fault)));
            return None;
        }
        let acquired = self.acquire(&mut generation);
        let Some(slot) = acquired.or_else(|| self.preempt(&mut generation)) else { return Some(generation) };
        let progress = generation.progress.clone();
        match Job::new(generation, window, self.rules.shortcuts) {
            Ok(job) => self.seat(job, slot),
            Err(fault) => {
                let _ = progress.send(Progress::Done(Err(fault)));
                self.sequences.release(slot);
            }
        }
        None
    }

    fn seat(&mut self, mut job: Job, slot: usize) {
        let prompt = &job.generation.prompt;
        let to_the_end =
            job.text.len() > prompt.len() || self.sequences.logits_at(slot, prompt.len()).is_some();
        let held = self.sequences.reuse(slot, prompt, to_the_end, &mut self.compute);
        job.usage.reused = held as u64;
        job.usage.prefilled = (prompt.len() - held) as u64;
        job.seat = Seat::Slot(slot);
        job.served = self.passes;
        job.emit(job.prompt(), &self.vocabulary);
        let (stop, known) = (job.stop(), held == job.text.len());
        self.jobs.push(job);
        let at = self.jobs.len() - 1;
        if let Some(stop) = stop {
            self.finish(at, stop);
        } else if known {
            self.decide(at, None);
        }
    }

    /// Takes the sequence of the least urgent reply, if it is less urgent than this request.
    fn preempt(&mut self, generation: &mut Generation) -> Option<usize> {
        let at = self.least_urgent()?;
        if self.jobs[at].generation.priority >= generation.priority || !self.suspend(at) {
            return None;
        }
        self.acquire(generation)
    }

    /// A sequence for a request, where one is idle. What was saved of it stays with the request until then.
    fn acquire(&mut self, generation: &mut Generation) -> Option<usize> {
        if !self.sequences.has_idle() {
            return None;
        }
        if let Some((name, saved)) = generation.restored.take() {
            self.sequences.restore(&name, saved);
        }
        let known: &[Token] = if self.rules.shortcuts.reuse { &generation.prompt } else { &[] };
        self.sequences.acquire(&generation.session, known, &mut self.compute)
    }

    /// The job that can wait best: the least urgent one, and the youngest of these.
    fn least_urgent(&self) -> Option<usize> {
        let seated =
            (0..self.jobs.len()).filter(|&at| self.jobs[at].slot().is_some() && !self.jobs[at].closing);
        seated.rev().min_by_key(|&at| self.jobs[at].generation.priority)
    }

    /// Moves a job's sequence out of the cache.
    fn suspend(&mut self, at: usize) -> bool {
        let Some(slot) = self.jobs[at].slot() else { return false };
        self.jobs[at].draft.clear();
        match self.sequences.suspend(slot, &mut self.compute) {
            Ok(saved) => {
                self.jobs[at].seat = Seat::Out(Box::new(saved));
                true
            }
            Err(_) => false,
        }
    }

    /// Goes on with jobs that were moved out, the most urgent first, as far as there is room and nothing more urgent
    /// waits.
    fn bring_back(&mut self) {
        let mut order: Vec<usize> = (0..self.jobs.len()).collect();
        order.sort_by_key(|&at| Reverse(self.jobs[at].generation.priority));
        for at in order {
            // Brought back without room to go on, it would only be moved out again.
            let seated = self.jobs.iter().filter(|job| job.slot().is_some()).count();
            let spare = if seated == 0 { 0 } else { SPARE * (seated + 1) };
            let job = &mut self.jobs[at];
            let urgent =
                self.waiting.front().is_some_and(|waiting| waiting.priority > job.generation.priority);
            if let Seat::Out(saved) = &job.seat
                && !urgent
                && let Some(slot) =
                    self.sequences.resume(&job.generation.session, saved, spare, &mut self.compute)
            {
                job.seat = Seat::Slot(slot);
            }
        }
    }

    /// Nothing can be computed. If that is for want of room, somebody has to wait.
    pub(super) fn make_way(&mut self) {
        let sequences = &self.sequences;
        let stuck = |job: &Job| {
            job.slot().is_some_and(|slot| job.unfed(sequences.tokens(slot).len()).next().is_some())
        };
        let Some(first) = self.jobs.iter().position(stuck) else { return };
        let seated = self.jobs.iter().filter(|job| job.slot().is_some()).count();
        match self.least_urgent() {
            Some(at) if seated == 1 || !self.suspend(at) => self.fail(at, full()),
            Some(_) => {}
            // Replies that have been reported; the next prompt pays for what they lack.
            None => self.remove(first),
        }
    }
}
