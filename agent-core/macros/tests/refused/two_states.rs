//! A tool works on one thing.

use handyman_core::{ToolResult, tool};

/// The time.
#[tool(read_only)]
async fn clock(#[state] world: &u8, #[state] other: &u8) -> ToolResult<u8> {
    Ok(world + other)
}

fn main() {}
