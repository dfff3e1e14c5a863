//! Payments: money moves between an account and a booking, and the ledger records every movement.

use handyman_core::{IdempotencyKey, ToolError, ToolErrorKind, ToolResult};
use jiff::civil::DateTime;
use serde_json::{Map, Value, json};
use sqlx::SqliteConnection;

use super::bookings::{self, Booking};
use super::chance::Chance;
use super::effects::Begun;
use super::{World, failed};
use crate::money::Money;

/// The account that pays when none is named.
const DEFAULT_ACCOUNT: &str = "main";
/// Words that say which account is not meant; in Chinese, characters.
const NOT: [&str; 7] = ["not", "don", "dont", "never", "but", "except", "without"];
const NOT_ZH: [char; 4] = ['不', '别', '非', '除'];

#[derive(Debug, sqlx::FromRow)]
struct Account {
    name: String,
    balance_minor: i64,
    currency: String,
}

impl World {
    /// Pays for a booking; the same key gives the same receipt back.
    ///
    /// # Errors
    /// No such booking or account, nothing to pay, one that has begun, another currency, or too little money.
    pub async fn pay(
        &self,
        key: &IdempotencyKey,
        reference: &str,
        account: Option<&str>,
        now: DateTime,
    ) -> ToolResult<Value> {
        let mut transaction = match self.begin(key, "pay").await? {
            Begun::Done(result) => return Ok(result),
            Begun::Fresh(transaction) => transaction,
        };
        let booking = bookings::find(&mut transaction, reference).await?;
        // What was given back can be paid again, from another account perhaps.
        if !matches!(booking.status.as_str(), "unpaid" | "refunded") {
            return Err(conflict(format!("booking {} is already {}", booking.booking, booking.status)));
        }
        booking.check_still_ahead(now)?;
        let account = find_account(&mut transaction, account.unwrap_or(DEFAULT_ACCOUNT)).await?;
        check_funds(&account, &booking)?;
        let receipt = move_money(&mut transaction, key, &account, &booking, -booking.total_minor).await?;
        sqlx::query("UPDATE bookings SET status = 'paid', account = ? WHERE booking = ?")
            .bind(&account.name)
            .bind(&booking.booking)
            .execute(&mut *transaction)
            .await
            .map_err(failed)?;
        let balance = account.balance_minor - booking.total_minor;
        let result = json!({
            "booking": booking.booking,
            "paid": booking.total().to_string(),
            "paid_minor": booking.total_minor,
            "account": account.name,
            "balance": Money::new(balance, &account.currency).to_string(),
            "balance_minor": balance,
            "receipt": receipt,
        });
        self.commit(transaction, key, "pay", result).await
    }

    /// Gives the money of a paid booking back and leaves the booking itself as it is, unpaid for. Without a time to
    /// compare with, as for who takes a payment of their own back, also once it has begun.
    ///
    /// # Errors
    /// No such booking, nothing was paid for it, or it has begun.
    pub async fn refund(
        &self,
        key: &IdempotencyKey,
        reference: &str,
        now: Option<DateTime>,
    ) -> ToolResult<Value> {
        let mut transaction = match self.begin(key, "refund").await? {
            Begun::Done(result) => return Ok(result),
            Begun::Fresh(transaction) => transaction,
        };
        let booking = bookings::find(&mut transaction, reference).await?;
        now.map_or(Ok(()), |now| booking.check_still_ahead(now))?;
        let Some(refund) = give_back(&mut transaction, key, &booking).await? else {
            let message =
                format!("booking {} is {}; there is nothing to refund", booking.booking, booking.status);
            return Err(conflict(message));
        };
        bookings::set_status(&mut transaction, &booking.booking, "refunded").await?;
        let mut result = Map::from_iter([("booking".to_owned(), json!(booking.booking))]);
        result.extend(refund);
        self.commit(transaction, key, "refund", Value::Object(result)).await
    }
}

