//! Two queries at a time, with vectors of sixteen numbers.

use std::arch::x86_64::{
    __m256, __m512, __mmask16, _CMP_GT_OQ, _MM_FROUND_NO_EXC, _mm256_castpd_ps, _mm256_loadu_si256,
    _mm512_add_ps, _mm512_castpd_ps, _mm512_castps_pd, _mm512_castps512_ps256, _mm512_cvtph_ps,
    _mm512_extractf64x4_pd, _mm512_fmadd_ps, _mm512_fnmadd_ps, _mm512_loadu_ps, _mm512_mask_cmp_ps_mask,
    _mm512_mask_max_ps, _mm512_maskz_scalef_ps, _mm512_max_ps, _mm512_mul_ps, _mm512_reduce_add_ps,
    _mm512_reduce_max_ps, _mm512_roundscale_ps, _mm512_set1_ps, _mm512_setzero_ps, _mm512_shuffle_f32x4,
    _mm512_storeu_ps, _mm512_sub_ps, _mm512_unpackhi_pd, _mm512_unpackhi_ps, _mm512_unpacklo_pd,
    _mm512_unpacklo_ps,
};
use std::f32::consts::LOG2_E;

use super::narrow;
use super::{EXP_MIN, EXP_TERMS, GROUP, LN_2, Meeting, Rows, Tile, bits, seen};

/// Goes through a tile with two queries that share its keys.
#[target_feature(enable = "avx512f")]
pub(super) fn meet(keys: &Rows<u16>, values: &Rows<u16>, tile: Tile, pair: &mut [Meeting; 2]) {
    let seen = seen(pair);
    if seen == 0 {
        return;
    }
    let queries = [pair[0].query, pair[1].query];
    for group in bits(seen) {
        let scores = scores(queries, keys, tile.cell + group * GROUP, tile.head);
        for (meeting, scores) in pair.iter_mut().zip(scores) {
            narrow::score(meeting, group, scores);
        }
    }
    for meeting in &mut *pair {
        weigh(meeting, seen);
    }
    let mut vectors = 0..values.width / 16;
    while vectors.len() >= 4 {
        add_weighted::<4>(values, tile, (seen, vectors.start), pair);
        vectors.start += 4;
    }
    for vector in vectors {
        add_weighted::<1>(values, tile, (seen, vector), pair);
    }
}

/// The products of two queries with the keys of a group of cells.
#[inline]
#[target_feature(enable = "avx512f")]
fn scores(queries: [&[[f32; 8]]; 2], keys: &Rows<u16>, cell: usize, head: usize) -> [__m256; 2] {
    let [one, other] = queries.map(|query| query.as_flattened().as_chunks::<16>().0);
    let mut rows: [&[[u16; 16]]; GROUP] = [&[]; GROUP];
    for (at, row) in rows.iter_mut().enumerate() {
        *row = &sixteens(keys, cell + at, head)[..one.len()];
    }
    let (mut first, mut second) = ([_mm512_setzero_ps(); GROUP], [_mm512_setzero_ps(); GROUP]);
    for (sixteen, (one, other)) in one.iter().zip(other).enumerate() {
        let (one, other) = (load(one), load(other));
        for (at, row) in rows.iter().enumerate() {
            let keys = load_half(&row[sixteen]);
            first[at] = _mm512_fmadd_ps(one, keys, first[at]);
            second[at] = _mm512_fmadd_ps(other, keys, second[at]);
        }
    }
    totals([first, second])
}

/// The sums of each vector's numbers.
#[inline]
#[target_feature(enable = "avx512f")]
fn totals([first, second]: [[__m512; GROUP]; 2]) -> [__m256; 2] {
    let [a, b, c, d, e, f, g, h] = first;
    let one = halves(fours([a, b, c, d]), fours([e, f, g, h]));
    let [a, b, c, d, e, f, g, h] = second;
    let other = halves(fours([a, b, c, d]), fours([e, f, g, h]));
    let even = _mm512_shuffle_f32x4::<0b10_00_10_00>(one, other);
    let odd = _mm512_shuffle_f32x4::<0b11_01_11_01>(one, other);
    let all = _mm512_add_ps(even, odd);
    let upper = _mm512_extractf64x4_pd::<1>(_mm512_castps_pd(all));
    [_mm512_castps512_ps256(all), _mm256_castpd_ps(upper)]
}

/// In each quarter the sums of that quarter of four vectors.
#[inline]
#[target_feature(enable = "avx512f")]
fn fours([a, b, c, d]: [__m512; 4]) -> __m512 {
    let one = _mm512_castps_pd(_mm512_add_ps(_mm512_unpacklo_ps(a, b), _mm512_unpackhi_ps(a, b)));
    let other = _mm512_castps_pd(_mm512_add_ps(_mm512_unpacklo_ps(c, d), _mm512_unpackhi_ps(c, d)));
    let (low, high) = (_mm512_unpacklo_pd(one, other), _mm512_unpackhi_pd(one, other));
    _mm512_add_ps(_mm512_castpd_ps(low), _mm512_castpd_ps(high))
}

/// The sums of the halves of one vector, then those of another.
#[inline]
#[target_feature(enable = "avx512f")]
fn halves(one: __m512, other: __m512) -> __m512 {
    let low = _mm512_shuffle_f32x4::<0b01_00_01_00>(one, other);
    let high = _mm512_shuffle_f32x4::<0b11_10_11_10>(one, other);
    _mm512_add_ps(low, high)
}

