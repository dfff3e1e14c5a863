//! The state a task should leave behind: the right calls, made in a world of their own.

use std::error::Error;

use handyman_core::{CallContext, CallId, ToolCall, Toolbox, Toolset};
use handyman_tools::{Sandbox, Settings};
use jiff::civil::DateTime;
use serde_json::{Value, json};

use crate::cases::Expected;

/// What is booked, for whom, and whether it is paid; and what stands in the calendar.
#[derive(Debug, PartialEq)]
pub(crate) struct State(Value);

/// A world with its tools.
pub(crate) struct World {
    // Dropping the sandbox would remove the file of its world.
    _sandbox: Sandbox,
    pub(crate) toolbox: Toolbox,
    now: DateTime,
}

impl World {
    pub(crate) async fn open(now: DateTime) -> Result<Self, Box<dyn Error>> {
        let sandbox = Sandbox::open(&Settings::new(now.date())).await?;
        let toolbox = Toolbox::new().with_all(sandbox.tools())?;
        Ok(Self { _sandbox: sandbox, toolbox, now })
    }

    async fn call(&self, number: usize, tool: &str, arguments: Value) -> Value {
        let id = CallId::from(format!("c{number}"));
        let context = CallContext::new(self.now).of_call("expected", id.clone()).in_session("expected");
        let arguments = arguments.as_object().cloned().unwrap_or_default();
        self.toolbox.call(&ToolCall { id, tool: tool.to_owned(), arguments }, &context).await.result
    }

    /// What is there now, without the references, which differ from world to world.
    pub(crate) async fn state(&self) -> State {
        let mut bookings = self.call(9_000, "list_bookings", json!({})).await;
        for booking in bookings["bookings"].as_array_mut().into_iter().flatten() {
            if let Some(fields) = booking.as_object_mut() {
                fields.remove("booking");
            }
        }
        let events = self.call(9_001, "list_events", json!({})).await;
        State(json!([bookings, events]))
    }

    /// Makes the right calls: a row's id and a booking's reference are those of this world.
    pub(crate) async fn fulfil(&self, calls: &[Expected]) {
        let (mut results, mut reference): (Vec<Value>, _) = (Vec::new(), Value::Null);
        for (number, call) in calls.iter().enumerate() {
            let mut arguments = Value::Object(call.arguments.clone());
            if let Some(row) = call.row {
                arguments["id"] = id_of(row, &results);
            } else if matches!(call.tool.as_str(), "pay" | "refund" | "cancel_booking")
                && !reference.is_null()
            {
                arguments["booking"] = reference.clone();
            }
            let result = self.call(number, &call.tool, arguments).await;
            if call.tool == "book" {
                reference = result["booking"].clone();
            }
            results.push(result);
        }
    }
}

/// The id in this row of the latest result that has so many.
fn id_of(row: usize, results: &[Value]) -> Value {
    let lists = |result: &Value| -> Vec<Value> {
        let lists = result.as_object().into_iter().flat_map(|fields| fields.values());
        lists.filter_map(Value::as_array).flatten().cloned().collect()
    };
    results
        .iter()
        .rev()
        .find_map(|result| lists(result).get(row).map(|row| row["id"].clone()))
        .unwrap_or_default()
}
