//! A tool is async.

use handyman_core::{ToolResult, tool};

/// The time.
#[tool(read_only)]
fn clock() -> ToolResult<String> {
    Ok("noon".to_owned())
}

fn main() {}