/// Adds the values of a tile's cells, each with its weight: `N` times sixteen of each, from some sixteen on.
#[inline]
#[target_feature(enable = "avx512f")]
fn add_weighted<const N: usize>(
    values: &Rows<u16>,
    tile: Tile,
    (seen, from): (u8, usize),
    [one, other]: &mut [Meeting; 2],
) {
    let sums = one.sums.as_flattened_mut().as_chunks_mut().0;
    let other_sums = other.sums.as_flattened_mut().as_chunks_mut().0;
    let (mut first, mut second) = ([_mm512_setzero_ps(); N], [_mm512_setzero_ps(); N]);
    for at in 0..N {
        first[at] = load(&sums[from + at]);
        second[at] = load(&other_sums[from + at]);
    }
    for group in bits(seen) {
        for cell in 0..GROUP {
            let values = sixteens(values, tile.cell + group * GROUP + cell, tile.head);
            let weight = _mm512_set1_ps(one.weights[group][cell]);
            let other_weight = _mm512_set1_ps(other.weights[group][cell]);
            for (at, values) in values[from..from + N].iter().enumerate() {
                let values = load_half(values);
                first[at] = _mm512_fmadd_ps(weight, values, first[at]);
                second[at] = _mm512_fmadd_ps(other_weight, values, second[at]);
            }
        }
    }
    for at in 0..N {
        store(&mut sums[from + at], first[at]);
        store(&mut other_sums[from + at], second[at]);
    }
}

/// Keeps the scores of sixteen cells.
#[inline]
#[target_feature(enable = "avx512f")]
pub(super) fn score(meeting: &mut Meeting, vector: usize, mut scores: __m512) {
    if meeting.sight.masked & (0b11 << (2 * vector)) != 0 {
        let mask = &meeting.mask.as_flattened().as_chunks().0[vector];
        scores = _mm512_add_ps(scores, load_half(mask));
    }
    store(&mut meeting.weights.as_flattened_mut().as_chunks_mut().0[vector], scores);
}

/// Turns scores into weights relative to the highest so far.
#[target_feature(enable = "avx512f")]
pub(super) fn weigh(meeting: &mut Meeting, seen: u8) {
    let weights = meeting.weights.as_flattened_mut().as_chunks_mut().0;
    let mut most = _mm512_set1_ps(f32::NEG_INFINITY);
    for (weights, lanes) in weights.iter().zip(lanes(seen)) {
        most = _mm512_mask_max_ps(most, lanes, most, load(weights));
    }
    meeting.row.rise(_mm512_reduce_max_ps(most), meeting.sums);
    let highest = _mm512_set1_ps(meeting.row.most);
    let mut total = _mm512_setzero_ps();
    for (weights, lanes) in weights.iter_mut().zip(lanes(seen)) {
        let powers = exp(lanes, _mm512_sub_ps(load(weights), highest));
        total = _mm512_add_ps(total, powers);
        store(weights, powers);
    }
    meeting.row.total += _mm512_reduce_add_ps(total);
}

/// Which of sixteen cells are in a group that is seen, sixteen by sixteen.
fn lanes(seen: u8) -> impl Iterator<Item = __mmask16> {
    (0..4).map(move |vector| [0, 0x00ff, 0xff00, 0xffff][usize::from(seen >> (2 * vector) & 0b11)])
}

/// As the narrow `exp`, zero elsewhere than in these lanes.
#[inline]
#[target_feature(enable = "avx512f")]
fn exp(lanes: __mmask16, x: __m512) -> __m512 {
    let least = _mm512_set1_ps(EXP_MIN);
    let is_normal = _mm512_mask_cmp_ps_mask::<_CMP_GT_OQ>(lanes, x, least);
    let x = _mm512_max_ps(x, least);
    let power = _mm512_roundscale_ps::<_MM_FROUND_NO_EXC>(_mm512_mul_ps(x, _mm512_set1_ps(LOG2_E)));
    let rest = _mm512_fnmadd_ps(power, _mm512_set1_ps(LN_2[0]), x);
    let rest = _mm512_fnmadd_ps(power, _mm512_set1_ps(LN_2[1]), rest);
    let mut sum = _mm512_set1_ps(EXP_TERMS[0]);
    for term in &EXP_TERMS[1..] {
        sum = _mm512_fmadd_ps(sum, rest, _mm512_set1_ps(*term));
    }
    let sum = _mm512_fmadd_ps(_mm512_mul_ps(sum, rest), rest, _mm512_add_ps(rest, _mm512_set1_ps(1.0)));
    _mm512_maskz_scalef_ps(is_normal, sum, power)
}

/// A row's numbers, sixteen by sixteen.
pub(super) fn sixteens<'a>(rows: &Rows<'a, u16>, index: usize, head: usize) -> &'a [[u16; 16]] {
    rows.at(index, head).as_flattened().as_chunks().0
}

#[inline]
#[target_feature(enable = "avx512f")]
#[expect(unsafe_code, reason = "an unaligned load")]
pub(super) fn load(from: &[f32; 16]) -> __m512 {
    // SAFETY: reads the 64 bytes of the array.
    unsafe { _mm512_loadu_ps(from.as_ptr().cast()) }
}

#[inline]
#[target_feature(enable = "avx512f")]
#[expect(unsafe_code, reason = "an unaligned store")]
pub(super) fn store(to: &mut [f32; 16], from: __m512) {
    // SAFETY: writes the 64 bytes of the array.
    unsafe { _mm512_storeu_ps(to.as_mut_ptr().cast(), from) };
}

#[inline]
#[target_feature(enable = "avx512f")]
#[expect(unsafe_code, reason = "an unaligned load")]
pub(super) fn load_half(from: &[u16; 16]) -> __m512 {
    // SAFETY: reads the 32 bytes of the array.
    _mm512_cvtph_ps(unsafe { _mm256_loadu_si256(from.as_ptr().cast()) })
}
