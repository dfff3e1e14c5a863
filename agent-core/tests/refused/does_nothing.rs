//! A word is needed to say what is done.

use handyman_core::tool;

/// Opens the gate.
#[tool(once, does())]
async fn gate() -> handyman_core::ToolResult<String> {
    Ok("open".to_owned())
}

fn main() {}
