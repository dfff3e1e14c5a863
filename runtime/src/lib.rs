//! Performs what `handyman-core` plans: the driver, the model step, the journal, policies.
//!
//! [`Agent`] is a model, tools, a policy and limits as plain data; a [`Session`] is a conversation of
//! many runs over one journal. The driver asks the pure planner for the next step, performs it, makes
//! the fact durable and folds it in.
//!
//! ```
//! use handyman_runtime::{Agent, ScriptModel};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), handyman_core::Fault> {
//! let agent = Agent::new(ScriptModel::parse(r#"{"text": "Good morning."}"#)?);
//! let run = agent.run("Hello").await?;
//! assert_eq!(run.answer(), "Good morning.");
//! # Ok(())
//! # }
//! ```
//!
//! Map: [`agent`] what one does with an agent, [`session`] a conversation · `driver` the loop, on one page ·
//! `decide`, `execute`, `attend` deciding on calls, running them, and what goes on around them · [`approvals`] what waits for a person ·
//! [`replay`] running a recorded run again · [`journal`] durable events in SQLite · [`policy`] who may act · [`observe`] watching a run
//! (feature `tracing`: as spans) · [`stream`] a run as a stream ·
//! [`script`] a model that plays a file · [`eval`] whether an agent does its tasks ·
//! [`escalate`] a second model for what the first is not sure of · [`fallback`] one for when it fails ·
//! [`checked`] what no grammar holds, checked ·
//! `llama` (feature `llama`, on by default; costs a C++ build of minutes) the model step: render, constrain, decode,
//! parse · [`remote`] (feature `remote`; adds an HTTP client) models behind an OpenAI-compatible endpoint · [`hub`]
//! (feature `hub`; the same client) models from the Hugging Face hub.

pub mod agent;
pub mod approvals;
mod attend;
pub mod checked;
mod decide;
mod driver;
pub mod escalate;
pub mod eval;
mod execute;
pub mod fallback;
mod figures;
pub mod journal;
mod leave;
pub mod observe;
mod offer;
mod pair;
pub mod policy;
mod private;
pub mod replay;
pub mod script;
pub mod session;
mod sources;
pub mod stream;

pub use agent::{Agent, Delegate};
pub use approvals::Approval;
pub use checked::Checked;
pub use escalate::Escalate;
pub use fallback::Fallback;
pub use journal::SqliteJournal;
pub use leave::leave;
#[cfg(feature = "tracing")]
pub use observe::Traced;
pub use observe::{Observer, Watch};
pub use policy::{
    AllowAll, AllowList, AskFor, AskForEffects, AskForUntrusted, ByTool, DenyAll, HeedRefusals, ReadOnly,
};
pub use script::ScriptModel;
pub use session::{Session, Typed};
pub use stream::{RunStream, Told};

#[cfg(feature = "llama")]
mod constrain;
#[cfg(feature = "llama")]
mod decode;
#[cfg(feature = "llama")]
mod dialect;
#[cfg(any(feature = "remote", feature = "hub"))]
mod http;
#[cfg(feature = "hub")]
pub mod hub;
#[cfg(feature = "llama")]
mod llama;
#[cfg(feature = "llama")]
pub mod local;
#[cfg(all(test, any(feature = "remote", feature = "hub")))]
mod loopback;
#[cfg(any(feature = "llama", feature = "hub"))]
mod memory;
#[cfg(feature = "remote")]
pub mod remote;
#[cfg(feature = "llama")]
mod render;
#[cfg(all(test, feature = "llama"))]
mod tiny;

#[cfg(feature = "llama")]
pub use local::{
    CacheType, Device, EarlierReasoning, EngineFigures, LocalModel, ModelCard, ModelSettings, Priority,
    Shortcuts, Spread, StateFolder, devices,
};
#[cfg(feature = "remote")]
pub use remote::{RemoteModel, RemoteSettings};
