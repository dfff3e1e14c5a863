//! What a person is told when a command cannot do its work.

use std::fmt::Display;
use std::io::{self, ErrorKind};
use std::process::ExitCode;

use handyman::{Fault, FaultKind, ToolError};

use crate::show;

mod hint;

/// A sentence, a hint, and the exit code that scripts branch on.
#[derive(Debug)]
pub(crate) struct Problem {
    message: String,
    hint: Option<String>,
    code: u8,
}

/// The request or an argument is wrong, or names something that is not there.
const USAGE: u8 = 2;
/// Something in the environment failed.
const FAILURE: u8 = 1;
/// What helps where an endpoint wants a key, or takes none like this.
const KEY_HINT: &str =
    "put the service's key into the environment variable HANDYMAN_API_KEY; if one is there, it is not taken";

impl Problem {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), hint: None, code: FAILURE }
    }

    /// A mistake in what was typed.
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self { message: message.into(), hint: None, code: USAGE }
    }

    /// A file or folder that was named cannot be read. Where it is not there, or is no such thing, the mistake is in what was
    /// typed.
    pub(crate) fn unread(message: impl Into<String>, error: &io::Error) -> Self {
        let is_mistyped = matches!(
            error.kind(),
            ErrorKind::NotFound
                | ErrorKind::IsADirectory
                | ErrorKind::NotADirectory
                | ErrorKind::InvalidData
                | ErrorKind::InvalidFilename
        );
        if is_mistyped { Self::usage(message) } else { Self::new(message) }
    }

    /// There is no model of the name that was typed, or no script that can be played.
    pub(crate) fn no_model(fault: Fault) -> Self {
        let is_missing = fault.kind() == FaultKind::Model;
        let problem = Self::from(fault);
        if is_missing { Self { code: USAGE, ..problem } } else { problem }
    }

    pub(crate) fn with_hint(mut self, hint: impl Display) -> Self {
        self.hint = Some(hint.to_string());
        self
    }

    pub(crate) fn report(&self) -> ExitCode {
        show::complaint("error", &self.message);
        if let Some(hint) = &self.hint {
            show::complaint("hint", hint);
        }
        ExitCode::from(self.code)
    }
}

impl From<Fault> for Problem {
    fn from(fault: Fault) -> Self {
        let code = if fault.kind() == FaultKind::Request { USAGE } else { FAILURE };
        let message = fault.to_string();
        let hint =
            if wants_key(&message) { Some(KEY_HINT.to_owned()) } else { fault.hint().map(hint::said_here) };
        Self { message, hint, code }
    }
}

/// Whether an endpoint has refused for want of a key. The library cannot say where this command reads it from.
fn wants_key(message: &str) -> bool {
    [" answers 401", " answers 403"].iter().any(|answer| message.contains(answer))
}

impl From<ToolError> for Problem {
    fn from(error: ToolError) -> Self {
        Self::new(error.to_string())
    }
}
