//! Two queries at a time, with vectors of eight numbers.

use std::arch::x86_64::{
    __m256, _CMP_GT_OQ, _MM_FROUND_NO_EXC, _MM_FROUND_TO_NEAREST_INT, _mm_loadu_si128, _mm256_add_epi32,
    _mm256_add_ps, _mm256_and_ps, _mm256_castsi256_ps, _mm256_cmp_ps, _mm256_cvtph_ps, _mm256_cvtps_epi32,
    _mm256_fmadd_ps, _mm256_fnmadd_ps, _mm256_hadd_ps, _mm256_max_ps, _mm256_mul_ps, _mm256_permute2f128_ps,
    _mm256_round_ps, _mm256_set1_epi32, _mm256_set1_ps, _mm256_setzero_ps, _mm256_slli_epi32, _mm256_sub_ps,
};
use std::f32::consts::LOG2_E;

use super::{EXP_MIN, EXP_TERMS, GROUP, LN_2, Meeting, Rows, Tile, bits, seen};
use crate::llama::accelerator::vectors::{largest, load, store};

/// Goes through a tile with two queries that share its keys.
#[target_feature(enable = "avx2,fma,f16c")]
pub(super) fn meet(keys: &Rows<u16>, values: &Rows<u16>, tile: Tile, pair: &mut [Meeting; 2]) {
    let seen = seen(pair);
    if seen == 0 {
        return;
    }
    let queries = [pair[0].query, pair[1].query];
    for group in bits(seen) {
        let cell = tile.cell + group * GROUP;
        let first = scores(queries, keys, cell, tile.head);
        let second = scores(queries, keys, cell + GROUP / 2, tile.head);
        score(&mut pair[0], group, _mm256_permute2f128_ps::<0x20>(first, second));
        score(&mut pair[1], group, _mm256_permute2f128_ps::<0x31>(first, second));
    }
    for meeting in &mut *pair {
        weigh(meeting, seen);
    }
    let mut eights = 0..values.width / 8;
    while eights.len() >= 4 {
        add_weighted::<4>(values, tile, (seen, eights.start), pair);
        eights.start += 4;
    }
    for eight in eights {
        add_weighted::<1>(values, tile, (seen, eight), pair);
    }
}

/// The products of two queries with the keys of four cells: four of the first, then four of the second.
#[inline]
#[target_feature(enable = "avx2,fma,f16c")]
fn scores(queries: [&[[f32; 8]]; 2], keys: &Rows<u16>, cell: usize, head: usize) -> __m256 {
    let (mut one, mut other) = ([_mm256_setzero_ps(); 4], [_mm256_setzero_ps(); 4]);
    let [a, b] = queries;
    let first = keys.at(cell, head).iter().zip(keys.at(cell + 1, head));
    let last = keys.at(cell + 2, head).iter().zip(keys.at(cell + 3, head));
    for (((a, b), (k, l)), (m, n)) in a.iter().zip(b).zip(first).zip(last) {
        let (a, b) = (load(a), load(b));
        for (at, keys) in [k, l, m, n].into_iter().enumerate() {
            let keys = load_half(keys);
            one[at] = _mm256_fmadd_ps(a, keys, one[at]);
            other[at] = _mm256_fmadd_ps(b, keys, other[at]);
        }
    }
    let one = _mm256_hadd_ps(_mm256_hadd_ps(one[0], one[1]), _mm256_hadd_ps(one[2], one[3]));
    let other = _mm256_hadd_ps(_mm256_hadd_ps(other[0], other[1]), _mm256_hadd_ps(other[2], other[3]));
    _mm256_add_ps(_mm256_permute2f128_ps::<0x20>(one, other), _mm256_permute2f128_ps::<0x31>(one, other))
}

