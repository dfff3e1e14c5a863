//! Tokens are chosen as asked, and only allowed ones.

use handyman_core::Sampling;
use toktrie::SimpleVob;

use super::{Chooser, Masking};
use crate::decode::guide::{Guide, Marks};
use crate::tiny::{constrainer, vocabulary};

fn logits(likely: &[(u8, f32)]) -> Vec<f32> {
    let mut logits = vec![0.0; vocabulary().tok_trie().vocab_size()];
    for (token, logit) in likely {
        logits[usize::from(*token)] = *logit;
    }
    logits
}

/// Draws from all tokens as the model says.
const OPEN: Sampling = Sampling {
    temperature: 1.0,
    top_k: 0,
    top_p: 1.0,
    min_p: 0.0,
    repeat_penalty: 1.0,
    frequency_penalty: 0.0,
    presence_penalty: 0.0,
    penalty_window: 64,
    draw_calls: false,
    seed: 7,
};

/// How often each of these letters is drawn in so many draws under a grammar that allows `b` to `g`.
fn counts(sampling: &Sampling, masking: Masking, logits: &[f32], draws: usize) -> [f64; 6] {
    let mut chooser = Chooser::new(sampling.clone(), masking);
    let mut matcher = constrainer().matcher("start: /[b-g]+/").unwrap();
    let mut counts = [0.0; 6];
    for _ in 0..draws {
        let token = chooser.choose(logits, &mut matcher, &vocabulary()).unwrap();
        counts[usize::try_from(token - u32::from(b'b')).unwrap()] += 1.0;
    }
    counts
}

/// Pearson's statistic of counts against probabilities; five degrees of freedom for six letters.
fn chi_square(counts: &[f64; 6], odds: &[f64; 6]) -> f64 {
    let (draws, total): (f64, f64) = (counts.iter().sum(), odds.iter().sum());
    let term = |(count, odds): (&f64, &f64)| {
        let wanted = draws * odds / total;
        if wanted == 0.0 {
            if *count == 0.0 { 0.0 } else { f64::INFINITY }
        } else {
            (count - wanted).powi(2) / wanted
        }
    };
    counts.iter().zip(odds).map(term).sum()
}

/// The 99.99th percentile of the chi-square distribution with five degrees of freedom.
const CRITICAL: f64 = 25.74;

#[test]
fn the_likeliest_allowed_token_is_taken() {
    let logits = logits(&[(b'z', 9.0), (b'b', 5.0), (b'a', 4.0)]);
    for masking in [Masking::WhenRefused, Masking::Always] {
        let mut matcher = constrainer().matcher("start: /[abc]+/").unwrap();
        let mut chooser = Chooser::new(Sampling::default(), masking);
        assert_eq!(chooser.choose(&logits, &mut matcher, &vocabulary()).unwrap(), u32::from(b'b'));
    }
}

/// Whatever is looked at together, the first of the highest is found, among all tokens and under a mask.
#[test]
fn the_first_of_the_highest_is_the_likeliest() {
    let plain = |logits: &[f32], mask: &SimpleVob| {
        let mut best: Option<(u32, f32)> = None;
        for (token, logit) in super::numbered(logits).filter(|(token, _)| mask.is_allowed(*token)) {
            if best.map_or(!logit.is_nan(), |(_, highest)| logit > highest) {
                best = Some((token, logit));
            }
        }
        best.map(|(token, _)| token)
    };
    let mut state = 11_u64;
    let mut below = |most: usize| {
        state = state.wrapping_mul(0x5851_F42D_4C95_7F2D).wrapping_add(1);
        usize::try_from(state >> 40).unwrap() % most
    };
    // Few values, so that many are equal; some are no numbers or as low as can be.
    let values = [f32::NAN, f32::NEG_INFINITY, -1.0, 0.0, 2.0, 2.5, 3.0];
    for size in [1, 31, 1_023, 1_025, 5_000] {
        for every in [1, 2, 40, 1_500, 9_000] {
            let logits: Vec<f32> = (0..size).map(|_| values[below(values.len())]).collect();
            let (mut mask, mut all) = (SimpleVob::alloc(size), SimpleVob::alloc(size));
            for token in 0..u32::try_from(size).unwrap() {
                all.allow_token(token);
                if below(every) == 0 {
                    mask.allow_token(token);
                }
            }
            assert_eq!(super::likeliest_of(&logits, &mask), plain(&logits, &mask), "{size} {every}");
            assert_eq!(super::likeliest(&logits), plain(&logits, &all), "{size} {every}");
        }
    }
}

