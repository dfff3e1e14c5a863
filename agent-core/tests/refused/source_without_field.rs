//! A source is a field of a tool.

use handyman_core::tool;

/// Says an id.
#[tool(read_only)]
async fn say(#[arg(from = search_trains)] id: String) -> handyman_core::ToolResult<String> {
    Ok(id)
}

fn main() {}
