//! Only texts are copied.

use handyman_core::{ToolResult, tool};

/// Says a number.
#[tool(read_only)]
async fn say(#[arg(verbatim)] number: u8) -> ToolResult<u8> {
    Ok(number)
}

fn main() {}
