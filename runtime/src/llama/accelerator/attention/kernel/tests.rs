//! The kernel against the definition of attention, in 64-bit floats.

use fastrand::Rng;

use super::*;
use crate::llama::accelerator::tests::{not_checked, value};
use crate::llama::accelerator::vectors::has_wide;

const NOTHING: u16 = 0xfc00;

/// A 16-bit float between -4 and 4.
fn half(random: &mut Rng) -> u16 {
    random.u16(0..0x4400) | if random.bool() { 0x8000 } else { 0 }
}

struct Case {
    tokens: usize,
    cells: usize,
    heads: usize,
    shared_heads: usize,
    width: usize,
    value_width: usize,
    is_wide: bool,
}

/// The largest difference from the definition, where a token sees a cell when `sees` says so and then has a bias.
fn worst(case: &Case, sees: impl Fn(usize, usize) -> Option<u16>) -> f64 {
    let &Case { tokens, cells, heads, shared_heads, width, value_width, is_wide } = case;
    let mut random = Rng::with_seed(7);
    let queries: Vec<f32> = (0..tokens * heads * width).map(|_| random.f32() * 4.0 - 2.0).collect();
    let keys: Vec<u16> = (0..cells * shared_heads * width).map(|_| half(&mut random)).collect();
    let values: Vec<u16> = (0..cells * shared_heads * value_width).map(|_| half(&mut random)).collect();
    let mask: Vec<u16> =
        (0..tokens * cells).map(|at| sees(at / cells, at % cells).unwrap_or(NOTHING)).collect();
    let attention = Attention {
        queries: Rows { data: &queries, step: heads * width, head: width, width },
        keys: Rows { data: &keys, step: shared_heads * width, head: width, width },
        values: Rows {
            data: &values,
            step: shared_heads * value_width,
            head: value_width,
            width: value_width,
        },
        mask: Rows { data: &mask, step: cells, head: 0, width: cells },
        heads,
        shared_heads,
        scale: 0.125,
        is_wide,
    };
    let mut out = vec![f32::NAN; tokens * heads * value_width];
    let mut scratch = Scratch::default();
    // Twice, in parts: nothing of an earlier attention may be left.
    for _ in 0..2 {
        let (first, rest) = out.split_at_mut(tokens / 2 * heads * value_width);
        // SAFETY: the caller checked that the processor has the instructions.
        #[expect(unsafe_code, reason = "a function for some processors")]
        unsafe {
            attention.compute(0, first, &mut scratch);
            attention.compute(tokens / 2, rest, &mut scratch);
        }
    }
    let mut worst = 0.0_f64;
    for (token, head) in (0..tokens).flat_map(|token| (0..heads).map(move |head| (token, head))) {
        let shared = head / (heads / shared_heads);
        let query = &queries[(token * heads + head) * width..][..width];
        let scores: Vec<f64> = (0..cells)
            .map(|cell| {
                let keys = &keys[(cell * shared_heads + shared) * width..][..width];
                let product: f64 = query.iter().zip(keys).map(|(a, b)| f64::from(*a) * value(*b)).sum();
                product * 0.125 + value(mask[token * cells + cell])
            })
            .collect();
        let most = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let weights: Vec<f64> =
            scores.iter().map(|score| if most.is_finite() { (score - most).exp() } else { 0.0 }).collect();
        let total: f64 = weights.iter().sum();
        for at in 0..value_width {
            let found = f64::from(out[(token * heads + head) * value_width + at]);
            let sum: f64 = (0..cells)
                .map(|cell| weights[cell] * value(values[(cell * shared_heads + shared) * value_width + at]))
                .sum();
            let expected = if total == 0.0 { 0.0 } else { sum / total };
            worst = worst.max(if found.is_nan() { f64::INFINITY } else { (found - expected).abs() });
        }
    }
    worst
}

/// Checks attentions of every kind, of these tokens, cells, heads, shared heads and widths of keys and values.
fn check(cases: &[[usize; 6]], is_wide: bool) {
    for &[tokens, cells, heads, shared_heads, width, value_width] in cases {
        let case = Case { tokens, cells, heads, shared_heads, width, value_width, is_wide };
        // A sequence at the end of the cache, one that is scattered over it, and one with biases.
        let causal = worst(&case, |token, cell| (cell + tokens <= cells + token).then_some(0));
        let scattered = worst(&case, |token, cell| (cell * 7919 % 31 < 3 + token % 5).then_some(0));
        let biased =
            worst(&case, |token, cell| (cell % 3 != token % 3).then_some(0xc000 + (cell % 64) as u16));
        // The first token sees nothing, and the others one far cell each.
        let nothing = worst(&case, |token, cell| (token > 0 && cell == cells - token % cells).then_some(0));
        for (kind, off) in
            [("causal", causal), ("scattered", scattered), ("biased", biased), ("nothing", nothing)]
        {
            assert!(off < 2e-5, "{kind} with {tokens} tokens of {heads} heads of {width}: {off}");
        }
    }
}

const CASES: [[usize; 6]; 6] = [
    [1, 8, 1, 1, 8, 8],
    [1, 256, 4, 2, 64, 64],
    [3, 72, 7, 1, 64, 40],
    [5, 256, 3, 3, 80, 80],
    [37, 264, 4, 2, 64, 64],
    [70, 128, 6, 2, 128, 96],
];

#[test]
fn it_is_attention() {
    if !(is_x86_feature_detected!("avx2")
        && is_x86_feature_detected!("fma")
        && is_x86_feature_detected!("f16c"))
    {
        return not_checked("the kernel of attention", "the processor has not AVX2, FMA and F16C");
    }
    check(&CASES, false);
}

#[test]
fn wide_attention_is_attention() {
    if !has_wide() {
        return not_checked("the wide kernel of attention", "the processor has not AVX-512");
    }
    check(&[CASES[1], CASES[3], CASES[4], CASES[5], [3, 72, 7, 1, 16, 48]], true);
}
