//! Booking, cancelling, listing.

use handyman_core::{CallContext, IdempotencyKey, Probe, ToolResult, tool};
use serde_json::{Value, json};

use crate::resolve;
use crate::world::World;
use crate::world::bookings::Booking;

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
    world.held_to(context.allowed.as_ref()).cancel(&context.key, &booking, Some(context.now)).await
}

/// List my bookings
#[tool(read_only)]
pub async fn list_bookings(#[state] world: &World, context: &CallContext) -> ToolResult<Value> {
    let today = context.now.date();
    let (mut bookings, others): (Vec<Booking>, Vec<Booking>) =
        world.bookings().await?.into_iter().partition(|booking| booking.is_live(today));
    // What is to come, the soonest first; then the rest, the newest first.
    bookings.sort_by_key(Booking::begins);
    let live = bookings.len();
    bookings.extend(others);
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
    let more = bookings.len().saturating_sub(LISTED_MAX);
    let mut result = json!({"bookings": rows, "more": more});
    if more > 0 {
        let to_come = live.saturating_sub(LISTED_MAX);
        result["not_shown"] = format!("{to_come} to come, {} past or cancelled", more - to_come).into();
    }
    Ok(result)
}

/// Gives back what was booked under a key.
async fn release(world: &World, undone: &IdempotencyKey, context: &CallContext) -> ToolResult<Value> {
    let booked = world.made_under(undone).await?;
    world.cancel(&context.key, booked["booking"].as_str().unwrap_or_default(), None).await
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
    let result = rehearsal.cancel(&context.key, &booking, Some(context.now)).await?;
    Ok(rehearsal.shown(&result))
}

/// Whether the effect under a key took place.
async fn made(world: &World, key: &IdempotencyKey) -> ToolResult<Probe> {
    world.effect(key).await
}
