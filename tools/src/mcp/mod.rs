//! Tools of MCP servers: over standard input and output, or over streamable HTTP.
//!
//! What a server says of its tools are hints. Without a declaration of one's own a tool counts as `once`, so that
//! somebody is asked before each call, and what it returns names the server it came from. A tool whose description
//! changes after it was offered is not called any more: whoever chose it chose something else. Where an argument comes from
//! can be declared as well: copied from what was said, or from a field of an earlier result.
//!
//! A server that has ended is started again by the next call, and a session that has expired is begun anew. A call that
//! the server may have had is not sent again; one that it never had is.
//!
//! What a server asks back goes to a [`Person`], if there is one, and into the call's result. How far it says that a call has
//! come is told as the tool's own progress ([`CallContext::tell`](handyman_core::CallContext::tell)).
//!
//! Map: [`Launch`] how a server is reached, [`Origin`] where an argument comes from, [`Trusted`] whose results hold nothing of
//! strangers · [`Config`] the `mcpServers` file that other clients use · [`Server`] its tools and its resources, over a
//! connection · `serve` (feature `serve`) a toolbox as a server.

mod answers;
#[cfg(feature = "serve")]
mod client;
mod config;
mod connection;
mod content;
mod delivery;
mod failure;
mod http;
mod listener;
mod mended;
mod output;
mod pages;
mod person;
mod process;
mod progress;
mod resources;
mod restart;
#[cfg(feature = "serve")]
pub mod serve;
mod server;
mod tool;

pub use config::{Config, Launch, Origin, Trusted};
pub use listener::Listening;
pub use person::{Answer, Person, Question};
pub use resources::{list_resources, read_resource};
pub use server::Server;
