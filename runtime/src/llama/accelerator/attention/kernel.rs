//! Attention over a KV cache of 16-bit floats, for processors with AVX2, FMA and F16C.
//!
//! The softmax is taken online, tile by tile (Milakov and Gimelshein, 2018; Dao et al., 2022). Two queries at a time meet a tile, so
//! that its numbers are widened to 32 bits half as often ([`narrow`], [`wide`]), or [`four`], where there are many; what none of
//! them sees is not computed.

use std::arch::x86_64::{
    _mm_cmpeq_epi16, _mm_loadu_si128, _mm_movemask_epi8, _mm_set1_epi16, _mm_setzero_si128,
};

use four::{FOUR, LaidOut};

mod four;
mod narrow;
mod wide;

/// Cells of which a query sees all that there is to see, or nothing.
pub(super) const GROUP: usize = 8;
/// Cells of a tile: as many groups as a byte has bits.
const TILE: usize = 8 * GROUP;
/// Tokens of a block: their queries and sums stay in the processor's second-level cache.
const BLOCK: usize = 32;
/// Minus infinity as a 16-bit float: what the mask says of a cell that is not seen.
const HIDDEN: i16 = 0xfc00_u16.cast_signed();

/// Queries of a block that share a head of keys from which laying these out for them pays.
const LAID_OUT_MIN: usize = 16;

/// The least power of e that is not taken for zero.
const EXP_MIN: f32 = -87.0;
/// The logarithm of 2 in two parts, of which products with the first are exact.
const LN_2: [f32; 2] = [0.693_359_4, -2.121_944_4e-4];
/// e to the power of what is left, behind 1 and the power itself: highest first.
const EXP_TERMS: [f32; 6] =
    [1.987_569_1e-4, 1.398_199_9e-3, 8.333_452e-3, 4.166_579_6e-2, 1.666_666_5e-1, 0.5];

/// Rows of numbers by token or cell, and by head.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rows<'a, T> {
    pub(super) data: &'a [T],
    /// Numbers from one token or cell to the next.
    pub(super) step: usize,
    /// Numbers from one head to the next.
    pub(super) head: usize,
    /// Numbers of a row, a multiple of 8.
    pub(super) width: usize,
}

impl<'a, T> Rows<'a, T> {
    fn at(&self, index: usize, head: usize) -> &'a [[T; 8]] {
        self.data[index * self.step + head * self.head..][..self.width].as_chunks().0
    }
}

/// One attention of one batch.
#[derive(Debug, Clone, Copy)]
pub(super) struct Attention<'a> {
    /// By token and head.
    pub(super) queries: Rows<'a, f32>,
    /// By cell and head, 16-bit floats.
    pub(super) keys: Rows<'a, u16>,
    /// By cell and head, 16-bit floats.
    pub(super) values: Rows<'a, u16>,
    /// What is added to a token's scores, by token; as wide as there are cells, 16-bit floats, one head.
    pub(super) mask: Rows<'a, u16>,
    pub(super) heads: usize,
    /// Heads of keys and values; each serves as many query heads.
    pub(super) shared_heads: usize,
    /// What scores are multiplied with.
    pub(super) scale: f32,
    /// Whether the processor has AVX-512, and all widths are multiples of 16.
    pub(super) is_wide: bool,
}

/// Room for one thread's work.
#[derive(Debug, Default)]
pub(super) struct Scratch {
    rows: Vec<Row>,
    queries: Vec<[f32; 8]>,
    sums: Vec<[f32; 8]>,
    sights: Vec<Sight>,
    laid_out: LaidOut,
}

/// A query's running softmax.
#[derive(Debug)]
struct Row {
    /// Its token, counted in the block.
    token: usize,
    /// Its head, if anybody asks for it.
    head: Option<usize>,
    most: f32,
    total: f32,
}

