//! Four queries at a time, where so many share a tile's keys that it pays to lay these out anew for them.
//!
//! Keys are widened to 32 bits once for all queries, and laid out by number instead of by cell: a query's number meets sixteen
//! cells at once, and no sum over a vector's numbers is needed.

use std::arch::x86_64::{
    __m512, __m512d, _mm512_castpd_ps, _mm512_castps_pd, _mm512_fmadd_ps, _mm512_set1_ps, _mm512_setzero_ps,
    _mm512_shuffle_f32x4, _mm512_unpackhi_pd, _mm512_unpackhi_ps, _mm512_unpacklo_pd, _mm512_unpacklo_ps,
};
use std::array::from_fn;
use std::ops::Range;

use super::wide::{load, load_half, score, sixteens, store, weigh};
use super::{GROUP, Meeting, Rows, TILE, Tile, seen};

/// Queries that meet a tile together.
pub(super) const FOUR: usize = 4;
/// Groups of the cells of two vectors.
const HALF: u8 = 0b1111;

/// Keys and values of a tile as 32-bit floats.
#[derive(Debug, Default)]
pub(super) struct LaidOut {
    /// By number of a key, then by cell.
    keys: Vec<[f32; TILE]>,
    /// By cell, sixteen at a time.
    values: Vec<[f32; 16]>,
}

impl LaidOut {
    /// Takes over the keys and values of a tile's cells that somebody sees.
    #[target_feature(enable = "avx512f")]
    pub(super) fn fill(&mut self, keys: &Rows<u16>, values: &Rows<u16>, tile: Tile, seen: u8) {
        let cells = cells(seen);
        self.keys.resize(keys.width, [0.0; TILE]);
        for vector in cells.start / 16..cells.end.div_ceil(16) {
            let rows: [_; 16] = from_fn(|at| sixteens(keys, tile.cell + vector * 16 + at, tile.head));
            for (sixteen, to) in self.keys.as_chunks_mut::<16>().0.iter_mut().enumerate() {
                let mut numbers = [_mm512_setzero_ps(); 16];
                for (numbers, row) in numbers.iter_mut().zip(rows) {
                    *numbers = load_half(&row[sixteen]);
                }
                for (to, column) in to.iter_mut().zip(columns(&numbers)) {
                    store(&mut to.as_chunks_mut().0[vector], column);
                }
            }
        }
        let width = values.width / 16;
        self.values.resize(TILE * width, [0.0; 16]);
        for (cell, to) in self.values.chunks_exact_mut(width).enumerate().take(cells.end).skip(cells.start) {
            for (to, numbers) in to.iter_mut().zip(sixteens(values, tile.cell + cell, tile.head)) {
                store(to, load_half(numbers));
            }
        }
    }

    /// Goes through the tile with four queries.
    #[target_feature(enable = "avx512f")]
    pub(super) fn meet(&self, four: &mut [Meeting; FOUR]) {
        let seen = seen(four);
        let is_half = |half: u8| seen & (HALF << half) != 0;
        match (is_half(0), is_half(4)) {
            (true, true) => self.find_scores::<4>(0, four),
            (true, false) => self.find_scores::<2>(0, four),
            (false, true) => self.find_scores::<2>(2, four),
            (false, false) => return,
        }
        for meeting in &mut *four {
            weigh(meeting, seen);
        }
        let mut vectors = 0..self.values.len() / TILE;
        while vectors.len() >= 4 {
            self.add_values::<4>(seen, vectors.start, four);
            vectors.start += 4;
        }
        for vector in vectors {
            self.add_values::<1>(seen, vector, four);
        }
    }

    /// The scores of the cells of `N` vectors, from some vector on.
    #[inline]
    #[target_feature(enable = "avx512f")]
    fn find_scores<const N: usize>(&self, from: usize, four: &mut [Meeting; FOUR]) {
        let [a, b, c, d] = four.each_ref().map(|one| one.query.as_flattened());
        let mut scores = [[_mm512_setzero_ps(); N]; FOUR];
        for ((((a, b), c), d), keys) in a.iter().zip(b).zip(c).zip(d).zip(&self.keys) {
            add_products([*a, *b, *c, *d], &keys.as_chunks().0[from..from + N], &mut scores);
        }
        for (meeting, scores) in four.iter_mut().zip(scores) {
            for (at, scores) in scores.into_iter().enumerate() {
                score(meeting, from + at, scores);
            }
        }
    }

