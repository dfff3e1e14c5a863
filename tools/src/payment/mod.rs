//! Tools that pay for a booking and give the money back.

use handyman_core::{CallContext, IdempotencyKey, Probe, ToolResult, tool};
use serde_json::Value;

use crate::world::World;

/// Pay for a booking
#[tool(once, probe = made, undo = give_back, plan = payment_plan, completes = book)]
pub async fn pay(
    #[state] world: &World,
    context: &CallContext,
    #[arg(verbatim, from = ["book.booking", "list_bookings.booking"])] booking: String,
    /// Default main
    #[arg(verbatim)]
    account: Option<String>,
) -> ToolResult<Value> {
    let world = world.held_to(context.allowed.as_ref());
    world.pay(&context.key, &booking, account.as_deref(), context.now).await
}

/// Refund a paid booking
#[tool(once, probe = made, plan = refund_plan)]
pub async fn refund(
    #[state] world: &World,
    context: &CallContext,
    #[arg(verbatim, from = ["book.booking", "list_bookings.booking"])] booking: String,
) -> ToolResult<Value> {
    world.held_to(context.allowed.as_ref()).refund(&context.key, &booking, Some(context.now)).await
}

/// Gives back what was paid under a key.
async fn give_back(world: &World, undone: &IdempotencyKey, context: &CallContext) -> ToolResult<Value> {
    let paid = world.made_under(undone).await?;
    world.refund(&context.key, paid["booking"].as_str().unwrap_or_default(), None).await
}

/// What would be paid.
async fn payment_plan(
    world: &World,
    context: &CallContext,
    booking: String,
    account: Option<String>,
) -> ToolResult<Value> {
    let rehearsal = world.rehearsal();
    let result = rehearsal.pay(&context.key, &booking, account.as_deref(), context.now).await?;
    Ok(rehearsal.shown(&result))
}

/// What would be refunded.
async fn refund_plan(world: &World, context: &CallContext, booking: String) -> ToolResult<Value> {
    let rehearsal = world.rehearsal();
    let result = rehearsal.refund(&context.key, &booking, Some(context.now)).await?;
    Ok(rehearsal.shown(&result))
}

/// Whether the effect under a key took place.
async fn made(world: &World, key: &IdempotencyKey) -> ToolResult<Probe> {
    world.effect(key).await
}

#[cfg(test)]
mod tests;
