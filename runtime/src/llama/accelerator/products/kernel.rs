//! Products of a matrix of 8-bit weights with a few columns or many, for processors with AVX2, FMA and F16C.
//!
//! Sixteen rows of weights at a time are widened to 16 bits and laid so that one instruction multiplies two neighbouring numbers of
//! eight rows; they then meet one tile of columns after the other. What goes into the product is rounded to 8 bits as ggml does
//! it (`quantize_row_q8_0`), and so the result is ggml's, up to the order in which blocks are added.

use std::arch::x86_64::{
    __m256i, _MM_FROUND_TO_NEAREST_INT, _MM_HINT_T1, _mm_cvtph_ps, _mm_cvtps_ph, _mm_cvtsi32_si128,
    _mm_cvtss_f32, _mm_loadu_si128, _mm_prefetch, _mm_set_ss, _mm256_add_epi32, _mm256_andnot_ps,
    _mm256_cvtepi8_epi16, _mm256_cvtepi32_ps, _mm256_cvtps_epi32, _mm256_fmadd_ps, _mm256_loadu_si256,
    _mm256_madd_epi16, _mm256_max_ps, _mm256_mul_ps, _mm256_packs_epi32, _mm256_permute2x128_si256,
    _mm256_permute4x64_epi64, _mm256_set1_epi32, _mm256_set1_ps, _mm256_setzero_ps, _mm256_setzero_si256,
    _mm256_storeu_si256, _mm256_unpackhi_epi32, _mm256_unpackhi_epi64, _mm256_unpacklo_epi32,
    _mm256_unpacklo_epi64,
};
use std::ops::Range;

use crate::llama::accelerator::vectors::{largest, load, store};

/// Numbers of a block, which share a scale.
pub(super) const BLOCK: usize = 32;
/// Pairs of neighbouring numbers in a block.
const PAIRS: usize = BLOCK / 2;
/// Rows of weights that are computed together: two vectors of eight.
pub(super) const STRIP: usize = 16;
/// Columns that meet a strip together.
pub(super) const TILE: usize = 4;
/// Blocks of a strip that are widened at a time: they stay in the processor's first-level cache.
const CHUNK: usize = 8;
/// Bytes that the processor fetches at a time.
const LINE: usize = 64;
/// Columns whose sums are kept at a time.
const PANEL: usize = 64;

/// ggml's `block_q8_0`.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub(super) struct Block {
    /// A 16-bit float.
    pub(super) scale: u16,
    pub(super) numbers: [i8; BLOCK],
}

/// What weights are multiplied with, rounded: blocks of several columns side by side.
#[derive(Debug, Default)]
pub(super) struct Columns {
    count: usize,
    /// Blocks of a column.
    blocks: usize,
    /// By tile, block and pair: two 16-bit numbers of each column of the tile.
    pairs: Vec<[[i32; TILE]; PAIRS]>,
    /// By tile and block.
    scales: Vec<[f32; TILE]>,
}

/// Room for one thread's work.
#[derive(Debug, Default)]
pub(super) struct Scratch {
    strip: Vec<Wide>,
    sums: Vec<[[f32; 8]; 2 * TILE]>,
}

/// A block of sixteen rows of weights, aligned as the processor's cache is.
#[derive(Debug, Clone, Copy)]
#[repr(align(64))]
struct Wide {
    /// By pair: two 16-bit numbers of eight rows, then of eight more.
    pairs: [[[i32; 8]; 2]; PAIRS],
    scales: [[f32; 8]; 2],
}

impl Wide {
    const EMPTY: Self = Self { pairs: [[[0; 8]; 2]; PAIRS], scales: [[0.0; 8]; 2] };
}

/// Room for the columns of one tile.
#[derive(Debug)]
pub(super) struct Tile<'a> {
    pairs: &'a mut [[[i32; TILE]; PAIRS]],
    scales: &'a mut [[f32; TILE]],
}

