//! Leaving a process whose native threads may still be computing.

use std::ffi::c_int;

#[expect(unsafe_code, reason = "a C function; it may be called at any time, with any number")]
unsafe extern "C" {
    /// Of every C library, and the same as `_exit` where there is one.
    #[link_name = "_Exit"]
    safe fn leave_at_once(status: c_int) -> !;
}

/// Ends the process at once with this status: for a program, as the last thing that it does.
///
/// Nothing runs any more, neither destructors nor exit handlers. Those of llama.cpp and of its GPU libraries take down
/// what other threads of the process still compute with, and a program that ends by itself then crashes instead.
/// What was printed has to be flushed before, and journals closed ([`Agent::close`](crate::Agent::close)) for the sake
/// of tidy files; what they have taken is durable in any case.
pub fn leave(code: i32) -> ! {
    leave_at_once(code)
}

#[cfg(test)]
mod tests;
