//! Sequences go to the sessions that use them.

use super::{SHARED_MIN, Sequences};
use crate::decode::Compute;
use crate::decode::parked::{Parked, Saved};
use crate::llama::cache::{Feed, Place, Windows};
use crate::tiny::Noise;

/// Computes what the session lacks of these tokens.
fn fill(sequences: &mut Sequences, noise: &mut Noise, session: &str, tokens: &[u32]) -> usize {
    let slot = sequences.acquire(session, tokens, noise).unwrap();
    sequences.reuse(slot, tokens, true, noise);
    let new = &tokens[sequences.tokens(slot).len()..];
    assert!(sequences.make_room(new.len(), new.len(), noise));
    for &token in new {
        noise.decode(&[Feed { place: sequences.end(slot), token, logits: false }]).unwrap();
        sequences.extend(slot, &[token]);
    }
    sequences.release(slot);
    slot
}

/// Twenty tokens that begin like no others.
fn text(seed: u32) -> Vec<u32> {
    (seed..seed + 20).collect()
}

#[test]
fn the_session_idle_for_longest_loses_its_sequence() {
    let (mut sequences, mut noise) = (Sequences::new(2, 100, 0), Noise::new(1));
    let a = fill(&mut sequences, &mut noise, "a", &[1, 2, 3]);
    let b = fill(&mut sequences, &mut noise, "b", &[1, 2]);
    assert_ne!(a, b);
    assert_eq!(fill(&mut sequences, &mut noise, "a", &[1, 2, 3]), a);
    assert_eq!(fill(&mut sequences, &mut noise, "c", &[9]), b);
    assert_eq!((sequences.tokens(a), sequences.tokens(b)), ([1, 2, 3].as_slice(), [9].as_slice()));
    assert_eq!((noise.sequences[&1].as_slice(), sequences.evicted()), ([9].as_slice(), 1));
}

#[test]
fn busy_sequences_are_left_alone() {
    let (mut sequences, mut noise) = (Sequences::new(1, 100, 0), Noise::new(1));
    let slot = sequences.acquire("a", &[1], &mut noise).unwrap();
    assert!(sequences.acquire("b", &[1], &mut noise).is_none());
    sequences.release(slot);
    assert!(sequences.acquire("b", &[1], &mut noise).is_some());
}

#[test]
fn room_is_made_among_the_others_only() {
    let (mut sequences, mut noise) = (Sequences::new(3, 8, 0), Noise::new(1));
    let a = fill(&mut sequences, &mut noise, "a", &[1, 2, 3]);
    let b = fill(&mut sequences, &mut noise, "b", &[4, 5, 6, 7, 8, 9]);
    assert!(sequences.tokens(a).is_empty());
    assert_eq!(sequences.acquire("b", &[4, 5, 6, 7, 8, 9], &mut noise), Some(b));
    assert!(!sequences.make_room(3, 0, &mut noise));
}

#[test]
fn what_has_to_leave_comes_back_from_the_hosts_memory() {
    let (mut sequences, mut noise) = (Sequences::new(1, 100, 1_000), Noise::new(1));
    fill(&mut sequences, &mut noise, "a", &text(100));
    fill(&mut sequences, &mut noise, "b", &text(200));
    assert!(sequences.parked_bytes() > 0);
    let computed = noise.computed;
    let slot = fill(&mut sequences, &mut noise, "a", &text(100));
    assert_eq!((noise.computed, sequences.tokens(slot)), (computed, text(100).as_slice()));
    for seed in [300, 400, 500, 600, 700, 800, 900] {
        fill(&mut sequences, &mut noise, &seed.to_string(), &text(seed));
    }
    assert!(sequences.parked_bytes() <= 1_000 && sequences.evicted() > 0);
    fill(&mut sequences, &mut noise, "a", &text(100));
    assert_eq!(noise.computed, computed + 8 * 20, "forgotten for want of room, and computed again");
}

#[test]
fn a_common_beginning_is_kept_where_the_model_can_roll_back() {
    for (rolls_back, kept) in [(true, 2), (false, 0)] {
        let (mut sequences, mut noise) = (Sequences::new(1, 100, 0), Noise::new(1));
        noise.rolls_back = rolls_back;
        fill(&mut sequences, &mut noise, "a", &[1, 2, 3]);
        let slot = sequences.acquire("a", &[1, 2, 4, 5], &mut noise).unwrap();
        assert_eq!(sequences.reuse(slot, &[1, 2, 4, 5], false, &mut noise), kept);
        assert_eq!(noise.sequences[&0].len(), kept);
        assert_eq!(sequences.end(slot), Place { sequence: 0, position: kept });
    }
}