/// What a token sees of a tile, a bit for each group of cells.
#[derive(Debug, Clone, Copy, Default)]
struct Sight {
    /// Groups with a cell that is seen.
    seen: u8,
    /// Groups in which the mask is not zero everywhere.
    masked: u8,
}

/// A tile as those see it who share a head of keys.
#[derive(Debug, Clone, Copy)]
struct Tile {
    /// Its first cell.
    cell: usize,
    head: usize,
}

/// One of the queries that meet a tile.
struct Meeting<'a> {
    row: &'a mut Row,
    query: &'a [[f32; 8]],
    sums: &'a mut [[f32; 8]],
    sight: Sight,
    /// The tile's part of its token's mask.
    mask: &'a [[u16; 8]],
    /// Scores, then weights, by cell.
    weights: [[f32; GROUP]; TILE / GROUP],
}

impl Attention<'_> {
    /// Attends for the tokens from `first` on, as many as `out` has room for: a row of value width for each token and head.
    #[target_feature(enable = "avx2,fma,f16c")]
    pub(super) fn compute(&self, first: usize, out: &mut [f32], scratch: &mut Scratch) {
        for (index, block) in out.chunks_mut(BLOCK * self.heads * self.values.width).enumerate() {
            self.block(first + index * BLOCK, block, scratch);
        }
    }

    #[target_feature(enable = "avx2,fma,f16c")]
    #[expect(unsafe_code, reason = "functions for some processors")]
    fn block(&self, first: usize, out: &mut [f32], scratch: &mut Scratch) {
        let tokens = out.len() / (self.heads * self.values.width);
        let tiles = self.mask.width.div_ceil(TILE);
        let Scratch { rows, queries, sums, sights, laid_out } = scratch;
        sights.clear();
        for token in first..first + tokens {
            self.look(token, tiles, sights);
        }
        self.list(first, tokens, rows, queries);
        sums.clear();
        sums.resize(rows.len() * self.values.width / 8, [0.0; 8]);
        let each = rows.len() / self.shared_heads;
        for tile in 0..tiles {
            let sight = |token: usize| sights[token * tiles + tile];
            let seen = (0..tokens).fold(0, |seen, token| seen | sight(token).seen);
            if seen == 0 {
                continue;
            }
            let queries = queries.chunks_exact(self.keys.width / 8);
            let sums = sums.chunks_exact_mut(self.values.width / 8);
            let mut meetings = rows.iter_mut().zip(queries).zip(sums).map(|((row, query), sums)| {
                let mask = &self.mask.at(first + row.token, 0)[tile * TILE / GROUP..];
                let weights = [[0.0; GROUP]; TILE / GROUP];
                Meeting { sight: sight(row.token), row, query, sums, mask, weights }
            });
            let is_laid_out = self.is_wide && each >= LAID_OUT_MIN && (tile + 1) * TILE <= self.mask.width;
            for head in 0..self.shared_heads {
                let tile = Tile { cell: tile * TILE, head };
                if is_laid_out {
                    // SAFETY: the processor has the instructions.
                    unsafe { laid_out.fill(&self.keys, &self.values, tile, seen) };
                }
                let mut rest = each;
                while rest >= FOUR && is_laid_out {
                    let mut next = || meetings.next();
                    let (Some(a), Some(b), Some(c), Some(d)) = (next(), next(), next(), next()) else {
                        break;
                    };
                    // SAFETY: as above.
                    unsafe { laid_out.meet(&mut [a, b, c, d]) };
                    rest -= FOUR;
                }
                while rest >= 2 {
                    let (Some(one), Some(other)) = (meetings.next(), meetings.next()) else { break };
                    self.meet(tile, &mut [one, other]);
                    rest -= 2;
                }
            }
        }
        self.finish(rows, sums, out);
    }

    /// Lists the block's queries, those that meet the same keys together; one more that nobody asks for where they are odd.
    fn list(&self, first: usize, tokens: usize, rows: &mut Vec<Row>, queries: &mut Vec<[f32; 8]>) {
        rows.clear();
        queries.clear();
        let group = self.heads / self.shared_heads;
        for shared in 0..self.shared_heads {
            let heads = shared * group..(shared + 1) * group;
            let asked = (0..tokens).flat_map(|token| heads.clone().map(move |head| (token, Some(head))));
            let odd = (tokens * group % 2 == 1).then_some((tokens - 1, None));
            for (token, head) in asked.chain(odd) {
                rows.push(Row { token, head, most: f32::NEG_INFINITY, total: 0.0 });
                let query = self.queries.at(first + token, head.unwrap_or(heads.start)).iter();
                queries.extend(query.map(|eight| eight.map(|number| number * self.scale)));
            }
        }
    }

    /// Finds what a token sees.
    #[target_feature(enable = "avx2,fma,f16c")]
    fn look(&self, token: usize, tiles: usize, sights: &mut Vec<Sight>) {
        let before = sights.len();
        sights.resize(before + tiles, Sight::default());
        for (index, cells) in self.mask.at(token, 0).iter().enumerate() {
            let sight = &mut sights[before + index / 8];
            let bit = 1 << (index % 8);
            let (hidden, plain) = all(cells);
            if !hidden {
                sight.seen |= bit;
            }
            if !plain {
                sight.masked |= bit;
            }
        }
    }

    /// Goes through a tile with two queries that share its keys.
    #[target_feature(enable = "avx2,fma,f16c")]
    #[expect(unsafe_code, reason = "functions for some processors")]
    fn meet(&self, tile: Tile, pair: &mut [Meeting; 2]) {
        if self.is_wide {
            // SAFETY: the processor has the instructions.
            unsafe { wide::meet(&self.keys, &self.values, tile, pair) }
        } else {
            narrow::meet(&self.keys, &self.values, tile, pair);
        }
    }

    /// Divides the sums by the totals of their weights.
    fn finish(&self, rows: &[Row], sums: &[[f32; 8]], out: &mut [f32]) {
        let width = self.values.width;
        for (row, sums) in rows.iter().zip(sums.chunks_exact(width / 8)) {
            let Some(head) = row.head else { continue };
            let factor = if row.total == 0.0 { 0.0 } else { 1.0 / row.total };
            let out = &mut out[(row.token * self.heads + head) * width..][..width];
            for (out, sum) in out.iter_mut().zip(sums.as_flattened()) {
                *out = sum * factor;
            }
        }
    }
}

