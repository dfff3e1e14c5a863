//! A verb of one character would be found in many other words.

use handyman_core::tool;

/// Opens the gate.
#[tool(once, does("opened", "开"))]
async fn gate() -> handyman_core::ToolResult<String> {
    Ok("open".to_owned())
}

fn main() {}
