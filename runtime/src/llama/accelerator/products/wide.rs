//! Products of a matrix of weights of 8 or 4 bits with a few columns or many, for processors with AVX-512 and its products of bytes
//! (VNNI).
//!
//! Sixteen rows of weights at a time are laid so that one instruction multiplies four neighbouring numbers of all of them. It takes
//! weights without a sign, so they are moved up by [`OFFSET`], and what that adds to the sums is taken off before: with whole
//! numbers both are exact. All else is as in [`kernel`](super::kernel).

use super::kernel::{BLOCK, Block, STRIP, as_half, fetch};
use std::arch::x86_64::{
    __m512, __m512i, _mm_setr_epi8, _mm_storeu_si128, _mm256_loadu_si256, _mm512_abs_ps, _mm512_add_epi32,
    _mm512_and_si512, _mm512_broadcast_i32x4, _mm512_castsi256_si512, _mm512_cvtepi32_epi8,
    _mm512_cvtepi32_ps, _mm512_cvtph_ps, _mm512_cvtps_epi32, _mm512_dpbusd_epi32, _mm512_fmadd_ps,
    _mm512_inserti64x4, _mm512_loadu_ps, _mm512_loadu_si512, _mm512_max_ps, _mm512_mul_ps,
    _mm512_permutex2var_epi32, _mm512_reduce_add_epi32, _mm512_reduce_max_ps, _mm512_set_epi32,
    _mm512_set1_epi8, _mm512_set1_epi32, _mm512_set1_ps, _mm512_setzero_ps, _mm512_setzero_si512,
    _mm512_shuffle_epi8, _mm512_shuffle_i32x4, _mm512_srli_epi16, _mm512_storeu_ps, _mm512_storeu_si512,
    _mm512_unpackhi_epi32, _mm512_unpackhi_epi64, _mm512_unpacklo_epi32, _mm512_unpacklo_epi64,
    _mm512_xor_si512,
};

/// Groups of four neighbouring numbers in a block.
const GROUPS: usize = BLOCK / 4;
/// By how much weights are moved up, so that all numbers of 8 bits lose their sign.
const OFFSET: i32 = 128;
/// Columns that meet a strip together.
pub(super) const TILE: usize = 8;
/// Blocks of a strip that are laid out at a time: they stay in the processor's first-level cache.
const CHUNK: usize = 8;
/// Columns whose sums are kept at a time.
const PANEL: usize = 64;

/// A block of eight rows of 4-bit weights, as ggml lays them out for processors with AVX2 (`block_q4_0x8`): the first eight bytes of
/// each row, then the others. A byte's lower bits are a number of the block's first half, its upper bits one of the second.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub(super) struct Packed {
    /// 16-bit floats.
    pub(super) scales: [u16; 8],
    pub(super) numbers: [[u8; 64]; 2],
}

/// Rows of weights: those of a matrix, or sixteen.
#[derive(Debug, Clone, Copy)]
pub(super) enum Weights<'a> {
    /// One row after the other.
    Bytes(&'a [Block]),
    /// Eight rows after eight others.
    Nibbles(&'a [Packed]),
}

/// What weights are multiplied with, rounded: blocks of several columns side by side.
#[derive(Debug, Default)]
pub(super) struct Columns {
    count: usize,
    /// Blocks of a column.
    blocks: usize,
    /// By tile and block.
    rounded: Vec<Rounded>,
}

/// A block of the columns of one tile.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Rounded {
    /// By group: four 8-bit numbers of each column.
    groups: [[i32; TILE]; GROUPS],
    /// What is taken off each column's sum because weights are moved up.
    less: [i32; TILE],
    scales: [f32; TILE],
}

/// Room for one thread's work.
#[derive(Debug, Default)]
pub(super) struct Scratch {
    wide: Vec<Wide>,
    sums: Vec<[[f32; STRIP]; TILE]>,
}

/// A block of sixteen rows of weights, aligned as the processor's cache is.
#[derive(Debug, Clone, Copy)]
#[repr(align(64))]
struct Wide {
    /// By group: four 8-bit numbers without a sign of each row.
    groups: [[i32; STRIP]; GROUPS],
    scales: [f32; STRIP],
}

impl Wide {
    const EMPTY: Self = Self { groups: [[0; STRIP]; GROUPS], scales: [0.0; STRIP] };
}

