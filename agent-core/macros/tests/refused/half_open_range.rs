//! The model is told the last value.

use handyman_core::{ToolResult, tool};

/// Says a number.
#[tool(read_only)]
async fn say(#[arg(range = 0..8)] number: u8) -> ToolResult<u8> {
    Ok(number)
}

fn main() {}
