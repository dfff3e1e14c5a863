//! Lists and results with an odd part.

use rmcp::model::{CallToolResult, ListToolsResult};

use super::*;

/// What is read of an answer.
fn answer(result: &Value) -> ServerResult {
    let message = json!({"jsonrpc": "2.0", "id": 1, "result": result});
    match mended(serde_json::from_value(message).unwrap()) {
        JsonRpcMessage::Response(response) => response.result,
        other => panic!("{other:?}"),
    }
}

#[test]
fn one_odd_tool_does_not_take_the_others_with_it() {
    let look = json!({"name": "look", "description": "Looks", "inputSchema": {"type": "object"}});
    let odd = [
        json!({"name": "bare"}),
        json!({"name": "bare", "inputSchema": null}),
        json!({"name": "bare", "inputSchema": true}),
        json!({"name": "bare", "inputSchema": {"type": "object"}, "annotations": {"readOnlyHint": "yes"}}),
        json!({"inputSchema": {"type": "object"}}),
        json!("bare"),
    ];
    for tool in odd {
        let is_named = tool.get("name").is_some();
        let read = answer(&json!({"tools": [tool, look], "nextCursor": "2"}));
        let ServerResult::ListToolsResult(ListToolsResult { tools, next_cursor, .. }) = read else {
            panic!("{tool}: {read:?}");
        };
        let names: Vec<&str> = tools.iter().map(|tool| tool.name.as_ref()).collect();
        assert_eq!(names, if is_named { vec!["bare", "look"] } else { vec!["look"] }, "{tool}");
        assert_eq!(next_cursor.as_deref(), Some("2"));
    }
}

#[test]
fn what_cannot_be_read_of_a_result_is_a_text() {
    let text = |text: &str| json!({"type": "text", "text": text});
    let cases = [
        (
            json!([{"type": "chart", "x": 1}, text("a")]),
            json!([text(r#"{"type":"chart","x":1}"#), text("a")]),
        ),
        (json!("done"), json!([text("done")])),
    ];
    for (content, expected) in cases {
        let read = answer(&json!({"content": content, "isError": true}));
        let ServerResult::CallToolResult(CallToolResult { content: parts, is_error, .. }) = read else {
            panic!("{content}: {read:?}");
        };
        assert_eq!((json!(parts), is_error), (expected, Some(true)));
    }
    let other = answer(&json!({"something": "else"}));
    assert!(matches!(other, ServerResult::CustomResult(CustomResult(value)) if value["something"] == "else"));
}
