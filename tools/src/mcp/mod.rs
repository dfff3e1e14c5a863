//! Tools of MCP servers: over standard input and output, or over streamable HTTP.
//!
//! What a server says of its tools are hints. Without a declaration of one's own a tool counts as `once`, so that
//! somebody is asked before each call, and what it returns names the server it came from. A tool whose description
//! changes after it was offered is not called any more: whoever chose it chose something else.
//!
//! What a server asks back goes to a [`Person`], if there is one, and into the call's result.
//!
//! Map: [`Launch`] how a server is reached · [`Config`] the `mcpServers` file that other clients use ·
//! [`Server`] a connection, its tools and its resources · `serve` (feature `serve`) a toolbox as a server.

#[cfg(feature = "serve")]
mod client;
mod config;
mod content;
mod failure;
mod person;
mod resources;
#[cfg(feature = "serve")]
pub mod serve;
mod server;
mod tool;

pub use config::{Config, Launch};
pub use person::{Answer, Person, Question};
pub use resources::{list_resources, read_resource};
pub use server::{Listening, Progress, Server};
