//! Replies that outgrow the cache together: they wait for each other, and each has its turn.

use super::{LETTERS, ask_all, many, prompt};
use crate::decode::sequences::Sequences;
use crate::decode::tests::{ASK, Ask, Reports, WINDOW, read, scheduler_of, serve, settle};
use crate::decode::{Priority, Shortcuts};
use crate::llama::cache::{BATCH_MAX, Windows};
use crate::tiny::Noise;

const PLAIN: Shortcuts = Shortcuts { reuse: true, forcing: true, drafting: false };

#[test]
fn prompts_that_outgrow_the_cache_together_are_read_in_turn() {
    let prompts = [prompt(1, 600), prompt(2, 600)];
    let mut scheduler = many(2, 700, Noise::new(5));
    let mut reports = ask_all(&mut scheduler, &prompts, LETTERS);
    settle(&mut scheduler);
    for (reports, prompt) in reports.iter_mut().zip(&prompts) {
        let (text, result) = read(reports);
        assert!(result.unwrap().is_ok());
        let alone = Ask { prompt, grammar: LETTERS, ..ASK };
        assert_eq!(text, serve(&mut many(1, WINDOW, Noise::new(5)), &alone).0);
    }
}

#[test]
fn of_a_draft_only_what_there_is_room_for_is_checked() {
    // The prompt and two letters are held after three passes; a third letter comes next.
    let windows = |cells: usize| Some(Windows { cells, window: WINDOW });
    for (cells, windows) in (23..31).flat_map(|cells| [(cells, None), (WINDOW, windows(cells))]) {
        let mut noise = Noise::new(5);
        noise.windows = windows;
        let mut scheduler = scheduler_of(noise, Sequences::new(1, cells, 0), PLAIN);
        let (generation, _reports) = Ask { prompt: &prompt(1, 20), grammar: LETTERS, ..ASK }.generation();
        scheduler.add(generation);
        (0..3).for_each(|_| scheduler.step());
        scheduler.jobs[0].draft = vec![98; 6];
        let part = scheduler.part(0, BATCH_MAX, 0).unwrap();
        let free = windows.map_or(cells, |windows| windows.cells) - 22;
        assert_eq!((part.tokens.len(), part.logits_from), (free.min(7), 0), "{windows:?} and {cells} cells");
    }
}

#[test]
fn a_reply_that_was_moved_out_goes_on_before_newer_ones_begin() {
    let mut scheduler = scheduler_of(Noise::new(5), Sequences::new(4, 1_000, 1 << 20), PLAIN);
    let (generation, _older) =
        Ask { session: "older", prompt: &prompt(1, 200), grammar: "start: /[a-z]{200}/", ..ASK }.generation();
    scheduler.add(generation);
    let (generation, mut large) =
        Ask { session: "large", prompt: &prompt(2, 850), grammar: LETTERS, ..ASK }.generation();
    scheduler.add(generation);
    (0..100).for_each(|_| scheduler.step());
    assert!(scheduler.jobs.iter().any(|job| job.slot().is_none()), "there is no room for both");
    let (mut newer, mut begun): (Vec<Reports>, u32) = (Vec::new(), 0);
    for step in 0..3_000 {
        newer.retain_mut(|reports| read(reports).1.is_none());
        // They end at different times: there is never room for the large one beside those that are left.
        if newer.len() < 3 && step >= 10 * begun {
            let (session, small) = (format!("n{begun}"), prompt(10 + begun, 80));
            let (generation, reports) =
                Ask { session: &session, prompt: &small, grammar: LETTERS, ..ASK }.generation();
            scheduler.add(generation);
            newer.push(reports);
            begun += 1;
        }
        scheduler.step();
        if let Some(result) = read(&mut large).1 {
            assert!(result.is_ok());
            return;
        }
    }
    panic!("newer replies take its place again and again");
}

#[test]
fn of_the_replies_that_were_moved_out_the_most_urgent_goes_on_first() {
    let mut scheduler = scheduler_of(Noise::new(1), Sequences::new(1, WINDOW, 1 << 20), PLAIN);
    let mut asked = Vec::new();
    for (seed, priority) in (0..).zip([Priority::Background, Priority::Normal, Priority::Interactive]) {
        let (session, prompt) = (format!("s{seed}"), prompt(seed, 40));
        let (generation, reports) =
            Ask { session: &session, prompt: &prompt, grammar: LETTERS, priority, ..ASK }.generation();
        scheduler.add(generation);
        (0..10).for_each(|_| scheduler.step());
        asked.push(reports);
    }
    let out = scheduler.jobs.iter().filter(|job| job.slot().is_none()).count();
    assert_eq!((scheduler.jobs.len(), out), (3, 2), "each took the place of the one before");
    let mut ended = Vec::new();
    while !scheduler.is_idle() {
        scheduler.step();
        ended.extend((0..3).filter(|&at| matches!(read(&mut asked[at]).1, Some(Ok(_)))));
    }
    assert_eq!(ended, [2, 1, 0]);
}

#[test]
fn a_reply_given_up_while_it_was_moved_out_leaves_its_tokens_to_the_session() {
    let mut scheduler = scheduler_of(Noise::new(1), Sequences::new(1, WINDOW, 1 << 20), PLAIN);
    let prompt = [prompt(1, 40), prompt(2, 40)];
    let slow =
        Ask { session: "b", prompt: &prompt[0], grammar: LETTERS, priority: Priority::Background, ..ASK };
    let (generation, background) = slow.generation();
    scheduler.add(generation);
    (0..10).for_each(|_| scheduler.step());
    let (generation, mut urgent) =
        Ask { session: "i", prompt: &prompt[1], priority: Priority::Interactive, ..slow }.generation();
    scheduler.add(generation);
    scheduler.step();
    assert!(scheduler.jobs[0].slot().is_none(), "the urgent reply has its place");
    drop(background);
    settle(&mut scheduler);
    assert!(read(&mut urgent).1.unwrap().is_ok());
    let usage = serve(&mut scheduler, &slow).1.unwrap().usage;
    assert_eq!((usage.prefilled, usage.reused), (0, 40));
}
