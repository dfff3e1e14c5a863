//! A tool says what running it does.

use handyman_core::tool;

/// The time.
#[tool]
async fn clock() -> handyman_core::ToolResult<String> {
    Ok("noon".to_owned())
}

fn main() {}
