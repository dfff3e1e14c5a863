//! The kernel against the definition, in 64-bit floats.

use fastrand::Rng;

use super::super::tests::{Whole, columns, worst};
use super::*;
use crate::llama::accelerator::tests::{not_checked, value};

/// The largest difference from the definition, relative to the sizes of what is added.
fn off(count: usize, blocks: usize) -> f64 {
    let mut random = Rng::with_seed(count as u64);
    let block = |random: &mut Rng| Block {
        scale: random.u16(0x0800..0x3c00),
        numbers: std::array::from_fn(|_| random.i8(..)),
    };
    let weights: Vec<Block> = (0..STRIP * blocks).map(|_| block(&mut random)).collect();
    let columns = columns(count, blocks, &mut random);
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
        room.multiply(&weights, &mut scratch, |first, sums| {
            out[first..][..sums.len()].copy_from_slice(sums);
        });
    }
    let whole = |block: &Block| -> Whole { (value(block.scale), block.numbers.map(i32::from)) };
    worst(&columns, &weights.iter().map(whole).collect::<Vec<_>>(), blocks, out.as_flattened())
}

#[test]
fn products_are_those_of_the_definition() {
    if !(is_x86_feature_detected!("avx2")
        && is_x86_feature_detected!("fma")
        && is_x86_feature_detected!("f16c"))
    {
        return not_checked("the kernel of products", "the processor has not AVX2, FMA and F16C");
    }
    // Tiles that are full and not, more than a panel, blocks that are fewer than a chunk and more.
    for (count, blocks) in [(4, 6), (1, 1), (5, 8), (7, 9), (64, 5), (67, 28), (130, 3)] {
        let off = off(count, blocks);
        assert!(off < 1e-6, "{count} columns of {blocks} blocks are off by {off}");
    }
}
