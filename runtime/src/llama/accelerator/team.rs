//! Several threads for one operation: those of OpenMP, with which ggml computes.
//!
//! They wait for work by spinning. Threads of our own beside them would have to share the cores with them.

use std::ffi::{c_uint, c_void};
use std::ptr::from_ref;

/// With how many threads an operation can be computed.
pub(super) const THREADS_MAX: usize = c_uint::MAX as usize;

#[expect(unsafe_code, reason = "a C function")]
unsafe extern "C" {
    /// Part of libgomp's stable interface: what a parallel region is compiled to. ggml is linked with it.
    fn GOMP_parallel(
        work: unsafe extern "C" fn(*mut c_void),
        data: *mut c_void,
        threads: c_uint,
        flags: c_uint,
    );
}

/// Has so many threads, this one among them, do the same work, and waits for all of them.
pub(super) fn together<W: Fn() + Sync>(threads: usize, work: W) {
    #[expect(unsafe_code, reason = "the signature of a C callback")]
    unsafe extern "C" fn go<W: Fn() + Sync>(work: *mut c_void) {
        // SAFETY: `together` gives the pointer to its work, which lives until all threads have come back.
        unsafe { (*work.cast::<W>().cast_const())() }
    }
    if threads <= 1 {
        return work();
    }
    let threads = c_uint::try_from(threads).unwrap_or(c_uint::MAX);
    // SAFETY: the work may be done by several threads at the same time.
    #[expect(unsafe_code, reason = "a C function")]
    unsafe {
        GOMP_parallel(go::<W>, from_ref(&work).cast_mut().cast(), threads, 0);
    }
}
