//! An agent over an OpenAPI document: each operation is a tool. Here the service is our own booking API.
//!
//! `cargo run --release --features openapi,serve --example openapi_service`
//! In a crate of its own the script that plays the model needs the feature `testing` as well.

use handyman::Toolbox;
use handyman::core::testing::ScriptedModel;
use handyman::prelude::*;
use handyman::tools::booking::serve::serve;
use handyman::tools::openapi::{Api, Settings};
use handyman::tools::{Sandbox, Settings as SandboxSettings};
use serde_json::json;

const DOCUMENT: &str = r#"
openapi: 3.1.0
info: {title: Trains, version: "1"}
paths:
  /v1/trains:
    get:
      operationId: findTrains
      summary: Trains between two cities
      parameters:
        - {name: from, in: query, required: true, schema: {type: string}}
        - {name: to, in: query, required: true, schema: {type: string}}
        - {name: day, in: query, required: true, schema: {type: string, format: date}}
"#;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let now = jiff::civil::date(2026, 11, 23).at(9, 0, 0, 0);
    let sandbox = Sandbox::open(&SandboxSettings::new(now.date())).await?;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let base = format!("http://{}", listener.local_addr()?).parse()?;
    tokio::spawn(async move { serve(listener, &sandbox, move || now).await });

    let api = Api::parse(DOCUMENT, Settings { base: Some(base), ..Settings::default() })?;
    let tools = Toolbox::new().with_all(api.tools())?;
    // A script plays the model; `LocalModel::load(…)` in its place makes it an agent of its own.
    let find = json!({"from": "Shanghai", "to": "Beijing", "day": "2026-11-24"});
    let model =
        ScriptedModel::new([ScriptedModel::call("findTrains", find), ScriptedModel::answer("Found.")]);
    let run = Agent::new(model).toolbox(tools).run("Trains from Shanghai to Beijing tomorrow").await?;
    for result in run.history().iter().flat_map(|message| message.results()) {
        println!("{:?}: {}", result.outcome, result.result);
    }
    println!("{}", run.answer());
    Ok(())
}
