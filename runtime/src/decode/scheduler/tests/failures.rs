//! What fails ends the reply it belongs to, and no other.

use handyman_core::FaultKind;

use super::{LETTERS, ask_all, many, prompt};
use crate::decode::Shortcuts;
use crate::decode::sequences::Sequences;
use crate::decode::tests::{ASK, Ask, WINDOW, read, scheduler_of, serve, settle};
use crate::tiny::Noise;

#[test]
fn a_failure_in_a_batch_ends_only_the_reply_it_belongs_to_where_a_model_has_no_past() {
    for (poisoned, more) in [(0, 20), (1, 20), (2, 20), (3, 20), (0, 100), (2, 100)] {
        let mut noise = Noise::new(5);
        (noise.rolls_back, noise.poison) = (false, Some(250));
        let mut scheduler = many(4, WINDOW, noise);
        let mut prompts: Vec<Vec<u32>> = (0..4).map(|seed| prompt(seed, 40)).collect();
        let mut reports = ask_all(&mut scheduler, &prompts, LETTERS);
        settle(&mut scheduler);
        for (whole, reports) in prompts.iter_mut().zip(&mut reports) {
            whole.extend(read(reports).1.unwrap().unwrap().tokens);
            whole.extend(prompt(9, more));
        }
        prompts[poisoned].push(250);
        let mut reports = ask_all(&mut scheduler, &prompts, LETTERS);
        settle(&mut scheduler);
        for (index, (reports, prompt)) in reports.iter_mut().zip(&prompts).enumerate() {
            let (text, result) = read(reports);
            match result.unwrap() {
                Ok(_) => {
                    let alone = Ask { prompt, grammar: LETTERS, ..ASK };
                    let wanted = serve(&mut many(1, WINDOW, Noise::new(5)), &alone).0;
                    assert_eq!((index != poisoned, text), (true, wanted));
                }
                Err(fault) => assert_eq!((index, fault.kind()), (poisoned, FaultKind::Backend), "{fault}"),
            }
        }
    }
}

#[test]
fn a_grammar_that_has_failed_is_a_fault_and_no_complete_reply() {
    for forcing in [true, false] {
        let shortcuts = Shortcuts { forcing, ..Shortcuts::default() };
        let mut scheduler = scheduler_of(Noise::new(5), Sequences::new(1, WINDOW, 0), shortcuts);
        let (mut generation, mut reports) = Ask { grammar: LETTERS, ..ASK }.generation();
        let _ = generation.matcher.test_trigger_lexer_error();
        scheduler.add(generation);
        settle(&mut scheduler);
        let fault = read(&mut reports).1.unwrap().unwrap_err();
        assert_eq!(fault.kind(), FaultKind::Backend);
    }
}
