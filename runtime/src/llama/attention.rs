//! Attention on the CPU, in place of llama.cpp's own.
//!
//! With a small model most of the time goes into it, and most of that into details: masks and keys are widened number by number
//! for every head, and for fewer than 64 tokens every pair of a query and a key is computed by itself. ggml lets others compute
//! operations for it, as BLAS libraries do for products of matrices. Here that is [`kernel`], for the one operation
//! `FLASH_ATTN_EXT` in the shapes that it knows; all else stays with ggml. [`ggml`] has the structures that ggml asks for.
//!
//! It takes part only while this process's own contexts compute ([`with_threads`]): llama.cpp, when it opens a context, gives up
//! flash attention if anybody but the device of the layer would compute it, and other users of the library keep what they had.

use std::cell::{Cell, RefCell};
use std::ffi::{CStr, c_char};
use std::ptr::{from_ref, null, null_mut};
use std::sync::{Mutex, PoisonError};
use std::thread;

use llama_cpp_sys_2 as sys;

mod ggml;
mod kernel;

use ggml::{Backend, Device, Registry, VERSION};
use kernel::{Attention, GROUP, Rows, Scratch};

/// The name under which ggml lists it.
const NAME: &CStr = c"attention";
/// Pairs of a query and a cell from which several threads are worth starting, a millisecond's work. What is less stays with
/// llama.cpp's threads, which are running already.
const SHARED_WORK: usize = 1 << 17;
/// The least and the most tokens that a thread takes at a time.
const PORTIONS: (usize, usize) = (4, 32);

thread_local! {
    /// With how many threads this thread computes a batch of ours; none otherwise.
    static THREADS: Cell<usize> = const { Cell::new(0) };
    static SCRATCH: RefCell<Scratch> = RefCell::default();
    /// How many attentions this thread has computed.
    #[cfg(test)]
    static COMPUTED: Cell<usize> = const { Cell::new(0) };
}

static REGISTRY: Registry = Registry {
    version: VERSION,
    name: registry_name,
    device_count,
    device,
    proc_address: None,
    context: null_mut(),
};

static DEVICE: Device = Device {
    name: device_name,
    description: device_name,
    memory,
    kind,
    properties,
    open,
    buffers,
    host_buffers: None,
    buffer_of_pointer: None,
    can_compute,
    can_read,
    offload: None,
    events: [None; 3],
    registry: from_ref(&REGISTRY).cast_mut().cast(),
    context: null_mut(),
};

/// Makes it known to ggml, once, where the processor has what it takes. Not beside several GPUs: llama.cpp lets them work at the
/// same time only where everybody who computes can do so in the background.
pub(super) fn register() {
    let can = is_x86_feature_detected!("avx2")
        && is_x86_feature_detected!("fma")
        && is_x86_feature_detected!("f16c");
    if can && version() == VERSION && gpus() <= 1 {
        // SAFETY: the structures have the form that this version asks for, and live as long as the process.
        #[expect(unsafe_code, reason = "a C function")]
        unsafe {
            sys::ggml_backend_register(from_ref(&REGISTRY).cast_mut().cast());
        }
    }
}

/// The version of the interface that ggml was built with.
#[expect(unsafe_code, reason = "reads a structure of ggml's")]
fn version() -> i32 {
    // SAFETY: the CPU's registry lives as long as the process and begins with the version in every version.
    unsafe { *sys::ggml_backend_cpu_reg().cast::<i32>() }
}

/// How many GPUs ggml knows.
#[expect(unsafe_code, reason = "C functions")]
fn gpus() -> usize {
    // SAFETY: only reads ggml's list of devices, up to its length.
    let kind = |index| unsafe { sys::ggml_backend_dev_type(sys::ggml_backend_dev_get(index)) };
    // SAFETY: as above.
    let devices = unsafe { sys::ggml_backend_dev_count() };
    (0..devices).filter(|&index| kind(index) == sys::GGML_BACKEND_DEVICE_TYPE_GPU).count()
}

