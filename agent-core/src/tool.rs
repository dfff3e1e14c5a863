//! The contract of a tool.

mod context;
mod given;

use std::error::Error;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::ids::IdempotencyKey;

pub use context::CallContext;
pub use given::Given;

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
    /// What it offers and admits for the sake of safety.
    #[serde(default, skip_serializing_if = "Safety::says_nothing")]
    pub safety: Safety,
}

/// What a tool says of itself beside its effect. The default offers nothing and vouches for its content.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Safety {
    /// It can say whether an effect took place: [`Tool::probe`].
    pub probe: bool,
    /// It can take its effect back: [`Tool::undo`].
    pub undo: bool,
    /// Its results hold what strangers wrote: a web page, an e-mail. They inform, but license no effect.
    pub untrusted: bool,
    /// Tools whose effect a call of this one completes, as paying completes booking: when it fails for
    /// good, that effect is undone.
    pub completes: Vec<String>,
    /// What it does, as done: English participles ("unlocked") and Chinese verbs of two characters or more (解锁). An answer
    /// that says so without such a call is corrected; the person's "unlock it" and "don't unlock it" are understood. Where
    /// name and description agree on a verb (`unlock_door`: "Unlocks a door"), the English is known without this.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub does: Vec<String>,
    /// How long a call of it may take, instead of [`Limits::tool_time`](crate::Limits): for what is known to be slow.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time: Option<Duration>,
    /// Where its effects take place, without secrets: a file, the address of a service. A run that has acted at one
    /// place goes on at no other.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<String>,
}

impl Safety {
    /// Whether nothing is offered or admitted.
    #[must_use]
    pub fn says_nothing(&self) -> bool {
        *self == Self::default()
    }
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

    /// The tool that this one wraps, if it does: it answers what this one does not answer itself.
    fn inner(&self) -> Option<&dyn Tool> {
        None
    }

    /// Says whether the effect under `key` took place; asked after a crash.
    ///
    /// # Errors
    /// A [`ToolError`] when the world cannot be asked now.
    async fn probe(&self, key: &IdempotencyKey) -> ToolResult<Probe> {
        match self.inner() {
            Some(inner) => inner.probe(key).await,
            None => Ok(Probe::Unsupported),
        }
    }

    /// Takes back the effect that was made under `undone`. Like a call, it has a key of its own in the
    /// context and is asked about through [`Tool::probe`] under that key.
    ///
    /// # Errors
    /// A [`ToolError`] when the effect cannot be taken back.
    async fn undo(&self, undone: &IdempotencyKey, context: &CallContext) -> ToolResult<Value> {
        match self.inner() {
            Some(inner) => inner.undo(undone, context).await,
            None => Err(ToolError::new(ToolErrorKind::Refused, "this cannot be undone")),
        }
    }

    /// Says what a call would do, without doing it: what a person is shown before they allow it.
    /// `None` where the tool cannot say.
    ///
    /// # Errors
    /// A [`ToolError`] when the call would fail.
    async fn plan(&self, arguments: Map<String, Value>, context: &CallContext) -> ToolResult<Option<Value>> {
        match self.inner() {
            Some(inner) => inner.plan(arguments, context).await,
            None => Ok(None),
        }
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
    /// It did not work now, had no effect, and may work later.
    Unavailable,
    /// The answer got lost: the effect may have taken place or not.
    InDoubt,
    /// The tool will not do it.
    Refused,
    /// It would do something else than a person has allowed, and it has done nothing: they are asked again.
    Changed {
        /// What it would do now, as [`Tool::plan`] says it.
        plan: Box<Value>,
    },
    /// A defect or an environment failure the model cannot mend.
    Internal,
}

/// The kind of a failure without its details, as events name it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Failure {
    /// [`ToolErrorKind::InvalidArgument`]
    InvalidArgument,
    /// [`ToolErrorKind::NotFound`]
    NotFound,
    /// [`ToolErrorKind::Conflict`]
    Conflict,
    /// [`ToolErrorKind::Unavailable`]
    Unavailable,
    /// [`ToolErrorKind::InDoubt`]
    InDoubt,
    /// [`ToolErrorKind::Refused`]
    Refused,
    /// [`ToolErrorKind::Internal`]
    Internal,
}

