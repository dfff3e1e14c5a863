//! Only texts are copied.

use handyman_core::tool;

/// Says a number.
#[tool(read_only)]
async fn say(#[arg(verbatim)] number: u8) -> handyman_core::ToolResult<u8> {
    Ok(number)
}

fn main() {}
