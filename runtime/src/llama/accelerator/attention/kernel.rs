//! Attention over a KV cache of 16-bit floats, for processors with AVX2, FMA and F16C.
//!
//! The softmax is taken online, tile by tile (Milakov and Gimelshein, 2018; Dao et al., 2022). Two queries at a time meet a tile, so
//! that its numbers are widened to 32 bits half as often; what neither of them sees is not computed.

use std::arch::x86_64::{
    __m256, _CMP_GT_OQ, _MM_FROUND_NO_EXC, _MM_FROUND_TO_NEAREST_INT, _mm_cmpeq_epi16, _mm_loadu_si128,
    _mm_movemask_epi8, _mm_set1_epi16, _mm_setzero_si128, _mm256_add_epi32, _mm256_add_ps, _mm256_and_ps,
    _mm256_castsi256_ps, _mm256_cmp_ps, _mm256_cvtph_ps, _mm256_cvtps_epi32, _mm256_fmadd_ps,
    _mm256_fnmadd_ps, _mm256_hadd_ps, _mm256_max_ps, _mm256_mul_ps, _mm256_permute2f128_ps, _mm256_round_ps,
    _mm256_set1_epi32, _mm256_set1_ps, _mm256_setzero_ps, _mm256_slli_epi32, _mm256_sub_ps,
};

use crate::llama::accelerator::vectors::{largest, load, store};

mod wide;

/// Cells of which a query sees all that there is to see, or nothing.
pub(super) const GROUP: usize = 8;
/// Cells of a tile: as many groups as a byte has bits.
const TILE: usize = 8 * GROUP;
/// Tokens of a block: their queries and sums stay in the processor's second-level cache.
const BLOCK: usize = 32;
/// Minus infinity as a 16-bit float: what the mask says of a cell that is not seen.
const HIDDEN: i16 = 0xfc00_u16.cast_signed();

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
    /// Groups that one of the two sees that meet it.
    seen: u8,
}

