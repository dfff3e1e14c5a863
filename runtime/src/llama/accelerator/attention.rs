//! Attention over a KV cache of 16-bit floats.
//!
//! With a small model most of the time goes into it, and most of that into details: masks and keys are widened number by number
//! for every head, and for fewer than 64 tokens every pair of a query and a key is computed by itself. [`kernel`] does better.

use std::cell::RefCell;

use llama_cpp_sys_2 as sys;

mod kernel;

use super::vectors::has_wide;
use super::{count, numbers, share};
use kernel::{Attention, GROUP, Rows, Scratch};

/// The least and the most tokens that a thread takes at a time.
const PORTIONS: (usize, usize) = (4, 32);

/// Numbers of a row from which vectors of sixteen are faster than those of eight (docs/figures.md, "What was tried").
const WIDTH_MIN_WIDE: usize = 64;

thread_local! {
    static SCRATCH: RefCell<Scratch> = RefCell::default();
}

/// Whether this attention is computed here.
pub(super) fn takes(operation: &sys::ggml_tensor) -> bool {
    Shape::of(operation).is_some()
}

/// The tensors of an operation whose form is known.
struct Shape<'a> {
    queries: &'a sys::ggml_tensor,
    keys: &'a sys::ggml_tensor,
    values: &'a sys::ggml_tensor,
    mask: &'a sys::ggml_tensor,
}

impl<'a> Shape<'a> {
    /// Keys and values of 16 bits, a mask, one stream, widths and numbers of cells that are multiples of 8; no bias by
    /// position, no cap of the scores and no sinks.
    #[expect(unsafe_code, reason = "follows pointers of ggml's")]
    fn of(operation: &'a sys::ggml_tensor) -> Option<Self> {
        // SAFETY: an operation's sources live as long as it.
        let source = |index: usize| unsafe { operation.src[index].as_ref() };
        let (queries, keys, values, mask) = (source(0)?, source(1)?, source(2)?, source(3)?);
        let [_, bias, cap, ..] = operation.op_params.map(|bits| f32::from_bits(bits.cast_unsigned()));
        let half = [keys, values, mask].iter().all(|tensor| {
            tensor.type_ == sys::GGML_TYPE_F16
                && tensor.nb[0] == size_of::<u16>()
                && tensor.nb.iter().all(|step| step % size_of::<u16>() == 0)
                && count(tensor, 0).is_multiple_of(GROUP)
                && tensor.ne[3] == 1
        });
        let fits = half
            && queries.type_ == sys::GGML_TYPE_F32
            && queries.nb[0] == size_of::<f32>()
            && queries.nb.iter().all(|step| step % size_of::<f32>() == 0)
            && queries.ne[3] == 1
            && queries.ne[0] == keys.ne[0]
            && queries.ne[2] % keys.ne[2].max(1) == 0
            && keys.ne[1] == values.ne[1]
            && keys.ne[1] == mask.ne[0]
            && keys.ne[2] == values.ne[2]
            && mask.ne[1] >= queries.ne[1]
            && mask.ne[2] == 1
            && bias == 0.0
            && cap == 0.0
            && source(4).is_none();
        fits.then_some(Self { queries, keys, values, mask })
    }
}

/// Whether vectors of sixteen are worth it for rows of so many numbers, and divide them.
fn is_wide(width: usize) -> bool {
    width >= WIDTH_MIN_WIDE && width.is_multiple_of(16)
}

/// A tensor's numbers by its second and third dimension.
///
/// # Safety
/// As for [`numbers`].
#[expect(unsafe_code, reason = "reads ggml's memory")]
unsafe fn rows<T>(tensor: &sys::ggml_tensor) -> Rows<'_, T> {
    let [_, step, head, _] = tensor.nb.map(|bytes| bytes / size_of::<T>());
    // SAFETY: as the caller says.
    Rows { data: unsafe { numbers(tensor) }, step, head, width: count(tensor, 0) }
}

/// Computes one operation; false when its form is not known.
///
/// # Safety
/// The operation is one that ggml asks to compute now.
#[expect(unsafe_code, reason = "reads and writes ggml's memory")]
pub(super) unsafe fn compute(operation: &sys::ggml_tensor, threads: usize) -> bool {
    let Some(Shape { queries, keys, values, mask }) = Shape::of(operation) else { return false };
    let [scale, ..] = operation.op_params.map(|bits| f32::from_bits(bits.cast_unsigned()));
    let (tokens, heads) = (count(queries, 1), count(queries, 2));
    // SAFETY: the types were checked; ggml computes what an operation reads before it, and writes only its result.
    let attention = unsafe {
        Attention {
            queries: rows(queries),
            keys: rows(keys),
            values: rows(values),
            mask: rows(mask),
            heads,
            shared_heads: count(keys, 2),
            scale,
            is_wide: has_wide() && [keys, values].iter().all(|tensor| is_wide(count(tensor, 0))),
        }
    };
    let row = heads * count(values, 0);
    // SAFETY: the result is contiguous: a row of value width for each head of each token.
    let out = unsafe { std::slice::from_raw_parts_mut(operation.data.cast::<f32>(), tokens * row) };
    // What one thread takes at a time it reads the cache for once.
    let portion =
        if threads == 1 { PORTIONS.1 } else { (tokens / (2 * threads)).clamp(PORTIONS.0, PORTIONS.1) };
    let portions = out.chunks_mut(portion * row).enumerate();
    share(threads, portions, |(index, out)| {
        // SAFETY: `register` checked that the processor has the instructions.
        SCRATCH.with_borrow_mut(|scratch| unsafe { attention.compute(index * portion, out, scratch) });
    });
    true
}
