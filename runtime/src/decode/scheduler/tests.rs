//! Many replies at once: fair, urgent first, and each as if it were alone.

mod failures;
mod room;

use handyman_core::FaultKind;

use super::PROMPT_BESIDE;
use crate::decode::sequences::Sequences;
use crate::decode::tests::{ASK, Ask, Reports, WINDOW, read, scheduler_of, serve, settle};
use crate::decode::{Priority, Shortcuts, Stop};
use crate::tiny::Noise;

const LETTERS: &str = "start: /[a-z]{30}/";

fn prompt(seed: u32, length: u32) -> Vec<u32> {
    (0..length).map(|index| 1 + (seed * 31 + index * index) % 200).collect()
}

fn many(count: usize, cells: usize, noise: Noise) -> super::Scheduler<Noise> {
    scheduler_of(noise, Sequences::new(count, cells, 1 << 20), Shortcuts::default())
}

/// Asks in as many sessions as there are prompts, all at once.
fn ask_all(scheduler: &mut super::Scheduler<Noise>, prompts: &[Vec<u32>], grammar: &str) -> Vec<Reports> {
    let names: Vec<String> = (0..prompts.len()).map(|index| format!("s{index}")).collect();
    let all = prompts.iter().zip(&names).map(|(prompt, session)| {
        let (generation, reports) = Ask { session, prompt, grammar, ..ASK }.generation();
        scheduler.add(generation);
        reports
    });
    all.collect()
}

#[test]
fn replies_written_together_are_those_written_alone() {
    let prompts: Vec<Vec<u32>> = (0..12).map(|seed| prompt(seed, 5 + seed * 40)).collect();
    let mut together = many(8, WINDOW, Noise::new(5));
    let mut reports = ask_all(&mut together, &prompts, LETTERS);
    settle(&mut together);
    for (reports, prompt) in reports.iter_mut().zip(&prompts) {
        let alone = serve(&mut many(1, WINDOW, Noise::new(5)), &Ask { prompt, grammar: LETTERS, ..ASK });
        let (text, result) = read(reports);
        assert_eq!((text, result.unwrap().unwrap().tokens), (alone.0, alone.1.unwrap().tokens));
    }
    let widest = together.compute.batches.iter().map(|batch| {
        let mut sequences = batch.clone();
        sequences.dedup();
        sequences.len()
    });
    assert!(widest.max().unwrap() >= 8, "all eight sequences were computed in one batch");
}

#[test]
fn a_long_prompt_does_not_hold_up_replies() {
    let mut scheduler = many(2, WINDOW, Noise::new(1));
    let (generation, mut writing) =
        Ask { session: "w", prompt: &[1, 2, 3], grammar: "start: /[ab]{500}/", ..ASK }.generation();
    scheduler.add(generation);
    scheduler.step();
    let long = prompt(3, 2_000);
    let (generation, mut reading) = Ask { session: "r", prompt: &long, grammar: LETTERS, ..ASK }.generation();
    scheduler.add(generation);
    let mut shown = 0;
    for _ in 0..2_000 / PROMPT_BESIDE {
        scheduler.step();
        let now = read(&mut writing).0.len();
        assert!(now > 0, "every pass writes a token beside the prompt");
        shown += now;
    }
    assert!(read(&mut reading).0.is_empty() && shown >= 2_000 / PROMPT_BESIDE);
    settle(&mut scheduler);
    assert!(read(&mut reading).1.unwrap().is_ok());
}

#[test]
fn what_is_urgent_goes_first() {
    let mut scheduler = many(1, WINDOW, Noise::new(1));
    let mut asked = Vec::new();
    let order = [Priority::Background, Priority::Normal, Priority::Interactive, Priority::Normal];
    for (index, priority) in order.into_iter().enumerate() {
        let session = index.to_string();
        let prompt = prompt(u32::try_from(index).unwrap(), 30);
        let (generation, reports) =
            Ask { session: &session, prompt: &prompt, grammar: LETTERS, priority, ..ASK }.generation();
        scheduler.add(generation);
        asked.push(reports);
    }
    let mut ended = Vec::new();
    while !scheduler.is_idle() {
        scheduler.step();
        ended.extend((0..4).filter(|&index| matches!(read(&mut asked[index]).1, Some(Ok(_)))));
    }
    assert_eq!(ended, [2, 1, 3, 0]);
}

