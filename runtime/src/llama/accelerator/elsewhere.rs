//! Where the processor is of another kind, everything stays with llama.cpp.

/// Nothing is made known to ggml.
pub(super) fn register() {}

/// Computes, without taking part.
pub(super) fn with_threads<T>(_threads: i32, compute: impl FnOnce() -> T) -> T {
    compute()
}
