//! What a database of 100 tables costs a small window: `cargo bench --features databases --bench schema_tokens`.
//!
//! The same database, described by the tool and dumped as its `CREATE TABLE` statements, each shown to the built-in
//! model as a message; what is counted is the tokens that the message adds.

use std::sync::Arc;

use handyman::prelude::*;
use handyman::tools::database::{Database, describe_database};
use serde_json::{Map, Value};
use sqlx::Connection;

const TABLES: usize = 100;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = tempfile::TempDir::new()?;
    let file = folder.path().join("hundred.db");
    let mut connection =
        sqlx::SqliteConnection::connect(&format!("sqlite://{}?mode=rwc", file.display())).await?;
    let mut dump = String::new();
    for number in 0..TABLES {
        let refers = if number > 0 {
            format!(", t{:02}_id INTEGER REFERENCES t{:02}(id)", number / 3, number / 3)
        } else {
            String::new()
        };
        let create = format!(
            "CREATE TABLE t{number:02} (id INTEGER PRIMARY KEY, name VARCHAR(200) NOT NULL, status VARCHAR(20) NOT NULL, \
             created_at TIMESTAMP NOT NULL, total NUMERIC(12, 2), note TEXT{refers});"
        );
        let insert = format!(
            "INSERT INTO t{number:02} (name, status, created_at, total) VALUES ('row {number}', 'open', '2026-11-23', 9.5);"
        );
        sqlx::raw_sql(sqlx::AssertSqlSafe(create.clone() + &insert)).execute(&mut connection).await?;
        dump.push_str(&create);
        dump.push('\n');
    }
    let tool = describe_database(Arc::new(Database::open(&file).await?));
    let described = |about: Option<&str>| {
        let arguments: Map<String, Value> =
            about.map(|about| ("about".to_owned(), about.into())).into_iter().collect();
        let tool = &tool;
        async move { tool.call(arguments, &context()).await.map(|value| value.to_string()) }
    };
    let agent = Agent::new(LocalModel::builtin().await?).limits(Limits { turns_max: 1, ..Limits::default() });
    let nothing = tokens(&agent, "x").await?.unwrap_or_default();
    let few: String = dump.lines().take(TABLES / 10).collect::<Vec<_>>().join("\n");
    let rows = [
        ("10 of the CREATE TABLE statements", few),
        ("describe_database", described(None).await?),
        ("describe_database, about t42", described(Some("t42")).await?),
    ];
    println!("{TABLES} tables; their CREATE TABLE statements have {} bytes", dump.len());
    for (name, text) in rows {
        match tokens(&agent, &text).await? {
            Some(tokens) => println!("{name:<36} {:>6} bytes {:>6} tokens", text.len(), tokens - nothing),
            None => println!("{name:<36} {:>6} bytes: does not fit the window", text.len()),
        }
    }
    Ok(())
}

/// Tokens of a message that are new to the model; nothing if the window is too small.
async fn tokens(agent: &Agent, message: &str) -> Result<Option<u64>, Fault> {
    match agent.run(message).await {
        Ok(run) => Ok(Some(run.usage().tokens.prefilled)),
        Err(fault) if fault.kind() == handyman::FaultKind::Window => Ok(None),
        Err(fault) => Err(fault),
    }
}

fn context() -> CallContext {
    let now = jiff::civil::date(2026, 11, 23).at(9, 0, 0, 0);
    CallContext::new(now).of_call("bench", "c1").in_session("bench")
}
