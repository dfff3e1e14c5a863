//! The kernel against the definition, in 64-bit floats.

use fastrand::Rng;

use super::super::tests::{Whole, columns, worst};
use super::*;
use crate::llama::accelerator::tests::{not_checked, value};
use crate::llama::accelerator::vectors::has_wide;

/// A matrix of sixteen rows, and what its blocks stand for.
struct Matrix<W> {
    weights: Vec<W>,
    whole: Vec<Whole>,
}

/// Blocks of scales and numbers from `least` to `most`, in some nothing but these two.
fn whole(blocks: usize, [least, most]: [i32; 2], random: &mut Rng) -> Vec<(u16, [i32; BLOCK])> {
    let mut number = |block: usize| match block % 3 {
        0 => [least, most][random.usize(..2)],
        _ => random.i32(least..=most),
    };
    let numbers: Vec<_> = (0..STRIP * blocks).map(|block| std::array::from_fn(|_| number(block))).collect();
    numbers.into_iter().map(|numbers| (random.u16(0x0800..0x3c00), numbers)).collect()
}

fn bytes(blocks: usize, random: &mut Rng) -> Matrix<Block> {
    let whole = whole(blocks, [-128, 127], random);
    let block = |&(scale, numbers): &(u16, [i32; BLOCK])| Block { scale, numbers: numbers.map(|n| n as i8) };
    Matrix {
        weights: whole.iter().map(block).collect(),
        whole: whole.iter().map(|b| (value(b.0), b.1)).collect(),
    }
}

fn nibbles(blocks: usize, random: &mut Rng) -> Matrix<Packed> {
    let whole = whole(blocks, [-8, 7], random);
    let packed = |at: usize| {
        let rows: [_; 8] = std::array::from_fn(|row| whole[(at / blocks * 8 + row) * blocks + at % blocks]);
        // A number of the first half and one of the second are neighbours, in two's complement.
        let byte = |row: usize, at: usize| {
            let numbers = rows[row].1;
            (numbers[at] & 15 | (numbers[at + 16] & 15) << 4) as u8
        };
        Packed {
            scales: rows.map(|(scale, _)| scale),
            numbers: [0, 8].map(|half| std::array::from_fn(|at| byte(at / 8, half + at % 8))),
        }
    };
    let weights = (0..2 * blocks).map(packed).collect();
    Matrix { weights, whole: whole.iter().map(|b| (value(b.0), b.1)).collect() }
}

/// The largest difference from the definition, relative to the sizes of what is added.
fn off(count: usize, blocks: usize, weights: Weights, whole: &[Whole], random: &mut Rng) -> f64 {
    let columns = columns(count, blocks, random);
    let (mut room, mut scratch) = (Columns::default(), Scratch::default());
    let mut out = vec![[f32::NAN; STRIP]; count];
    // First with others, and more of them: nothing of an earlier product may be left.
    for (count, columns) in [(count + 3, vec![1.0; (count + 3) * 2 * BLOCK]), (count, columns.clone())] {
        let width = columns.len() / count;
        for (mut tile, columns) in room.tiles(count, width / BLOCK).zip(columns.chunks(TILE * width)) {
            // SAFETY: the caller checked that the processor has the instructions.
            #[expect(unsafe_code, reason = "a function for some processors")]
            unsafe {
                tile.round(columns.chunks(width));
            }
        }
    }
    // SAFETY: as above.
    #[expect(unsafe_code, reason = "a function for some processors")]
    unsafe {
        room.multiply(weights.strip(blocks, 0), &mut scratch, |first, sums| {
            out[first..][..sums.len()].copy_from_slice(sums);
        });
    }
    worst(&columns, whole, blocks, out.as_flattened())
}

#[test]
fn products_are_those_of_the_definition() {
    if !has_wide() {
        return not_checked("the wide kernel of products", "the processor has not AVX-512 with VNNI");
    }
    // Tiles with every number of columns, more than a panel, blocks that are fewer than a chunk and more.
    for (count, blocks) in (1..=9).map(|count| (count, 3)).chain([(16, 8), (64, 9), (67, 28), (130, 1)]) {
        let mut random = Rng::with_seed(count as u64);
        let Matrix { weights, whole } = bytes(blocks, &mut random);
        let eight = off(count, blocks, Weights::Bytes(&weights), &whole, &mut random);
        let Matrix { weights, whole } = nibbles(blocks, &mut random);
        let four = off(count, blocks, Weights::Nibbles(&weights), &whole, &mut random);
        for (off, bits) in [(eight, 8), (four, 4)] {
            assert!(off < 1e-6, "{count} columns of {blocks} blocks of {bits} bits are off by {off}");
        }
    }
}
