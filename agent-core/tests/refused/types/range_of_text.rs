//! Only numbers have a range.

use handyman_core::tool;

/// Says a word.
#[tool(read_only)]
async fn say(#[arg(range = 0..=7)] word: String) -> handyman_core::ToolResult<String> {
    Ok(word)
}

fn main() {}
