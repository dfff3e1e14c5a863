//! Computes many replies in one batch after another.
//!
//! Each pass takes all replies that are being written, and of the prompts as much as does not hold them
//! up. Requests wait while all sequences are busy, the more urgent ones in front; one whose prompt begins
//! like another that is being computed waits for that part and shares it.

mod apart;
mod keeping;
mod seats;

use std::collections::VecDeque;
use std::time::Instant;

use handyman_core::{Fault, FaultKind};
use toktrie::TokEnv;

use super::draft::Drafting;
use super::figures::Shared;
use super::job::{Job, Seat, Stage};
use super::sequences::{SHARED_MIN, Sequences};
use super::{Compute, Generation, Keeper, Shortcuts, Stop};
use crate::llama::Token;
use crate::llama::cache::{BATCH_MAX, Feed, Place};
use keeping::hand_prompt;

/// Prompt tokens in one pass while replies are being written: a pass takes about twice as long with them.
const PROMPT_BESIDE: usize = 64;

/// How an engine works.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rules {
    /// Tokens one sequence may have.
    pub(crate) window: usize,
    /// What need not be computed.
    pub(crate) shortcuts: Shortcuts,
}

/// The decode loop over one cache.
pub(crate) struct Scheduler<C> {
    pub(super) compute: C,
    pub(super) sequences: Sequences,
    vocabulary: TokEnv,
    rules: Rules,
    waiting: VecDeque<Generation>,
    jobs: Vec<Job>,
    keeping: Vec<(String, Keeper)>,
    drafting: Drafting,
    figures: Shared,
    passes: u64,
}

/// What one job computes in a pass.
struct Part {
    job: usize,
    place: Place,
    tokens: Vec<Token>,
    /// From this token on, the logits are wanted.
    logits_from: usize,
}

impl Part {
    fn feeds(&self) -> impl Iterator<Item = Feed> {
        self.tokens.iter().enumerate().map(|(index, &token)| Feed {
            place: Place { position: self.place.position + index, ..self.place },
            token,
            logits: index >= self.logits_from,
        })
    }
}

impl<C: Compute> Scheduler<C> {
    /// A loop over an empty cache.
    pub(crate) fn new(compute: C, sequences: Sequences, vocabulary: TokEnv, rules: Rules) -> Self {
        Self {
            compute,
            sequences,
            vocabulary,
            rules,
            waiting: VecDeque::new(),
            jobs: Vec::new(),
            keeping: Vec::new(),
            drafting: Drafting::default(),
            figures: Shared::default(),
            passes: 0,
        }
    }

    /// Writes figures here from now on.
    pub(crate) fn with_figures(mut self, figures: Shared) -> Self {
        self.figures = figures;
        self
    }

    /// Queues a request behind those that are as urgent.
    pub(crate) fn add(&mut self, generation: Generation) {
        let behind = self.waiting.iter().position(|waiting| waiting.priority < generation.priority);
        self.waiting.insert(behind.unwrap_or(self.waiting.len()), generation);
    }

    /// Hands over a copy of a session's sequence as soon as it is idle.
    pub(crate) fn keep(&mut self, session: String, keeper: Keeper) {
        self.keeping.retain(|(known, _)| *known != session);
        self.keeping.push((session, keeper));
    }

    /// Whether there is nothing to do.
    pub(crate) fn is_idle(&self) -> bool {
        self.jobs.is_empty() && self.waiting.is_empty() && self.keeping.is_empty()
    }

    /// Computes one batch.
    pub(crate) fn step(&mut self) {
        self.drop_cancelled();
        self.admit();
        let parts = self.plan();
        if parts.is_empty() {
            self.make_way();
        } else {
            self.pass(parts);
        }
        self.retire();
        self.hand_over();
        let (waiting, active) = (self.waiting.len(), self.jobs.len());
        let (evicted, parked_bytes) = (self.sequences.evicted(), self.sequences.parked_bytes());
        self.figures.update(|figures| {
            (figures.waiting, figures.active) = (waiting, active);
            (figures.evicted, figures.parked_bytes) = (evicted, parked_bytes);
        });
    }

    fn drop_cancelled(&mut self) {
        self.waiting.retain(|generation| !generation.progress.is_closed());
        for at in (0..self.jobs.len()).rev() {
            if !self.jobs[at].closing && self.jobs[at].generation.progress.is_closed() {
                self.remove(at);
            }
        }
    }

