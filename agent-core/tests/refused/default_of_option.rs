//! What may be left out needs no default.

use handyman_core::tool;

/// Says a number.
#[tool(read_only)]
async fn say(#[arg(default = 3)] number: Option<u8>) -> handyman_core::ToolResult<Option<u8>> {
    Ok(number)
}

fn main() {}
