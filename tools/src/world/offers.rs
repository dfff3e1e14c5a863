//! Offers: what a search found becomes bookable under its id, and its stock comes into being.

use std::collections::BTreeMap;

use handyman_core::{ToolError, ToolErrorKind, ToolResult};
use jiff::civil::Date;
use serde_json::{Value, json};

use super::transaction::Transaction;
use super::{CURRENCY, World, failed};

/// What kind of thing is sold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Kind {
    Train,
    Flight,
    Hotel,
    Restaurant,
}

impl Kind {
    /// The name in the database.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Train => "train",
            Self::Flight => "flight",
            Self::Hotel => "hotel",
            Self::Restaurant => "restaurant",
        }
    }

    /// The kind with a name in the database.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        [Self::Train, Self::Flight, Self::Hotel, Self::Restaurant]
            .into_iter()
            .find(|kind| kind.name() == name)
    }

    /// How many people one seat, room or table takes.
    #[must_use]
    pub fn people_per_unit(self) -> i64 {
        match self {
            Self::Train | Self::Flight => 1,
            Self::Hotel => 2,
            Self::Restaurant => 4,
        }
    }

    /// What one unit is called.
    #[must_use]
    pub fn unit(self) -> &'static str {
        match self {
            Self::Train | Self::Flight => "seat",
            Self::Hotel => "room",
            Self::Restaurant => "table",
        }
    }
}

/// Something that can be booked once it is in the world.
#[derive(Debug, Clone, PartialEq)]
pub struct Draft {
    /// The id it is booked by.
    pub id: String,
    /// What it is.
    pub kind: Kind,
    /// What a booking of it is called.
    pub item: String,
    /// The (first) day.
    pub date: Date,
    /// When it begins, `HH:MM` local time.
    pub departs: String,
    /// Nights, for hotels; otherwise 1.
    pub nights: i64,
    /// For how many people it was searched.
    pub people: i64,
    /// What its stock is counted under.
    pub resource: String,
    /// Price in fen: a head, or for hotels a room and night.
    pub price_minor: i64,
    /// Day, capacity and stock to begin with.
    pub stock: Vec<(Date, i64, i64)>,
}

/// An offer as booking needs it.
#[derive(Debug, Clone, sqlx::FromRow)]
pub(super) struct Offer {
    pub(super) id: String,
    pub(super) kind: String,
    pub(super) item: String,
    pub(super) date: String,
    pub(super) departs: String,
    pub(super) nights: i64,
    pub(super) people: i64,
    pub(super) resource: String,
    pub(super) price_minor: i64,
}

impl World {
    /// Puts offers into the world and gives what is left of each, by id. Stock that is already there stays, and so do
    /// the people of an offer that is: whoever found it books for as many. Its words are those of the newest search,
    /// which may be in another language.
    ///
    /// # Errors
    /// If the database cannot be written.
    pub async fn offer(&self, drafts: &[Draft]) -> ToolResult<BTreeMap<String, i64>> {
        let offers: Vec<Value> = drafts.iter().map(offer_row).collect();
        let stock: Vec<Value> = drafts
            .iter()
            .flat_map(|draft| {
                draft.stock.iter().map(|(date, capacity, available)| {
                    json!([draft.resource, date.to_string(), capacity, available])
                })
            })
            .collect();
        let mut transaction = Transaction::begin(&self.pool).await.map_err(failed)?;
        sqlx::query(
            "INSERT INTO offers SELECT value->>0, value->>1, value->>2, value->>3, value->>4, value->>5, value->>6, \
             value->>7, value->>8, value->>9 FROM json_each(?) WHERE true \
             ON CONFLICT (id) DO UPDATE SET date = excluded.date, departs = excluded.departs, \
             price_minor = excluded.price_minor, item = excluded.item",
        )
        .bind(Value::from(offers).to_string())
        .execute(&mut *transaction)
        .await
        .map_err(failed)?;
        sqlx::query(
            "INSERT OR IGNORE INTO stock SELECT value->>0, value->>1, value->>2, value->>3 FROM json_each(?)",
        )
        .bind(Value::from(stock).to_string())
        .execute(&mut *transaction)
        .await
        .map_err(failed)?;
        let ids: Vec<&str> = drafts.iter().map(|draft| draft.id.as_str()).collect();
        let left: Vec<(String, i64)> = sqlx::query_as(
            "SELECT offers.id, min(stock.available) FROM offers JOIN stock ON stock.resource = offers.resource \
             AND stock.date >= offers.date AND stock.date < date(offers.date, offers.nights || ' days') \
             WHERE offers.id IN (SELECT value FROM json_each(?)) GROUP BY offers.id",
        )
        .bind(json!(ids).to_string())
        .fetch_all(&mut *transaction)
        .await
        .map_err(failed)?;
        transaction.commit().await.map_err(failed)?;
        Ok(left.into_iter().collect())
    }
}

fn offer_row(draft: &Draft) -> Value {
    json!([
        draft.id,
        draft.kind.name(),
        draft.item,
        draft.date.to_string(),
        draft.departs,
        draft.nights,
        draft.people,
        draft.resource,
        draft.price_minor,
        CURRENCY,
    ])
}

/// The offer with an id.
pub(super) async fn find(connection: &mut sqlx::SqliteConnection, id: &str) -> ToolResult<Offer> {
    sqlx::query_as(
        "SELECT id, kind, item, date, departs, nights, people, resource, price_minor FROM offers \
         WHERE id = ? COLLATE NOCASE",
    )
    .bind(id)
    .fetch_optional(connection)
    .await
    .map_err(failed)?
    .ok_or_else(|| {
        let message = format!("there is no offer '{id}'; search first and book by an id from the result");
        ToolError::new(ToolErrorKind::NotFound, message)
    })
}