#[test]
fn an_urgent_request_takes_the_place_of_background_work_which_goes_on_later() {
    let plain = Shortcuts { drafting: false, ..Shortcuts::default() };
    let mut scheduler = scheduler_of(Noise::new(1), Sequences::new(1, WINDOW, 1 << 20), plain);
    let grammar = "start: /[a-z]{60}/";
    let alone = serve(&mut many(1, WINDOW, Noise::new(1)), &Ask { prompt: &prompt(1, 40), grammar, ..ASK }).0;
    let slow = Ask { session: "b", prompt: &prompt(1, 40), grammar, priority: Priority::Background, ..ASK };
    let (generation, mut background) = slow.generation();
    scheduler.add(generation);
    (0..10).for_each(|_| scheduler.step());
    let begun = read(&mut background).0;
    assert!(!begun.is_empty());
    let fast = Ask {
        session: "i",
        prompt: &prompt(2, 40),
        grammar: LETTERS,
        priority: Priority::Interactive,
        ..ASK
    };
    let (generation, mut urgent) = fast.generation();
    scheduler.add(generation);
    let computed = scheduler.compute.computed;
    while read(&mut urgent).1.is_none() {
        scheduler.step();
        assert!(read(&mut background).0.is_empty(), "the background waits");
    }
    settle(&mut scheduler);
    let (rest, result) = read(&mut background);
    assert_eq!(format!("{begun}{rest}"), alone);
    assert_eq!(result.unwrap().unwrap().stop, Stop::Complete);
    assert!(scheduler.compute.computed - computed < 40 + 30 + 70, "nothing of it was computed again");
}

#[test]
fn an_urgent_request_does_not_wait_for_less_urgent_work_that_begins_alike() {
    let mut scheduler = many(3, WINDOW, Noise::new(1));
    let alike = prompt(1, 600);
    let mut reports = Vec::new();
    for (session, prompt, priority) in [
        ("b", &alike, Priority::Background),
        ("n", &prompt(2, 2_000), Priority::Normal),
        ("i", &alike, Priority::Interactive),
    ] {
        let (generation, report) = Ask { session, prompt, grammar: LETTERS, priority, ..ASK }.generation();
        scheduler.add(generation);
        scheduler.step();
        reports.push(report);
    }
    assert!(scheduler.waiting.is_empty(), "the background work waits for others itself");
    settle(&mut scheduler);
    assert!(reports.iter_mut().all(|report| read(report).1.is_some_and(|result| result.is_ok())));
}

#[test]
fn a_failure_in_a_batch_ends_only_the_reply_it_belongs_to() {
    let mut noise = Noise::new(5);
    noise.poison = Some(250);
    let mut prompts: Vec<Vec<u32>> = (0..4).map(|seed| prompt(seed, 40)).collect();
    let wanted: Vec<String> = prompts
        .iter()
        .map(|prompt| serve(&mut many(1, WINDOW, Noise::new(5)), &Ask { prompt, grammar: LETTERS, ..ASK }).0)
        .collect();
    prompts[2][20] = 250;
    let mut scheduler = many(4, WINDOW, noise);
    let mut reports = ask_all(&mut scheduler, &prompts, LETTERS);
    settle(&mut scheduler);
    for (index, reports) in reports.iter_mut().enumerate() {
        let (text, result) = read(reports);
        match result.unwrap() {
            Ok(_) => assert_eq!((index != 2, text), (true, wanted[index].clone())),
            Err(fault) => assert_eq!((index, fault.kind()), (2, FaultKind::Backend)),
        }
    }
    assert!(
        serve(&mut scheduler, &Ask { session: "s2", prompt: &prompt(9, 40), grammar: LETTERS, ..ASK })
            .1
            .is_ok()
    );
}

#[test]
fn a_thousand_queued_requests_are_all_answered() {
    let mut scheduler = many(8, 1_000, Noise::new(5));
    let prompts: Vec<Vec<u32>> = (0..1_000).map(|seed| prompt(seed, 6)).collect();
    let mut reports = ask_all(&mut scheduler, &prompts, "start: \"a\" | \"b\"");
    settle(&mut scheduler);
    assert!(reports.iter_mut().all(|reports| matches!(read(reports).1, Some(Ok(_)))));
}

#[test]
fn a_reply_cancelled_at_any_token_leaves_the_session_as_it_was() {
    let prompt = prompt(1, 20);
    let ask = Ask { prompt: &prompt, grammar: LETTERS, ..ASK };
    let wanted = serve(&mut many(2, WINDOW, Noise::new(5)), &ask).0;
    let mut scheduler = many(2, WINDOW, Noise::new(5));
    for steps in 0..34 {
        let (generation, reports) = ask.generation();
        scheduler.add(generation);
        (0..steps).for_each(|_| scheduler.step());
        drop(reports);
        settle(&mut scheduler);
        let (text, result) = serve(&mut scheduler, &ask);
        assert_eq!(text, wanted, "cancelled after {steps} passes");
        let usage = result.unwrap().usage;
        assert!(steps < 2 || (usage.prefilled, usage.reused) == (0, 20), "after {steps} passes: {usage:?}");
    }
}

#[test]
fn prompts_that_begin_alike_are_computed_once_even_if_they_come_together() {
    let tools = prompt(7, 600);
    let prompts: Vec<Vec<u32>> = (0..6).map(|index| [tools.clone(), vec![index + 1; 10]].concat()).collect();
    let mut scheduler = many(6, WINDOW, Noise::new(5));
    let mut reports = ask_all(&mut scheduler, &prompts, "start: \"a\" | \"b\"");
    settle(&mut scheduler);
    let prefilled = reports.iter_mut().map(|reports| read(reports).1.unwrap().unwrap().usage.prefilled);
    assert_eq!(prefilled.sum::<u64>(), 600 + 6 * 10);
    assert!(scheduler.compute.computed < 600 + 6 * 15);
}