/// Room for the columns of one tile.
#[derive(Debug)]
pub(super) struct Tile<'a>(&'a mut [Rounded]);

impl Columns {
    /// Makes room for `count` columns of `blocks` blocks each: a tile for every [`TILE`] of them.
    pub(super) fn tiles(&mut self, count: usize, blocks: usize) -> impl Iterator<Item = Tile<'_>> {
        (self.count, self.blocks) = (count, blocks);
        self.rounded.resize(count.div_ceil(TILE) * blocks, Rounded::default());
        self.rounded.chunks_exact_mut(blocks).map(Tile)
    }

    /// The products with sixteen rows of weights: `put` is given the number of a column, and what belongs there and in those after
    /// it.
    #[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vnni")]
    pub(super) fn multiply(
        &self,
        strip: Weights,
        scratch: &mut Scratch,
        mut put: impl FnMut(usize, &[[f32; STRIP]]),
    ) {
        let Scratch { wide, sums } = scratch;
        let tiles = self.count.div_ceil(TILE);
        for first in (0..tiles).step_by(PANEL / TILE) {
            let panel = first..tiles.min(first + PANEL / TILE);
            sums.clear();
            sums.resize(panel.len(), [[0.0; STRIP]; TILE]);
            for chunk in (0..self.blocks).step_by(CHUNK) {
                let blocks = chunk..self.blocks.min(chunk + CHUNK);
                wide.resize(blocks.len(), Wide::EMPTY);
                for (block, wide) in blocks.clone().zip(wide.iter_mut()) {
                    strip.lay_out(self.blocks, block, wide);
                }
                for (tile, sums) in panel.clone().zip(sums.iter_mut()) {
                    let rounded = &self.rounded[tile * self.blocks..][blocks.clone()];
                    match self.count - tile * TILE {
                        1 => add::<1>(wide, rounded, sums),
                        2 => add::<2>(wide, rounded, sums),
                        3 => add::<3>(wide, rounded, sums),
                        4 => add::<4>(wide, rounded, sums),
                        5 => add::<5>(wide, rounded, sums),
                        6 => add::<6>(wide, rounded, sums),
                        7 => add::<7>(wide, rounded, sums),
                        _ => add::<TILE>(wide, rounded, sums),
                    }
                }
            }
            let columns = self.count.min(panel.end * TILE) - panel.start * TILE;
            put(panel.start * TILE, &sums.as_flattened()[..columns]);
        }
    }
}

impl Tile<'_> {
    /// Rounds the columns of the tile.
    #[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vnni")]
    pub(super) fn round<'a>(&mut self, columns: impl Iterator<Item = &'a [f32]>) {
        for (lane, column) in columns.enumerate() {
            for (numbers, block) in column.as_chunks().0.iter().zip(&mut *self.0) {
                let (scale, less, groups) = round(numbers);
                (block.scales[lane], block.less[lane]) = (scale, less);
                for (group, rounded) in block.groups.iter_mut().zip(groups) {
                    group[lane] = rounded;
                }
            }
        }
    }
}

impl Weights<'_> {
    /// Sixteen rows of `blocks` blocks, counted by sixteen.
    pub(super) fn strip(self, blocks: usize, index: usize) -> Self {
        match self {
            Self::Bytes(all) => Self::Bytes(&all[index * STRIP * blocks..][..STRIP * blocks]),
            Self::Nibbles(all) => Self::Nibbles(&all[index * 2 * blocks..][..2 * blocks]),
        }
    }

    /// Lays out one of the `blocks` blocks of a strip, and has the processor fetch as much of what follows the strip in memory, for
    /// soon.
    #[inline]
    #[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vnni")]
    fn lay_out(self, blocks: usize, block: usize, wide: &mut Wide) {
        match self {
            Self::Bytes(weights) => {
                fetch(weights, block * STRIP..(block + 1) * STRIP);
                lay_out_bytes(weights, blocks, block, wide);
            }
            Self::Nibbles(weights) => {
                fetch(weights, 2 * block..2 * block + 2);
                lay_out_nibbles(&weights[block], &weights[blocks + block], wide);
            }
        }
    }
}