#[test]
fn what_makes_up_a_share_is_the_same_however_much_of_it_is_put_in_order() {
    for share in [0.1, 0.9, 0.999] {
        for slope in [0.1, 0.002, 0.0] {
            let weight = |token: u32| (-slope * f64::from(token * 7_919 % 5_000)).exp();
            let mut kept: Vec<(u32, f64)> = (0..5_000).map(|token| (token, weight(token))).collect();
            let mut plain = kept.clone();
            plain.sort_by(super::likelier);
            let wanted = share * plain.iter().map(|(_, weight)| weight).sum::<f64>();
            let mut sum = 0.0;
            let enough = plain.iter().position(|(_, weight)| {
                sum += weight;
                sum >= wanted
            });
            super::keep_share(&mut kept, share);
            assert_eq!(kept, plain[..=enough.unwrap()], "{share} {slope}");
        }
    }
}

/// Lazy masking draws from the distribution of masked sampling, and both from the one that is asked for:
/// with likelier tokens forbidden, and with every truncation.
#[test]
fn lazy_masking_draws_from_the_masked_distribution() {
    // `z` and `y` are the model's favourites, and not allowed.
    let odds: [f64; 6] = [0.30, 0.25, 0.20, 0.15, 0.08, 0.02];
    let mut likely: Vec<(u8, f32)> =
        (b'b'..=b'g').zip(odds).map(|(token, odds)| (token, (odds * 1e4).ln() as f32)).collect();
    likely.extend([(b'z', (0.9_f32 * 1e4).ln()), (b'y', (0.4_f32 * 1e4).ln())]);
    let logits = logits(&likely);
    let cut = |kept: usize| std::array::from_fn(|index| if index < kept { odds[index] } else { 0.0 });
    let squared: [f64; 6] = odds.map(|odds| odds * odds);
    let cases: [(Sampling, [f64; 6]); 6] = [
        (OPEN, odds),
        (Sampling { temperature: 0.5, ..OPEN }, squared),
        (Sampling { top_k: 2, ..OPEN }, cut(2)),
        (Sampling { top_p: 0.7, ..OPEN }, cut(3)),
        (Sampling { min_p: 0.3, ..OPEN }, cut(4)),
        (Sampling { top_k: 5, top_p: 0.99, min_p: 0.06, ..OPEN }, cut(5)),
    ];
    for (sampling, wanted) in cases {
        for masking in [Masking::WhenRefused, Masking::Always] {
            let drawn = counts(&sampling, masking, &logits, 4_000);
            let statistic = chi_square(&drawn, &wanted);
            assert!(statistic < CRITICAL, "{sampling:?} {masking:?}: {drawn:?}, chi-square {statistic:.1}");
        }
    }
    let uniform = chi_square(&counts(&OPEN, Masking::WhenRefused, &logits, 4_000), &[1.0; 6]);
    assert!(uniform > CRITICAL, "the test can tell distributions apart: {uniform:.1}");
}

/// However unlikely all that is allowed is beside the model's favourite, it is drawn as it is likely among itself.
#[test]
fn what_is_allowed_is_drawn_by_its_own_odds_however_unlikely_it_is() {
    let odds: [f64; 6] = [0.30, 0.25, 0.20, 0.15, 0.08, 0.02];
    for favourite in [0.0, 100.0, 460.0, 2_000.0, f32::MAX] {
        let mut likely: Vec<(u8, f32)> =
            (b'b'..=b'g').zip(odds).map(|(token, odds)| (token, odds.ln() as f32)).collect();
        likely.extend([(b'z', favourite), (b'a', f32::NAN)]);
        for masking in [Masking::WhenRefused, Masking::Always] {
            let drawn = counts(&OPEN, masking, &logits(&likely), 4_000);
            let statistic = chi_square(&drawn, &odds);
            assert!(statistic < CRITICAL, "{favourite} {masking:?}: {drawn:?}, chi-square {statistic:.1}");
        }
    }
}

#[test]
fn the_same_seed_draws_the_same_and_another_one_does_not() {
    let logits = logits(&[(b'b', 3.0), (b'c', 3.0), (b'd', 2.5)]);
    let drawn = |seed| {
        let mut chooser = Chooser::new(Sampling { seed, ..OPEN }, Masking::WhenRefused);
        let mut matcher = constrainer().matcher("start: /[b-g]+/").unwrap();
        (0..64).map(|_| chooser.choose(&logits, &mut matcher, &vocabulary()).unwrap()).collect::<Vec<_>>()
    };
    assert_eq!(drawn(7), drawn(7));
    assert_ne!(drawn(7), drawn(8));
}