    /// Takes a job out; its sequence stays with the session.
    fn remove(&mut self, at: usize) {
        let Job { generation, seat, .. } = self.jobs.remove(at);
        match (seat, self.rules.shortcuts.reuse) {
            (Seat::Slot(slot), true) => self.sequences.release(slot),
            (Seat::Slot(slot), false) => self.sequences.forget(slot, &mut self.compute),
            (Seat::Out(saved), true) => self.sequences.set_aside(&generation.session, *saved),
            (Seat::Out(_), false) => {}
        }
    }

    /// What the next pass computes: replies first, then prompts, each in order of urgency and of when they
    /// were last served.
    fn plan(&mut self) -> Vec<Part> {
        if let Some(at) = self.alone() {
            return self.part(at, BATCH_MAX, 0).into_iter().collect();
        }
        let mut order: Vec<usize> =
            (0..self.jobs.len()).filter(|&at| self.jobs[at].slot().is_some()).collect();
        order.sort_by_key(|&at| (std::cmp::Reverse(self.jobs[at].generation.priority), self.jobs[at].served));
        let (reading, writing): (Vec<usize>, Vec<usize>) = order.into_iter().partition(|&at| {
            let job = &self.jobs[at];
            job.slot().is_some_and(|slot| job.stage(self.sequences.tokens(slot).len()) == Stage::Reading)
        });
        let mut parts = Vec::new();
        let (mut left, mut taken) = (BATCH_MAX, 0);
        let beside = if writing.is_empty() { BATCH_MAX } else { PROMPT_BESIDE };
        for (jobs, most) in [(writing, BATCH_MAX), (reading, beside)] {
            left = left.min(most);
            for at in jobs {
                if let Some(part) = self.part(at, left, taken) {
                    left -= part.tokens.len();
                    taken += part.tokens.len();
                    parts.push(part);
                }
            }
        }
        parts
    }

    /// What one job computes: as much as there is room for beside what is taken already.
    fn part(&mut self, at: usize, most: usize, taken: usize) -> Option<Part> {
        let job = &mut self.jobs[at];
        let slot = job.slot()?;
        let place = self.sequences.end(slot);
        let held = place.position;
        let until = if self.compute.rolls_back() { None } else { next_mark(job, held) };
        let text = job.text.len().saturating_sub(held);
        let unfed = text + job.draft.len();
        let wanted = until.map_or(unfed, |until| until - held).min(unfed).min(most);
        let count = self.sequences.room_for(taken + wanted, &mut self.compute).saturating_sub(taken);
        if count == 0 {
            return None;
        }
        // What does not fit of a draft is not checked: the rest could not go on where this pass ends.
        job.draft.truncate(count.saturating_sub(text));
        let unfed = text + job.draft.len();
        let wanted = if job.closing || count < unfed { count } else { count - 1 - job.draft.len() };
        Some(Part { job: at, place, tokens: job.unfed(held).take(count).collect(), logits_from: wanted })
    }

    fn pass(&mut self, parts: Vec<Part>) {
        self.passes += 1;
        let batch: Vec<Feed> = parts.iter().flat_map(Part::feeds).collect();
        let writing = parts.iter().filter(|part| part.logits_from < part.tokens.len()).count();
        let started = Instant::now();
        let computed = self.compute.decode(&batch);
        let time = started.elapsed();
        self.drafting.took(batch.len(), time);
        self.figures.update(|figures| {
            figures.passes += 1;
            figures.tokens += batch.len() as u64;
            figures.together_max = figures.together_max.max(writing);
            figures.computing.add(time);
        });
        if let Err(fault) = computed {
            return self.one_by_one(parts, fault);
        }
        for part in &parts {
            self.sequences.extend(number(part.place), &part.tokens);
            self.jobs[part.job].served = self.passes;
        }
        let mut base = 0;
        let mut failed = Vec::new();
        for part in &parts {
            failed.extend(self.advance(part, base, writing).err().map(|fault| (part.job, fault)));
            base += part.tokens.len();
        }
        self.fail_all(failed);
    }

