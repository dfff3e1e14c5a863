//! Bookings: inventory goes down when one is made and up when it is cancelled.

use handyman_core::{IdempotencyKey, ToolError, ToolErrorKind, ToolResult};
use jiff::civil::{Date, DateTime};
use serde_json::{Value, json};
use sqlx::SqliteConnection;

use super::chance::Chance;
use super::effects::Begun;
use super::offers::{self, Kind, Offer};
use super::stock::Stretch;
use super::{CURRENCY, World, failed, payments};
use crate::money::Money;

/// Characters of a reference; none looks like another.
const REFERENCE_LETTERS: [char; 31] = [
    'A', 'B', 'C', 'D', 'E', 'F', 'G', 'H', 'J', 'K', 'M', 'N', 'P', 'Q', 'R', 'S', 'T', 'U', 'V', 'W', 'X',
    'Y', 'Z', '2', '3', '4', '5', '6', '7', '8', '9',
];

/// Bookings with the time at which they begin, which their offer tells, and with their last day.
macro_rules! bookings {
    () => {
        "SELECT bookings.*, coalesce(offers.departs, '23:59') AS departs, \
         date(bookings.date, (bookings.nights - 1) || ' days') AS last_day \
         FROM bookings LEFT JOIN offers ON offers.id = bookings.offer"
    };
}

/// A booking as it stands.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct Booking {
    /// Its reference.
    pub booking: String,
    /// What was booked.
    pub item: String,
    /// The (first) day.
    pub date: String,
    /// For how many people.
    pub people: i64,
    /// Price in the smallest unit.
    pub total_minor: i64,
    /// ISO code.
    pub currency: String,
    /// `unpaid`, `paid`, `cancelled` or `refunded`.
    pub status: String,
    pub(super) resource: String,
    pub(super) nights: i64,
    pub(super) units: i64,
    pub(super) account: Option<String>,
    pub(super) departs: String,
    pub(super) last_day: String,
}

impl Booking {
    /// The booking as a result shows it.
    #[must_use]
    pub fn to_value(&self) -> Value {
        json!({
            "booking": self.booking,
            "item": self.item,
            "date": self.date,
            "people": self.people,
            "total": self.total().to_string(),
            "total_minor": self.total_minor,
            "status": self.status,
        })
    }

    /// Its price.
    #[must_use]
    pub fn total(&self) -> Money<'_> {
        Money::new(self.total_minor, &self.currency)
    }

    /// Whether it is still to come on a day, or not over yet, and was not cancelled.
    #[must_use]
    pub fn is_live(&self, today: Date) -> bool {
        self.status != "cancelled" && self.last_day >= today.to_string()
    }

    /// When it begins: day and time.
    #[must_use]
    pub fn begins(&self) -> String {
        format!("{} {}", self.date, self.departs)
    }

    /// What has begun is neither paid for nor cancelled any more.
    pub(super) fn check_still_ahead(&self, now: DateTime) -> ToolResult<()> {
        check_still_ahead(&self.item, &self.begins(), now)
    }
}

impl World {
    /// Books an offer; the same key gives the same booking back.
    ///
    /// # Errors
    /// No such offer, too few left, or already gone.
    pub async fn book(
        &self,
        key: &IdempotencyKey,
        offer: &str,
        people: Option<u32>,
        now: DateTime,
    ) -> ToolResult<Value> {
        let mut transaction = match self.begin(key, "book").await? {
            Begun::Done(result) => return Ok(result),
            Begun::Fresh(transaction) => transaction,
        };
        let offer = offers::find(&mut transaction, offer).await?;
        check_still_ahead(&offer.item, &format!("{} {}", offer.date, offer.departs), now)?;
        let kind = Kind::named(&offer.kind).ok_or_else(|| ToolError::internal("unknown kind of offer"))?;
        let people = people.map_or(offer.people, i64::from);
        let units = (people + kind.people_per_unit() - 1) / kind.people_per_unit();
        take(&mut transaction, &offer, kind, units).await?;

        let heads = if kind == Kind::Hotel { units } else { people };
        let total_minor = offer.price_minor * heads * offer.nights;
        let reference = free_reference(&mut transaction, key).await?;
        sqlx::query(
            "INSERT INTO bookings (booking, kind, item, offer, resource, date, nights, people, units, total_minor, \
             currency, status) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'unpaid')",
        )
        .bind(&reference)
        .bind(&offer.kind)
        .bind(&offer.item)
        .bind(&offer.id)
        .bind(&offer.resource)
        .bind(&offer.date)
        .bind(offer.nights)
        .bind(people)
        .bind(units)
        .bind(total_minor)
        .bind(CURRENCY)
        .execute(&mut *transaction)
        .await
        .map_err(failed)?;
        let booking = find(&mut transaction, &reference).await?;
        self.commit(transaction, key, "book", booking.to_value()).await
    }

