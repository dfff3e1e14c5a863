//! What takes most of the time, with vectors of sixteen numbers.

use std::arch::x86_64::{
    __m256, __m512, _mm256_castpd_ps, _mm256_loadu_si256, _mm512_add_ps, _mm512_castpd_ps, _mm512_castps_pd,
    _mm512_castps512_ps256, _mm512_cvtph_ps, _mm512_extractf64x4_pd, _mm512_fmadd_ps, _mm512_loadu_ps,
    _mm512_set1_ps, _mm512_setzero_ps, _mm512_shuffle_f32x4, _mm512_storeu_ps, _mm512_unpackhi_pd,
    _mm512_unpackhi_ps, _mm512_unpacklo_pd, _mm512_unpacklo_ps,
};

use super::{GROUP, Meeting, Rows, Tile, bits};

/// The products of two queries with the keys of a group of cells.
#[target_feature(enable = "avx512f")]
pub(super) fn scores(queries: [&[[f32; 8]]; 2], keys: &Rows<u16>, cell: usize, head: usize) -> [__m256; 2] {
    let [one, other] = [queries[0].as_chunks().0, queries[1].as_chunks().0];
    let mut rows: [&[[[u16; 8]; 2]]; GROUP] = [&[]; GROUP];
    for (at, row) in rows.iter_mut().enumerate() {
        *row = &keys.at(cell + at, head).as_chunks().0[..one.len()];
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

/// Adds the values of a tile's cells, each with its weight.
#[target_feature(enable = "avx512f")]
pub(super) fn add_values(values: &Rows<u16>, tile: Tile, pair: &mut [Meeting; 2]) {
    let mut sixteens = 0..values.width / 16;
    while sixteens.len() >= 4 {
        add_weighted::<4>(values, tile, sixteens.start, pair);
        sixteens.start += 4;
    }
    for sixteen in sixteens {
        add_weighted::<1>(values, tile, sixteen, pair);
    }
}

/// `N` times sixteen of each, from some sixteen on.
#[inline]
#[target_feature(enable = "avx512f")]
fn add_weighted<const N: usize>(
    values: &Rows<u16>,
    tile: Tile,
    from: usize,
    [one, other]: &mut [Meeting; 2],
) {
    let (sums, other_sums) = (one.sums.as_chunks_mut().0, other.sums.as_chunks_mut().0);
    let (mut first, mut second) = ([_mm512_setzero_ps(); N], [_mm512_setzero_ps(); N]);
    for at in 0..N {
        first[at] = load(&sums[from + at]);
        second[at] = load(&other_sums[from + at]);
    }
    for group in bits(tile.seen) {
        for cell in 0..GROUP {
            let values = values.at(tile.cell + group * GROUP + cell, tile.head).as_chunks().0;
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

#[inline]
#[target_feature(enable = "avx512f")]
#[expect(unsafe_code, reason = "an unaligned load")]
fn load(from: &[[f32; 8]; 2]) -> __m512 {
    // SAFETY: reads the 64 bytes of the array.
    unsafe { _mm512_loadu_ps(from.as_ptr().cast()) }
}

#[inline]
#[target_feature(enable = "avx512f")]
#[expect(unsafe_code, reason = "an unaligned store")]
fn store(to: &mut [[f32; 8]; 2], from: __m512) {
    // SAFETY: writes the 64 bytes of the array.
    unsafe { _mm512_storeu_ps(to.as_mut_ptr().cast(), from) };
}

#[inline]
#[target_feature(enable = "avx512f")]
#[expect(unsafe_code, reason = "an unaligned load")]
fn load_half(from: &[[u16; 8]; 2]) -> __m512 {
    // SAFETY: reads the 32 bytes of the array.
    _mm512_cvtph_ps(unsafe { _mm256_loadu_si256(from.as_ptr().cast()) })
}
