//! Paying and refunding.

use std::sync::Arc;

use handyman_core::{CallContext, Tool, ToolResult};
use jiff::civil::date;
use serde_json::{Value, json};

use super::*;
use crate::booking::{book, cancel_booking, search_flights, search_trains};
use crate::world::Settings;

struct Desk {
    world: Arc<World>,
    calls: u32,
}

impl Desk {
    async fn open() -> Self {
        let settings = Settings { path: None, seed: 7, today: date(2026, 11, 23) };
        Self { world: Arc::new(World::open(&settings).await.unwrap()), calls: 0 }
    }

    async fn call(&mut self, tool: &dyn Tool, arguments: Value) -> ToolResult<Value> {
        self.calls += 1;
        let Value::Object(arguments) = arguments else { panic!("arguments are an object") };
        let now = date(2026, 11, 23).at(10, 0, 0, 0);
        let context = CallContext::new(now).of_call("r", format!("c{}", self.calls));
        tool.call(arguments, &context).await
    }

    async fn booked(&mut self, people: &str) -> Value {
        let search = search_trains(Arc::clone(&self.world));
        let found = self.call(&search, json!({"from": "上海", "to": "北京", "day": "明天"})).await.unwrap();
        let booking_tool = book(Arc::clone(&self.world));
        self.call(&booking_tool, json!({"id": found["trains"][0]["id"], "people": people})).await.unwrap()
    }
}

#[tokio::test]
async fn a_payment_has_the_agreed_shape() {
    let mut desk = Desk::open().await;
    let booking = desk.booked("1").await;
    let payment = pay(Arc::clone(&desk.world));
    let paid = desk.call(&payment, json!({"booking": booking["booking"]})).await.unwrap();
    let names: Vec<&String> = paid.as_object().unwrap().keys().collect();
    assert_eq!(names, ["booking", "paid", "paid_minor", "account", "balance", "balance_minor", "receipt"]);
    assert_eq!(paid["paid"], booking["total"]);
    let error = desk.call(&payment, json!({"booking": booking["booking"]})).await.unwrap_err().to_string();
    assert!(error.ends_with("is already paid"), "{error}");
}

#[tokio::test]
async fn accounts_are_named_in_either_language() {
    let mut desk = Desk::open().await;
    let payment = pay(Arc::clone(&desk.world));
    let cases = [
        ("my savings account", "savings"),
        ("储蓄账户", "savings"),
        ("Savings", "savings"),
        ("用savings账户", "savings"),
        ("主账户", "main"),
        ("主", "main"),
        ("主账户 (main)", "main"),
    ];
    for (text, expected) in cases {
        let booking = desk.booked("1").await;
        let paid =
            desk.call(&payment, json!({"booking": booking["booking"], "account": text})).await.unwrap();
        assert_eq!(paid["account"], expected, "{text}");
    }
}

#[tokio::test]
async fn an_account_that_is_not_plain_pays_nothing() {
    let mut desk = Desk::open().await;
    let (payment, booking) = (pay(Arc::clone(&desk.world)), desk.booked("1").await);
    let cases = [
        ("not main, savings", "which account 'not main, savings' means is not plain"),
        ("main or savings", "which account 'main or savings' means is not plain"),
        ("anything but main", "which account 'anything but main' means is not plain"),
        ("不要主账户", "which account '不要主账户' means is not plain"),
        ("my domain account", "unknown account 'my domain account'; there are main, savings, travel"),
        ("", "unknown account ''"),
    ];
    for (text, expected) in cases {
        let arguments = json!({"booking": booking["booking"], "account": text});
        let error = desk.call(&payment, arguments).await.unwrap_err().to_string();
        assert!(error.starts_with(expected), "{error}");
    }
}

#[tokio::test]
async fn payments_that_cannot_be_made_say_why() {
    let mut desk = Desk::open().await;
    let booking = desk.booked("1").await;
    let (payment, refunding) = (pay(Arc::clone(&desk.world)), refund(Arc::clone(&desk.world)));
    let mut failing =
        async |tool: &dyn Tool, arguments: Value| desk.call(tool, arguments).await.unwrap_err().to_string();
    let error = failing(&payment, json!({"booking": "HM0000"})).await;
    assert_eq!(error, "there is no booking 'HM0000'; list_bookings shows those there are");
    let error = failing(&payment, json!({"booking": booking["booking"], "account": "gold"})).await;
    assert_eq!(error, "unknown account 'gold'; there are main, savings, travel");
    let error = failing(&payment, json!({"booking": booking["booking"], "account": "travel"})).await;
    assert!(error.starts_with("account travel holds EUR, the booking costs "), "{error}");
    let error = failing(&refunding, json!({"booking": booking["booking"]})).await;
    assert!(error.ends_with("is unpaid; there is nothing to refund"), "{error}");
}

#[tokio::test]
async fn too_little_money_is_said() {
    let mut desk = Desk::open().await;
    let search = search_flights(Arc::clone(&desk.world));
    let found = desk.call(&search, json!({"from": "上海", "to": "纽约", "day": "明天"})).await.unwrap();
    let seats = |row: &&Value| row["seats"].as_i64().unwrap() >= 5;
    let id = found["flights"].as_array().unwrap().iter().find(seats).unwrap()["id"].clone();
    let (booking_tool, payment) = (book(Arc::clone(&desk.world)), pay(Arc::clone(&desk.world)));
    let booking = desk.call(&booking_tool, json!({"id": id, "people": "5"})).await.unwrap();
    let error = desk.call(&payment, json!({"booking": booking["booking"]})).await.unwrap_err().to_string();
    assert!(error.starts_with("account main holds 10000.00 CNY, the booking costs "), "{error}");
}

#[tokio::test]
async fn what_was_given_back_can_be_paid_again_once() {
    let mut desk = Desk::open().await;
    let (payment, refunding) = (pay(Arc::clone(&desk.world)), refund(Arc::clone(&desk.world)));
    let booking = desk.booked("1").await;
    let from = |account: &str| json!({"booking": booking["booking"], "account": account});
    desk.call(&payment, from("main")).await.unwrap();
    desk.call(&refunding, json!({"booking": booking["booking"]})).await.unwrap();
    let paid = desk.call(&payment, from("savings")).await.unwrap();
    assert_eq!((&paid["account"], &paid["paid"]), (&json!("savings"), &booking["total"]));
    let error = desk.call(&payment, from("main")).await.unwrap_err().to_string();
    assert!(error.ends_with("is already paid"), "{error}");
    let back = desk.call(&refunding, json!({"booking": booking["booking"]})).await.unwrap();
    assert_eq!(back["account"], "savings");
}

#[tokio::test]
async fn money_comes_back() {
    let mut desk = Desk::open().await;
    let (payment, refunding, cancelling) = (
        pay(Arc::clone(&desk.world)),
        refund(Arc::clone(&desk.world)),
        cancel_booking(Arc::clone(&desk.world)),
    );
    let booking = desk.booked("2").await;
    let booking = json!({"booking": booking["booking"]});
    desk.call(&payment, booking.clone()).await.unwrap();
    let back = desk.call(&refunding, booking.clone()).await.unwrap();
    assert_eq!(back["balance"], "10000.00 CNY");
    let cancelled = desk.call(&cancelling, booking.clone()).await.unwrap();
    assert_eq!((&cancelled["status"], cancelled.get("refunded")), (&json!("cancelled"), None));
    let error = desk.call(&cancelling, booking).await.unwrap_err().to_string();
    assert!(error.ends_with("is already cancelled"), "{error}");
}
