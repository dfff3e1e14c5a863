//! Hotels and restaurants.

use handyman_core::{CallContext, ToolError, ToolErrorKind, ToolResult, tool};
use jiff::civil::{DateTime, Time, time as at};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{ROWS_MAX, sale_day};
use crate::money::{Money, minor_per_unit};
use crate::resolve::{self, Clock, When, Window, hm, in_part_of_day};
use crate::world::lodging::{Hotel, Restaurant};
use crate::world::offers::Draft;
use crate::world::{CURRENCY, SOURCE, World};

const OPENS: Time = at(11, 0, 0, 0);
const LAST_SEATING: Time = at(21, 30, 0, 0);
const LUNCH: Time = at(12, 0, 0, 0);
const DINNER: Time = at(19, 0, 0, 0);
const SLOT_MINUTES: i8 = 30;

/// Which hotels or restaurants come first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(description = "")]
#[expect(missing_docs, reason = "the names say it")]
pub enum StayOrder {
    Cheapest,
    #[default]
    Best,
}

/// Find hotels in a city
#[tool(read_only)]
pub async fn search_hotels(
    #[state] world: &World,
    context: &CallContext,
    #[arg(verbatim)] city: String,
    /// Arrival
    #[arg(verbatim)]
    day: String,
    #[arg(range = 1..=30)] nights: Option<i64>,
    /// Per night
    max_price: Option<i64>,
    order: Option<StayOrder>,
) -> ToolResult<Value> {
    let (city, language) = resolve::city("city", &city)?;
    let date = sale_day(&day, context.now.date())?.date;
    let nights = nights.unwrap_or(1);
    let price_max_minor = max_price.map_or(i64::MAX, |units| units.saturating_mul(minor_per_unit(CURRENCY)));
    let mut hotels = world.hotels(city, price_max_minor).await?;
    if hotels.is_empty() {
        return Err(none_so_cheap(world, city).await?);
    }
    if order.unwrap_or_default() == StayOrder::Best {
        hotels.sort_by(|a, b| b.rating.total_cmp(&a.rating));
    }
    let name = |hotel: &Hotel| language.choose(&hotel.name, &hotel.name_zh).to_owned();
    let drafts: Vec<Draft> =
        hotels.iter().map(|hotel| hotel.draft(world.seed(), &name(hotel), date, nights)).collect();
    let row = |hotel: &Hotel, draft: &Draft, rooms: i64| {
        json!({
            "id": draft.id,
            "name": draft.item,
            "stars": hotel.stars,
            "rating": hotel.rating,
            "rooms": rooms,
            "price": Money::new(hotel.price_minor, CURRENCY).to_string(),
            "price_minor": hotel.price_minor,
        })
    };
    let (rows, more) = listed(world, &hotels, &drafts, row).await?;
    Ok(json!({
        "city": city.name(language),
        "date": date.to_string(),
        "nights": nights,
        "hotels": rows,
        "more": more,
        "source": SOURCE,
    }))
}

/// Find restaurants in a city
#[tool(read_only)]
pub async fn search_restaurants(
    #[state] world: &World,
    context: &CallContext,
    #[arg(verbatim)] city: String,
    #[arg(verbatim)] cuisine: Option<String>,
    #[arg(verbatim)] day: Option<String>,
    #[arg(verbatim)] time: Option<String>,
    #[arg(verbatim)] people: Option<String>,
    order: Option<StayOrder>,
) -> ToolResult<Value> {
    let (city, language) = resolve::city("city", &city)?;
    let cuisine = cuisine.map(|text| resolve::cuisine("cuisine", &text)).transpose()?;
    let (date, time) = seating(day.as_deref(), time.as_deref(), context.now)?;
    let people = people.map_or(Ok(2), |text| resolve::people("people", &text))?;
    let mut restaurants = world.restaurants(city, cuisine).await?;
    if order == Some(StayOrder::Cheapest) {
        restaurants.sort_by_key(|restaurant| restaurant.price_minor);
    }
    let name = |restaurant: &Restaurant| language.choose(&restaurant.name, &restaurant.name_zh).to_owned();
    let drafts: Vec<Draft> = restaurants
        .iter()
        .map(|restaurant| restaurant.draft(world.seed(), &name(restaurant), (date, time), i64::from(people)))
        .collect();
    let row = |restaurant: &Restaurant, draft: &Draft, tables: i64| {
        json!({
            "id": draft.id,
            "name": name(restaurant),
            "cuisine": language.choose(&restaurant.cuisine, &restaurant.cuisine_zh),
            "rating": restaurant.rating,
            "tables": tables,
            "price": Money::new(restaurant.price_minor, CURRENCY).to_string(),
            "price_minor": restaurant.price_minor,
        })
    };
    let (rows, more) = listed(world, &restaurants, &drafts, row).await?;
    Ok(json!({
        "city": city.name(language),
        "date": date.to_string(),
        "time": hm(time),
        "people": people,
        "restaurants": rows,
        "more": more,
        "source": SOURCE,
    }))
}

