//! llama.cpp as a process-wide library: initialised once, silent, its complaints kept for errors.

use std::ffi::{CStr, c_char, c_void};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use handyman_core::{Fault, FaultKind};
use llama_cpp_2::llama_backend::LlamaBackend;

use super::{accelerator, cpu};

static BACKEND: OnceLock<Option<LlamaBackend>> = OnceLock::new();
static LOADING: Mutex<()> = Mutex::new(());
static COMPLAINTS: Mutex<Vec<String>> = Mutex::new(Vec::new());
const COMPLAINTS_MAX: usize = 16;

/// The library, initialised at the first call.
///
/// # Errors
/// A [`Fault`] of kind `Backend` when another copy of the binding in this process took it first, or when the
/// processor lacks what it was built for.
pub(crate) fn backend() -> Result<&'static LlamaBackend, Fault> {
    cpu::check()?;
    let backend = BACKEND.get_or_init(|| {
        listen();
        let backend = LlamaBackend::init().ok()?;
        accelerator::register();
        Some(backend)
    });
    backend.as_ref().ok_or_else(|| {
        Fault::new(FaultKind::Backend, "llama.cpp was already initialised by someone else in this process")
    })
}

/// Runs one load at a time: creating a llama.cpp context changes its model, and complaints are global.
/// On failure the last complaint goes along.
pub(crate) fn one_at_a_time<T, E>(load: impl FnOnce() -> Result<T, E>) -> Result<T, (E, String)> {
    let _turn = LOADING.lock().unwrap_or_else(PoisonError::into_inner);
    complaints().clear();
    load().map_err(|error| (error, last_complaint()))
}

/// The most telling complaint: the first one, since later ones report that loading failed because of it.
fn last_complaint() -> String {
    complaints().first().cloned().unwrap_or_else(|| "llama.cpp gave no reason".to_owned())
}

fn complaints() -> MutexGuard<'static, Vec<String>> {
    COMPLAINTS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Replaces llama.cpp's logging to standard error.
#[expect(unsafe_code, reason = "the binding can only silence the log, and its errors carry no reason")]
fn listen() {
    // SAFETY: the callback is a function that lives for the whole process and uses no user data.
    unsafe { llama_cpp_sys_2::llama_log_set(Some(keep_complaint), std::ptr::null_mut()) };
}

/// Keeps errors; everything else is forgotten.
#[expect(unsafe_code, reason = "the signature of a C callback")]
unsafe extern "C" fn keep_complaint(
    level: llama_cpp_sys_2::ggml_log_level,
    text: *const c_char,
    _user_data: *mut c_void,
) {
    if level != llama_cpp_sys_2::GGML_LOG_LEVEL_ERROR || text.is_null() {
        return;
    }
    // SAFETY: llama.cpp passes a NUL-terminated string that outlives the call.
    let text = unsafe { CStr::from_ptr(text) };
    let mut kept = complaints();
    if kept.len() < COMPLAINTS_MAX {
        kept.push(text.to_string_lossy().trim().to_owned());
    }
}
