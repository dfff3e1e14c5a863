//! What is computed here on the CPU, in place of llama.cpp's own kernels.
//!
//! ggml lets others compute operations for it, as BLAS libraries do for products of matrices. Two take most of a model's time and
//! can be computed faster than llama.cpp does it: [`attention`], and [`products`] with weights of 8 or 4 bits, each in the forms
//! that it knows; all else stays with ggml. [`ggml`] has the structures that ggml asks for.
//!
//! It takes part only while this process's own contexts compute ([`with_threads`]): llama.cpp, when it opens a context, gives up
//! flash attention if anybody but the device of the layer would compute it, and other users of the library keep what they had.

use std::cell::Cell;
use std::ffi::{CStr, c_char};
use std::ptr::{from_ref, null, null_mut};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use llama_cpp_sys_2 as sys;

mod attention;
mod ggml;
mod products;
#[cfg_attr(not(target_env = "gnu"), path = "accelerator/alone.rs")]
mod team;
mod vectors;

use ggml::{Backend, Device, Registry, VERSION};

/// The name under which ggml lists it.
const NAME: &CStr = c"handyman";

thread_local! {
    /// With how many threads this thread computes a batch of ours; none otherwise.
    static THREADS: Cell<usize> = const { Cell::new(0) };
    /// How many operations of each kind this thread has computed: attention and products.
    #[cfg(test)]
    static COMPUTED: Cell<[usize; 2]> = const { Cell::new([0; 2]) };
}

/// Whether products are computed here as well.
static PRODUCTS: AtomicBool = AtomicBool::new(false);

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
/// same time only where everybody who computes can do so in the background. And attention alone beside one: ggml gives it large
/// products only if nobody else wants them; or where ggml was built for wider instructions than the processor lets us use.
pub(super) fn register() {
    let can = is_x86_feature_detected!("avx2")
        && is_x86_feature_detected!("fma")
        && is_x86_feature_detected!("f16c");
    if can && version() == VERSION && gpus() <= 1 {
        PRODUCTS.store(gpus() == 0 && multiplies_better(), Ordering::Relaxed);
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

/// Whether [`products`] need less than ggml's: not where ggml was built for instructions that multiply more numbers of 8 bits at a
/// time than AVX2's do, and we have no more than those.
#[expect(unsafe_code, reason = "C functions")]
fn multiplies_better() -> bool {
    // SAFETY: they only tell how ggml was built.
    vectors::has_wide() || unsafe { sys::ggml_cpu_has_avx_vnni() + sys::ggml_cpu_has_avx512() == 0 }
}

/// How many GPUs ggml knows.
#[expect(unsafe_code, reason = "C functions")]
fn gpus() -> usize {
    // SAFETY: only reads ggml's list of devices, up to its length.
    let kind = |index| unsafe { sys::ggml_backend_dev_type(sys::ggml_backend_dev_get(index)) };
    // SAFETY: as above.
    let devices = unsafe { sys::ggml_backend_dev_count() };
    let gpu = [sys::GGML_BACKEND_DEVICE_TYPE_GPU, sys::GGML_BACKEND_DEVICE_TYPE_IGPU];
    (0..devices).filter(|&index| gpu.contains(&kind(index))).count()
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
    if threads == 0 || threads > team::THREADS_MAX {
        return false;
    }
    match operation.op {
        sys::GGML_OP_FLASH_ATTN_EXT => attention::takes(operation),
        sys::GGML_OP_MUL_MAT => PRODUCTS.load(Ordering::Relaxed) && products::takes(operation),
        _ => false,
    }
}

/// Has several threads, this one among them, work through the same items.
fn share<I: Send>(threads: usize, items: impl Iterator<Item = I> + Send, work: impl Fn(I) + Sync) {
    let items = Mutex::new(items);
    team::together(threads, || {
        loop {
            let next = items.lock().unwrap_or_else(PoisonError::into_inner).next();
            let Some(item) = next else { break };
            work(item);
        }
    });
}

fn count(tensor: &sys::ggml_tensor, dimension: usize) -> usize {
    usize::try_from(tensor.ne[dimension]).unwrap_or(0)
}

/// A tensor's numbers from the first to the last that its first three dimensions reach.
///
/// # Safety
/// Its data is there, is of `T`, and nobody writes it meanwhile.
#[expect(unsafe_code, reason = "reads ggml's memory")]
unsafe fn numbers<T>(tensor: &sys::ggml_tensor) -> &[T] {
    let [width, second, third] = [0, 1, 2].map(|dimension| count(tensor, dimension));
    let [_, step, head, _] = tensor.nb.map(|bytes| bytes / size_of::<T>());
    let length =
        if width * second * third == 0 { 0 } else { (second - 1) * step + (third - 1) * head + width };
    // SAFETY: ggml keeps so many numbers there.
    unsafe { std::slice::from_raw_parts(tensor.data.cast::<T>().cast_const(), length) }
}

#[expect(unsafe_code, reason = "the signature of a C callback")]
unsafe extern "C" fn compute(_: sys::ggml_backend_t, graph: *mut sys::ggml_cgraph) -> sys::ggml_status {
    let threads = THREADS.get().max(1);
    // SAFETY: only reads the graph that ggml gives.
    let count = unsafe { sys::ggml_graph_n_nodes(graph) };
    let mut rounded = null();
    for index in 0..count {
        // SAFETY: below the count; nodes live as long as the graph.
        let operation = unsafe { &*sys::ggml_graph_node(graph, index) };
        // SAFETY: ggml asks to compute it. What is neither is a view of memory, in which there is nothing to do.
        let is_known = match operation.op {
            sys::GGML_OP_FLASH_ATTN_EXT => unsafe { attention::compute(operation, threads) },
            sys::GGML_OP_MUL_MAT => unsafe { products::compute(operation, threads, &mut rounded) },
            _ => true,
        };
        if !is_known {
            return sys::GGML_STATUS_FAILED;
        }
        #[cfg(test)]
        count_computed(operation.op);
    }
    sys::GGML_STATUS_SUCCESS
}

#[cfg(test)]
fn count_computed(operation: sys::ggml_op) {
    let [attentions, products] = COMPUTED.get();
    COMPUTED.set([
        attentions + usize::from(operation == sys::GGML_OP_FLASH_ATTN_EXT),
        products + usize::from(operation == sys::GGML_OP_MUL_MAT),
    ]);
}

#[expect(unsafe_code, reason = "the signature of a C callback")]
unsafe extern "C" fn can_compute(_: sys::ggml_backend_dev_t, operation: *const sys::ggml_tensor) -> bool {
    // SAFETY: ggml passes an operation of its graph.
    unsafe { operation.as_ref() }.is_some_and(takes)
}

#[expect(unsafe_code, reason = "the signature of a C callback")]
unsafe extern "C" fn can_read(_: sys::ggml_backend_dev_t, buffers: sys::ggml_backend_buffer_type_t) -> bool {
    // SAFETY: ggml passes a type of buffers, which the call only reads.
    unsafe { sys::ggml_backend_buft_is_host(buffers) || products::are_repacked(buffers) }
}

#[expect(unsafe_code, reason = "the signature of a C callback")]
unsafe extern "C" fn open(device: sys::ggml_backend_dev_t, _: *const c_char) -> sys::ggml_backend_t {
    static GUID: [u8; 16] = *b"handyman-compute";
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
