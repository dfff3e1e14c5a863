//! A tool that may take no time is none.

use handyman_core::tool;

/// Says a word.
#[tool(read_only, seconds = 0)]
async fn say(word: String) -> handyman_core::ToolResult<String> {
    Ok(word)
}

fn main() {}