/// Adds the products of a strip's blocks with the first `N` columns of a tile.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vnni")]
fn add<const N: usize>(wide: &[Wide], rounded: &[Rounded], sums: &mut [[f32; STRIP]; TILE]) {
    let mut all = [_mm512_setzero_ps(); N];
    for column in 0..N {
        all[column] = load(&sums[column]);
    }
    for (wide, rounded) in wide.iter().zip(rounded) {
        let mut products = [_mm512_setzero_si512(); N];
        for (product, less) in products.iter_mut().zip(rounded.less) {
            *product = _mm512_set1_epi32(less);
        }
        for (weights, group) in wide.groups.iter().zip(&rounded.groups) {
            let weights = load_whole(weights);
            for column in 0..N {
                let four = _mm512_set1_epi32(group[column]);
                products[column] = _mm512_dpbusd_epi32(products[column], weights, four);
            }
        }
        let scales = load(&wide.scales);
        for column in 0..N {
            let scale = _mm512_mul_ps(scales, _mm512_set1_ps(rounded.scales[column]));
            all[column] = _mm512_fmadd_ps(_mm512_cvtepi32_ps(products[column]), scale, all[column]);
        }
    }
    for column in 0..N {
        store(&mut sums[column], all[column]);
    }
}

/// Lays out a block of sixteen rows of 8-bit weights.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vnni")]
fn lay_out_bytes(weights: &[Block], blocks: usize, block: usize, wide: &mut Wide) {
    let up = _mm512_set1_epi8(i8::MIN);
    let mut scales = [0; STRIP];
    let mut eights = [[up; 4]; 2];
    for (half, (eight, scales)) in eights.iter_mut().zip(scales.as_chunks_mut::<8>().0).enumerate() {
        let row = |row: usize| &weights[(half * 8 + row) * blocks + block];
        for at in 0..4 {
            let (one, other) = (row(at), row(at + 4));
            (scales[at], scales[at + 4]) = (one.scale, other.scale);
            eight[at] = _mm512_xor_si512(load_two(&one.numbers, &other.numbers), up);
        }
        *eight = transposed(*eight);
    }
    widen(&mut wide.scales, &scales);
    let [first, last] = eights;
    for group in 0..4 {
        let (one, other) = (first[group], last[group]);
        store_whole(&mut wide.groups[group], _mm512_shuffle_i32x4::<0b10_00_10_00>(one, other));
        store_whole(&mut wide.groups[group + 4], _mm512_shuffle_i32x4::<0b11_01_11_01>(one, other));
    }
}

/// The columns of four rows of four numbers, in each quarter.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vnni")]
fn transposed([a, b, c, d]: [__m512i; 4]) -> [__m512i; 4] {
    let (first, second) = (_mm512_unpacklo_epi32(a, b), _mm512_unpackhi_epi32(a, b));
    let (third, fourth) = (_mm512_unpacklo_epi32(c, d), _mm512_unpackhi_epi32(c, d));
    [
        _mm512_unpacklo_epi64(first, third),
        _mm512_unpackhi_epi64(first, third),
        _mm512_unpacklo_epi64(second, fourth),
        _mm512_unpackhi_epi64(second, fourth),
    ]
}

/// Lays out a block of twice eight rows of 4-bit weights.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vnni")]
fn lay_out_nibbles(upper: &Packed, lower: &Packed, wide: &mut Wide) {
    let mut scales = [0; STRIP];
    scales[..8].copy_from_slice(&upper.scales);
    scales[8..].copy_from_slice(&lower.scales);
    widen(&mut wide.scales, &scales);
    let low = _mm512_set1_epi8(0x0f);
    // The first four bytes of each row, or the last.
    let first = _mm512_set_epi32(30, 28, 26, 24, 22, 20, 18, 16, 14, 12, 10, 8, 6, 4, 2, 0);
    let last = _mm512_add_epi32(first, _mm512_set1_epi32(1));
    // What four bits stand for, by their value: numbers from -8 to 7 in two's complement, moved up.
    let numbers =
        _mm_setr_epi8(-128, -127, -126, -125, -124, -123, -122, -121, 120, 121, 122, 123, 124, 125, 126, 127);
    let numbers = _mm512_broadcast_i32x4(numbers);
    for half in 0..2 {
        let (one, other) = (load_bytes(&upper.numbers[half]), load_bytes(&lower.numbers[half]));
        for (part, which) in [first, last].into_iter().enumerate() {
            let bytes = _mm512_permutex2var_epi32(one, which, other);
            let group = 2 * half + part;
            let (lows, highs) = (_mm512_and_si512(bytes, low), _mm512_srli_epi16::<4>(bytes));
            let highs = _mm512_and_si512(highs, low);
            store_whole(&mut wide.groups[group], _mm512_shuffle_epi8(numbers, lows));
            store_whole(&mut wide.groups[group + 4], _mm512_shuffle_epi8(numbers, highs));
        }
    }
}

