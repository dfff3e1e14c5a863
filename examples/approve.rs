//! A person decides: what waits is shown with what it would do; one call is allowed, the next one denied.
//!
//! A crate of its own needs `jiff` and `serde_json`, or names them as `handyman::jiff` and `handyman::serde_json`.

use handyman::prelude::*;
use handyman::tools::{Sandbox, Settings};
use handyman::{Approval, ScriptModel, Toolbox};

/// In place of a model, so that it goes the same way each time.
const SCRIPT: &str = r#"
{"calls": [{"tool": "search_trains", "arguments": {"from": "Shanghai", "to": "Beijing", "day": "tomorrow"}}]}
{"calls": [{"tool": "book", "arguments": {"id": "{{search_trains.id}}"}}]}
{"calls": [{"tool": "pay", "arguments": {"booking": "{{book.booking}}"}}]}
{"text": "The train is booked; nothing was paid."}
"#;

/// Shows a person what they decide on.
fn show(approval: &Approval) {
    println!("{} {}", approval.call.tool, serde_json::Value::Object(approval.call.arguments.clone()));
    if let Some(plan) = &approval.plan {
        println!("  would change: {}", plan["rows"]);
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let now = jiff::civil::date(2026, 11, 23).at(9, 0, 0, 0);
    let sandbox = Sandbox::open(&Settings::new(now.date())).await?;
    // Without a policy of its own, an agent asks before every effect.
    let agent =
        Agent::new(ScriptModel::parse(SCRIPT)?).toolbox(Toolbox::new().with_all(sandbox.tools())?).now(now);

    let run = agent.run("Book the first train from Shanghai to Beijing tomorrow, and pay for it").await?;
    let booking = agent.waiting(run.id()).await?.ok_or("no booking waits for a person")?;
    show(&booking);
    let run = agent.allow(&booking).await?; // just what was shown: what has changed since is asked again

    let payment = agent.waiting(run.id()).await?.ok_or("no payment waits for a person")?;
    show(&payment);
    let run = agent.deny(&payment, Some("not before the trip is certain")).await?;
    for done in run.done() {
        println!("{} {:?}: {}", done.call.tool, done.outcome, done.result);
    }
    println!("{}", run.answer());
    Ok(())
}
