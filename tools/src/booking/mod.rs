//! Tools that find what can be booked, book it, cancel it, and list bookings: in the sandbox, or at a service.

#[cfg(feature = "web")]
mod remote;
mod reservations;
#[cfg(any(feature = "web", feature = "serve"))]
mod routes;
#[cfg(feature = "serve")]
pub mod serve;
mod stays;
mod travel;

#[cfg(feature = "web")]
pub use remote::BookingService;
pub use reservations::{book, cancel_booking, list_bookings};
pub use stays::{StayOrder, search_hotels, search_restaurants};
pub use travel::{TravelOrder, search_flights, search_trains};

use handyman_core::{ToolError, ToolResult};
use jiff::ToSpan;
use jiff::civil::Date;

use crate::resolve::{self, When};
use crate::world::SALE_DAYS;

/// How many rows a result shows; the model's window is small.
const ROWS_MAX: usize = 4;

/// A day that things are sold for.
fn sale_day(text: &str, today: Date) -> ToolResult<When> {
    let when = resolve::day("day", text, today)?;
    let last = today.saturating_add(SALE_DAYS.days());
    if when.date > last {
        let message = format!("{} is too far ahead; the sandbox sells up to {last}", when.date);
        return Err(ToolError::argument("day", message));
    }
    Ok(when)
}

#[cfg(test)]
mod tests;
