//! A tool works on one thing.

use handyman_core::tool;

/// The time.
#[tool(read_only)]
async fn clock(#[state] world: &u8, #[state] other: &u8) -> handyman_core::ToolResult<u8> {
    Ok(world + other)
}

fn main() {}