    /// A part has been computed: notes where the sequence can come back to, and chooses what comes next.
    fn advance(&mut self, part: &Part, base: usize, writing: usize) -> Result<(), Fault> {
        let job = &mut self.jobs[part.job];
        let slot = number(part.place);
        let held = self.sequences.tokens(slot).len();
        let marks = !self.compute.rolls_back() && next_mark(job, held - 1) == Some(held);
        let chooses = part.logits_from < part.tokens.len();
        if marks && !(chooses && held == job.prompt()) {
            self.sequences.mark(slot, None, &mut self.compute);
        }
        if chooses {
            return self.choose(part.job, Some(base + part.logits_from), writing);
        }
        if held >= job.prompt() {
            hand_prompt(job, slot, &self.sequences, &mut self.compute);
        }
        Ok(())
    }

    /// Chooses from logits that are known already.
    fn decide(&mut self, at: usize, base: Option<usize>) {
        if let Err(fault) = self.choose(at, base, 1) {
            self.fail(at, fault);
        }
    }

    /// Chooses the next token, and as many of the proposed ones after it as hold.
    fn choose(&mut self, at: usize, base: Option<usize>, writing: usize) -> Result<(), Fault> {
        let Self { compute, sequences, vocabulary, drafting, figures, rules, .. } = self;
        let job = &mut self.jobs[at];
        let Some(slot) = job.slot() else { return Ok(()) };
        let end = sequences.tokens(slot).len();
        if let Some(base) = base.filter(|_| job.text.len() == job.prompt()) {
            // The reply begins with a choice: with its logits, the same prompt need not be computed again.
            let logits = compute.logits(base)?.to_vec();
            sequences.mark(slot, Some(&logits), compute);
        }
        hand_prompt(job, slot, sequences, compute);
        let kept = if base.is_none() { sequences.logits_at(slot, end).map(<[f32]>::to_vec) } else { None };
        let (draft, matched) = job.take_draft();
        let (mut held, mut stop) = (0, None);
        for index in 0..=draft.len() {
            let logits = match (base, &kept) {
                (Some(base), _) => compute.logits(base + index)?,
                (None, Some(kept)) => kept,
                (None, None) => return Err(Fault::new(FaultKind::Backend, "there are no logits to read")),
            };
            let choice = job.choose(logits, draft.get(index).copied(), vocabulary)?;
            held += usize::from(choice.held);
            stop = choice.stop;
            if !choice.held || stop.is_some() {
                break;
            }
        }
        sequences.cut(slot, end - (draft.len() - held), compute);
        if !draft.is_empty() {
            drafting.learn(matched, draft.len(), held);
        }
        if stop.is_none() && rules.shortcuts.forcing {
            stop = job.go_on(vocabulary)?;
        }
        if stop.is_none() && rules.shortcuts.drafting && compute.undoes() {
            job.propose(drafting, writing);
        }
        let spent = job.take_constraint();
        figures.update(|figures| {
            figures.proposed += draft.len() as u64;
            figures.confirmed += held as u64;
            figures.constraint.add(spent);
        });
        if let Some(stop) = stop {
            self.finish(at, stop);
        }
        Ok(())
    }

    /// Reports a reply. What is not computed of it yet is computed after that.
    fn finish(&mut self, at: usize, stop: Stop) {
        let job = &mut self.jobs[at];
        job.report(stop);
        // A transcript as long as the window is of no use to anybody.
        job.text.truncate(self.rules.window - 1);
    }

    /// Lets go of jobs whose reply is wholly computed.
    fn retire(&mut self) {
        for at in (0..self.jobs.len()).rev() {
            let job = &self.jobs[at];
            let Some(slot) = job.slot().filter(|_| job.closing) else { continue };
            let whole = job.unfed(self.sequences.tokens(slot).len()).next().is_none();
            if whole || !self.rules.shortcuts.reuse {
                if !self.compute.rolls_back() {
                    self.sequences.mark(slot, None, &mut self.compute);
                }
                self.remove(at);
            }
        }
    }
}

/// The next position at which a model without a past has to be able to come back.
fn next_mark(job: &Job, held: usize) -> Option<usize> {
    let marks = [job.generation.shared, job.prompt()];
    marks.into_iter().filter(|&mark| mark > held && mark >= SHARED_MIN).min()
}

fn number(place: Place) -> usize {
    place.sequence as usize
}

#[cfg(test)]
mod tests;