impl Columns {
    /// Makes room for `count` columns of `blocks` blocks each: a tile for every [`TILE`] of them.
    pub(super) fn tiles(&mut self, count: usize, blocks: usize) -> impl Iterator<Item = Tile<'_>> {
        (self.count, self.blocks) = (count, blocks);
        let tiles = count.div_ceil(TILE);
        self.pairs.resize(tiles * blocks, [[0; TILE]; PAIRS]);
        self.scales.resize(tiles * blocks, [0.0; TILE]);
        let pairs = self.pairs.chunks_exact_mut(blocks);
        pairs.zip(self.scales.chunks_exact_mut(blocks)).map(|(pairs, scales)| Tile { pairs, scales })
    }

    /// The products with sixteen rows of weights, which follow each other in `weights`: `put` is given the number of a column, and what
    /// belongs there and in those after it.
    #[target_feature(enable = "avx2,fma,f16c")]
    pub(super) fn multiply(
        &self,
        weights: &[Block],
        scratch: &mut Scratch,
        mut put: impl FnMut(usize, &[[f32; STRIP]]),
    ) {
        let Scratch { strip, sums } = scratch;
        let tiles = self.count.div_ceil(TILE);
        for first in (0..tiles).step_by(PANEL / TILE) {
            let panel = first..tiles.min(first + PANEL / TILE);
            sums.clear();
            sums.resize(panel.len(), [[0.0; 8]; 2 * TILE]);
            for chunk in (0..self.blocks).step_by(CHUNK) {
                let blocks = chunk..self.blocks.min(chunk + CHUNK);
                strip.resize(blocks.len(), Wide::EMPTY);
                for (block, wide) in blocks.clone().zip(strip.iter_mut()) {
                    fetch(weights, block * STRIP..(block + 1) * STRIP);
                    widen(weights, self.blocks, block, wide);
                }
                for (tile, sums) in panel.clone().zip(sums.iter_mut()) {
                    let at = tile * self.blocks;
                    let (pairs, scales) =
                        (&self.pairs[at + chunk..at + blocks.end], &self.scales[at + chunk..at + blocks.end]);
                    match self.count - tile * TILE {
                        1 => add::<1>(strip, pairs, scales, sums),
                        2 => add::<2>(strip, pairs, scales, sums),
                        3 => add::<3>(strip, pairs, scales, sums),
                        _ => add::<TILE>(strip, pairs, scales, sums),
                    }
                }
            }
            let columns = self.count.min(panel.end * TILE) - panel.start * TILE;
            put(panel.start * TILE, &sums.as_flattened().as_flattened().as_chunks().0[..columns]);
        }
    }
}

impl Tile<'_> {
    /// Rounds the columns of the tile.
    #[target_feature(enable = "avx2,fma,f16c")]
    pub(super) fn round<'a>(&mut self, columns: impl Iterator<Item = &'a [f32]>) {
        for (lane, column) in columns.enumerate() {
            let blocks = column.as_chunks().0.iter();
            for ((numbers, scale), pairs) in blocks.zip(&mut *self.scales).zip(&mut *self.pairs) {
                let rounded;
                (scale[lane], rounded) = round(numbers);
                for (pair, rounded) in pairs.iter_mut().zip(rounded) {
                    pair[lane] = rounded;
                }
            }
        }
    }
}

/// Adds the products of a strip's blocks with the first `N` columns of a tile.
#[inline]
#[target_feature(enable = "avx2,fma,f16c")]
fn add<const N: usize>(
    strip: &[Wide],
    pairs: &[[[i32; TILE]; PAIRS]],
    scales: &[[f32; TILE]],
    sums: &mut [[f32; 8]; 2 * TILE],
) {
    let (mut upper, mut lower) = ([_mm256_setzero_ps(); N], [_mm256_setzero_ps(); N]);
    for column in 0..N {
        upper[column] = load(&sums[2 * column]);
        lower[column] = load(&sums[2 * column + 1]);
    }
    for ((wide, pairs), scales) in strip.iter().zip(pairs).zip(scales) {
        let (mut first, mut second) = ([_mm256_setzero_si256(); N], [_mm256_setzero_si256(); N]);
        for (weights, pairs) in wide.pairs.iter().zip(pairs) {
            let (one, other) = (load_whole(&weights[0]), load_whole(&weights[1]));
            for column in 0..N {
                let pair = _mm256_set1_epi32(pairs[column]);
                first[column] = _mm256_add_epi32(first[column], _mm256_madd_epi16(one, pair));
                second[column] = _mm256_add_epi32(second[column], _mm256_madd_epi16(other, pair));
            }
        }
        let (one, other) = (load(&wide.scales[0]), load(&wide.scales[1]));
        for column in 0..N {
            let scale = _mm256_set1_ps(scales[column]);
            let (above, below) = (_mm256_cvtepi32_ps(first[column]), _mm256_cvtepi32_ps(second[column]));
            upper[column] = _mm256_fmadd_ps(above, _mm256_mul_ps(one, scale), upper[column]);
            lower[column] = _mm256_fmadd_ps(below, _mm256_mul_ps(other, scale), lower[column]);
        }
    }
    for column in 0..N {
        store(&mut sums[2 * column], upper[column]);
        store(&mut sums[2 * column + 1], lower[column]);
    }
}

/// Has the processor fetch these of the blocks that follow a strip in memory, for soon. What is not there it leaves alone.
#[inline]
#[target_feature(enable = "avx2,fma,f16c")]
pub(super) fn fetch<T>(strip: &[T], wanted: Range<usize>) {
    let from = strip.as_ptr_range().end.wrapping_add(wanted.start).cast::<i8>();
    for line in (0..wanted.len() * size_of::<T>()).step_by(LINE) {
        _mm_prefetch::<_MM_HINT_T1>(from.wrapping_add(line));
    }
}

