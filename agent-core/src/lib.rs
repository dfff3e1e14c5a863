//! The pure heart of Handyman: what a run *is* and what it does next.
//!
//! Nothing here performs I/O, reads a clock, starts a thread or logs. A run is the fold of its
//! [`Event`]s ([`Run::apply`]); [`planner::next_step`] looks at a run and says what should happen
//! next; a driver (in `handyman-runtime`) performs that step and records what came of it. Everything
//! that touches the world enters through four small ports: [`Model`], [`Toolset`], [`Policy`] and
//! [`Journal`].
//!
//! ```
//! use handyman_core::{Limits, Run, Step, planner};
//!
//! // A run that has not begun has nothing to generate from: the planner says so.
//! let run = Run::new("r1".into(), Default::default());
//! assert!(matches!(planner::next_step(&run, &[], &Limits::default()), Step::Done));
//! ```
//!
//! Map: [`message`] what speakers say · [`mod@tool`] the contract of a tool, [`toolbox`] the ordered
//! collection of them, [`schema`] the JSON-schema subset that is promised to be enforced ·
//! [`options`] what a run asks of its replies, [`answer`] the shape of what it comes to ·
//! [`event`] the durable facts · [`run`] their fold, [`provenance`] where values come from, [`claims`] what an
//! answer may say was done, [`compact`] how a history is made to fit, [`catalogue`] how many tools are · [`planner`] the next step, [`workflow`] steps that
//! were written down beforehand · [`limits`] what may
//! be used up · [`ports`] the four seams · [`fault`] what the program must hear · `testing` (feature
//! `testing`) doubles to test agents with.

// What is added to an enum is decided on everywhere; tests may look at one of its variants and pass over the rest.
#![cfg_attr(not(test), warn(clippy::wildcard_enum_match_arm))]

// The code that `#[tool]` writes names this crate; its own tests use the attribute too.
extern crate self as handyman_core;

pub mod answer;
mod authoring;
pub mod catalogue;
pub mod claims;
pub mod compact;
mod deeds;
pub mod event;
pub mod fault;
pub mod ids;
#[doc(hidden)]
pub mod jinja;
pub mod limits;
pub mod message;
pub mod options;
pub mod planner;
pub mod ports;
pub mod provenance;
pub mod repeat;
pub mod run;
#[cfg(test)]
mod samples;
pub mod schema;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
pub mod tool;
pub mod toolbox;
pub mod workflow;

pub use answer::AnswerSchema;
pub use compact::Compaction;
pub use event::{Decision, Event, ModelInfo, Outcome, Receipt, Recording, Verdict};
pub use fault::{Fault, FaultKind};
/// Turns a documented async function into a tool:
///
/// ```
/// use handyman_core::{CallContext, ToolResult, tool};
///
/// /// Weather forecast for a city.
/// #[tool(read_only)]
/// async fn weather(
///     context: &CallContext,
///     /// City name, as the person wrote it
///     #[arg(verbatim)]
///     city: String,
///     /// Days from today
///     #[arg(range = 0..=7)]
///     days: Option<u8>,
/// ) -> ToolResult<String> {
///     Ok(format!("{city}, {} days after {}: rain", days.unwrap_or(0), context.now.date()))
/// }
/// ```
pub use handyman_macros::tool;
pub use ids::{CallId, IdempotencyKey, RunId, SessionId};
pub use limits::{LimitKind, Limits, TokenUsage, Usage};
pub use message::{CallOutcome, CallResult, Message, Part, Role, ToolCall};
pub use options::{ReplyOptions, Sampling, ToolChoice};
pub use planner::Step;
pub use ports::{
    CallRequest, Delta, DeltaSink, Discard, Journal, Lease, Leases, Model, ModelReply, ModelRequest, Policy,
    ReplyBody, ReplyMode, RunSummary, StopReason, Toolset,
};
pub use provenance::{Origin, Source};
pub use run::{CallState, Done, Earlier, Moved, PendingCall, Run, UNREADABLE};
pub use tool::{
    CallContext, Effect, Failure, Given, Probe, Safety, Tool, ToolError, ToolErrorKind, ToolResult, ToolSpec,
};
pub use toolbox::Toolbox;
pub use workflow::{StepEnd, Workflow, WorkflowBuilder, WorkflowStep};

/// What the code that `#[tool]` writes needs by a path that does not depend on its user's manifest.
#[doc(hidden)]
pub mod __private {
    pub use async_trait::async_trait;
    pub use serde_json;

    pub use crate::authoring::{argument, argument_or, given, result};
}