/// A block's scale, as a 16-bit float can hold it; what is taken off its sums; and its numbers by groups: rounded to the nearest, to
/// even between two.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vnni")]
fn round(numbers: &[f32; BLOCK]) -> (f32, i32, [i32; GROUPS]) {
    let [one, other] = numbers.as_chunks().0 else { unreachable!("two halves of a block") };
    let (one, other) = (load(one), load(other));
    let most = _mm512_reduce_max_ps(_mm512_max_ps(_mm512_abs_ps(one), _mm512_abs_ps(other)));
    let factor = _mm512_set1_ps(if most == 0.0 { 0.0 } else { 127.0 / most });
    let one = _mm512_cvtps_epi32(_mm512_mul_ps(one, factor));
    let other = _mm512_cvtps_epi32(_mm512_mul_ps(other, factor));
    let mut groups = [0; GROUPS];
    let [left, right] = groups.as_chunks_mut().0 else { unreachable!("two halves of a block") };
    store_narrowed(left, one);
    store_narrowed(right, other);
    let sum = _mm512_reduce_add_epi32(_mm512_add_epi32(one, other));
    (as_half(most / 127.0), -OFFSET * sum, groups)
}

/// 16-bit floats in 32 bits.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vnni")]
#[expect(unsafe_code, reason = "an unaligned load")]
fn widen(to: &mut [f32; STRIP], halves: &[u16; STRIP]) {
    // SAFETY: reads the 32 bytes of the array.
    store(to, _mm512_cvtph_ps(unsafe { _mm256_loadu_si256(halves.as_ptr().cast()) }));
}

#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vnni")]
#[expect(unsafe_code, reason = "an unaligned load")]
fn load(from: &[f32; STRIP]) -> __m512 {
    // SAFETY: reads the 64 bytes of the array.
    unsafe { _mm512_loadu_ps(from.as_ptr()) }
}

#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vnni")]
#[expect(unsafe_code, reason = "an unaligned store")]
fn store(to: &mut [f32; STRIP], from: __m512) {
    // SAFETY: writes the 64 bytes of the array.
    unsafe { _mm512_storeu_ps(to.as_mut_ptr(), from) };
}

#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vnni")]
#[expect(unsafe_code, reason = "an unaligned load")]
fn load_whole(from: &[i32; STRIP]) -> __m512i {
    // SAFETY: reads the 64 bytes of the array.
    unsafe { _mm512_loadu_si512(from.as_ptr().cast()) }
}

#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vnni")]
#[expect(unsafe_code, reason = "an unaligned load")]
fn load_bytes(from: &[u8; 64]) -> __m512i {
    // SAFETY: reads the 64 bytes of the array.
    unsafe { _mm512_loadu_si512(from.as_ptr().cast()) }
}

/// One block's numbers, and another's in the upper half.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vnni")]
#[expect(unsafe_code, reason = "unaligned loads")]
fn load_two(lower: &[i8; BLOCK], upper: &[i8; BLOCK]) -> __m512i {
    // SAFETY: reads the 32 bytes of each array.
    let (lower, upper) =
        unsafe { (_mm256_loadu_si256(lower.as_ptr().cast()), _mm256_loadu_si256(upper.as_ptr().cast())) };
    _mm512_inserti64x4::<1>(_mm512_castsi256_si512(lower), upper)
}

#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vnni")]
#[expect(unsafe_code, reason = "an unaligned store")]
fn store_whole(to: &mut [i32; STRIP], from: __m512i) {
    // SAFETY: writes the 64 bytes of the array.
    unsafe { _mm512_storeu_si512(to.as_mut_ptr().cast(), from) };
}

/// Stores the lowest 8 bits of each number.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vnni")]
#[expect(unsafe_code, reason = "an unaligned store")]
fn store_narrowed(to: &mut [i32; 4], from: __m512i) {
    // SAFETY: writes the 16 bytes of the array.
    unsafe { _mm_storeu_si128(to.as_mut_ptr().cast(), _mm512_cvtepi32_epi8(from)) };
}

#[cfg(test)]
mod tests;
