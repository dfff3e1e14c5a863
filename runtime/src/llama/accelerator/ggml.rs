//! What ggml asks of those who compute for it: the structures of `ggml-backend-impl.h` in the version that Cargo.toml pins,
//! which the binding leaves out.

use std::ffi::{c_char, c_int, c_void};

use llama_cpp_sys_2 as sys;

/// The version of these structures. ggml's own CPU backend says which one it was built with.
pub(super) const VERSION: c_int = 3;

/// An entry that is optional and that nobody here fills.
type Unused = Option<unsafe extern "C" fn()>;

/// `ggml_backend_reg`.
#[repr(C)]
pub(super) struct Registry {
    pub(super) version: c_int,
    pub(super) name: unsafe extern "C" fn(sys::ggml_backend_reg_t) -> *const c_char,
    pub(super) device_count: unsafe extern "C" fn(sys::ggml_backend_reg_t) -> usize,
    pub(super) device: unsafe extern "C" fn(sys::ggml_backend_reg_t, usize) -> sys::ggml_backend_dev_t,
    pub(super) proc_address: Unused,
    pub(super) context: *mut c_void,
}

/// `ggml_backend_device`.
#[repr(C)]
pub(super) struct Device {
    pub(super) name: unsafe extern "C" fn(sys::ggml_backend_dev_t) -> *const c_char,
    pub(super) description: unsafe extern "C" fn(sys::ggml_backend_dev_t) -> *const c_char,
    pub(super) memory: unsafe extern "C" fn(sys::ggml_backend_dev_t, *mut usize, *mut usize),
    pub(super) kind: unsafe extern "C" fn(sys::ggml_backend_dev_t) -> sys::ggml_backend_dev_type,
    pub(super) properties: unsafe extern "C" fn(sys::ggml_backend_dev_t, *mut sys::ggml_backend_dev_props),
    pub(super) open: unsafe extern "C" fn(sys::ggml_backend_dev_t, *const c_char) -> sys::ggml_backend_t,
    pub(super) buffers: unsafe extern "C" fn(sys::ggml_backend_dev_t) -> sys::ggml_backend_buffer_type_t,
    pub(super) host_buffers: Unused,
    pub(super) buffer_of_pointer: Unused,
    pub(super) can_compute: unsafe extern "C" fn(sys::ggml_backend_dev_t, *const sys::ggml_tensor) -> bool,
    pub(super) can_read:
        unsafe extern "C" fn(sys::ggml_backend_dev_t, sys::ggml_backend_buffer_type_t) -> bool,
    pub(super) offload: Unused,
    pub(super) events: [Unused; 3],
    pub(super) registry: sys::ggml_backend_reg_t,
    pub(super) context: *mut c_void,
}

/// `ggml_backend`.
#[repr(C)]
pub(super) struct Backend {
    pub(super) guid: sys::ggml_guid_t,
    pub(super) name: unsafe extern "C" fn(sys::ggml_backend_t) -> *const c_char,
    pub(super) free: unsafe extern "C" fn(sys::ggml_backend_t),
    /// Copies in the background, waiting for them, and plans of graphs.
    pub(super) asynchronous: [Unused; 10],
    pub(super) compute: unsafe extern "C" fn(sys::ggml_backend_t, *mut sys::ggml_cgraph) -> sys::ggml_status,
    pub(super) events: [Unused; 2],
    pub(super) optimize: Unused,
    pub(super) device: sys::ggml_backend_dev_t,
    pub(super) context: *mut c_void,
}

// SAFETY: what is behind the pointers of a registry and a device that we make is never written.
#[expect(unsafe_code, reason = "raw pointers are never Sync by themselves")]
unsafe impl Sync for Registry {}
// SAFETY: as above.
#[expect(unsafe_code, reason = "raw pointers are never Sync by themselves")]
unsafe impl Sync for Device {}
