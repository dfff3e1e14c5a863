//! What a program gives has no rules for the model.

use handyman_core::tool;

/// Says who it is.
#[tool(read_only)]
async fn who(#[given] #[arg(verbatim)] name: &String) -> handyman_core::ToolResult<String> {
    Ok(name.clone())
}

fn main() {}