#[test]
fn a_model_without_a_past_goes_back_to_where_it_was_marked() {
    let (mut sequences, mut noise) = (Sequences::new(2, 200, 10_000), Noise::new(1));
    noise.rolls_back = false;
    let slot = fill(&mut sequences, &mut noise, "a", &text(0));
    sequences.mark(slot, None, &mut noise);
    let longer = [text(0), text(50)].concat();
    assert_eq!(fill(&mut sequences, &mut noise, "a", &longer), slot);
    let other = [text(0), text(90)].concat();
    let computed = noise.computed;
    let shared = fill(&mut sequences, &mut noise, "b", &other);
    assert_eq!(noise.computed - computed, 20, "another session begins at the mark");
    assert_eq!(noise.sequences[&u32::try_from(shared).unwrap()], other);
    let slot = sequences.acquire("a", &other[..30], &mut noise).unwrap();
    assert_eq!(sequences.reuse(slot, &other[..30], false, &mut noise), 20);
}

#[test]
fn a_branch_of_a_model_without_a_past_can_go_back_to_where_it_left() {
    let (mut sequences, mut noise) = (Sequences::new(2, 200, 10_000), Noise::new(1));
    noise.rolls_back = false;
    // Nothing was marked, as in a sequence whose reply is still being written.
    fill(&mut sequences, &mut noise, "a", &text(0));
    let branch = fill(&mut sequences, &mut noise, "b", &[text(0), text(50)].concat());
    let other = [text(0), text(90)].concat();
    assert_eq!(sequences.acquire("b", &other, &mut noise), Some(branch));
    assert_eq!(sequences.reuse(branch, &other, false, &mut noise), 20);
    assert_eq!(noise.sequences[&u32::try_from(branch).unwrap()], text(0));
}

#[test]
fn sessions_that_begin_alike_share_their_beginning_and_its_cells() {
    let (mut sequences, mut noise) = (Sequences::new(4, 50, 0), Noise::new(1));
    fill(&mut sequences, &mut noise, "a", &text(0));
    for session in ["b", "c", "d"] {
        fill(&mut sequences, &mut noise, session, &[text(0), vec![7, 8, 9]].concat());
    }
    assert_eq!(noise.computed, 20 + 3, "the second one shares its own end as well");
    let five = [text(0), vec![1; 27]].concat();
    assert_eq!(fill(&mut sequences, &mut noise, "a", &five), 0);
    assert_eq!((sequences.tokens(1).len(), sequences.evicted()), (23, 0), "50 cells hold all of it");
    const { assert!(20 >= SHARED_MIN) };
}

#[test]
fn the_last_token_of_a_prompt_is_computed_unless_what_follows_is_known() {
    let (mut sequences, mut noise) = (Sequences::new(1, 100, 0), Noise::new(1));
    let slot = fill(&mut sequences, &mut noise, "a", &[1, 2, 3]);
    sequences.mark(slot, Some(&[0.5]), &mut noise);
    assert_eq!(sequences.logits_at(slot, 3), Some([0.5].as_slice()));
    assert_eq!(sequences.reuse(slot, &[1, 2, 3], true, &mut noise), 3);
    assert_eq!(sequences.reuse(slot, &[1, 2, 3], false, &mut noise), 2);
    assert_eq!(sequences.logits_at(slot, 3), None);
}

#[test]
fn every_sequence_has_a_window_of_its_own() {
    let (mut sequences, mut noise) = (Sequences::new(3, 1_000, 0), Noise::new(1));
    noise.windows = Some(Windows { cells: 50, window: 16 });
    let a = fill(&mut sequences, &mut noise, "a", &text(100));
    let b = fill(&mut sequences, &mut noise, "b", &text(200));
    assert!(!sequences.tokens(a).is_empty(), "two windows and what comes next fit");
    fill(&mut sequences, &mut noise, "c", &text(300));
    assert!(sequences.tokens(a).is_empty() && !sequences.tokens(b).is_empty());
}

/// A sequence as an earlier process saved it.
fn saved(tokens: &[u32]) -> Saved {
    let state = tokens.iter().flat_map(|token| token.to_le_bytes()).collect();
    Saved { tokens: tokens.to_vec(), state, checkpoints: Vec::new() }
}

#[test]
fn what_is_too_large_for_the_hosts_memory_is_restored_all_the_same_and_drives_nobody_out() {
    let (mut sequences, mut noise) = (Sequences::new(1, 100, 100), Noise::new(1));
    sequences.restore("s", saved(&text(100)));
    let slot = sequences.acquire("s", &text(100), &mut noise).unwrap();
    assert_eq!(sequences.tokens(slot), text(100));

    let mut parked = Parked::new(100);
    parked.put("a".to_owned(), saved(&[1, 2, 3]));
    parked.put("b".to_owned(), saved(&text(100)));
    assert_eq!(parked.forget_oversized(), 1);
    assert!(parked.take("a").is_some() && parked.take("b").is_none());
}

