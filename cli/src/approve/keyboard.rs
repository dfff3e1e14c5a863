//! The lines that a person types, for whichever prompt is waiting for one.

use std::sync::LazyLock;

use tokio::io::{AsyncBufReadExt, BufReader, Lines, Stdin};
use tokio::sync::{Mutex, MutexGuard};

/// A read that has begun cannot be taken back. One reader makes them all, so that the line which a prompt did not wait
/// for goes to the next prompt and is not lost.
static KEYBOARD: LazyLock<Mutex<Lines<BufReader<Stdin>>>> =
    LazyLock::new(|| Mutex::new(BufReader::new(tokio::io::stdin()).lines()));

/// Standard input, once no other prompt is waiting for a line.
pub(crate) async fn keyboard() -> MutexGuard<'static, Lines<BufReader<Stdin>>> {
    KEYBOARD.lock().await
}