#[test]
fn penalties_push_back_what_was_written_lately() {
    let logits = logits(&[(b'b', 5.0), (b'c', 4.0), (b'd', 3.0)]);
    let next = |sampling: Sampling, written: &[u8]| {
        let mut chooser = Chooser::new(sampling, Masking::WhenRefused);
        let mut matcher = constrainer().matcher("start: /[b-g]+/").unwrap();
        chooser.wrote(&written.iter().copied().map(u32::from).collect::<Vec<_>>());
        u8::try_from(chooser.choose(&logits, &mut matcher, &vocabulary()).unwrap()).unwrap()
    };
    let greedy = Sampling::default();
    assert_eq!(next(greedy.clone(), b"bbb"), b'b');
    assert_eq!(next(Sampling { repeat_penalty: 1.5, ..greedy.clone() }, b"b"), b'c');
    assert_eq!(next(Sampling { presence_penalty: 1.5, ..greedy.clone() }, b"b"), b'c');
    assert_eq!(next(Sampling { frequency_penalty: 0.6, ..greedy.clone() }, b"b"), b'b');
    assert_eq!(next(Sampling { frequency_penalty: 0.6, ..greedy.clone() }, b"bb"), b'c');
    assert_eq!(next(Sampling { presence_penalty: 1.5, penalty_window: 2, ..greedy }, b"bgg"), b'b');
}

fn in_call(sampling: Sampling) -> Chooser {
    let marks = Marks { trigger: "<".to_owned(), ..Marks::default() };
    let mut chooser =
        Chooser::new(sampling, Masking::WhenRefused).guided(Guide::new(vocabulary(), marks, None));
    chooser.wrote(&[u32::from(b'<')]);
    chooser
}

#[test]
fn calls_are_the_likeliest_ones_unless_they_are_to_be_drawn() {
    let logits = logits(&[(b'b', 5.0), (b'c', 4.9), (b'd', 4.8)]);
    let drawn = |mut chooser: Chooser| {
        let mut matcher = constrainer().matcher("start: /[b-g]+/").unwrap();
        (0..64)
            .map(|_| chooser.choose(&logits, &mut matcher, &vocabulary()).unwrap())
            .collect::<std::collections::BTreeSet<_>>()
            .len()
    };
    assert_eq!(drawn(in_call(OPEN)), 1);
    assert!(drawn(in_call(Sampling { draw_calls: true, ..OPEN })) > 1);
    assert!(drawn(Chooser::new(OPEN, Masking::WhenRefused)) > 1);
}

/// To call is one choice: one token begins it, and many begin a sentence.
#[test]
fn a_call_begins_where_that_is_likelier_than_everything_else_together() {
    let first = |sampling: Sampling, masking: Masking, written: &[u8], call: f32| {
        let marks = Marks { trigger: "<c>".to_owned(), ..Marks::default() };
        let mut chooser = Chooser::new(sampling, masking).guided(Guide::new(vocabulary(), marks, None));
        let mut matcher = constrainer().matcher("start: /[b-g ]*/ (\"<c>\" | /[h]/)").unwrap();
        let written: Vec<u32> = written.iter().copied().map(u32::from).collect();
        matcher.consume_tokens(&written).unwrap();
        chooser.wrote(&written);
        // The letters weigh 0.9 of a call together where that has 1.5, and the space nearly nothing. 'z' is not allowed.
        let letters: [(u8, f32); 6] = [b'b', b'c', b'd', b'e', b'f', b'g'].map(|letter| (letter, -0.4));
        let others = [(b' ', -9.0), (b'h', -9.0), (b'z', 9.0), (b'<', call)];
        let mut logits = logits(&letters);
        others.into_iter().for_each(|(token, logit)| logits[usize::from(token)] = logit);
        chooser.choose(&logits, &mut matcher, &vocabulary()).unwrap()
    };
    for masking in [Masking::WhenRefused, Masking::Always] {
        let greedy = |written: &[u8], call| first(Sampling::default(), masking, written, call);
        assert_eq!(greedy(b"", 1.5), u32::from(b'<'), "likelier than all letters together");
        assert_eq!(greedy(b"", 1.2), u32::from(b'b'), "the likeliest token, and yet not to call is likelier");
        assert_eq!(greedy(b" ", 1.2), u32::from(b'b'), "nothing is said yet");
        assert_eq!(greedy(b"b", 1.2), u32::from(b'<'), "after a word it is a token as any other");
    }
}

#[test]
fn logits_that_are_not_numbers_are_a_fault() {
    let mut matcher = constrainer().matcher("start: /[ab]+/").unwrap();
    let logits = vec![f32::NAN; vocabulary().tok_trie().vocab_size()];
    for sampling in [Sampling::default(), OPEN, Sampling { top_k: 3, ..OPEN }] {
        let mut chooser = Chooser::new(sampling, Masking::WhenRefused);
        assert!(chooser.choose(&logits, &mut matcher, &vocabulary()).is_err());
    }
}
