//! Fills a new world: places, hotels and restaurants, a shop, accounts and a few days of calendar.

use jiff::ToSpan;
use jiff::civil::Date;
use serde_json::{Value, json};
use sqlx::sqlite::SqliteArguments;
use sqlx::{Sqlite, SqliteConnection, SqlitePool};

use super::chance::Chance;
use super::transaction::Transaction;
use super::{CURRENCY, SOURCE, Settings, lodging, migrations};
use crate::atlas::Atlas;

/// Rows that one statement inserts: each costs less than one by one, and the statement is prepared once.
const ROWS_AT_ONCE: usize = 100;
const ORDERS: usize = 240;
const ORDER_DAYS: i64 = 180;

/// Name, Chinese name, balance in the smallest unit, currency.
const ACCOUNTS: [(&str, &str, i64, &str); 3] = [
    ("main", "主账户", 1_000_000, CURRENCY),
    ("savings", "储蓄", 5_000_000, CURRENCY),
    ("travel", "旅行", 200_000, "EUR"),
];

/// Days from today, title, begin, end.
const EVENTS: [(i32, &str, &str, &str); 6] = [
    (0, "Team meeting", "10:00", "11:00"),
    (1, "Dentist", "09:30", "10:15"),
    (1, "项目评审", "14:00", "15:30"),
    (2, "Lunch with Mei", "12:00", "13:00"),
    (4, "Weekly report", "16:00", "17:00"),
    (7, "Team meeting", "10:00", "11:00"),
];

type Statement<'q> = sqlx::query::Query<'q, Sqlite, SqliteArguments>;

#[derive(serde::Deserialize)]
struct Product {
    name: String,
    name_zh: String,
    category: String,
    price_minor: i64,
    stock: i64,
}

#[derive(serde::Deserialize)]
struct Customer {
    name: String,
    city: String,
}

/// Makes the world ready: the schema, and the content if it is new. Gives the world's seed.
pub(super) async fn ready(pool: &SqlitePool, settings: &Settings) -> sqlx::Result<u64> {
    let mut transaction = Transaction::begin(pool).await?;
    if migrations::migrate(&mut transaction).await? {
        fill(&mut transaction, settings).await?;
    }
    let (seed,): (String,) =
        sqlx::query_as("SELECT value FROM about WHERE name = 'seed'").fetch_one(&mut *transaction).await?;
    transaction.commit().await?;
    seed.parse().map_err(|_| sqlx::Error::Protocol("the world's seed is not a number".to_owned()))
}

async fn fill(connection: &mut SqliteConnection, settings: &Settings) -> sqlx::Result<()> {
    let atlas = Atlas::get();
    let city = |zh: &str| atlas.city(zh).map(|city| city.en.clone()).unwrap_or_default();
    let about = [
        json!(["notice", "Sandbox data: invented, except for the names of places."]),
        json!(["source", SOURCE]),
        json!(["seed", settings.seed.to_string()]),
        json!(["begins", settings.today.to_string()]),
    ];
    insert(connection, "about", 2, &about).await?;
    let cities: Vec<Value> =
        atlas.cities.iter().map(|city| json!([city.en, city.zh, city.country, city.lat, city.lon])).collect();
    insert(connection, "cities", 5, &cities).await?;
    let stations: Vec<Value> = atlas
        .stations
        .iter()
        .map(|station| json!([station.en, station.zh, city(&station.city), station.city]))
        .collect();
    insert(connection, "stations", 4, &stations).await?;
    let airports: Vec<Value> = atlas
        .airports
        .iter()
        .map(|airport| json!([airport.iata, airport.en, airport.zh, city(&airport.city), airport.city]))
        .collect();
    insert(connection, "airports", 5, &airports).await?;
    insert(connection, "hotels", 10, &lodging::hotel_rows(settings.seed)).await?;
    insert(connection, "restaurants", 11, &lodging::restaurant_rows(settings.seed)).await?;
    fill_shop(connection, settings).await?;
    let accounts: Vec<Value> =
        ACCOUNTS.iter().map(|(name, zh, balance, currency)| json!([name, zh, balance, currency])).collect();
    insert(connection, "accounts", 4, &accounts).await?;
    let openings: Vec<Value> = ACCOUNTS
        .iter()
        .enumerate()
        .map(|(index, (name, _, balance, _))| {
            json!([index, name, null, "opening", balance, format!("P{index}")])
        })
        .collect();
    insert(connection, "ledger", 6, &openings).await?;
    let events: Vec<Value> = EVENTS
        .iter()
        .enumerate()
        .map(|(index, (days, title, starts, ends))| {
            json!([index + 1, title, day(settings.today, *days), starts, ends])
        })
        .collect();
    insert(connection, "events", 5, &events).await
}

