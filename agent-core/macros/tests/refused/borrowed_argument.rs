//! An argument is owned.

use handyman_core::{ToolResult, tool};

/// Says a word.
#[tool(read_only)]
async fn say(word: &str) -> ToolResult<String> {
    Ok(word.to_owned())
}

fn main() {}
