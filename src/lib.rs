#![doc = include_str!("../README.md")]
//!
//! # Map
//!
//! This crate re-exports: [`core`] (`handyman-core`: messages, tools, events, planner, ports),
//! [`runtime`] (`handyman-runtime`: agents, the driver, the journal, policies, the llama.cpp engine) and
//! [`tools`] (`handyman-tools`: the sandbox world and its tools). The names most programs need stand at
//! the top; `use handyman::prelude::*` brings those that an agent's author writes.
//!
//! Features: `llama` (default: the engine and the built-in model; costs a C++ build of minutes);
//! `cuda`, `metal`, `vulkan`, `rocm` (offload to a GPU; need the vendor's tools to build);
//! `remote` (models behind an OpenAI-compatible endpoint), `hub` (models from the Hugging Face hub);
//! `databases` (PostgreSQL and MySQL/MariaDB beside SQLite), `web` (weather, search, pages and booking over
//! HTTP; PDF documents), `calendar` (iCalendar files), `mail` (reading and sending it), `mcp` (tools of MCP
//! servers), `openapi` (tools from OpenAPI documents); `serve` (the booking API, an agent over HTTP, and a toolbox
//! or an agent as an MCP server); `testing` (a scripted model, and journals in memory and with failures); `tracing` (spans of runs,
//! replies and calls: `Traced`).

#[cfg(feature = "llama")]
mod builtin;
#[cfg(feature = "serve")]
mod served;
mod witness;

pub use handyman_core as core;
pub use handyman_runtime as runtime;
pub use handyman_tools as tools;

#[cfg(feature = "llama")]
pub use builtin::BuiltinModel;
pub use handyman_core::*;
pub use handyman_runtime::*;
#[cfg(feature = "serve")]
pub use served::{HttpAgent, ServedAgent};
pub use tokio_util::sync::CancellationToken;
pub use witness::JournalWitness;
/// The crates whose types stand in this one's: dates and times, and JSON.
pub use {jiff, serde_json};

/// What an agent's author writes with.
pub mod prelude {
    pub use crate::{
        Agent, AllowAll, AskFor, AskForEffects, CallContext, CancellationToken, Effect, Fault,
        IdempotencyKey, Limits, Outcome, Policy, Probe, ReplyOptions, Run, Session, Tool, ToolError,
        ToolErrorKind, ToolResult, Toolbox, Watch, Workflow, tool,
    };
    #[cfg(feature = "llama")]
    pub use crate::{BuiltinModel, LocalModel, ModelSettings};
    pub use async_trait::async_trait;
    pub use schemars::{self, JsonSchema};
    pub use serde::{self, Deserialize, Serialize};
}