    /// Cancels a booking, gives its inventory back, and its money if it was paid. Without a time to compare with, as
    /// for who takes a booking of their own back, also once it has begun.
    ///
    /// # Errors
    /// No such booking, already cancelled, or begun.
    pub async fn cancel(
        &self,
        key: &IdempotencyKey,
        reference: &str,
        now: Option<DateTime>,
    ) -> ToolResult<Value> {
        let mut transaction = match self.begin(key, "cancel_booking").await? {
            Begun::Done(result) => return Ok(result),
            Begun::Fresh(transaction) => transaction,
        };
        let booking = find(&mut transaction, reference).await?;
        if booking.status == "cancelled" {
            let message = format!("booking {} is already cancelled", booking.booking);
            return Err(ToolError::new(ToolErrorKind::Conflict, message));
        }
        now.map_or(Ok(()), |now| booking.check_still_ahead(now))?;
        let stretch = Stretch { resource: &booking.resource, date: &booking.date, days: booking.nights };
        stretch.change(&mut transaction, booking.units).await?;
        let refund = payments::give_back(&mut transaction, key, &booking).await?;
        set_status(&mut transaction, &booking.booking, "cancelled").await?;
        let mut result = json!({"booking": booking.booking, "item": booking.item, "status": "cancelled"});
        if let (Some(refund), Value::Object(fields)) = (refund, &mut result) {
            fields.extend(refund);
        }
        self.commit(transaction, key, "cancel_booking", result).await
    }

    /// All bookings, the newest first.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub async fn bookings(&self) -> ToolResult<Vec<Booking>> {
        sqlx::query_as(concat!(bookings!(), " ORDER BY bookings.rowid DESC"))
            .fetch_all(&self.pool)
            .await
            .map_err(failed)
    }
}

/// The booking with a reference, in any case.
pub(super) async fn find(connection: &mut SqliteConnection, reference: &str) -> ToolResult<Booking> {
    sqlx::query_as(concat!(bookings!(), " WHERE booking = ? COLLATE NOCASE"))
        .bind(reference.trim())
        .fetch_optional(connection)
        .await
        .map_err(failed)?
        .ok_or_else(|| {
            let message = format!("there is no booking '{reference}'; list_bookings shows those there are");
            ToolError::new(ToolErrorKind::NotFound, message)
        })
}

pub(super) async fn set_status(
    connection: &mut SqliteConnection,
    reference: &str,
    status: &str,
) -> ToolResult<()> {
    sqlx::query("UPDATE bookings SET status = ? WHERE booking = ?")
        .bind(status)
        .bind(reference)
        .execute(connection)
        .await
        .map_err(failed)?;
    Ok(())
}

fn check_still_ahead(item: &str, begins: &str, now: DateTime) -> ToolResult<()> {
    if begins < now.strftime("%Y-%m-%d %H:%M").to_string().as_str() {
        let message = format!("{item} began at {begins}, which is past");
        return Err(ToolError::new(ToolErrorKind::Conflict, message));
    }
    Ok(())
}

/// Takes units from the stock of each of the offer's days, or none at all.
async fn take(connection: &mut SqliteConnection, offer: &Offer, kind: Kind, units: i64) -> ToolResult<()> {
    let stretch = Stretch { resource: &offer.resource, date: &offer.date, days: offer.nights };
    let left = stretch.left(connection).await?;
    if left < units {
        let unit = kind.unit();
        let message = match left {
            0 => format!("{} is sold out; choose another one", offer.id),
            1 => format!("{} has only 1 {unit} left, {units} are needed", offer.id),
            left => format!("{} has only {left} {unit}s left, {units} are needed", offer.id),
        };
        return Err(ToolError::new(ToolErrorKind::Conflict, message));
    }
    stretch.change(connection, -units).await
}

/// A reference that no booking has; it follows from the key.
async fn free_reference(connection: &mut SqliteConnection, key: &IdempotencyKey) -> ToolResult<String> {
    let mut chance = Chance::of(0, &["booking", key.as_str()]);
    loop {
        let letters = (0..4).filter_map(|_| chance.pick(&REFERENCE_LETTERS));
        let reference: String = ['H', 'M'].iter().chain(letters).collect();
        let taken: Option<(i64,)> = sqlx::query_as("SELECT 1 FROM bookings WHERE booking = ?")
            .bind(&reference)
            .fetch_optional(&mut *connection)
            .await
            .map_err(failed)?;
        if taken.is_none() {
            return Ok(reference);
        }
    }
}