/// The first rows in the order given, those with nothing left last, and how many others there are.
async fn listed<T>(
    world: &World,
    known: &[T],
    drafts: &[Draft],
    row: impl Fn(&T, &Draft, i64) -> Value,
) -> ToolResult<(Vec<Value>, usize)> {
    let left = world.offer(drafts).await?;
    let mut found: Vec<(&T, &Draft, i64)> = known
        .iter()
        .zip(drafts)
        .map(|(known, draft)| (known, draft, left.get(&draft.id).copied().unwrap_or_default()))
        .collect();
    found.sort_by_key(|(_, _, left)| *left == 0);
    let rows = found.iter().take(ROWS_MAX).map(|(known, draft, left)| row(known, draft, *left)).collect();
    Ok((rows, found.len().saturating_sub(ROWS_MAX)))
}

async fn none_so_cheap(world: &World, city: &crate::atlas::City) -> ToolResult<ToolError> {
    let cheapest = world.hotels(city, i64::MAX).await?;
    Ok(match cheapest.first() {
        Some(hotel) => {
            let price = Money::new(hotel.price_minor, CURRENCY);
            ToolError::argument(
                "max_price",
                format!("no hotel in {} is that cheap; the cheapest costs {price}", city.en),
            )
        }
        None => ToolError::new(ToolErrorKind::NotFound, format!("no hotels in {}", city.en)),
    })
}

/// When to sit down: the time, else a meal in the part of the day that the day came with, else dinner; in half hours.
fn seating(day: Option<&str>, time: Option<&str>, now: DateTime) -> ToolResult<(jiff::civil::Date, Time)> {
    let when = match day {
        Some(day) => sale_day(day, now.date())?,
        None => When { date: now.date(), clock: None },
    };
    let clock = match time.map(|text| resolve::time("time", text)).transpose()? {
        Some(Clock::At { time, half_said, next_day }) => {
            let time = in_part_of_day(time, half_said, when.clock);
            // Of an evening, one and twelve are at night.
            let is_night = matches!(when.clock, Some(Clock::Within(part)) if part.is_night());
            Some(Clock::At { time, half_said: half_said || is_night, next_day })
        }
        Some(part) => Some(part),
        None => when.clock,
    };
    let wanted = match clock {
        None => DINNER,
        Some(Clock::Within(part)) => meal(part),
        // Nobody means seven in the morning by a table at seven.
        Some(Clock::At { time, half_said: false, .. }) if time < OPENS && time.hour() < 10 => {
            time.wrapping_add(jiff::Span::new().hours(12))
        }
        Some(Clock::At { time, .. }) => time,
    };
    let time = at(wanted.hour(), wanted.minute() / SLOT_MINUTES * SLOT_MINUTES, 0, 0);
    if !(OPENS..=LAST_SEATING).contains(&time) {
        let message = format!(
            "{} is outside opening hours; tables are from {} to {}",
            hm(time),
            hm(OPENS),
            hm(LAST_SEATING)
        );
        return Err(ToolError::argument("time", message));
    }
    if when.date.to_datetime(time) < now {
        return Err(ToolError::argument(
            "time",
            format!("{} {} is past; choose a later time", when.date, hm(time)),
        ));
    }
    Ok((when.date, time))
}

/// The meal in a part of the day; where it has none, as early in it as there are tables.
fn meal(part: Window) -> Time {
    let meal = [DINNER, LUNCH].into_iter().find(|meal| part.contains(*meal));
    meal.unwrap_or_else(|| part.from.clamp(OPENS, LAST_SEATING))
}
