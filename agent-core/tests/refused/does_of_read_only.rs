//! What only reads has done nothing that an answer could claim.

use handyman_core::tool;

/// Reads the lock.
#[tool(read_only, does("unlocked"))]
async fn lock() -> handyman_core::ToolResult<String> {
    Ok("open".to_owned())
}

fn main() {}
