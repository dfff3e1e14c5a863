//! A tool that gives no answer does not keep anybody waiting.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use handyman::{
    CallContext, CallOutcome, Effect, IdempotencyKey, Probe, Safety, Tool, ToolCall, ToolResult, ToolSpec,
    Toolbox,
};
use serde_json::{Map, Value, json};

use super::call_within;

/// A tool that never answers. Asked later, it may know what came of a call.
struct Silent {
    spec: ToolSpec,
    knows: Probe,
}

#[async_trait]
impl Tool for Silent {
    fn spec(&self) -> &ToolSpec {
        &self.spec
    }

    async fn call(&self, _arguments: Map<String, Value>, _context: &CallContext) -> ToolResult<Value> {
        std::future::pending().await
    }

    async fn probe(&self, _key: &IdempotencyKey) -> ToolResult<Probe> {
        Ok(self.knows.clone())
    }
}

#[tokio::test]
async fn a_call_without_an_answer_ends_and_says_what_is_known() {
    let done = json!({"done": true});
    let cases = [
        (Effect::ReadOnly, Probe::Unsupported, CallOutcome::Failed, "no answer within 0.01 s"),
        (Effect::Once, Probe::Unsupported, CallOutcome::Unknown, "unknown whether this took effect"),
        (Effect::Once, Probe::NotDone, CallOutcome::Failed, "it did not take effect"),
        (Effect::Idempotent, Probe::Done(done.clone()), CallOutcome::Succeeded, "done"),
    ];
    for (effect, knows, outcome, words) in cases {
        let spec = ToolSpec {
            name: "silent".to_owned(),
            description: "Says nothing".to_owned(),
            parameters: json!({"type": "object", "properties": {}}),
            effect,
            safety: Safety { probe: true, ..Safety::default() },
        };
        let toolbox = Toolbox::new().with(Arc::new(Silent { spec, knows })).unwrap();
        let call = ToolCall { id: "c1".into(), tool: "silent".to_owned(), arguments: Map::new() };
        let now = jiff::civil::date(2026, 11, 23).at(9, 0, 0, 0);
        let context = CallContext::new(now).under("k1");
        let result = call_within(Duration::from_millis(10), &toolbox, &call, &context).await;
        assert_eq!(result.outcome, outcome, "{}", result.result);
        assert!(result.result.to_string().contains(words), "{}", result.result);
    }
}
