//! Copies are made for those who want them, and none for nobody.

use std::sync::mpsc::{Receiver, Sender, channel};

use crate::decode::parked::Saved;
use crate::decode::scheduler::Scheduler;
use crate::decode::sequences::Sequences;
use crate::decode::tests::{ASK, Ask, WINDOW, read, scheduler_of, serve, settle};
use crate::decode::{Keep, Keeper, Shortcuts};
use crate::llama::Token;
use crate::llama::cache::BATCH_MAX;
use crate::tiny::Noise;

const LETTERS: &str = "start: /[a-z]{30}/";

fn prompt(seed: u32, length: u32) -> Vec<u32> {
    (0..length).map(|index| 1 + (seed * 31 + index * index) % 200).collect()
}

/// A loop over one sequence.
fn one() -> Scheduler<Noise> {
    scheduler_of(Noise::new(5), Sequences::new(1, WINDOW, 1 << 20), Shortcuts::default())
}

/// Wants what takes so many bytes at most.
struct Wants {
    bytes_max: usize,
    asked: Sender<usize>,
    kept: Sender<Saved>,
}

impl Keep for Wants {
    fn wants(&mut self, _tokens: &[Token], bytes: usize) -> bool {
        self.asked.send(bytes).unwrap();
        bytes <= self.bytes_max
    }

    fn take(self: Box<Self>, saved: Saved) {
        self.kept.send(saved).unwrap();
    }
}

/// One who wants what takes so many bytes at most, what it was asked, and what it got.
fn keeper(bytes_max: usize) -> (Keeper, Receiver<usize>, Receiver<Saved>) {
    let ((asked, sizes), (kept, copies)) = (channel(), channel());
    (Box::new(Wants { bytes_max, asked, kept }), sizes, copies)
}

#[test]
fn sequences_are_handed_over_at_the_end_of_the_prompt_and_when_idle() {
    let mut scheduler = one();
    let asked = prompt(1, BATCH_MAX as u32 + 40);
    let (mut generation, mut reports) = Ask { prompt: &asked, grammar: LETTERS, ..ASK }.generation();
    let (early, _sizes, before) = keeper(usize::MAX);
    let (late, _later_sizes, after) = keeper(usize::MAX);
    generation.keeper = Some(early);
    scheduler.add(generation);
    scheduler.keep("s".to_owned(), late);
    settle(&mut scheduler);
    let before = before.recv().unwrap();
    assert_eq!(before.tokens, asked);
    let reply = read(&mut reports).1.unwrap().unwrap().tokens;
    assert_eq!(after.recv().unwrap().tokens, [before.tokens, reply].concat());
}

#[test]
fn what_nobody_wants_is_measured_and_not_copied() {
    let mut scheduler = one();
    let ask = Ask { prompt: &prompt(1, 40), grammar: LETTERS, ..ASK };
    let (mut generation, _reports) = ask.generation();
    let (early, sizes, before) = keeper(0);
    generation.keeper = Some(early);
    scheduler.add(generation);
    let (late, later_sizes, after) = keeper(0);
    scheduler.keep("s".to_owned(), late);
    settle(&mut scheduler);
    assert!(sizes.try_recv().is_ok() && later_sizes.try_recv().is_ok(), "both were asked");
    assert!(before.try_recv().is_err() && after.try_recv().is_err(), "and neither got anything");
    assert_eq!(scheduler.compute.copies_made, 0);

    let (wants, sizes, copies) = keeper(usize::MAX);
    scheduler.keep("s".to_owned(), wants);
    settle(&mut scheduler);
    assert_eq!(copies.try_recv().unwrap().bytes(), sizes.try_recv().unwrap(), "as large as was told");
    assert_eq!(scheduler.compute.copies_made, 1);
}

#[test]
fn a_sequence_that_has_left_the_cache_is_handed_over_all_the_same() {
    let mut scheduler = one();
    let asked = prompt(1, 40);
    let served =
        serve(&mut scheduler, &Ask { session: "a", prompt: &asked, grammar: LETTERS, ..ASK }).1.unwrap();
    let (wants, _sizes, copies) = keeper(usize::MAX);
    scheduler.keep("a".to_owned(), wants);
    let (generation, _reports) =
        Ask { session: "b", prompt: &prompt(2, 40), grammar: LETTERS, ..ASK }.generation();
    scheduler.add(generation);
    scheduler.step();
    assert_eq!(copies.try_recv().unwrap().tokens, [asked, served.tokens].concat());
}
