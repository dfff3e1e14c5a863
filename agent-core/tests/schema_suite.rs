//! What a toolbox lets through, keyword by keyword: our own cases in the manner of the public test suite of JSON
//! Schema, for 2020-12. Each tool has one argument, `x`, with the schema of the case.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::sync::Arc;

use async_trait::async_trait;
use handyman_core::{
    CallContext, CallOutcome, Effect, Tool, ToolCall, ToolResult, ToolSpec, Toolbox, Toolset,
};
use serde_json::{Map, Value, json};

struct Echo(ToolSpec);

#[async_trait]
impl Tool for Echo {
    fn spec(&self) -> &ToolSpec {
        &self.0
    }

    async fn call(&self, arguments: Map<String, Value>, _context: &CallContext) -> ToolResult<Value> {
        Ok(Value::Object(arguments))
    }
}

fn toolbox(schema: &Value, definitions: &Value) -> Toolbox {
    let mut spec: ToolSpec = serde_json::from_value(json!({
        "name": "echo", "description": "Echoes", "effect": Effect::ReadOnly,
        "parameters": {"type": "object", "properties": {"x": schema}, "required": ["x"]},
    }))
    .unwrap();
    if definitions.is_object() {
        spec.parameters["$defs"] = definitions.clone();
    }
    Toolbox::new().with(Arc::new(Echo(spec))).unwrap_or_else(|fault| panic!("{schema}: {fault}"))
}

#[tokio::test]
async fn arguments_are_let_through_as_the_standard_says() {
    let cases: Value = serde_json::from_str(include_str!("schema_suite.json")).unwrap();
    let mut checked = 0;
    for case in cases.as_array().unwrap() {
        let tools = toolbox(&case["schema"], &case["$defs"]);
        for (values, expected) in [("valid", CallOutcome::Succeeded), ("invalid", CallOutcome::Failed)] {
            for value in case[values].as_array().unwrap() {
                let call = ToolCall {
                    id: "c1".into(),
                    tool: "echo".to_owned(),
                    arguments: Map::from_iter([("x".to_owned(), value.clone())]),
                };
                let context = CallContext::new(jiff::civil::date(2026, 11, 23).at(9, 0, 0, 0));
                let result = tools.call(&call, &context).await;
                assert_eq!(result.outcome, expected, "{} {value}: {}", case["schema"], result.result);
                if expected == CallOutcome::Failed {
                    let at = result.result["at"].as_str().unwrap();
                    assert!(at.starts_with("/x"), "the place of the mistake: {}", result.result);
                }
                checked += 1;
            }
        }
    }
    assert!(checked > 150, "{checked} values were checked");
}
