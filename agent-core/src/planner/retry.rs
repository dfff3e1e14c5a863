//! Whether a failed attempt is made again, and when.

use std::time::Duration;

use crate::limits::Limits;
use crate::run::PendingCall;
use crate::tool::{Failure, ToolError};

/// The wait before the second attempt; it doubles with each further one.
const FIRST_WAIT: Duration = Duration::from_millis(250);

/// How long to wait before a call that failed is tried again under the same key; `None` where trying
/// again cannot help, or a limit forbids it. `left` is the time that the run has for the call by now.
///
/// Only a failure without effect is tried again: one the tool calls unavailable, or, for calls that may
/// repeat, one whose answer got lost. Whether a `once` call in doubt may repeat, its probe says.
#[must_use]
pub fn wait_before_retry(
    pending: &PendingCall,
    error: &ToolError,
    limits: &Limits,
    left: Duration,
) -> Option<Duration> {
    match error.failure() {
        Failure::Unavailable | Failure::InDoubt if pending.attempts < limits.retries_max => {}
        Failure::Unavailable
        | Failure::InDoubt
        | Failure::InvalidArgument
        | Failure::NotFound
        | Failure::Conflict
        | Failure::Refused
        | Failure::Internal => return None,
    }
    let backoff = FIRST_WAIT.saturating_mul(2_u32.saturating_pow(pending.attempts));
    let wait = error.wait().map_or(backoff, |asked| asked.max(backoff));
    (wait < left).then_some(wait)
}

#[cfg(test)]
mod tests;
