//! A local-first framework for agents that call tools.
//!
//! A quantized Transformer runs in your process through llama.cpp, and its output is constrained to your tools' JSON
//! schemas as it is generated. Every call is journalled before it acts and takes effect exactly once, even if the process
//! dies half-way. A small model and a sandbox world are built in, so nothing has to be downloaded.
//!
//! ```no_run
//! use handyman::prelude::*;
//!
//! /// Weather forecast for a city.
//! #[tool(read_only)]
//! async fn weather(
//!     /// City name, as the user wrote it
//!     #[arg(verbatim)]
//!     city: String,
//! ) -> ToolResult<String> {
//!     Ok(format!("{city}, tomorrow: light rain, 22 to 27 °C"))
//! }
//!
//! #[tokio::main]
//! async fn main() -> Result<(), Fault> {
//!     let model = LocalModel::builtin().await?;
//!     let agent = Agent::new(model).tool(weather).journal("runs.db");
//!     let run = agent.run("Will it rain in Lagos tomorrow?").await?;
//!     println!("{}", run.answer());
//!     Ok(())
//! }
//! ```
//!
//! # What to use for what
//!
//! | to … | use |
//! | --- | --- |
//! | write a tool | [`macro@tool`], or the trait [`Tool`]; errors that the model can act on: [`ToolError`] |
//! | make an effect safe | `#[tool(once, plan = …, probe = …, undo = …)]`, [`CallContext::key`], [`Probe`] |
//! | load a model | `LocalModel::builtin`, `LocalModel::load`; from the hub `LocalModel::named`; at an endpoint `RemoteModel` |
//! | write your own model | [`Model`]; have its replies checked: [`Checked`] |
//! | handle one message | [`Agent::run`]; with a typed answer [`Agent::run_as`] |
//! | hold a conversation | [`Agent::session`], [`Agent::session_named`], [`Session::run`], [`Session::history`] |
//! | make runs durable, continue one | [`Agent::journal`], [`Agent::resume`]; end one: [`Agent::cancel`] |
//! | approve from a web page | [`Agent::waiting`], then [`Agent::allow`] or [`Agent::deny`] |
//! | stream tokens | [`Agent::stream`], which yields [`Told`] |
//! | watch or cancel a run | [`Observer`], [`Watch`], [`CancellationToken`] |
//! | trace | `Traced` (feature `tracing`) |
//! | choose a policy, write your own | [`policy`]: [`AskFor`], [`ByTool`], [`ReadOnly`] and others; [`Policy`] |
//! | set limits and sampling, ground answers | [`Limits`], [`ReplyOptions`] |
//! | ask a second model when the first is unsure, or fails | [`Escalate`], [`Fallback`] |
//! | follow fixed steps | [`Workflow`], [`Agent::run_workflow`] |
//! | make an agent another agent's tool | [`Agent::as_tool`] |
//! | offer the sandbox's tools, a database's, a service's | [`tools`] |
//! | wrap a tool: deadline, cache, rate limit, another name | [`tools::wrap`] |
//! | test without a model | `testing::ScriptedModel` (feature `testing`); replies from a file: [`ScriptModel`] |
//! | evaluate an agent on your own tasks | [`eval`] |
//! | serve an agent | `HttpAgent` over HTTP, by itself or in your own router; `ServedAgent` over MCP (feature `serve`) |
//! | end a program that has loaded a local model | [`leave`] |
//!
//! The last row matters: a program with a local model should end with [`leave`], after [`Agent::close`]. Exit handlers of
//! llama.cpp and of GPU libraries free what other threads still compute with, and such a program may crash as it exits.
//!
//! [`prelude`] has the names that most programs need. The rest is at the top of this crate, which re-exports three others:
//! [`core`] (`handyman-core`: messages, tools, events, the planner, ports), [`runtime`] (`handyman-runtime`: agents, the
//! driver, the journal, policies, the engine) and [`tools`] (`handyman-tools`: the sandbox world and tools on real things).
#![cfg_attr(doc, doc = "The [`guide`] explains tools, workflows, events, evaluation and serving.")]
//!
//! # Features
//!
//! | feature | adds |
//! | --- | --- |
//! | `llama` (default) | the engine and the built-in model; needs CMake, a C++ compiler and libclang, and builds for minutes |
//! | `cuda`, `metal`, `vulkan`, `rocm` | offloading to a GPU; each needs its vendor's tools to build |
//! | `remote` | models behind an OpenAI-compatible endpoint |
//! | `hub` | models from the Hugging Face hub |
//! | `databases` | PostgreSQL, MySQL and MariaDB beside SQLite |
//! | `web` | weather, search, pages and booking over HTTP; PDF documents |
//! | `calendar` | iCalendar files |
//! | `mail` | reading and sending mail |
//! | `mcp` | tools of MCP servers |
//! | `openapi` | tools from OpenAPI documents |
//! | `serve` | the booking API, an agent over HTTP, and a toolbox or an agent as an MCP server |
//! | `tracing` | spans of runs, replies and calls |
//! | `testing` | a scripted model, a journal in memory and one that fails |

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
/// The crates whose types appear in this one's API: dates and times, and JSON.
pub use {jiff, serde_json};

/// The names that most programs need: `use handyman::prelude::*;`
///
/// [`Event`], which an [`Observer`] takes, is not among them: libraries for terminals and windows have an `Event` too, and
/// are often imported whole.
pub mod prelude {
    pub use crate::{
        Agent, AllowAll, Approval, AskFor, AskForEffects, ByTool, CallContext, CancellationToken, Decision,
        Delta, DeltaSink, Effect, Fault, FaultKind, IdempotencyKey, Limits, Observer, Outcome, Policy, Probe,
        ReplyOptions, Run, RunId, ScriptModel, Session, SessionId, Told, Tool, ToolCall, ToolError,
        ToolErrorKind, ToolResult, ToolSpec, Toolbox, Verdict, Watch, Workflow, WorkflowStep, tool,
    };
    #[cfg(feature = "llama")]
    pub use crate::{BuiltinModel, LocalModel, ModelSettings};
    pub use async_trait::async_trait;
    pub use schemars::{self, JsonSchema};
    pub use serde::{self, Deserialize, Serialize};
}

/// The guides of the repository's `docs/`. Links between them lead to files there.
#[cfg(doc)]
pub mod guide {
    #[doc = include_str!("../docs/tools.md")]
    pub mod tools {}
    #[doc = include_str!("../docs/workflows.md")]
    pub mod workflows {}
    #[doc = include_str!("../docs/events.md")]
    pub mod events {}
    #[doc = include_str!("../docs/durability.md")]
    pub mod durability {}
    #[doc = include_str!("../docs/evaluating.md")]
    pub mod evaluating {}
    #[doc = include_str!("../docs/guards.md")]
    pub mod guards {}
    #[doc = include_str!("../docs/testing.md")]
    pub mod testing {}
    #[doc = include_str!("../docs/agent-api.md")]
    pub mod agent_api {}
}

/// The README's examples are compiled as tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
mod readme {}
