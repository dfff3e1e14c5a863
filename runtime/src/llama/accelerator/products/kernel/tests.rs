//! The kernel against the definition, in 64-bit floats.

use fastrand::Rng;

use super::*;
use crate::llama::accelerator::tests::{not_checked, value};

/// The 16-bit float nearest to a number, as `as_half` finds it.
fn half(number: f32) -> f64 {
    // SAFETY: the caller checked that the processor has the instructions.
    #[expect(unsafe_code, reason = "a function for some processors")]
    unsafe { as_half(number) }.into()
}

/// A column in blocks of a scale and whole numbers, as ggml's `quantize_row_q8_0_ref` rounds it.
fn rounded(column: &[f32]) -> Vec<(f64, [i32; BLOCK])> {
    let round = |numbers: &[f32; BLOCK]| {
        let most = numbers.iter().fold(0.0_f32, |most, number| most.max(number.abs()));
        let factor = if most == 0.0 { 0.0 } else { 127.0 / most };
        (half(most / 127.0), numbers.map(|number| (number * factor).round_ties_even() as i32))
    };
    column.as_chunks().0.iter().map(round).collect()
}

/// The largest difference from the definition, relative to the sizes of what is added.
fn worst(count: usize, blocks: usize) -> f64 {
    let mut random = Rng::with_seed(count as u64);
    let block = |random: &mut Rng| Block {
        scale: random.u16(0x0800..0x3c00),
        numbers: std::array::from_fn(|_| random.i8(..)),
    };
    let weights: Vec<Block> = (0..STRIP * blocks).map(|_| block(&mut random)).collect();
    // Blocks of very different size, and one of nothing.
    let number = |at: usize, random: &mut Rng| match at / BLOCK % 5 {
        4 => 0.0,
        size => (random.f32() - 0.5) * 10_f32.powi(2 * size as i32 - 3),
    };
    let columns: Vec<f32> = (0..count * blocks * BLOCK).map(|at| number(at, &mut random)).collect();
    let (mut room, mut scratch) = (Columns::default(), Scratch::default());
    let mut out = vec![[f32::NAN; STRIP]; count];
    // First with others, and more of them: nothing of an earlier product may be left.
    for (count, columns) in [(count + 3, vec![1.0; (count + 3) * 2 * BLOCK]), (count, columns.clone())] {
        let width = columns.len() / count;
        for (mut tile, columns) in room.tiles(count, width / BLOCK).zip(columns.chunks(TILE * width)) {
            // SAFETY: the caller checked that the processor has the instructions.
            #[expect(unsafe_code, reason = "a function for some processors")]
            unsafe {
                tile.round(columns.chunks(width))
            };
        }
    }
    // SAFETY: as above.
    #[expect(unsafe_code, reason = "a function for some processors")]
    unsafe {
        room.multiply(&weights, &mut scratch, |first, sums| {
            for (out, sums) in out[first..].iter_mut().zip(sums) {
                out.copy_from_slice(sums.as_flattened());
            }
        });
    }
    let mut worst = 0.0_f64;
    for (column, out) in columns.chunks(blocks * BLOCK).zip(&out) {
        let column = rounded(column);
        for (row, out) in weights.chunks(blocks).zip(out) {
            let (mut sum, mut size) = (0.0, f64::MIN_POSITIVE);
            for (weights, (scale, numbers)) in row.iter().zip(&column) {
                let products = weights.numbers.iter().zip(numbers).map(|(a, b)| i32::from(*a) * b);
                let product = f64::from(products.sum::<i32>()) * value(weights.scale) * scale;
                sum += product;
                size += product.abs();
            }
            worst = worst.max((f64::from(*out) - sum).abs() / size);
        }
    }
    worst
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
        let worst = worst(count, blocks);
        assert!(worst < 1e-6, "{count} columns of {blocks} blocks are off by {worst}");
    }
}