#[test]
fn what_is_wanted_does_not_go_for_what_leaves_the_cache() {
    // There is room for one of the two in the host's memory, and the session begins with the other.
    for (name, prompt) in [("s", text(100)), ("the beginning", [text(100), text(50)].concat())] {
        let (mut sequences, mut noise) = (Sequences::new(1, 100, 200), Noise::new(1));
        fill(&mut sequences, &mut noise, "b", &text(200));
        sequences.restore(name, saved(&text(100)));
        let slot = sequences.acquire("s", &prompt, &mut noise).unwrap();
        assert_eq!(sequences.tokens(slot), text(100), "{name}");
        assert!(sequences.parked_bytes() <= 200);
    }
}

#[test]
fn a_beginning_that_is_too_large_for_the_hosts_memory_is_used_once_and_not_kept() {
    let (mut sequences, mut noise) = (Sequences::new(1, 100, 100), Noise::new(1));
    sequences.restore("the beginning", saved(&text(100)));
    let slot = sequences.acquire("s", &[text(100), text(50)].concat(), &mut noise).unwrap();
    assert_eq!((sequences.tokens(slot), sequences.parked_bytes()), (text(100).as_slice(), 0));
}

#[test]
fn sequences_that_cannot_share_begin_with_copies() {
    let (mut sequences, mut noise) = (Sequences::new(2, 100, 10_000), Noise::new(1));
    noise.shares = false;
    fill(&mut sequences, &mut noise, "a", &text(0));
    fill(&mut sequences, &mut noise, "b", &[text(0), vec![7]].concat());
    assert_eq!(noise.computed, 20 + 21, "what is in the cache cannot be shared");
    fill(&mut sequences, &mut noise, "c", &text(100));
    fill(&mut sequences, &mut noise, "d", &[text(0), vec![8]].concat());
    assert_eq!(noise.computed, 20 + 21 + 20 + 1, "what was moved out can be copied");
}

#[test]
fn marks_of_idle_sequences_count_as_the_hosts_memory_and_the_first_goes_last() {
    let (mut sequences, mut noise) = (Sequences::new(2, 200, 400), Noise::new(1));
    noise.rolls_back = false;
    let mut longer = text(0);
    for seed in [30, 60, 90] {
        let slot = sequences.acquire("a", &longer, &mut noise).unwrap();
        let new = longer[sequences.tokens(slot).len()..].to_vec();
        for token in new {
            noise.decode(&[Feed { place: sequences.end(slot), token, logits: false }]).unwrap();
            sequences.extend(slot, &[token]);
        }
        sequences.mark(slot, None, &mut noise);
        sequences.release(slot);
        longer.extend(text(seed));
    }
    // Marks after 20, 40 and 60 tokens took 80, 160 and 240 bytes.
    assert_eq!(sequences.parked_bytes(), 80 + 240);
    let slot = sequences.acquire("a", &longer[..50], &mut noise).unwrap();
    assert_eq!(sequences.reuse(slot, &longer[..50], false, &mut noise), 20, "the one after 40 was forgotten");
}

#[test]
fn a_session_that_was_moved_out_is_not_replaced_by_what_an_earlier_process_had_of_it() {
    let (mut sequences, mut noise) = (Sequences::new(1, 100, 1_000), Noise::new(1));
    fill(&mut sequences, &mut noise, "a", &text(0));
    fill(&mut sequences, &mut noise, "b", &text(100));
    sequences.restore("a", saved(&text(50)));
    let slot = sequences.acquire("a", &text(0), &mut noise).unwrap();
    assert_eq!(sequences.tokens(slot), text(0));
}

#[test]
fn what_a_model_without_a_past_can_go_back_to_is_preferred_to_what_has_more_in_common() {
    // What was moved out, of another session or of this one, has one token more of the prompt, but no mark.
    for name in ["another", "s"] {
        let (mut sequences, mut noise) = (Sequences::new(2, 200, 10_000), Noise::new(1));
        noise.rolls_back = false;
        let marked = fill(&mut sequences, &mut noise, "marked", &text(0));
        sequences.mark(marked, None, &mut noise);
        sequences.restore(name, saved(&[text(0), text(50)].concat()));
        let prompt = [text(0), vec![50], text(90)].concat();
        let slot = sequences.acquire("s", &prompt, &mut noise).unwrap();
        assert_eq!(sequences.reuse(slot, &prompt, false, &mut noise), 20, "{name}");
    }
}
