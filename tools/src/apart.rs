//! Reading what strangers wrote on a thread of its own: whatever it does to its reader ends there, and it is waited for only
//! so long.

use std::sync::{Once, mpsc};
use std::thread;
use std::time::Duration;

/// How long a document may take; one that takes longer is broken or hostile.
pub(crate) const TIME_MAX: Duration = Duration::from_secs(20);
const STACK_BYTES: usize = 16_000_000;
/// The name of the threads that read documents.
const READER: &str = "handyman-reader";

/// What comes of reading a document. A reader that is given up is not stopped, but nobody hears what it comes to.
///
/// # Errors
/// Why it cannot be read: it takes longer than `time_max`, or its reader panicked.
pub(crate) fn read<T: Send + 'static>(
    time_max: Duration,
    read: impl FnOnce() -> T + Send + 'static,
) -> Result<T, String> {
    keep_readers_quiet();
    let (sender, receiver) = mpsc::channel();
    // Nobody listens any more if it took too long.
    let send = move || drop(sender.send(read()));
    let thread = thread::Builder::new().name(READER.to_owned()).stack_size(STACK_BYTES);
    thread.spawn(send).map_err(|error| error.to_string())?;
    receiver.recv_timeout(time_max).map_err(|error| {
        let why = match error {
            mpsc::RecvTimeoutError::Timeout => "it takes too long",
            mpsc::RecvTimeoutError::Disconnected => "it is damaged",
        };
        why.to_owned()
    })
}

/// A library may panic where a document is damaged. That is told as an error, so it is not also printed on the terminal;
/// panics of all other threads go where they went.
fn keep_readers_quiet() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let others = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            if thread::current().name() != Some(READER) {
                others(panic);
            }
        }));
    });
}

#[cfg(test)]
mod tests;