async fn fill_shop(connection: &mut SqliteConnection, settings: &Settings) -> sqlx::Result<()> {
    let read = |error: serde_json::Error| sqlx::Error::Protocol(error.to_string());
    let products: Vec<Product> =
        serde_json::from_str(include_str!("../../data/products.json")).map_err(read)?;
    let customers: Vec<Customer> =
        serde_json::from_str(include_str!("../../data/customers.json")).map_err(read)?;
    let mut chance = Chance::of(settings.seed, &["shop"]);
    let customer_rows: Vec<Value> = customers
        .iter()
        .enumerate()
        .map(|(index, customer)| {
            let joined = settings.today.saturating_sub(chance.between(200, 1500).days());
            json!([index + 1, customer.name, customer.city, joined.to_string()])
        })
        .collect();
    insert(connection, "customers", 4, &customer_rows).await?;
    let product_rows: Vec<Value> = products
        .iter()
        .enumerate()
        .map(|(index, product)| {
            let Product { name, name_zh, category, price_minor, stock } = product;
            json!([index + 1, name, name_zh, category, price_minor, CURRENCY, stock])
        })
        .collect();
    insert(connection, "products", 7, &product_rows).await?;
    let order_rows: Vec<Value> = (0..ORDERS)
        .filter_map(|index| {
            let product = usize::try_from(chance.draw() % 1_000_000).ok()? % products.len();
            let (price, quantity) = (products.get(product)?.price_minor, chance.between(1, 4));
            let age = ORDER_DAYS - i64::try_from(index).ok()? * ORDER_DAYS / i64::try_from(ORDERS).ok()?;
            let recent = *chance.pick(&["open", "sent", "delivered"])?;
            let status = if chance.percent(5) {
                "returned"
            } else if age > 10 {
                "delivered"
            } else {
                recent
            };
            let customer = chance.between(1, i64::try_from(customers.len()).ok()?);
            let ordered = settings.today.saturating_sub(age.days()).to_string();
            Some(json!([
                index + 1,
                customer,
                product + 1,
                quantity,
                price * quantity,
                CURRENCY,
                status,
                ordered
            ]))
        })
        .collect();
    insert(connection, "orders", 8, &order_rows).await
}

fn day(today: Date, days: i32) -> String {
    today.saturating_add(days.days()).to_string()
}

/// Inserts rows, given as arrays of `columns` values, many with each statement.
async fn insert(
    connection: &mut SqliteConnection,
    table: &'static str,
    columns: usize,
    rows: &[Value],
) -> sqlx::Result<()> {
    let row = format!("({})", vec!["?"; columns].join(", "));
    for rows in rows.chunks(ROWS_AT_ONCE) {
        // Only names of tables from this file are in the statement.
        let statement = format!("INSERT INTO {table} VALUES {}", vec![row.as_str(); rows.len()].join(", "));
        let cells = rows.iter().filter_map(Value::as_array).flatten();
        cells.fold(sqlx::query(sqlx::AssertSqlSafe(statement)), bound).execute(&mut *connection).await?;
    }
    Ok(())
}

/// The statement with one more value.
fn bound<'q>(statement: Statement<'q>, cell: &'q Value) -> Statement<'q> {
    match cell {
        Value::String(text) => statement.bind(text.as_str()),
        Value::Number(number) if number.is_f64() => statement.bind(number.as_f64()),
        other => statement.bind(other.as_i64()),
    }
}
