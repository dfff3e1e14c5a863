//! Products of a matrix of 8-bit or 4-bit weights with several columns.
//!
//! For one column the memory is the limit, and llama.cpp reaches it. For several, arithmetic is, of which ours need less: [`wide`]
//! where the processor has what it takes, else [`kernel`], which knows 8-bit weights alone.

use std::cell::RefCell;
use std::ffi::{CStr, c_void};
use std::ptr::from_ref;
use std::sync::{Mutex, PoisonError};

use llama_cpp_sys_2 as sys;

mod kernel;
mod wide;

use super::vectors::has_wide;
use super::{count, numbers, share};
use kernel::{BLOCK, Block, STRIP};
use wide::{Packed, Weights};

/// Columns from which each kernel is faster than llama.cpp (docs/figures.md, "What was tried").
const COLUMNS_MIN: usize = 5;
const COLUMNS_MIN_WIDE: usize = 2;
/// The most strips that a thread takes at a time: while it computes one, the next is fetched from memory.
const RUN: usize = 8;
/// The buffers in which ggml keeps weights in an order of its own.
const REPACKED: &CStr = c"CPU_REPACK";

thread_local! {
    static COLUMNS: RefCell<kernel::Columns> = RefCell::default();
    static SCRATCH: RefCell<kernel::Scratch> = RefCell::default();
    static WIDE_COLUMNS: RefCell<wide::Columns> = RefCell::default();
    static WIDE_SCRATCH: RefCell<wide::Scratch> = RefCell::default();
}

/// Whether this product is computed here.
pub(super) fn takes(operation: &sys::ggml_tensor) -> bool {
    Shape::of(operation).is_some()
}

/// Whether these are buffers of [`REPACKED`] weights.
///
/// # Safety
/// The type is one of ggml's.
#[expect(unsafe_code, reason = "a C function")]
pub(super) unsafe fn are_repacked(buffers: sys::ggml_backend_buffer_type_t) -> bool {
    // SAFETY: the name lives as long as the type.
    unsafe { CStr::from_ptr(sys::ggml_backend_buft_name(buffers)) == REPACKED }
}

/// Whether ggml keeps these weights in an order of its own.
#[expect(unsafe_code, reason = "C functions")]
fn is_repacked(weights: &sys::ggml_tensor) -> bool {
    // SAFETY: a tensor's buffer lives as long as it.
    !weights.buffer.is_null() && unsafe { are_repacked(sys::ggml_backend_buffer_get_type(weights.buffer)) }
}

/// The tensors of a product whose form is known.
struct Shape<'a> {
    weights: &'a sys::ggml_tensor,
    columns: &'a sys::ggml_tensor,
}

impl<'a> Shape<'a> {
    /// One matrix of weights, of 8 bits or repacked of 4, whose rows follow each other, strips of them; 32-bit numbers, and so the
    /// result.
    #[expect(unsafe_code, reason = "follows pointers of ggml's")]
    fn of(operation: &'a sys::ggml_tensor) -> Option<Self> {
        // SAFETY: an operation's sources live as long as it.
        let source = |index: usize| unsafe { operation.src[index].as_ref() };
        let (weights, columns) = (source(0)?, source(1)?);
        let is_matrix = |tensor: &sys::ggml_tensor| tensor.ne[2] == 1 && tensor.ne[3] == 1;
        let (width, rows) = (count(weights, 0), count(weights, 1));
        let (bytes, columns_min) = match (weights.type_, is_repacked(weights), has_wide()) {
            (sys::GGML_TYPE_Q8_0, false, false) => (size_of::<Block>(), COLUMNS_MIN),
            (sys::GGML_TYPE_Q8_0, false, true) => (size_of::<Block>(), COLUMNS_MIN_WIDE),
            // A view may begin within rows that are packed together.
            (sys::GGML_TYPE_Q4_0, true, true) if weights.view_src.is_null() => {
                (size_of::<Packed>() / 8, COLUMNS_MIN_WIDE)
            }
            _ => return None,
        };
        let fits = is_matrix(weights)
            && width > 0
            && width.is_multiple_of(BLOCK)
            && rows.is_multiple_of(STRIP)
            && weights.nb[0] == bytes
            && weights.nb[1] == width / BLOCK * bytes
            && columns.type_ == sys::GGML_TYPE_F32
            && is_matrix(columns)
            && count(columns, 0) == width
            && count(columns, 1) >= columns_min
            && columns.nb[0] == size_of::<f32>()
            && columns.nb[1].is_multiple_of(size_of::<f32>())
            && operation.type_ == sys::GGML_TYPE_F32
            && operation.nb[0] == size_of::<f32>()
            && operation.nb[1] == rows * size_of::<f32>();
        fits.then_some(Self { weights, columns })
    }
}

