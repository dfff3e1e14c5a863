//! Products of a matrix of 8-bit weights with several columns.
//!
//! For one column the memory is the limit, and llama.cpp reaches it. For several, arithmetic is, of which [`kernel`] needs less.

use std::cell::RefCell;
use std::ptr::from_ref;
use std::sync::{Mutex, PoisonError};

use llama_cpp_sys_2 as sys;

mod kernel;

use super::{count, numbers, share};
use kernel::{BLOCK, Block, Columns, STRIP, Scratch, TILE};

/// Columns from which it is faster than llama.cpp (docs/figures.md, "What was tried").
const COLUMNS_MIN: usize = 5;

thread_local! {
    static COLUMNS: RefCell<Columns> = RefCell::default();
    static SCRATCH: RefCell<Scratch> = RefCell::default();
}

/// Whether this product is computed here.
pub(super) fn takes(operation: &sys::ggml_tensor) -> bool {
    Shape::of(operation).is_some()
}

/// The tensors of a product whose form is known.
struct Shape<'a> {
    weights: &'a sys::ggml_tensor,
    columns: &'a sys::ggml_tensor,
}

impl<'a> Shape<'a> {
    /// One matrix of 8-bit weights whose rows follow each other, strips of them; 32-bit numbers, and so the result.
    #[expect(unsafe_code, reason = "follows pointers of ggml's")]
    fn of(operation: &'a sys::ggml_tensor) -> Option<Self> {
        // SAFETY: an operation's sources live as long as it.
        let source = |index: usize| unsafe { operation.src[index].as_ref() };
        let (weights, columns) = (source(0)?, source(1)?);
        let is_matrix = |tensor: &sys::ggml_tensor| tensor.ne[2] == 1 && tensor.ne[3] == 1;
        let (width, rows) = (count(weights, 0), count(weights, 1));
        let fits = weights.type_ == sys::GGML_TYPE_Q8_0
            && is_matrix(weights)
            && width > 0
            && width.is_multiple_of(BLOCK)
            && rows.is_multiple_of(STRIP)
            && weights.nb[0] == size_of::<Block>()
            && weights.nb[1] == width / BLOCK * size_of::<Block>()
            && columns.type_ == sys::GGML_TYPE_F32
            && is_matrix(columns)
            && count(columns, 0) == width
            && count(columns, 1) >= COLUMNS_MIN
            && columns.nb[0] == size_of::<f32>()
            && columns.nb[1].is_multiple_of(size_of::<f32>())
            && operation.type_ == sys::GGML_TYPE_F32
            && operation.nb[0] == size_of::<f32>()
            && operation.nb[1] == rows * size_of::<f32>();
        fits.then_some(Self { weights, columns })
    }
}

/// Computes one product; false when its form is not known. `rounded` is the tensor that went into the product before in the
/// same graph, if there was one: what several products need is rounded once.
///
/// # Safety
/// The operation is one that ggml asks to compute now.
#[expect(unsafe_code, reason = "reads and writes ggml's memory")]
pub(super) unsafe fn compute(
    operation: &sys::ggml_tensor,
    threads: usize,
    rounded: &mut *const sys::ggml_tensor,
) -> bool {
    let Some(Shape { weights, columns }) = Shape::of(operation) else { return false };
    let (blocks, rows, many) = (count(weights, 0) / BLOCK, count(weights, 1), count(columns, 1));
    // SAFETY: `Block` is what the type's blocks are; ggml computes what an operation reads before it, and writes only its result.
    let strips =
        unsafe { std::slice::from_raw_parts(weights.data.cast::<Block>().cast_const(), rows * blocks) }
            .chunks_exact(STRIP * blocks);
    // SAFETY: the result is contiguous, a row for each column.
    let out = unsafe { std::slice::from_raw_parts_mut(operation.data.cast::<f32>(), rows * many) };
    COLUMNS.with_borrow_mut(|room| {
        if *rounded != from_ref(columns) {
            *rounded = from_ref(columns);
            let step = columns.nb[1] / size_of::<f32>();
            // SAFETY: as above.
            let numbers = unsafe { numbers::<f32>(columns) };
            let tiles = room.tiles(many, blocks).zip(numbers.chunks(TILE * step));
            share(threads, tiles, |(mut tile, numbers)| {
                let columns = numbers.chunks(step).map(|column| &column[..blocks * BLOCK]);
                // SAFETY: `register` checked that the processor has the instructions.
                unsafe { tile.round(columns) };
            });
        }
        let out = Mutex::new(out);
        share(threads, strips.enumerate(), |(index, strip)| {
            let put = |first: usize, sums: &[[[f32; 8]; 2]]| {
                let mut out = out.lock().unwrap_or_else(PoisonError::into_inner);
                for (row, sums) in out[first * rows..].chunks_mut(rows).zip(sums) {
                    row[index * STRIP..][..STRIP].copy_from_slice(sums.as_flattened());
                }
            };
            // SAFETY: as above.
            SCRATCH.with_borrow_mut(|scratch| unsafe { room.multiply(strip, scratch, put) });
        });
    });
    true
}