impl Row {
    /// Makes everything relative to this score if it is the highest so far.
    #[inline]
    fn rise(&mut self, most: f32, sums: &mut [[f32; 8]]) {
        if most > self.most {
            let factor = (self.most - most).exp();
            self.most = most;
            self.total *= factor;
            for sum in sums.as_flattened_mut() {
                *sum *= factor;
            }
        }
    }
}

/// The groups that one of them sees.
fn seen(meetings: &[Meeting]) -> u8 {
    meetings.iter().fold(0, |seen, meeting| seen | meeting.sight.seen)
}

/// The bits that are set, lowest first.
fn bits(byte: u8) -> impl Iterator<Item = usize> {
    (0..8).filter(move |bit| byte & (1 << bit) != 0)
}

/// Whether all cells of a group are hidden, and whether nothing is added to any.
#[inline]
#[target_feature(enable = "avx2,fma,f16c")]
#[expect(unsafe_code, reason = "an unaligned load")]
fn all(cells: &[u16; GROUP]) -> (bool, bool) {
    // SAFETY: reads the 16 bytes of the array.
    let cells = unsafe { _mm_loadu_si128(cells.as_ptr().cast()) };
    let hidden = _mm_movemask_epi8(_mm_cmpeq_epi16(cells, _mm_set1_epi16(HIDDEN)));
    let plain = _mm_movemask_epi8(_mm_cmpeq_epi16(cells, _mm_setzero_si128()));
    (hidden == 0xffff, plain == 0xffff)
}

#[cfg(test)]
mod tests;
