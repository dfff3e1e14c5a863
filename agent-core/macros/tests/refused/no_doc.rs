//! A tool is described.

use handyman_core::{ToolResult, tool};

#[tool(read_only)]
async fn clock() -> ToolResult<String> {
    Ok("noon".to_owned())
}

fn main() {}
