//! The contract of a tool.

use std::error::Error;
use std::fmt;

use async_trait::async_trait;
use jiff::civil::DateTime;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::ids::{CallId, IdempotencyKey, RunId};

/// What running a tool does to the world. Every tool declares it; there is no default.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// Changes nothing; may run again, and beside others.
    ReadOnly,
    /// Changes something, but running it again under the same key changes nothing more.
    Idempotent,
    /// Changes something each time it runs; never runs twice for one call.
    Once,
}

impl Effect {
    /// The name used in events and listings: `read_only`, `idempotent`, `once`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::ReadOnly => "read_only",
            Self::Idempotent => "idempotent",
            Self::Once => "once",
        }
    }
}

/// What the model is told of a tool, and what the planner knows of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ToolSpec {
    /// The name the model calls it by.
    pub name: String,
    /// What it does, in one short sentence.
    pub description: String,
    /// JSON schema of the arguments: an object. See [`schema`](crate::schema) for what is promised.
    pub parameters: Value,
    /// What running it does.
    pub effect: Effect,
}

/// What a tool is given beside its arguments.
#[derive(Debug, Clone)]
pub struct CallContext {
    /// The run the call belongs to.
    pub run: RunId,
    /// The call.
    pub call: CallId,
    /// Stable over retries and restarts of this call: the tool makes its effect unique by it.
    pub key: IdempotencyKey,
    /// Local date and time of the person when the run began; `tomorrow` is relative to it.
    pub now: DateTime,
}

/// Whether an effect under a key took place.
#[derive(Debug, Clone, PartialEq)]
pub enum Probe {
    /// It did, with this result.
    Done(Value),
    /// It did not, and will not unless the tool is called again.
    NotDone,
    /// The tool cannot tell.
    Unsupported,
}

/// Something the model can call.
///
/// Usually written by `#[tool]` from an async function. An implementation must make its effect
/// unique by [`CallContext::key`] where it can, and say through [`Tool::probe`] whether it happened.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a tool",
    note = "write `#[tool(read_only)]`, `#[tool(idempotent)]` or `#[tool(once)]` on a documented async fn, or implement `Tool`"
)]
#[async_trait]
pub trait Tool: Send + Sync {
    /// What the model is told of the tool.
    fn spec(&self) -> &ToolSpec;

    /// Runs the tool. `arguments` have passed the schema.
    ///
    /// # Errors
    /// A [`ToolError`] that tells the model what was wrong and what would be right.
    async fn call(&self, arguments: Map<String, Value>, context: &CallContext) -> ToolResult<Value>;

    /// Says whether the effect under `key` took place; asked after a crash.
    ///
    /// # Errors
    /// A [`ToolError`] when the world cannot be asked now.
    async fn probe(&self, key: &IdempotencyKey) -> ToolResult<Probe> {
        let _ = key;
        Ok(Probe::Unsupported)
    }
}

/// What a tool's author returns.
pub type ToolResult<T> = Result<T, ToolError>;

/// Why a tool could not do what it was asked, sorted by what helps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ToolErrorKind {
    /// An argument is wrong; the path says which (`/day`).
    InvalidArgument {
        /// JSON pointer into the arguments.
        path: String,
    },
    /// What was named does not exist.
    NotFound,
    /// It exists but its state forbids this: sold out, already paid, cancelled.
    Conflict,
    /// It did not work now and may work later.
    Unavailable,
    /// The tool will not do it.
    Refused,
    /// A defect or an environment failure the model cannot mend.
    Internal,
}

/// A failure the model is told about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToolError {
    kind: ToolErrorKind,
    message: String,
}

impl ToolError {
    /// A failure of this kind; the message says what was wrong and what would be right.
    pub fn new(kind: ToolErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into() }
    }

    /// A wrong argument: `name` is the parameter, without a leading slash.
    pub fn argument(name: impl fmt::Display, message: impl Into<String>) -> Self {
        Self::new(ToolErrorKind::InvalidArgument { path: format!("/{name}") }, message)
    }

    /// Something in the environment failed: a database, a file, a network.
    pub fn internal(error: impl fmt::Display) -> Self {
        Self::new(ToolErrorKind::Internal, error.to_string())
    }

    /// The kind, for programs to branch on.
    #[must_use]
    pub fn kind(&self) -> &ToolErrorKind {
        &self.kind
    }

    /// The object the model is shown: `{"error": "…"}`, with `at` for a wrong argument.
    #[must_use]
    pub fn to_value(&self) -> Value {
        match &self.kind {
            ToolErrorKind::InvalidArgument { path } => json!({"error": self.message, "at": path}),
            ToolErrorKind::NotFound
            | ToolErrorKind::Conflict
            | ToolErrorKind::Unavailable
            | ToolErrorKind::Refused
            | ToolErrorKind::Internal => json!({"error": self.message}),
        }
    }
}

impl fmt::Display for ToolError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl Error for ToolError {}
