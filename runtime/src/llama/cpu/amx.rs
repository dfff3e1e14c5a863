//! Leaves out ggml's kernels for AMX, which a build for the machine's own processor has.
//!
//! They write the form of the tiles onto the stack. GCC does not see that an instruction reads it there and leaves the writing out,
//! so that the first product of tiles ends the process with SIGILL (GCC 12; llama.cpp's pull request 26954). ggml asks one function
//! whether there are such kernels, and here it finds ours: the linker looks into what uses ggml before it looks into ggml. The same
//! weights then go to ggml's other kernels and to our own.

use std::ffi::c_void;
use std::hint::black_box;
use std::ptr::null_mut;

/// ggml's function of this name, as C++ writes it: no kind of memory for such kernels.
#[expect(unsafe_code, reason = "takes the place of a function of ggml's")]
// SAFETY: ggml takes no arguments to be passed and null to be returned, as where the system refuses the tiles.
#[unsafe(export_name = "_Z28ggml_backend_amx_buffer_typev")]
extern "C" fn no_memory() -> *mut c_void {
    null_mut()
}

/// Has the linker take the function above.
pub(super) fn leave_out() {
    black_box(no_memory as extern "C" fn() -> *mut c_void);
}