    /// Adds `N` vectors of the values of all cells, from some vector on, each with its weight.
    #[inline]
    #[target_feature(enable = "avx512f")]
    fn add_values<const N: usize>(&self, seen: u8, from: usize, four: &mut [Meeting; FOUR]) {
        let cells = cells(seen);
        let width = self.values.len() / TILE;
        let mut sums = [[_mm512_setzero_ps(); N]; FOUR];
        for (sums, meeting) in sums.iter_mut().zip(&*four) {
            for (sum, from) in sums.iter_mut().zip(&meeting.sums.as_flattened().as_chunks().0[from..]) {
                *sum = load(from);
            }
        }
        let [a, b, c, d] = four.each_ref().map(|one| &one.weights.as_flattened()[cells.clone()]);
        let values = self.values[cells.start * width..cells.end * width].chunks_exact(width);
        for ((((a, b), c), d), values) in a.iter().zip(b).zip(c).zip(d).zip(values) {
            add_products([*a, *b, *c, *d], &values[from..from + N], &mut sums);
        }
        for (sums, meeting) in sums.into_iter().zip(four) {
            let to = &mut meeting.sums.as_flattened_mut().as_chunks_mut().0[from..];
            for (sum, to) in sums.into_iter().zip(to) {
                store(to, sum);
            }
        }
    }
}

/// From the first cell of a tile that is seen to the last: others between them get no weight.
fn cells(seen: u8) -> Range<usize> {
    seen.trailing_zeros() as usize * GROUP..TILE - seen.leading_zeros() as usize * GROUP
}

/// Adds to each of four rows the products of its factor and the same numbers.
#[inline]
#[target_feature(enable = "avx512f")]
fn add_products<const N: usize>(factors: [f32; FOUR], numbers: &[[f32; 16]], sums: &mut [[__m512; N]; FOUR]) {
    for (at, numbers) in numbers.iter().enumerate().take(N) {
        let numbers = load(numbers);
        for (sums, factor) in sums.iter_mut().zip(factors) {
            sums[at] = _mm512_fmadd_ps(_mm512_set1_ps(factor), numbers, sums[at]);
        }
    }
}

/// The columns of sixteen rows.
#[inline]
#[target_feature(enable = "avx512f")]
fn columns(rows: &[__m512; 16]) -> [__m512; 16] {
    // In each quarter of a vector: that quarter's columns of four rows.
    let mut fours = *rows;
    for (four, rows) in fours.as_chunks_mut::<4>().0.iter_mut().zip(rows.as_chunks::<4>().0) {
        let [a, b, c, d] = *rows;
        let (low, high) = (pairs(_mm512_unpacklo_ps(a, b)), pairs(_mm512_unpackhi_ps(a, b)));
        let (low_rest, high_rest) = (pairs(_mm512_unpacklo_ps(c, d)), pairs(_mm512_unpackhi_ps(c, d)));
        *four = [
            _mm512_castpd_ps(_mm512_unpacklo_pd(low, low_rest)),
            _mm512_castpd_ps(_mm512_unpackhi_pd(low, low_rest)),
            _mm512_castpd_ps(_mm512_unpacklo_pd(high, high_rest)),
            _mm512_castpd_ps(_mm512_unpackhi_pd(high, high_rest)),
        ];
    }
    let mut columns = *rows;
    for at in 0..4 {
        let [a, b, c, d] = [fours[at], fours[4 + at], fours[8 + at], fours[12 + at]];
        let (low, low_rest) = (_mm512_shuffle_f32x4::<0x44>(a, b), _mm512_shuffle_f32x4::<0x44>(c, d));
        let (high, high_rest) = (_mm512_shuffle_f32x4::<0xee>(a, b), _mm512_shuffle_f32x4::<0xee>(c, d));
        columns[at] = _mm512_shuffle_f32x4::<0x88>(low, low_rest);
        columns[4 + at] = _mm512_shuffle_f32x4::<0xdd>(low, low_rest);
        columns[8 + at] = _mm512_shuffle_f32x4::<0x88>(high, high_rest);
        columns[12 + at] = _mm512_shuffle_f32x4::<0xdd>(high, high_rest);
    }
    columns
}

#[inline]
#[target_feature(enable = "avx512f")]
fn pairs(numbers: __m512) -> __m512d {
    _mm512_castps_pd(numbers)
}
