//! Sequences go to the sessions that use them.

use super::Sequences;
use crate::decode::Compute;
use crate::llama::cache::Place;
use crate::tiny::Noise;

fn fill(sequences: &mut Sequences, noise: &mut Noise, session: &str, tokens: &[u32]) -> usize {
    let slot = sequences.acquire(session, noise);
    sequences.make_room(slot, tokens.len(), noise).unwrap();
    noise.feed(sequences.end(slot), tokens).unwrap();
    sequences.extend(slot, tokens);
    slot
}

#[test]
fn the_session_idle_for_longest_loses_its_sequence() {
    let (mut sequences, mut noise) = (Sequences::new(2, 100), Noise::new(1));
    let a = fill(&mut sequences, &mut noise, "a", &[1, 2, 3]);
    let b = fill(&mut sequences, &mut noise, "b", &[1, 2]);
    assert_ne!(a, b);
    assert_eq!(sequences.acquire("a", &mut noise), a);
    assert_eq!(fill(&mut sequences, &mut noise, "c", &[9]), b);
    assert_eq!(sequences.tokens(a), [1, 2, 3]);
    assert_eq!(sequences.tokens(b), [9]);
    assert_eq!(noise.sequences[&1], [9]);
}

#[test]
fn room_is_made_among_the_others_only() {
    let (mut sequences, mut noise) = (Sequences::new(3, 8), Noise::new(1));
    let a = fill(&mut sequences, &mut noise, "a", &[1, 2, 3]);
    let b = fill(&mut sequences, &mut noise, "b", &[4, 5, 6]);
    fill(&mut sequences, &mut noise, "b", &[7, 8, 9]);
    assert!(sequences.tokens(a).is_empty());
    assert_eq!(sequences.tokens(b), [4, 5, 6, 7, 8, 9]);
    assert!(sequences.make_room(b, 3, &mut noise).is_err());
}

#[test]
fn a_common_beginning_is_reused_where_the_model_can_roll_back() {
    for (rolls_back, kept) in [(true, 2), (false, 0)] {
        let (mut sequences, mut noise) = (Sequences::new(1, 100), Noise::new(1));
        noise.rolls_back = rolls_back;
        let slot = fill(&mut sequences, &mut noise, "a", &[1, 2, 3]);
        assert_eq!(sequences.reuse(slot, &[1, 2, 4, 5], &mut noise), kept);
        assert_eq!(noise.sequences[&0].len(), kept);
        assert_eq!(sequences.end(slot), Place { sequence: 0, position: kept });
    }
}

#[test]
fn the_last_token_of_a_prompt_is_always_computed() {
    let (mut sequences, mut noise) = (Sequences::new(1, 100), Noise::new(1));
    let slot = fill(&mut sequences, &mut noise, "a", &[1, 2, 3]);
    assert_eq!(sequences.reuse(slot, &[1, 2, 3], &mut noise), 2);
}
