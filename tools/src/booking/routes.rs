//! The booking API: which request stands for which tool.

/// The person's local time, `2026-11-23T09:00:00`: what `tomorrow` is relative to.
pub(super) const LOCAL_TIME: &str = "local-time";

/// A request of the API.
#[derive(Debug)]
pub(super) struct Route {
    /// The tool it stands for.
    pub(super) tool: &'static str,
    /// Its path; what is in braces is an argument.
    pub(super) path: &'static str,
    /// `GET` with the arguments in the query, or `POST` with them in the body.
    pub(super) reads: bool,
}

pub(super) static ROUTES: [Route; 9] = [
    Route { tool: "search_trains", path: "/v1/trains", reads: true },
    Route { tool: "search_flights", path: "/v1/flights", reads: true },
    Route { tool: "search_hotels", path: "/v1/hotels", reads: true },
    Route { tool: "search_restaurants", path: "/v1/restaurants", reads: true },
    Route { tool: "list_bookings", path: "/v1/bookings", reads: true },
    Route { tool: "book", path: "/v1/bookings", reads: false },
    Route { tool: "cancel_booking", path: "/v1/bookings/{booking}/cancellation", reads: false },
    Route { tool: "pay", path: "/v1/bookings/{booking}/payment", reads: false },
    Route { tool: "refund", path: "/v1/bookings/{booking}/refund", reads: false },
];

/// The request that stands for a tool.
#[cfg(feature = "web")]
pub(super) fn route(tool: &str) -> Option<&'static Route> {
    ROUTES.iter().find(|route| route.tool == tool)
}