/// A failure the model is told about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToolError {
    kind: ToolErrorKind,
    message: String,
    expected: Option<String>,
    retry_after: Option<Duration>,
}

impl ToolError {
    /// A failure of this kind; the message says what was wrong and what would be right.
    pub fn new(kind: ToolErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), expected: None, retry_after: None }
    }

    /// It did not work now, had no effect, and may work later: a busy database, a service that answers
    /// "too many requests". It is tried again under the same key.
    pub fn unavailable(message: impl Into<String>) -> Self {
        Self::new(ToolErrorKind::Unavailable, message)
    }

    /// The answer got lost after the request went out: the effect may have taken place or not.
    pub fn in_doubt(message: impl Into<String>) -> Self {
        Self::new(ToolErrorKind::InDoubt, message)
    }

    /// It would do something else than a person has allowed, and it has done nothing.
    #[must_use]
    pub fn changed(plan: Value) -> Self {
        Self::new(
            ToolErrorKind::Changed { plan: Box::new(plan) },
            "what would happen has changed since it was allowed",
        )
    }

    /// Says what would be right, in a few words.
    #[must_use]
    pub fn expecting(mut self, expected: impl Into<String>) -> Self {
        self.expected = Some(expected.into());
        self
    }

    /// Says how long to wait before it is tried again.
    #[must_use]
    pub fn retry_after(mut self, wait: Duration) -> Self {
        self.retry_after = Some(wait);
        self
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

    /// The kind without its details.
    #[must_use]
    pub fn failure(&self) -> Failure {
        match self.kind {
            ToolErrorKind::InvalidArgument { .. } => Failure::InvalidArgument,
            ToolErrorKind::NotFound => Failure::NotFound,
            ToolErrorKind::Conflict | ToolErrorKind::Changed { .. } => Failure::Conflict,
            ToolErrorKind::Unavailable => Failure::Unavailable,
            ToolErrorKind::InDoubt => Failure::InDoubt,
            ToolErrorKind::Refused => Failure::Refused,
            ToolErrorKind::Internal => Failure::Internal,
        }
    }

    /// How long to wait before it is tried again, if the tool knows.
    #[must_use]
    pub fn wait(&self) -> Option<Duration> {
        self.retry_after
    }

    /// The object the model is shown: `{"error": "…"}`, with `at` for a wrong argument and `expected`
    /// where the tool says what would be right.
    #[must_use]
    pub fn to_value(&self) -> Value {
        let mut shown = json!({"error": self.message});
        if let ToolErrorKind::InvalidArgument { path } = &self.kind {
            shown["at"] = path.as_str().into();
        }
        if let Some(expected) = &self.expected {
            shown["expected"] = expected.as_str().into();
        }
        shown
    }
}

impl fmt::Display for ToolError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl Error for ToolError {}

/// A pointer to a tool is that tool.
macro_rules! tool_behind {
    ($pointer:ident) => {
        #[async_trait]
        impl<T: Tool + ?Sized> Tool for $pointer<T> {
            fn spec(&self) -> &ToolSpec {
                (**self).spec()
            }

            async fn call(&self, arguments: Map<String, Value>, context: &CallContext) -> ToolResult<Value> {
                (**self).call(arguments, context).await
            }

            fn inner(&self) -> Option<&dyn Tool> {
                (**self).inner()
            }

            async fn probe(&self, key: &IdempotencyKey) -> ToolResult<Probe> {
                (**self).probe(key).await
            }

            async fn undo(&self, undone: &IdempotencyKey, context: &CallContext) -> ToolResult<Value> {
                (**self).undo(undone, context).await
            }

            async fn plan(
                &self,
                arguments: Map<String, Value>,
                context: &CallContext,
            ) -> ToolResult<Option<Value>> {
                (**self).plan(arguments, context).await
            }
        }
    };
}

tool_behind!(Box);
tool_behind!(Arc);
