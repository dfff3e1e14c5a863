//! A policy of one's own: bookings are fine, but nothing is paid without a person.
//!
//! A crate of its own needs the feature `testing` of handyman, for the script, and `serde_json`.

use handyman::prelude::*;
use handyman::{Decision, Effect, ToolCall, ToolSpec, Verdict};

struct NoPayments;

#[async_trait]
impl Policy for NoPayments {
    async fn decide(&self, call: &ToolCall, spec: &ToolSpec, run: &Run) -> Decision {
        match spec.effect {
            Effect::ReadOnly => Decision::new(Verdict::Allow, "it only reads"),
            _ if call.tool == "pay" => Decision::new(Verdict::Ask, "money is a person's business"),
            _ if run.usage().calls > 10 => Decision::new(Verdict::Deny, "this run has done enough"),
            _ => Decision::new(Verdict::Allow, "bookings can be cancelled"),
        }
    }
}

/// Books a table.
#[tool(once)]
async fn book_table(
    /// For how many
    #[arg(range = 1..=12)]
    people: u32,
) -> ToolResult<String> {
    Ok(format!("T-{people}"))
}

/// Pays for a booking.
#[tool(once)]
async fn pay(booking: String) -> ToolResult<String> {
    Ok(format!("{booking} is paid"))
}

#[tokio::main]
async fn main() -> Result<(), Fault> {
    use handyman::core::testing::ScriptedModel;
    use serde_json::json;
    let model = ScriptedModel::new([
        ScriptedModel::call("book_table", json!({"people": 2})),
        ScriptedModel::call("pay", json!({"booking": "T-2"})),
    ]);
    let agent = Agent::new(model).tool(book_table).tool(pay).policy(NoPayments);
    let run = agent.run("A table for two, and pay for it").await?;
    assert!(matches!(run.outcome(), Some(Outcome::Waiting { .. })));
    println!("The run waits: {:?}", run.outcome());
    Ok(())
}
