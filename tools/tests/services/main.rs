//! Services over HTTP, MCP servers and OpenAPI documents, against servers in processes of their own: as they
//! should be, slow, broken, huge and hostile.

#![cfg(all(feature = "web", feature = "mcp", feature = "openapi"))]
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::exit,
    reason = "a test that cannot go on has failed, and the server process ends with the tests"
)]

mod booking;
mod client;
mod mcp;
mod mcp_again;
mod mcp_http;
mod mcp_odd;
mod mcp_sessions;
mod openapi;
mod operations;
mod providers;
mod reference;
mod server;
mod support;
