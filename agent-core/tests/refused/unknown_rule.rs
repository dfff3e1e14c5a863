//! A rule that does not exist is not dropped.

use handyman_core::tool;

/// Says a word.
#[tool(read_only)]
async fn say(#[arg(length = 3)] word: String) -> handyman_core::ToolResult<String> {
    Ok(word)
}

fn main() {}