/// Moves the money of a paid booking back to the account it came from; nothing if it was not paid.
pub(super) async fn give_back(
    connection: &mut SqliteConnection,
    key: &IdempotencyKey,
    booking: &Booking,
) -> ToolResult<Option<Map<String, Value>>> {
    let Some(account) = booking.account.as_deref().filter(|_| booking.status == "paid") else {
        return Ok(None);
    };
    let account = find_account(connection, account).await?;
    let receipt = move_money(connection, key, &account, booking, booking.total_minor).await?;
    let balance = account.balance_minor + booking.total_minor;
    let fields = [
        ("refunded", json!(booking.total().to_string())),
        ("refunded_minor", json!(booking.total_minor)),
        ("account", json!(account.name)),
        ("balance", json!(Money::new(balance, &account.currency).to_string())),
        ("balance_minor", json!(balance)),
        ("receipt", json!(receipt)),
    ];
    Ok(Some(fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()))
}

fn conflict(message: String) -> ToolError {
    ToolError::new(ToolErrorKind::Conflict, message)
}

fn check_funds(account: &Account, booking: &Booking) -> ToolResult<()> {
    let Account { name, balance_minor, currency } = account;
    if *currency != booking.currency {
        return Err(conflict(format!(
            "account {name} holds {currency}, the booking costs {}; pay from an account in {}",
            booking.total(),
            booking.currency
        )));
    }
    if *balance_minor < booking.total_minor {
        let balance = Money::new(*balance_minor, currency);
        return Err(conflict(format!(
            "account {name} holds {balance}, the booking costs {}",
            booking.total()
        )));
    }
    Ok(())
}

/// The account that a text names, in either language (`savings`, `my savings account`, `储蓄账户`). One that names
/// two, or says which one is not meant, names none.
async fn find_account(connection: &mut SqliteConnection, text: &str) -> ToolResult<Account> {
    let accounts: Vec<(Account, String)> = sqlx::query_as::<_, (String, String, i64, String)>(
        "SELECT name, name_zh, balance_minor, currency FROM accounts ORDER BY rowid",
    )
    .fetch_all(connection)
    .await
    .map_err(failed)?
    .into_iter()
    .map(|(name, name_zh, balance_minor, currency)| (Account { name, balance_minor, currency }, name_zh))
    .collect();
    let wanted = text.trim().to_lowercase();
    let words: Vec<&str> = wanted.split(|c: char| !c.is_ascii_alphanumeric()).collect();
    let known: Vec<String> = accounts.iter().map(|(account, _)| account.name.clone()).collect();
    let is_negated = words.iter().any(|word| NOT.contains(word)) || wanted.contains(NOT_ZH);
    let mut named = accounts.into_iter().filter(|(account, name_zh)| {
        words.contains(&account.name.as_str())
            || wanted.contains(name_zh.as_str())
            || wanted == name_zh.trim_end_matches("账户")
    });
    match (named.next(), named.next()) {
        (Some((account, _)), None) if !is_negated => Ok(account),
        (Some(_), _) => {
            let problem =
                format!("which account '{text}' means is not plain; write only one of {}", known.join(", "));
            Err(ToolError::argument("account", problem))
        }
        (None, _) => {
            let problem = format!("unknown account '{text}'; there are {}", known.join(", "));
            Err(ToolError::argument("account", problem))
        }
    }
}

/// Changes a balance and records it; gives the receipt's number, which follows from the key.
async fn move_money(
    connection: &mut SqliteConnection,
    key: &IdempotencyKey,
    account: &Account,
    booking: &Booking,
    amount_minor: i64,
) -> ToolResult<String> {
    sqlx::query("UPDATE accounts SET balance_minor = balance_minor + ? WHERE name = ?")
        .bind(amount_minor)
        .bind(&account.name)
        .execute(&mut *connection)
        .await
        .map_err(failed)?;
    let mut chance = Chance::of(0, &["receipt", key.as_str()]);
    loop {
        let receipt = format!("P{}", chance.between(10_000, 99_999));
        let inserted = sqlx::query(
            "INSERT INTO ledger (account, booking, kind, amount_minor, receipt) VALUES (?, ?, ?, ?, ?) \
             ON CONFLICT (receipt) DO NOTHING",
        )
        .bind(&account.name)
        .bind(&booking.booking)
        .bind(if amount_minor < 0 { "payment" } else { "refund" })
        .bind(amount_minor)
        .bind(&receipt)
        .execute(&mut *connection)
        .await
        .map_err(failed)?;
        if inserted.rows_affected() == 1 {
            return Ok(receipt);
        }
    }
}
