//! Trains and flights.

use handyman_core::{CallContext, ToolError, ToolErrorKind, ToolResult, tool};
use jiff::civil::{DateTime, Time};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{ROWS_MAX, sale_day};
use crate::money::Money;
use crate::resolve::{self, Window, hm};
use crate::world::timetable::{self, Departure, Trip};
use crate::world::{CURRENCY, SOURCE, World};

/// Which departures come first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(description = "")]
#[expect(missing_docs, reason = "the names say it")]
pub enum TravelOrder {
    #[default]
    Earliest,
    Latest,
    Cheapest,
    Fastest,
}

/// Find trains between two cities
#[tool(read_only)]
pub async fn search_trains(
    #[state] world: &World,
    context: &CallContext,
    /// Departure city
    #[arg(verbatim)]
    from: String,
    #[arg(verbatim)] to: String,
    #[arg(verbatim)] day: String,
    #[arg(verbatim)] after: Option<String>,
    #[arg(verbatim)] before: Option<String>,
    order: Option<TravelOrder>,
) -> ToolResult<Value> {
    Request { from, to, day, after, before, order: order.unwrap_or_default() }
        .found(world, context.now, &TRAINS)
        .await
}

/// Find direct flights between two cities
#[tool(read_only)]
pub async fn search_flights(
    #[state] world: &World,
    context: &CallContext,
    /// Departure city
    #[arg(verbatim)]
    from: String,
    #[arg(verbatim)] to: String,
    #[arg(verbatim)] day: String,
    #[arg(verbatim)] after: Option<String>,
    #[arg(verbatim)] before: Option<String>,
    order: Option<TravelOrder>,
) -> ToolResult<Value> {
    Request { from, to, day, after, before, order: order.unwrap_or_default() }
        .found(world, context.now, &FLIGHTS)
        .await
}

/// How one kind of travel is searched and told.
struct Kind {
    /// Its name in results.
    name: &'static str,
    /// Its name where there is none.
    wanted: &'static str,
    /// What to try in its place.
    other: &'static str,
    /// The fields for where one leaves from and arrives at.
    places: [&'static str; 2],
    departures: fn(u64, &Trip) -> Vec<Departure>,
}

const TRAINS: Kind = Kind {
    name: "trains",
    wanted: "trains",
    other: "flights",
    places: ["from_station", "to_station"],
    departures: timetable::trains,
};
const FLIGHTS: Kind = Kind {
    name: "flights",
    wanted: "direct flights",
    other: "trains",
    places: ["from_airport", "to_airport"],
    departures: timetable::flights,
};

/// A search as it was written.
struct Request {
    from: String,
    to: String,
    day: String,
    after: Option<String>,
    before: Option<String>,
    order: TravelOrder,
}

impl Request {
    /// What is found, as the model is told of it.
    async fn found(self, world: &World, now: DateTime, kind: &Kind) -> ToolResult<Value> {
        let (trip, window) = self.resolve(now)?;
        let departures = (kind.departures)(world.seed(), &trip);
        if departures.is_empty() {
            return Err(none_between(&trip, kind.wanted, kind.other));
        }
        let found = listed(world, departures, window, self.order).await?;
        let [from, to] = kind.places;
        let row = |(departure, seats): &(Departure, i64)| {
            json!({
                "id": departure.draft.id,
                "departs": hm(departure.departs),
                "arrives": departure.arrives,
                from: departure.from,
                to: departure.to,
                "seats": seats,
                "price": Money::new(departure.draft.price_minor, CURRENCY).to_string(),
                "price_minor": departure.draft.price_minor,
            })
        };
        let rows: Vec<Value> = found.rows.iter().map(row).collect();
        Ok(result(&trip, kind.name, &rows, found.more))
    }

    /// What it means: the trip, and the stretch of the day to leave in, which today begins now.
    fn resolve(&self, now: DateTime) -> ToolResult<(Trip, Window)> {
        let (from, to) = (resolve::place("from", &self.from)?, resolve::place("to", &self.to)?);
        if from.city.zh == to.city.zh {
            let message = format!("'{}' and '{}' are the same city", self.from, self.to);
            return Err(ToolError::argument("to", message));
        }
        let when = sale_day(&self.day, now.date())?;
        let asked = resolve::window(self.after.as_deref(), self.before.as_deref(), when.clock)?;
        let mut window = asked.within(when.window())?;
        if when.date == now.date() {
            if window.to < now.time() {
                return Err(self.past(window.to, now));
            }
            window.from = window.from.max(now.time());
        }
        Ok((Trip { from, to, date: when.date }, window))
    }

    /// What is said where all of today that was asked for is over.
    fn past(&self, last: Time, now: DateTime) -> ToolError {
        let (date, last, now) = (now.date(), hm(last), hm(now.time()));
        let message = format!("{date} {last} is past, it is {now}; write a later time or day");
        ToolError::argument(if self.before.is_some() { "before" } else { "day" }, message)
    }
}

/// The departures to show with what is left of them, and how many others there are.
struct Found {
    rows: Vec<(Departure, i64)>,
    more: usize,
}

async fn listed(
    world: &World,
    departures: Vec<Departure>,
    window: Window,
    order: TravelOrder,
) -> ToolResult<Found> {
    let times: Vec<Time> = departures.iter().map(|departure| departure.departs).collect();
    let mut fitting: Vec<Departure> =
        departures.into_iter().filter(|departure| window.contains(departure.departs)).collect();
    if fitting.is_empty() {
        return Err(none_within(window, &times));
    }
    match order {
        TravelOrder::Earliest => fitting.sort_by_key(|departure| departure.departs),
        TravelOrder::Latest => fitting.sort_by_key(|departure| std::cmp::Reverse(departure.departs)),
        TravelOrder::Cheapest => {
            fitting.sort_by_key(|departure| (departure.draft.price_minor, departure.departs));
        }
        TravelOrder::Fastest => fitting.sort_by_key(|departure| (departure.minutes, departure.departs)),
    }
    let drafts: Vec<_> = fitting.iter().map(|departure| departure.draft.clone()).collect();
    let left = world.offer(&drafts).await?;
    let mut rows: Vec<(Departure, i64)> = fitting
        .into_iter()
        .map(|departure| {
            let seats = left.get(&departure.draft.id).copied().unwrap_or_default();
            (departure, seats)
        })
        .collect();
    rows.sort_by_key(|(_, seats)| *seats == 0);
    let more = rows.len().saturating_sub(ROWS_MAX);
    rows.truncate(ROWS_MAX);
    Ok(Found { rows, more })
}

fn none_between(trip: &Trip, wanted: &str, other: &str) -> ToolError {
    let message = format!("no {wanted} from {} to {}; try {other}", trip.from.city.en, trip.to.city.en);
    ToolError::new(ToolErrorKind::NotFound, message)
}

fn none_within(window: Window, times: &[Time]) -> ToolError {
    let first = times.iter().min().map(|time| hm(*time)).unwrap_or_default();
    let last = times.iter().max().map(|time| hm(*time)).unwrap_or_default();
    let (from, to) = (hm(window.from), hm(window.to));
    let message = format!(
        "none leaves between {from} and {to}; on that day the first leaves at {first}, the last at {last}"
    );
    ToolError::new(ToolErrorKind::NotFound, message)
}

fn result(trip: &Trip, name: &str, rows: &[Value], more: usize) -> Value {
    json!({
        "from": trip.from.city.name(trip.language()),
        "to": trip.to.city.name(trip.language()),
        "date": trip.date.to_string(),
        name: rows,
        "more": more,
        "source": SOURCE,
    })
}