/// Takes part in what this thread computes meanwhile, with so many threads; not at all with none.
pub(super) fn with_threads<T>(threads: i32, compute: impl FnOnce() -> T) -> T {
    THREADS.set(usize::try_from(threads).unwrap_or(0));
    let computed = compute();
    THREADS.set(0);
    computed
}

/// Whether it computes this operation: in this form, and now.
fn takes(operation: &sys::ggml_tensor) -> bool {
    let threads = THREADS.get();
    threads > 0
        && operation.op == sys::GGML_OP_FLASH_ATTN_EXT
        && Shape::of(operation).is_some_and(|shape| threads == 1 || shape.pairs() >= SHARED_WORK)
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

    /// Pairs of a query and a cell, seen or not.
    fn pairs(&self) -> usize {
        count(self.queries, 1) * count(self.queries, 2) * count(self.keys, 1)
    }
}

fn count(tensor: &sys::ggml_tensor, dimension: usize) -> usize {
    usize::try_from(tensor.ne[dimension]).unwrap_or(0)
}

/// A tensor's numbers by its second and third dimension.
///
/// # Safety
/// Its data is there, is of `T`, and nobody writes it meanwhile.
#[expect(unsafe_code, reason = "reads ggml's memory")]
unsafe fn rows<T>(tensor: &sys::ggml_tensor) -> Rows<'_, T> {
    let [width, second, third] = [0, 1, 2].map(|dimension| count(tensor, dimension));
    let [_, step, head, _] = tensor.nb.map(|bytes| bytes / size_of::<T>());
    let length =
        if width * second * third == 0 { 0 } else { (second - 1) * step + (third - 1) * head + width };
    // SAFETY: ggml keeps so many numbers there, from the first to the last that the tensor's steps reach.
    let data = unsafe { std::slice::from_raw_parts(tensor.data.cast::<T>().cast_const(), length) };
    Rows { data, step, head, width }
}

/// Computes one operation; false when its form is not known.
///
/// # Safety
/// The operation is one that ggml asks to compute now.
#[expect(unsafe_code, reason = "reads and writes ggml's memory")]
unsafe fn attend(operation: &sys::ggml_tensor) -> bool {
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
        }
    };
    let row = heads * count(values, 0);
    // SAFETY: the result is contiguous: a row of value width for each head of each token.
    let out = unsafe { std::slice::from_raw_parts_mut(operation.data.cast::<f32>(), tokens * row) };
    let threads = THREADS.get().max(1);
    // What one thread takes at a time it reads the cache for once.
    let portion =
        if threads == 1 { PORTIONS.1 } else { (tokens / (2 * threads)).clamp(PORTIONS.0, PORTIONS.1) };
    let portions = Mutex::new(out.chunks_mut(portion * row).enumerate());
    let work = |scratch: &mut Scratch| {
        loop {
            let next = portions.lock().unwrap_or_else(PoisonError::into_inner).next();
            let Some((index, out)) = next else { break };
            // SAFETY: `register` checked that the processor has the instructions.
            unsafe { attention.compute(index * portion, out, scratch) };
        }
    };
    thread::scope(|scope| {
        for _ in 1..threads {
            // A thread that cannot be had leaves its work to the others.
            drop(thread::Builder::new().spawn_scoped(scope, || work(&mut Scratch::default())));
        }
        SCRATCH.with_borrow_mut(work);
    });
    #[cfg(test)]
    COMPUTED.set(COMPUTED.get() + 1);
    true
}

#[expect(unsafe_code, reason = "the signature of a C callback")]
unsafe extern "C" fn compute(_: sys::ggml_backend_t, graph: *mut sys::ggml_cgraph) -> sys::ggml_status {
    // SAFETY: only reads the graph that ggml gives.
    let count = unsafe { sys::ggml_graph_n_nodes(graph) };
    for index in 0..count {
        // SAFETY: below the count; nodes live as long as the graph.
        let operation = unsafe { &*sys::ggml_graph_node(graph, index) };
        // SAFETY: ggml asks to compute it. What is no attention is a view of memory, in which there is nothing to do.
        if operation.op == sys::GGML_OP_FLASH_ATTN_EXT && !unsafe { attend(operation) } {
            return sys::GGML_STATUS_FAILED;
        }
    }
    sys::GGML_STATUS_SUCCESS
}

