//! A source is a field of a tool.

use handyman_core::{ToolResult, tool};

/// Says an id.
#[tool(read_only)]
async fn say(#[arg(from = search_trains)] id: String) -> ToolResult<String> {
    Ok(id)
}

fn main() {}
