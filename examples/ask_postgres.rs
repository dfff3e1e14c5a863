//! An agent over a PostgreSQL (or MySQL, MariaDB, SQLite) database: it looks at the schema, then asks.
//!
//! `cargo run --release --features databases --example ask_postgres -- postgres://user@localhost/shop "Which customers have open orders?" model.gguf`
//! Without a model file a script plays the model, so that this runs anywhere; in a crate of its own it is the feature
//! `testing` that has it.

use std::sync::Arc;

use handyman::core::testing::ScriptedModel;
use handyman::prelude::*;
use handyman::tools::database::{Database, Place, describe_database, query_table, run_sql};
use serde_json::json;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let url = arguments.next().ok_or("name a database: postgres://user@host/name")?;
    let question = arguments.next().unwrap_or_else(|| "How large is the largest table?".to_owned());

    let database = Arc::new(Database::connect(&Place::parse(&url)?).await?);
    let agent = match arguments.next() {
        Some(file) => Agent::new(LocalModel::load(&file, ModelSettings::default()).await?),
        None => Agent::new(ScriptedModel::new([
            ScriptedModel::call("describe_database", json!({})),
            ScriptedModel::answer("I have seen the schema; give me a model file and I will answer."),
        ])),
    };
    let agent = agent
        .system("Answer from the database. Look at its schema first.")
        .tool(describe_database(Arc::clone(&database)))
        .tool(query_table(Arc::clone(&database)))
        .tool(run_sql(database));
    let run = agent.run(&question).await?;
    for result in run.history().iter().flat_map(|message| message.results()) {
        println!("{}: {}", result.tool, result.result);
    }
    println!("{}", run.answer());
    Ok(())
}
