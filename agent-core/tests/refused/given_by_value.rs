//! What a program gives is lent to the tool, not given away.

use handyman_core::tool;

/// Says who it is.
#[tool(read_only)]
async fn who(#[given] name: String) -> handyman_core::ToolResult<String> {
    Ok(name)
}

fn main() {}