/// Widens a block of sixteen rows.
#[inline]
#[target_feature(enable = "avx2,fma,f16c")]
fn widen(weights: &[Block], blocks: usize, block: usize, wide: &mut Wide) {
    for half in 0..2 {
        let (mut left, mut right) = ([_mm256_setzero_si256(); 8], [_mm256_setzero_si256(); 8]);
        for row in 0..8 {
            let Block { scale, numbers } = &weights[(half * 8 + row) * blocks + block];
            wide.scales[half][row] = widened(*scale);
            let [one, other] = numbers.as_chunks().0 else { unreachable!("two halves of a block") };
            (left[row], right[row]) = (load_widened(one), load_widened(other));
        }
        for (from, rows) in [left, right].into_iter().enumerate() {
            for (pair, numbers) in transposed(rows).into_iter().enumerate() {
                store_whole(&mut wide.pairs[from * 8 + pair][half], numbers);
            }
        }
    }
}

/// The columns of eight rows of eight numbers.
#[inline]
#[target_feature(enable = "avx2,fma,f16c")]
fn transposed(rows: [__m256i; 8]) -> [__m256i; 8] {
    let [a, b, c, d, e, f, g, h] = rows;
    let twos = |a, b| (_mm256_unpacklo_epi32(a, b), _mm256_unpackhi_epi32(a, b));
    let fours = |(a, b), (c, d)| {
        let (low, high) = (_mm256_unpacklo_epi64(a, c), _mm256_unpackhi_epi64(a, c));
        [low, high, _mm256_unpacklo_epi64(b, d), _mm256_unpackhi_epi64(b, d)]
    };
    let (upper, lower) = (fours(twos(a, b), twos(c, d)), fours(twos(e, f), twos(g, h)));
    let mut columns = [_mm256_setzero_si256(); 8];
    for (index, (upper, lower)) in upper.into_iter().zip(lower).enumerate() {
        columns[index] = _mm256_permute2x128_si256::<0x20>(upper, lower);
        columns[index + 4] = _mm256_permute2x128_si256::<0x31>(upper, lower);
    }
    columns
}

/// A block's scale, as a 16-bit float can hold it, and its numbers by pairs: rounded to the nearest, to even between two.
#[inline]
#[target_feature(enable = "avx2,fma,f16c")]
fn round(numbers: &[f32; BLOCK]) -> (f32, [i32; PAIRS]) {
    let sign = _mm256_set1_ps(-0.0);
    let eights = numbers.as_chunks::<8>().0;
    let mut most = _mm256_setzero_ps();
    for eight in eights {
        most = _mm256_max_ps(most, _mm256_andnot_ps(sign, load(eight)));
    }
    let most = largest(most);
    let factor = _mm256_set1_ps(if most == 0.0 { 0.0 } else { 127.0 / most });
    let mut pairs = [0; PAIRS];
    for (two, pairs) in eights.as_chunks::<2>().0.iter().zip(pairs.as_chunks_mut::<8>().0) {
        let whole = |eight| _mm256_cvtps_epi32(_mm256_mul_ps(load(eight), factor));
        // Packing leaves the halves of both in turn.
        let packed = _mm256_packs_epi32(whole(&two[0]), whole(&two[1]));
        store_whole(pairs, _mm256_permute4x64_epi64::<0b11_01_10_00>(packed));
    }
    (as_half(most / 127.0), pairs)
}

/// A number as near as a 16-bit float comes to it.
#[inline]
#[target_feature(enable = "avx2,fma,f16c")]
pub(super) fn as_half(number: f32) -> f32 {
    _mm_cvtss_f32(_mm_cvtph_ps(_mm_cvtps_ph::<_MM_FROUND_TO_NEAREST_INT>(_mm_set_ss(number))))
}

#[inline]
#[target_feature(enable = "avx2,fma,f16c")]
fn widened(half: u16) -> f32 {
    _mm_cvtss_f32(_mm_cvtph_ps(_mm_cvtsi32_si128(half.into())))
}

#[inline]
#[target_feature(enable = "avx2,fma,f16c")]
#[expect(unsafe_code, reason = "an unaligned load")]
fn load_whole(from: &[i32; 8]) -> __m256i {
    // SAFETY: reads the 32 bytes of the array.
    unsafe { _mm256_loadu_si256(from.as_ptr().cast()) }
}

#[inline]
#[target_feature(enable = "avx2,fma,f16c")]
#[expect(unsafe_code, reason = "an unaligned load")]
fn load_widened(from: &[i8; 16]) -> __m256i {
    // SAFETY: reads the 16 bytes of the array.
    _mm256_cvtepi8_epi16(unsafe { _mm_loadu_si128(from.as_ptr().cast()) })
}

#[inline]
#[target_feature(enable = "avx2,fma,f16c")]
#[expect(unsafe_code, reason = "an unaligned store")]
fn store_whole(to: &mut [i32; 8], from: __m256i) {
    // SAFETY: writes the 32 bytes of the array.
    unsafe { _mm256_storeu_si256(to.as_mut_ptr().cast(), from) };
}

#[cfg(test)]
mod tests;
