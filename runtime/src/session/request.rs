//! What a message has to be for a run to begin: refused before anything is recorded, it leaves nothing behind.

use handyman_core::{Fault, FaultKind, Model};

/// No text has so many bytes a token: what has more is not even cut into tokens.
const BYTES_A_TOKEN_MAX: u64 = 256;

/// Sees that there is a request, and that the model's window can hold it.
///
/// # Errors
/// A `Request` fault.
pub(super) fn check(message: &str, model: &dyn Model) -> Result<(), Fault> {
    if message.trim().is_empty() {
        return Err(Fault::new(FaultKind::Request, "the request is empty")
            .with_hint("say in a sentence what should be done"));
    }
    let (bytes, Some(window)) = (message.len() as u64, model.window()) else { return Ok(()) };
    let too_long = |length: String| {
        let problem = format!("the request has {length}; the model's window holds {window} tokens");
        Err(Fault::new(FaultKind::Request, problem).with_hint(
            "say it in fewer words, let a tool read the text, or use a model with a larger window",
        ))
    };
    if bytes / BYTES_A_TOKEN_MAX >= window {
        return too_long(format!("{bytes} bytes"));
    }
    // A token is at least a byte.
    if bytes < window {
        return Ok(());
    }
    match model.tokens(message) {
        tokens if tokens >= window => too_long(format!("{tokens} tokens")),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests;
