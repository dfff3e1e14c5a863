//! The text of PDF documents.

mod unpacked;

#[cfg(any(feature = "web", test))]
use handyman_core::{ToolError, ToolErrorKind, ToolResult};
use pdf_extract::OutputError;

use crate::apart;

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
    apart::read(apart::TIME_MAX, move || {
        unpacked::bounded(&bytes)
            .and_then(|()| pdf_extract::extract_text_from_mem(&bytes).map_err(|error| reason(&error)))
    })?
}

fn reason(error: &OutputError) -> String {
    match error {
        OutputError::PdfError(pdf_extract::Error::Decryption(_)) => "it is encrypted".to_owned(),
        other => other.to_string(),
    }
}
