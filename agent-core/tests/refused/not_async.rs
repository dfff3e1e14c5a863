//! A tool is async.

use handyman_core::tool;

/// The time.
#[tool(read_only)]
fn clock() -> handyman_core::ToolResult<String> {
    Ok("noon".to_owned())
}

fn main() {}
