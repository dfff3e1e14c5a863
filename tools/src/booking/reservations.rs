//! Booking, cancelling, listing.

use handyman_core::{CallContext, IdempotencyKey, Probe, ToolResult, tool};
use serde_json::{Value, json};

use crate::resolve;
use crate::world::World;

const LISTED_MAX: usize = 5;

/// Book an offer by its id
#[tool(once, probe = made, undo = release, plan = booking_plan)]
pub async fn book(
    #[state] world: &World,
    context: &CallContext,
    #[arg(from = ["search_trains.id", "search_flights.id", "search_hotels.id", "search_restaurants.id"])] id: String,
    #[arg(verbatim)] people: Option<String>,
) -> ToolResult<Value> {
    let people = people.map(|text| resolve::people("people", &text)).transpose()?;
    world.held_to(context.allowed.as_ref()).book(&context.key, id.trim(), people, context.now).await
}

/// Cancel a booking
#[tool(once, probe = made, plan = cancelling_plan)]
pub async fn cancel_booking(
    #[state] world: &World,
    context: &CallContext,
    #[arg(verbatim, from = ["book.booking", "list_bookings.booking"])] booking: String,
) -> ToolResult<Value> {
    world.held_to(context.allowed.as_ref()).cancel(&context.key, &booking).await
}

/// List my bookings
#[tool(read_only)]
pub async fn list_bookings(#[state] world: &World) -> ToolResult<Value> {
    let bookings = world.bookings().await?;
    let rows: Vec<Value> = bookings
        .iter()
        .take(LISTED_MAX)
        .map(|booking| {
            json!({
                "booking": booking.booking,
                "item": booking.item,
                "date": booking.date,
                "people": booking.people,
                "total": booking.total().to_string(),
                "status": booking.status,
            })
        })
        .collect();
    Ok(json!({"bookings": rows, "more": bookings.len().saturating_sub(LISTED_MAX)}))
}

/// Gives back what was booked under a key.
async fn release(world: &World, undone: &IdempotencyKey, context: &CallContext) -> ToolResult<Value> {
    let booked = world.made_under(undone).await?;
    world.cancel(&context.key, booked["booking"].as_str().unwrap_or_default()).await
}

/// What would be booked.
async fn booking_plan(
    world: &World,
    context: &CallContext,
    id: String,
    people: Option<String>,
) -> ToolResult<Value> {
    let people = people.map(|text| resolve::people("people", &text)).transpose()?;
    let rehearsal = world.rehearsal();
    let result = rehearsal.book(&context.key, id.trim(), people, context.now).await?;
    Ok(rehearsal.shown(&result))
}

/// What would be cancelled.
async fn cancelling_plan(world: &World, context: &CallContext, booking: String) -> ToolResult<Value> {
    let rehearsal = world.rehearsal();
    let result = rehearsal.cancel(&context.key, &booking).await?;
    Ok(rehearsal.shown(&result))
}

/// Whether the effect under a key took place.
async fn made(world: &World, key: &IdempotencyKey) -> ToolResult<Probe> {
    world.effect(key).await
}