#[expect(unsafe_code, reason = "the signature of a C callback")]
unsafe extern "C" fn can_compute(_: sys::ggml_backend_dev_t, operation: *const sys::ggml_tensor) -> bool {
    // SAFETY: ggml passes an operation of its graph.
    unsafe { operation.as_ref() }.is_some_and(takes)
}

#[expect(unsafe_code, reason = "the signature of a C callback")]
unsafe extern "C" fn can_read(_: sys::ggml_backend_dev_t, buffers: sys::ggml_backend_buffer_type_t) -> bool {
    // SAFETY: ggml passes a type of buffers, which the call only reads.
    unsafe { sys::ggml_backend_buft_is_host(buffers) }
}

#[expect(unsafe_code, reason = "the signature of a C callback")]
unsafe extern "C" fn open(device: sys::ggml_backend_dev_t, _: *const c_char) -> sys::ggml_backend_t {
    static GUID: [u8; 16] = *b"handyman-attends";
    let backend = Backend {
        guid: from_ref(&GUID).cast_mut(),
        name: backend_name,
        free,
        asynchronous: [None; 10],
        compute,
        events: [None; 2],
        optimize: None,
        device,
        context: null_mut(),
    };
    Box::into_raw(Box::new(backend)).cast()
}

#[expect(unsafe_code, reason = "the signature of a C callback")]
unsafe extern "C" fn free(backend: sys::ggml_backend_t) {
    // SAFETY: made by `open`, and freed once.
    drop(unsafe { Box::from_raw(backend.cast::<Backend>()) });
}

#[expect(unsafe_code, reason = "the signature of a C callback")]
unsafe extern "C" fn properties(_: sys::ggml_backend_dev_t, properties: *mut sys::ggml_backend_dev_props) {
    let filled = sys::ggml_backend_dev_props {
        name: NAME.as_ptr(),
        description: NAME.as_ptr(),
        memory_free: 0,
        memory_total: 0,
        type_: sys::GGML_BACKEND_DEVICE_TYPE_ACCEL,
        device_id: null(),
        caps: sys::ggml_backend_dev_caps {
            async_: false,
            host_buffer: false,
            buffer_from_host_ptr: false,
            events: false,
            mmap_support: true,
        },
    };
    // SAFETY: ggml passes room for the properties.
    unsafe { properties.write(filled) };
}

#[expect(unsafe_code, reason = "the signature of a C callback")]
unsafe extern "C" fn memory(_: sys::ggml_backend_dev_t, free: *mut usize, total: *mut usize) {
    // SAFETY: ggml passes room for both numbers.
    unsafe {
        free.write(0);
        total.write(0);
    }
}

#[expect(unsafe_code, reason = "the signature of a C callback")]
unsafe extern "C" fn buffers(_: sys::ggml_backend_dev_t) -> sys::ggml_backend_buffer_type_t {
    // SAFETY: gives a structure that lives as long as the process.
    unsafe { sys::ggml_backend_cpu_buffer_type() }
}

extern "C" fn kind(_: sys::ggml_backend_dev_t) -> sys::ggml_backend_dev_type {
    sys::GGML_BACKEND_DEVICE_TYPE_ACCEL
}

extern "C" fn device_count(_: sys::ggml_backend_reg_t) -> usize {
    1
}

extern "C" fn device(_: sys::ggml_backend_reg_t, _: usize) -> sys::ggml_backend_dev_t {
    from_ref(&DEVICE).cast_mut().cast()
}

extern "C" fn registry_name(_: sys::ggml_backend_reg_t) -> *const c_char {
    NAME.as_ptr()
}

extern "C" fn device_name(_: sys::ggml_backend_dev_t) -> *const c_char {
    NAME.as_ptr()
}

extern "C" fn backend_name(_: sys::ggml_backend_t) -> *const c_char {
    NAME.as_ptr()
}

#[cfg(test)]
mod tests;