#[test]
fn replies_that_outgrow_the_cache_take_turns() {
    let prompts: Vec<Vec<u32>> = (0..4).map(|seed| prompt(seed, 40)).collect();
    let grammar = "start: /[a-z]{150}/";
    let mut scheduler = many(4, 420, Noise::new(5));
    let mut reports = ask_all(&mut scheduler, &prompts, grammar);
    settle(&mut scheduler);
    for (reports, prompt) in reports.iter_mut().zip(&prompts) {
        let (text, result) = read(reports);
        assert!(result.unwrap().is_ok());
        assert_eq!(text, serve(&mut many(1, WINDOW, Noise::new(5)), &Ask { prompt, grammar, ..ASK }).0);
    }
}

#[test]
fn a_reply_that_alone_outgrows_the_cache_is_a_fault() {
    let mut scheduler = many(2, 60, Noise::new(5));
    let fault = serve(&mut scheduler, &Ask { prompt: &prompt(1, 40), grammar: "start: /[a-z]{150}/", ..ASK })
        .1
        .unwrap_err();
    assert_eq!(fault.kind(), FaultKind::Window);
    assert!(serve(&mut scheduler, &Ask { prompt: &[1], grammar: "start: \"a\" | \"b\"", ..ASK }).1.is_ok());
}

#[test]
fn drafts_save_passes_and_change_nothing() {
    let mut drafted = 0;
    for seed in 0..40 {
        let prompt: Vec<u32> =
            prompt(seed, 12).into_iter().map(|token| 97 + token % 3).cycle().take(80).collect();
        let ask = Ask { prompt: &prompt, grammar: "start: /[abc]{60}/", ..ASK };
        let written = |drafting| {
            let mut noise = Noise::new(u64::from(seed));
            noise.copies = true;
            let shortcuts = Shortcuts { drafting, ..Shortcuts::default() };
            let mut scheduler = scheduler_of(noise, Sequences::new(1, WINDOW, 0), shortcuts);
            let (text, result) = serve(&mut scheduler, &ask);
            (text, result.unwrap(), scheduler.compute.batches.len())
        };
        let (plain, with) = (written(false), written(true));
        assert_eq!((&plain.0, &plain.1.tokens), (&with.0, &with.1.tokens));
        let usage = with.1.usage;
        assert_eq!(usage.decoded(), plain.1.usage.decoded());
        assert!(usage.drafted == 0 || with.2 < plain.2, "{} passes, {} without drafts", with.2, plain.2);
        drafted += usage.drafted;
    }
    assert!(drafted > 100, "only {drafted} tokens were drafted");
}

#[test]
fn of_a_draft_only_what_fits_the_batch_is_checked() {
    let (prompt, plain) = (prompt(1, 20), Shortcuts { drafting: false, ..Shortcuts::default() });
    let ask = Ask { prompt: &prompt, grammar: LETTERS, ..ASK };
    let wanted = serve(&mut many(1, WINDOW, Noise::new(5)), &ask).0;
    for most in 1..9 {
        let mut scheduler = scheduler_of(Noise::new(5), Sequences::new(1, WINDOW, 0), plain);
        let (generation, mut reports) = ask.generation();
        scheduler.add(generation);
        (0..3).for_each(|_| scheduler.step());
        scheduler.jobs[0].draft = vec![98; 6];
        let part = scheduler.part(0, most, 0).unwrap();
        assert_eq!(
            (part.tokens.len(), part.logits_from),
            (most.min(7), 0),
            "a token, and what fits of the draft"
        );
        scheduler.pass(vec![part]);
        settle(&mut scheduler);
        assert_eq!(read(&mut reports).0, wanted, "with room for {most} tokens");
    }
}

#[test]
fn with_the_shortcuts_off_everything_is_computed_and_the_replies_are_the_same() {
    let off = Shortcuts { reuse: false, forcing: false, drafting: false };
    let grammar = "start: \"{\\\"answer\\\": \" (\"true\" | \"false\") \"}\"";
    let ask = Ask { prompt: &prompt(1, 50), grammar, ..ASK };
    let mut plain = scheduler_of(Noise::new(3), Sequences::new(2, WINDOW, 0), off);
    let mut quick = scheduler_of(Noise::new(3), Sequences::new(2, WINDOW, 0), Shortcuts::default());
    for _ in 0..2 {
        let (slow, fast) = (serve(&mut plain, &ask), serve(&mut quick, &ask));
        assert_eq!(slow.0, fast.0);
        let usage = slow.1.unwrap().usage;
        assert_eq!((usage.prefilled, usage.reused, usage.forced, usage.drafted), (50, 0, 0, 0));
        assert!(fast.1.unwrap().usage.forced > 0);
    }
}
