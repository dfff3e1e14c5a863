//! Tokens are chosen as asked, and only allowed ones.

use super::{Chooser, Masking, Sampling};
use crate::tiny::{constrainer, vocabulary};

fn logits(likely: &[(u8, f32)]) -> Vec<f32> {
    let mut logits = vec![0.0; vocabulary().tok_trie().vocab_size()];
    for (token, logit) in likely {
        logits[usize::from(*token)] = *logit;
    }
    logits
}

#[test]
fn the_likeliest_allowed_token_is_taken() {
    let logits = logits(&[(b'z', 9.0), (b'b', 5.0), (b'a', 4.0)]);
    for masking in [Masking::WhenRefused, Masking::Always] {
        let mut matcher = constrainer().matcher("start: /[abc]+/").unwrap();
        let mut chooser = Chooser::new(Sampling::default(), masking);
        assert_eq!(chooser.choose(&logits, &mut matcher, &vocabulary()).unwrap(), u32::from(b'b'));
    }
}

#[test]
fn drawing_follows_the_models_odds_and_the_seed() {
    let sampling = Sampling { temperature: 1.0, top_k: 0, top_p: 1.0, min_p: 0.0, seed: 7 };
    let logits = logits(&[(b'a', 3.0_f32.ln()), (b'z', 90.0)]);
    let draw = |sampling: Sampling| {
        let mut chooser = Chooser::new(sampling, Masking::WhenRefused);
        let mut matcher = constrainer().matcher("start: /[ab]+/").unwrap();
        (0..2_000).map(|_| chooser.choose(&logits, &mut matcher, &vocabulary()).unwrap()).collect::<Vec<_>>()
    };
    let drawn = draw(sampling.clone());
    let often = drawn.iter().filter(|&&token| token == u32::from(b'a')).count();
    assert!((1_400..1_600).contains(&often), "three of four times, not {often} of 2000");
    assert!(drawn.iter().all(|&token| token == u32::from(b'a') || token == u32::from(b'b')));
    assert_eq!(drawn, draw(sampling.clone()));
    let narrow = draw(Sampling { top_p: 0.5, ..sampling });
    assert!(narrow.iter().all(|&token| token == u32::from(b'a')));
}

#[test]
fn logits_that_are_not_numbers_are_a_fault() {
    let mut matcher = constrainer().matcher("start: /[ab]+/").unwrap();
    let logits = vec![f32::NAN; vocabulary().tok_trie().vocab_size()];
    let mut chooser = Chooser::new(Sampling::default(), Masking::WhenRefused);
    assert!(chooser.choose(&logits, &mut matcher, &vocabulary()).is_err());
}
