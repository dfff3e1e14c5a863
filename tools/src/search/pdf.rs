//! The text of PDF documents.

mod unpacked;

use std::sync::{Once, mpsc};
use std::thread;
use std::time::Duration;

#[cfg(any(feature = "web", test))]
use handyman_core::{ToolError, ToolErrorKind, ToolResult};
use pdf_extract::OutputError;

/// How long a document may take; one that takes longer is broken or hostile.
const TIME_MAX: Duration = Duration::from_secs(20);
const STACK_BYTES: usize = 16_000_000;
/// The name of the threads that read documents.
const READER: &str = "handyman-pdf";

/// The text of a document.
///
/// # Errors
/// Of kind `Refused`, if it cannot be read.
#[cfg(any(feature = "web", test))]
pub(crate) fn text(bytes: Vec<u8>) -> ToolResult<String> {
    extracted(bytes).map_err(|why| {
        ToolError::new(ToolErrorKind::Refused, format!("the PDF document cannot be read: {why}"))
    })
}

/// The text of a document. It is read on a thread of its own: whatever the document does to its reader ends there.
///
/// # Errors
/// Why it cannot be read.
pub(super) fn extracted(bytes: Vec<u8>) -> Result<String, String> {
    keep_readers_quiet();
    let (sender, receiver) = mpsc::channel();
    let read = move || {
        let text = unpacked::bounded(&bytes)
            .and_then(|()| pdf_extract::extract_text_from_mem(&bytes).map_err(|error| reason(&error)));
        // Nobody listens any more if it took too long.
        let _ = sender.send(text);
    };
    let thread = thread::Builder::new().name(READER.to_owned()).stack_size(STACK_BYTES);
    thread.spawn(read).map_err(|error| error.to_string())?;
    match receiver.recv_timeout(TIME_MAX) {
        Ok(text) => text,
        Err(mpsc::RecvTimeoutError::Timeout) => Err("it takes too long".to_owned()),
        Err(mpsc::RecvTimeoutError::Disconnected) => Err("it is damaged".to_owned()),
    }
}

fn reason(error: &OutputError) -> String {
    match error {
        OutputError::PdfError(pdf_extract::Error::Decryption(_)) => "it is encrypted".to_owned(),
        other => other.to_string(),
    }
}

/// The library panics where a document is damaged. That is told as an error, so it is not also printed on the terminal;
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
