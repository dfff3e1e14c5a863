//! The model is told the last value.

use handyman_core::tool;

/// Says a number.
#[tool(read_only)]
async fn say(#[arg(range = 0..8)] number: u8) -> handyman_core::ToolResult<u8> {
    Ok(number)
}

fn main() {}