/// One of the two queries that meet a tile.
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
    fn block(&self, first: usize, out: &mut [f32], scratch: &mut Scratch) {
        let tokens = out.len() / (self.heads * self.values.width);
        let tiles = self.mask.width.div_ceil(TILE);
        let Scratch { rows, queries, sums, sights } = scratch;
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
            if (0..tokens).all(|token| sight(token).seen == 0) {
                continue;
            }
            let queries = queries.chunks_exact(self.keys.width / 8);
            let sums = sums.chunks_exact_mut(self.values.width / 8);
            let mut meetings = rows.iter_mut().zip(queries).zip(sums).map(|((row, query), sums)| {
                let mask = &self.mask.at(first + row.token, 0)[tile * TILE / GROUP..];
                let weights = [[0.0; GROUP]; TILE / GROUP];
                Meeting { sight: sight(row.token), row, query, sums, mask, weights }
            });
            let mut met = 0;
            while let (Some(one), Some(other)) = (meetings.next(), meetings.next()) {
                let seen = one.sight.seen | other.sight.seen;
                if seen != 0 {
                    self.meet(Tile { cell: tile * TILE, head: met / each, seen }, [one, other]);
                }
                met += 2;
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
    fn meet(&self, tile: Tile, mut pair: [Meeting; 2]) {
        let [one, other] = &mut pair;
        let queries = [one.query, other.query];
        for group in bits(tile.seen) {
            let cell = tile.cell + group * GROUP;
            let [first, second] = if self.is_wide {
                // SAFETY: the processor has the instructions.
                unsafe { wide::scores(queries, &self.keys, cell, tile.head) }
            } else {
                let first = scores(queries, &self.keys, cell, tile.head);
                let second = scores(queries, &self.keys, cell + GROUP / 2, tile.head);
                [_mm256_permute2f128_ps::<0x20>(first, second), _mm256_permute2f128_ps::<0x31>(first, second)]
            };
            one.score(group, first);
            other.score(group, second);
        }
        one.weigh(tile.seen);
        other.weigh(tile.seen);
        if self.is_wide {
            // SAFETY: as above.
            return unsafe { wide::add_values(&self.values, tile, &mut pair) };
        }
        let mut eights = 0..self.values.width / 8;
        while eights.len() >= 4 {
            self.add_weighted::<4>(tile, eights.start, &mut pair);
            eights.start += 4;
        }
        for eight in eights {
            self.add_weighted::<1>(tile, eight, &mut pair);
        }
    }

    /// Adds the values of a tile's cells, each with its weight: `N` times eight of each, from some eight on.
    #[inline]
    #[target_feature(enable = "avx2,fma,f16c")]
    fn add_weighted<const N: usize>(&self, tile: Tile, from: usize, [one, other]: &mut [Meeting; 2]) {
        let (mut first, mut second) = ([_mm256_setzero_ps(); N], [_mm256_setzero_ps(); N]);
        for at in 0..N {
            first[at] = load(&one.sums[from + at]);
            second[at] = load(&other.sums[from + at]);
        }
        for group in bits(tile.seen) {
            for cell in 0..GROUP {
                let values = &self.values.at(tile.cell + group * GROUP + cell, tile.head)[from..from + N];
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

impl Meeting<'_> {
    /// Keeps the scores of a group of cells.
    #[inline]
    #[target_feature(enable = "avx2,fma,f16c")]
    fn score(&mut self, group: usize, mut scores: __m256) {
        if self.sight.masked & (1 << group) != 0 {
            scores = _mm256_add_ps(scores, load_half(&self.mask[group]));
        }
        store(&mut self.weights[group], scores);
    }

    /// Turns scores into weights relative to the highest so far.
    #[inline]
    #[target_feature(enable = "avx2,fma,f16c")]
    fn weigh(&mut self, seen: u8) {
        let mut most = _mm256_set1_ps(f32::NEG_INFINITY);
        for group in bits(seen) {
            most = _mm256_max_ps(most, load(&self.weights[group]));
        }
        let most = largest(most);
        if most > self.row.most {
            let factor = (self.row.most - most).exp();
            self.row.most = most;
            self.row.total *= factor;
            for sum in self.sums.as_flattened_mut() {
                *sum *= factor;
            }
        }
        let highest = _mm256_set1_ps(self.row.most);
        let mut total = _mm256_setzero_ps();
        for group in bits(seen) {
            let weights = exp(_mm256_sub_ps(load(&self.weights[group]), highest));
            total = _mm256_add_ps(total, weights);
            store(&mut self.weights[group], weights);
        }
        self.row.total += sum(total);
    }
}

/// The bits that are set, lowest first.
fn bits(byte: u8) -> impl Iterator<Item = usize> {
    (0..8).filter(move |bit| byte & (1 << bit) != 0)
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
    let least = _mm256_set1_ps(-87.0);
    let is_normal = _mm256_cmp_ps::<_CMP_GT_OQ>(x, least);
    let x = _mm256_max_ps(x, least);
    let power = _mm256_round_ps::<NEAREST>(_mm256_mul_ps(x, _mm256_set1_ps(std::f32::consts::LOG2_E)));
    // The logarithm of 2 in two parts, of which products with the first are exact.
    let rest = _mm256_fnmadd_ps(power, _mm256_set1_ps(0.693_359_4), x);
    let rest = _mm256_fnmadd_ps(power, _mm256_set1_ps(-2.121_944_4e-4), rest);
    let mut sum = _mm256_set1_ps(1.987_569_1e-4);
    for term in [1.398_199_9e-3, 8.333_452e-3, 4.166_579_6e-2, 1.666_666_5e-1, 0.5] {
        sum = _mm256_fmadd_ps(sum, rest, _mm256_set1_ps(term));
    }
    let sum = _mm256_fmadd_ps(_mm256_mul_ps(sum, rest), rest, _mm256_add_ps(rest, _mm256_set1_ps(1.0)));
    let exponent = _mm256_add_epi32(_mm256_cvtps_epi32(power), _mm256_set1_epi32(127));
    let scaled = _mm256_mul_ps(sum, _mm256_castsi256_ps(_mm256_slli_epi32::<23>(exponent)));
    _mm256_and_ps(scaled, is_normal)
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

#[cfg(test)]
mod tests;
