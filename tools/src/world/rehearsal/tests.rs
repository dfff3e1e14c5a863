//! A rehearsal shows what would change and changes nothing; undoing takes back exactly what was made.

use std::sync::{Arc, Mutex};

use handyman_core::{CallContext, IdempotencyKey, Probe, Tool, ToolErrorKind};
use jiff::civil::date;
use serde_json::{Map, Value, json};

use crate::booking::{book, search_trains};
use crate::payment::pay;
use crate::world::{Settings, Witness, WitnessRow, World};

async fn world() -> Arc<World> {
    let settings = Settings { path: None, seed: 7, today: date(2026, 11, 23) };
    Arc::new(World::open(&settings).await.unwrap())
}

fn context(key: &str) -> CallContext {
    let now = date(2026, 11, 23).at(10, 0, 0, 0);
    CallContext::new(now).under(key)
}

fn object(value: Value) -> Map<String, Value> {
    value.as_object().unwrap().clone()
}

async fn train(world: &Arc<World>) -> Map<String, Value> {
    let search = search_trains(Arc::clone(world));
    let wanted = object(json!({"from": "上海", "to": "北京", "day": "明天"}));
    let found = search.call(wanted, &context("r.c0")).await.unwrap();
    object(json!({"id": found["trains"][0]["id"]}))
}

#[tokio::test]
async fn a_plan_shows_the_rows_and_writes_none() {
    let world = world().await;
    let (tool, train) = (book(Arc::clone(&world)), train(&world).await);
    let plan = tool.plan(train.clone(), &context("r.c1")).await.unwrap().unwrap();
    assert_eq!((&plan["rows"][0]["table"], &plan["rows"][0]["is"]), (&json!("bookings"), &Value::Null));
    assert_eq!(plan["rows"][0]["becomes"]["status"], "unpaid");
    assert!(world.bookings().await.unwrap().is_empty());
    assert_eq!(world.effect(&"r.c1".into()).await.unwrap(), Probe::NotDone);
    let again = tool.plan(train.clone(), &context("r.c1")).await.unwrap().unwrap();
    assert_eq!(plan, again, "nothing changed, so it is the same");
    let booked = tool.call(train, &context("r.c1")).await.unwrap();
    assert_eq!(booked, plan["result"], "what was planned is what happens");

    let payment = pay(Arc::clone(&world));
    let wanted = object(json!({"booking": booked["booking"]}));
    let plan = payment.plan(wanted, &context("r.c2")).await.unwrap().unwrap();
    let account = plan["rows"].as_array().unwrap().iter().find(|row| row["table"] == "accounts").unwrap();
    assert!(account["is"]["balance_minor"].as_i64() > account["becomes"]["balance_minor"].as_i64());
    let impossible = payment.plan(object(json!({"booking": "HM0000"})), &context("r.c3")).await;
    assert!(impossible.unwrap_err().to_string().contains("HM0000"));
}

#[tokio::test]
async fn an_allowed_effect_is_made_only_as_it_was_shown() {
    let world = world().await;
    let (booking, payment) = (book(Arc::clone(&world)), pay(Arc::clone(&world)));
    let train = train(&world).await;
    let mut booked = Vec::new();
    for key in ["r.c1", "r.c2"] {
        booked.push(booking.call(train.clone(), &context(key)).await.unwrap());
    }
    let wanted = |index: usize| object(json!({"booking": booked[index]["booking"]}));
    let plan = payment.plan(wanted(0), &context("r.c3")).await.unwrap();
    let allowed = context("r.c3").allowing(plan.clone());
    // Between the plan and the payment, something else is paid from the same account.
    payment.call(wanted(1), &context("r.c4")).await.unwrap();
    let error = payment.call(wanted(0), &allowed).await.unwrap_err();
    let ToolErrorKind::Changed { plan: now } = error.kind() else { panic!("{error}") };
    assert_ne!(Some(&**now), plan.as_ref());
    assert_eq!(world.effect(&"r.c3".into()).await.unwrap(), Probe::NotDone);
    assert_eq!(*now, Box::new(payment.plan(wanted(0), &context("r.c3")).await.unwrap().unwrap()));
    let allowed = context("r.c3").allowing(Value::clone(now));
    let paid = payment.call(wanted(0), &allowed).await.unwrap();
    assert_eq!(paid, now["result"]);
    assert_eq!(payment.call(wanted(0), &allowed).await, Ok(paid), "under one key it is one effect");
}

#[tokio::test]
async fn undoing_releases_what_was_made_under_the_key_once() {
    let world = world().await;
    let (tool, train) = (book(Arc::clone(&world)), train(&world).await);
    let missing = tool.undo(&"r.c1".into(), &context("r.c9")).await.unwrap_err();
    assert!(missing.to_string().contains("no such effect"), "{missing}");
    tool.call(train, &context("r.c1")).await.unwrap();
    for _ in 0..2 {
        let released = tool.undo(&"r.c1".into(), &context("r.c2")).await.unwrap();
        assert_eq!(released["status"], "cancelled", "under one key it is one effect");
    }
    assert_eq!(world.bookings().await.unwrap()[0].status, "cancelled");
    assert!(matches!(tool.probe(&"r.c2".into()).await.unwrap(), Probe::Done(_)));
}

/// A witness that writes into a table of its own.
#[derive(Debug, Default)]
struct Notes(Mutex<Vec<String>>);

impl Witness for Notes {
    fn row(&self, key: &IdempotencyKey, _result: &Value) -> Option<WitnessRow> {
        self.0.lock().unwrap().push(key.to_string());
        let statement = match key.as_str() {
            "r.c2" => "INSERT INTO no_such_table VALUES (?1, ?2, ?3, ?4)",
            _ => "INSERT INTO cities VALUES (?1, ?3, ?4, ?2, ?2)",
        };
        let event = format!("event of {key}");
        Some(WitnessRow { statement, run: "r".into(), position: 3, event, chain: "chain".into() })
    }
}

#[tokio::test]
async fn a_witness_is_part_of_the_transaction() {
    let settings = Settings { path: None, seed: 7, today: date(2026, 11, 23) };
    let notes = Arc::new(Notes::default());
    let world = Arc::new(World::open(&settings).await.unwrap().witnessed_by(Arc::clone(&notes) as Arc<_>));
    let (tool, train) = (book(Arc::clone(&world)), train(&world).await);
    tool.plan(train.clone(), &context("r.c0")).await.unwrap();
    assert!(notes.0.lock().unwrap().is_empty(), "a rehearsal has no witness");
    tool.call(train.clone(), &context("r.c1")).await.unwrap();
    let written: Vec<(String,)> = sqlx::query_as("SELECT name FROM cities WHERE name_zh = 'event of r.c1'")
        .fetch_all(world.pool())
        .await
        .unwrap();
    assert_eq!(written, [("r".to_owned(),)]);
    tool.call(train, &context("r.c2")).await.unwrap_err();
    assert_eq!(world.bookings().await.unwrap().len(), 1, "what cannot be witnessed does not happen");
}
