//! A tool is described.

use handyman_core::tool;

#[tool(read_only)]
async fn clock() -> handyman_core::ToolResult<String> {
    Ok("noon".to_owned())
}

fn main() {}
