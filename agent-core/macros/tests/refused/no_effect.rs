//! A tool says what running it does.

use handyman_core::{ToolResult, tool};

/// The time.
#[tool]
async fn clock() -> ToolResult<String> {
    Ok("noon".to_owned())
}

fn main() {}
