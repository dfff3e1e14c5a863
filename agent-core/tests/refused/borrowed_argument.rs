//! An argument is owned.

use handyman_core::tool;

/// Says a word.
#[tool(read_only)]
async fn say(word: &str) -> handyman_core::ToolResult<String> {
    Ok(word.to_owned())
}

fn main() {}
