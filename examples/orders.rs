//! A tool that acts, with everything that makes its effect safe: it is unique by its key, can be asked what became of a
//! call, says beforehand what it would do, and can be taken back. A crate of its own needs the feature `testing` of
//! handyman, `serde_json`, and `sqlx` with its features `runtime-tokio` and `sqlite`.

use handyman::core::testing::ScriptedModel;
use handyman::prelude::*;
use serde_json::{Value, json};
use sqlx::{Row, SqlitePool};
use std::sync::Arc;

/// What the tool works on: your database, an HTTP client, whatever knows the world.
struct Shop {
    orders: SqlitePool,
}

/// What an order would be. A person is shown it before they allow the call.
async fn would_order(
    _shop: &Shop,
    _context: &CallContext,
    product: String,
    amount: u32,
) -> ToolResult<Value> {
    Ok(json!({"order": product, "amount": amount, "price": f64::from(amount) * 12.5}))
}

/// Looks whether a call took effect: after a crash, or when its answer did not come.
async fn was_ordered(shop: &Shop, key: &IdempotencyKey) -> ToolResult<Probe> {
    let found = sqlx::query("SELECT number FROM orders WHERE key = ?").bind(key.as_str());
    let row = found.fetch_optional(&shop.orders).await.map_err(ToolError::internal)?;
    Ok(row.map_or(Probe::NotDone, |row| Probe::Done(json!({"order": row.get::<i64, _>("number")}))))
}

/// Takes an order back: what should have completed it failed.
async fn take_back(shop: &Shop, undone: &IdempotencyKey, _context: &CallContext) -> ToolResult<Value> {
    let gone = sqlx::query("DELETE FROM orders WHERE key = ?").bind(undone.as_str());
    gone.execute(&shop.orders).await.map_err(ToolError::internal)?;
    Ok(json!({"cancelled": true}))
}

/// Orders a product.
#[tool(once, plan = would_order, probe = was_ordered, undo = take_back)]
async fn order(
    #[state] shop: &Shop,
    context: &CallContext,
    /// What to order, as the person wrote it
    #[arg(verbatim)]
    product: String,
    /// How many
    #[arg(range = 1..=100)]
    amount: u32,
) -> ToolResult<Value> {
    // The key is the same after a crash: one call can make one row and no second one.
    let row = sqlx::query("INSERT INTO orders (key, product, amount) VALUES (?, ?, ?) RETURNING number");
    let row = row.bind(context.key.as_str()).bind(&product).bind(amount);
    let row = row.fetch_one(&shop.orders).await.map_err(ToolError::internal)?;
    Ok(json!({"order": row.get::<i64, _>("number"), "product": product, "amount": amount}))
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let orders = SqlitePool::connect("sqlite::memory:").await?;
    let table = "CREATE TABLE orders (number INTEGER PRIMARY KEY, key TEXT UNIQUE, product, amount)";
    sqlx::query(table).execute(&orders).await?;
    let shop = Arc::new(Shop { orders });

    // By default an agent asks a person before each effect.
    let call = ScriptedModel::call("order", json!({"product": "green tea", "amount": 3}));
    let model = ScriptedModel::new([call, ScriptedModel::answer("I've ordered 3 packets of green tea.")]);
    let agent = Agent::new(model).tool(order(Arc::clone(&shop)));
    let run = agent.run("Three packets of green tea, please").await?;
    let waiting = agent.waiting(run.id()).await?.ok_or("nothing waits for a person")?;
    println!("would do: {}", waiting.plan.clone().unwrap_or_default());
    let run = agent.allow(&waiting).await?;
    println!("{}", run.answer());
    // The same question that a run asks when it goes on after a crash.
    println!("{:?}", was_ordered(&shop, &run.key(&waiting.call.id)).await?);
    println!("{:?}", was_ordered(&shop, &"another.c1".into()).await?);
    Ok(())
}
