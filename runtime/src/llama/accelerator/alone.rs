//! Where ggml's threads are not OpenMP's: operations are computed here only when one thread computes.

/// With how many threads an operation can be computed.
pub(super) const THREADS_MAX: usize = 1;

/// Does the work on this thread.
pub(super) fn together<W: Fn() + Sync>(_threads: usize, work: W) {
    work();
}