/// A product to compute.
struct Job<'a> {
    weights: Weights<'a>,
    /// Blocks of a row and of a column.
    blocks: usize,
    rows: usize,
    /// What the columns are to be rounded from, unless they are already.
    columns: Option<&'a [f32]>,
    count: usize,
    /// Numbers from one column to the next.
    step: usize,
    out: Mutex<&'a mut [f32]>,
    threads: usize,
}

impl Job<'_> {
    /// The columns of tiles of so many.
    fn tiles(&self, tile: usize) -> impl Iterator<Item = impl Iterator<Item = &[f32]>> {
        let tiles = self.columns.unwrap_or_default().chunks(tile * self.step);
        tiles.map(|tile| tile.chunks(self.step).map(|column| &column[..self.blocks * BLOCK]))
    }

    /// Has the threads work through all strips: each is given with its number.
    fn strips(&self, work: impl Fn(usize, Weights) + Sync) {
        let strips = self.rows / STRIP;
        let run = (strips / (4 * self.threads)).clamp(1, RUN);
        share(self.threads, (0..strips).step_by(run), |first| {
            for index in first..strips.min(first + run) {
                work(index, self.weights.strip(self.blocks, index));
            }
        });
    }

    /// Puts a strip's sums where they belong, those of the columns from `first` on.
    fn put(&self, strip: usize, first: usize, sums: &[[f32; STRIP]]) {
        let mut out = self.out.lock().unwrap_or_else(PoisonError::into_inner);
        for (row, sums) in out[first * self.rows..].chunks_mut(self.rows).zip(sums) {
            row[strip * STRIP..][..STRIP].copy_from_slice(sums);
        }
    }

    /// With [`wide`].
    ///
    /// # Safety
    /// The processor has the instructions.
    #[expect(unsafe_code, reason = "functions for some processors")]
    unsafe fn compute_wide(&self) {
        WIDE_COLUMNS.with_borrow_mut(|room| {
            if self.columns.is_some() {
                let tiles = room.tiles(self.count, self.blocks).zip(self.tiles(wide::TILE));
                // SAFETY: as the caller says.
                share(self.threads, tiles, |(mut tile, columns)| unsafe { tile.round(columns) });
            }
            self.strips(|index, strip| {
                let put = |first: usize, sums: &[_]| self.put(index, first, sums);
                // SAFETY: as the caller says.
                WIDE_SCRATCH.with_borrow_mut(|scratch| unsafe { room.multiply(strip, scratch, put) });
            });
        });
    }

    /// With [`kernel`], which knows [`Weights::Bytes`] alone.
    ///
    /// # Safety
    /// The processor has the instructions.
    #[expect(unsafe_code, reason = "functions for some processors")]
    unsafe fn compute_narrow(&self) {
        COLUMNS.with_borrow_mut(|room| {
            if self.columns.is_some() {
                let tiles = room.tiles(self.count, self.blocks).zip(self.tiles(kernel::TILE));
                // SAFETY: as the caller says.
                share(self.threads, tiles, |(mut tile, columns)| unsafe { tile.round(columns) });
            }
            self.strips(|index, strip| {
                let Weights::Bytes(strip) = strip else { return };
                let put = |first: usize, sums: &[_]| self.put(index, first, sums);
                // SAFETY: as the caller says.
                SCRATCH.with_borrow_mut(|scratch| unsafe { room.multiply(strip, scratch, put) });
            });
        });
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
    let (blocks, rows, count_of_columns) = (count(weights, 0) / BLOCK, count(weights, 1), count(columns, 1));
    let is_new = *rounded != from_ref(columns);
    *rounded = from_ref(columns);
    // SAFETY: the types are those of the weights' blocks, packed ones by eights; ggml computes what an operation reads before it,
    // and writes only its result, which is contiguous: a row for each column.
    let job = unsafe {
        Job {
            weights: if weights.type_ == sys::GGML_TYPE_Q8_0 {
                Weights::Bytes(slice(weights.data, rows * blocks))
            } else {
                Weights::Nibbles(slice(weights.data, rows / 8 * blocks))
            },
            blocks,
            rows,
            columns: is_new.then(|| numbers(columns)),
            count: count_of_columns,
            step: columns.nb[1] / size_of::<f32>(),
            out: Mutex::new(std::slice::from_raw_parts_mut(
                operation.data.cast::<f32>(),
                rows * count_of_columns,
            )),
            threads,
        }
    };
    // SAFETY: they have the instructions: `register` checked those of the one, and this those of the other.
    unsafe { if has_wide() { job.compute_wide() } else { job.compute_narrow() } };
    true
}

/// # Safety
/// There are so many of `T`, and nobody writes them meanwhile.
#[expect(unsafe_code, reason = "reads ggml's memory")]
unsafe fn slice<'a, T>(data: *mut c_void, count: usize) -> &'a [T] {
    // SAFETY: as the caller says.
    unsafe { std::slice::from_raw_parts(data.cast::<T>().cast_const(), count) }
}

#[cfg(test)]
mod tests;