/// e to the power of numbers that are not above zero (Cephes' `expf`; 2 units in the last place). Zero for what is no number.
#[inline]
#[target_feature(enable = "avx2,fma,f16c")]
fn exp(x: __m256) -> __m256 {
    const NEAREST: i32 = _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC;
    let least = _mm256_set1_ps(EXP_MIN);
    let is_normal = _mm256_cmp_ps::<_CMP_GT_OQ>(x, least);
    let x = _mm256_max_ps(x, least);
    let power = _mm256_round_ps::<NEAREST>(_mm256_mul_ps(x, _mm256_set1_ps(LOG2_E)));
    let rest = _mm256_fnmadd_ps(power, _mm256_set1_ps(LN_2[0]), x);
    let rest = _mm256_fnmadd_ps(power, _mm256_set1_ps(LN_2[1]), rest);
    let mut sum = _mm256_set1_ps(EXP_TERMS[0]);
    for term in &EXP_TERMS[1..] {
        sum = _mm256_fmadd_ps(sum, rest, _mm256_set1_ps(*term));
    }
    let sum = _mm256_fmadd_ps(_mm256_mul_ps(sum, rest), rest, _mm256_add_ps(rest, _mm256_set1_ps(1.0)));
    let exponent = _mm256_add_epi32(_mm256_cvtps_epi32(power), _mm256_set1_epi32(127));
    let scaled = _mm256_mul_ps(sum, _mm256_castsi256_ps(_mm256_slli_epi32::<23>(exponent)));
    _mm256_and_ps(scaled, is_normal)
}

/// Keeps the scores of a group of cells.
#[inline]
#[target_feature(enable = "avx2,fma,f16c")]
pub(super) fn score(meeting: &mut Meeting, group: usize, mut scores: __m256) {
    if meeting.sight.masked & (1 << group) != 0 {
        scores = _mm256_add_ps(scores, load_half(&meeting.mask[group]));
    }
    store(&mut meeting.weights[group], scores);
}

/// Turns scores into weights relative to the highest so far.
#[inline]
#[target_feature(enable = "avx2,fma,f16c")]
fn weigh(meeting: &mut Meeting, seen: u8) {
    let mut most = _mm256_set1_ps(f32::NEG_INFINITY);
    for group in bits(seen) {
        most = _mm256_max_ps(most, load(&meeting.weights[group]));
    }
    meeting.row.rise(largest(most), meeting.sums);
    let highest = _mm256_set1_ps(meeting.row.most);
    let mut total = _mm256_setzero_ps();
    for group in bits(seen) {
        let weights = exp(_mm256_sub_ps(load(&meeting.weights[group]), highest));
        total = _mm256_add_ps(total, weights);
        store(&mut meeting.weights[group], weights);
    }
    meeting.row.total += sum(total);
}

/// Adds the values of a tile's cells, each with its weight: `N` times eight of each, from some eight on.
#[inline]
#[target_feature(enable = "avx2,fma,f16c")]
fn add_weighted<const N: usize>(
    values: &Rows<u16>,
    tile: Tile,
    (seen, from): (u8, usize),
    [one, other]: &mut [Meeting; 2],
) {
    let (mut first, mut second) = ([_mm256_setzero_ps(); N], [_mm256_setzero_ps(); N]);
    for at in 0..N {
        first[at] = load(&one.sums[from + at]);
        second[at] = load(&other.sums[from + at]);
    }
    for group in bits(seen) {
        for cell in 0..GROUP {
            let values = &values.at(tile.cell + group * GROUP + cell, tile.head)[from..from + N];
            let weight = _mm256_set1_ps(one.weights[group][cell]);
            let other_weight = _mm256_set1_ps(other.weights[group][cell]);
            for at in 0..N {
                let values = load_half(&values[at]);
                first[at] = _mm256_fmadd_ps(weight, values, first[at]);
                second[at] = _mm256_fmadd_ps(other_weight, values, second[at]);
            }
        }
    }
    for at in 0..N {
        store(&mut one.sums[from + at], first[at]);
        store(&mut other.sums[from + at], second[at]);
    }
}

#[inline]
#[target_feature(enable = "avx2,fma,f16c")]
#[expect(unsafe_code, reason = "an unaligned load")]
fn load_half(from: &[u16; 8]) -> __m256 {
    // SAFETY: reads the 16 bytes of the array.
    _mm256_cvtph_ps(unsafe { _mm_loadu_si128(from.as_ptr().cast()) })
}

#[inline]
#[target_feature(enable = "avx2,fma,f16c")]
fn sum(of: __m256) -> f32 {
    let mut eight = [0.0; 8];
    store(&mut eight, of);
    eight.iter().sum()
}
