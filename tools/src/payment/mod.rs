//! Tools that pay for a booking and give the money back.

use handyman_core::{CallContext, IdempotencyKey, Probe, ToolResult, tool};
use serde_json::Value;

use crate::world::World;

/// Pay for a booking
#[tool(once, probe = made)]
pub async fn pay(
    #[state] world: &World,
    context: &CallContext,
    #[arg(verbatim, from = ["book.booking", "list_bookings.booking"])] booking: String,
    /// Default main
    #[arg(verbatim)]
    account: Option<String>,
) -> ToolResult<Value> {
    world.pay(&context.key, &booking, account.as_deref()).await
}

/// Refund a paid booking
#[tool(once, probe = made)]
pub async fn refund(
    #[state] world: &World,
    context: &CallContext,
    #[arg(verbatim, from = ["book.booking", "list_bookings.booking"])] booking: String,
) -> ToolResult<Value> {
    world.refund(&context.key, &booking).await
}

/// Whether the effect under a key took place.
async fn made(world: &World, key: &IdempotencyKey) -> ToolResult<Probe> {
    world.effect(key).await
}

#[cfg(test)]
mod tests;
