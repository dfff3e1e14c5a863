//! What a client hears of a tool that gives no answer.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use handyman_core::{CallContext, Effect, Safety, Tool, ToolCall, ToolResult, ToolSpec, Toolbox};
use jiff::civil::{DateTime, date};
use serde_json::{Map, Value, json};

use super::Serving;

/// A tool that never answers.
struct Silent(ToolSpec);

#[async_trait]
impl Tool for Silent {
    fn spec(&self) -> &ToolSpec {
        &self.0
    }

    async fn call(&self, _arguments: Map<String, Value>, _context: &CallContext) -> ToolResult<Value> {
        std::future::pending().await
    }
}

fn now() -> DateTime {
    date(2026, 11, 23).at(9, 0, 0, 0)
}

// The clock goes on by itself while everybody waits.
#[tokio::test(start_paused = true)]
async fn a_tool_that_gives_no_answer_is_given_up() {
    let cases = [
        (Effect::ReadOnly, "no answer within 60 s"),
        (Effect::Once, "no answer within 60 s; it is unknown whether this took effect"),
    ];
    for (effect, words) in cases {
        let spec = ToolSpec {
            name: "silent".to_owned(),
            description: "Says nothing".to_owned(),
            parameters: json!({"type": "object", "properties": {}}),
            effect,
            safety: Safety::default(),
        };
        let serving = Serving::new(Toolbox::new().with(Arc::new(Silent(spec))).unwrap(), now);
        let call = ToolCall { id: "c1".into(), tool: "silent".to_owned(), arguments: Map::new() };
        let context = CallContext::new(now()).under("k1");
        let answer = tokio::time::timeout(Duration::from_hours(1), serving.answer(&call, &context));
        let answer = json!(answer.await.unwrap());
        let heard = (&answer["isError"], &answer["content"][0]["text"]);
        assert_eq!(heard, (&json!(true), &json!(words)), "{answer}");
    }
}
