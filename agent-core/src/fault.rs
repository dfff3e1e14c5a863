//! What the program must hear: the run cannot go on as asked.
//!
//! A tool's failure is not a fault (the model hears it as a result) and a limit is not a fault (it is
//! an [`Outcome`](crate::Outcome)).

use std::error::Error;
use std::fmt;

use crate::tool::ToolError;

/// What kind of thing went wrong; who has to act follows from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FaultKind {
    /// The request itself cannot be served: empty, or about a run that does not exist.
    Request,
    /// A model file is missing, broken, or of an unsupported kind.
    Model,
    /// The model's chat template cannot be rendered.
    Template,
    /// The prompt and the reply do not fit the model's window.
    Window,
    /// A tool's schema is outside the promised subset, two tools share a name, or no tool on offer gives what one has to be
    /// called with.
    Schema,
    /// The engine failed while it computed.
    Backend,
    /// The engine has more to do than may wait, or somebody else is at work on the session.
    Busy,
    /// The journal cannot be read or written. Nothing goes on without it.
    Journal,
    /// A tool, or the world that it works on, failed outside a run: in one, the model hears of it.
    Tool,
}

/// A failure with what happened, where, and what to do about it.
pub struct Fault {
    kind: FaultKind,
    message: String,
    hint: Option<String>,
    source: Option<Box<dyn Error + Send + Sync>>,
}

impl Fault {
    /// A fault that says what happened and where.
    pub fn new(kind: FaultKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), hint: None, source: None }
    }

    /// Adds what the person can do about it.
    #[must_use]
    pub fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Keeps the error that caused it.
    #[must_use]
    pub fn with_source(mut self, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// The kind, for programs to branch on.
    #[must_use]
    pub fn kind(&self) -> FaultKind {
        self.kind
    }

    /// What the person can do about it, if we know.
    #[must_use]
    pub fn hint(&self) -> Option<&str> {
        self.hint.as_deref()
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

/// What a `main` prints that returns the fault: message, hint and causes, each on a line of its own.
impl fmt::Debug for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        if let Some(hint) = &self.hint {
            write!(f, "\nhint: {hint}")?;
        }
        let mut cause = self.source();
        while let Some(error) = cause {
            // What says the same once more is no news.
            let said = error.to_string();
            if said != self.message {
                write!(f, "\ncause: {said}")?;
            }
            cause = error.source();
        }
        Ok(())
    }
}

impl Error for Fault {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.source.as_deref().map(|source| source as &(dyn Error + 'static))
    }
}

/// What a tool could not do where no model hears of it, as when its world is opened.
impl From<ToolError> for Fault {
    fn from(error: ToolError) -> Self {
        let shown = error.to_value();
        let fault = Self::new(FaultKind::Tool, error.to_string()).with_source(error);
        match shown["expected"].as_str() {
            Some(expected) => fault.with_hint(format!("right would be: {expected}")),
            None => fault,
        }
    }
}

#[cfg(test)]
mod tests;
