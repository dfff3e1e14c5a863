//! What only reads runs again after a crash.

use handyman_core::{IdempotencyKey, Probe, ToolResult, tool};

async fn asked(_key: &IdempotencyKey) -> ToolResult<Probe> {
    Ok(Probe::NotDone)
}

/// The time.
#[tool(read_only, probe = asked)]
async fn clock() -> ToolResult<String> {
    Ok("noon".to_owned())
}

fn main() {}
