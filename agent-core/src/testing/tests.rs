//! Calling a tool by itself.

use jiff::civil::date;
use serde_json::{Value, json};

use super::call;
use crate::tool::{CallContext, ToolErrorKind, ToolResult};

/// Says when it is called, and how.
#[crate::tool(read_only)]
async fn note(
    context: &CallContext,
    #[arg(range = 1..=3)] times: u8,
    word: Option<String>,
) -> ToolResult<Value> {
    Ok(json!({"key": context.key, "times": times, "word": word}))
}

fn context() -> CallContext {
    CallContext::new(date(2026, 11, 23).at(9, 0, 0, 0))
}

#[tokio::test]
async fn a_tool_is_called_with_what_its_schema_allows() {
    let said = call(&note, json!({"times": 2, "word": null}), &context().under("k")).await;
    assert_eq!(said, Ok(json!({"key": "k", "times": 2, "word": null})));
}

#[tokio::test]
async fn what_a_toolbox_would_refuse_is_refused() {
    for (arguments, at) in
        [(json!({"times": 9}), "/times"), (json!({}), "/times"), (json!({"times": 1, "x": 1}), "/x")]
    {
        let error = call(&note, arguments.clone(), &context()).await.unwrap_err();
        assert_eq!(*error.kind(), ToolErrorKind::InvalidArgument { path: at.to_owned() }, "{arguments}");
        assert!(error.to_value()["expected"].is_string(), "{error}");
    }
}

#[tokio::test]
#[should_panic(expected = "the arguments of note must be a JSON object")]
async fn arguments_are_an_object() {
    let _ = call(&note, json!(3), &context()).await;
}
