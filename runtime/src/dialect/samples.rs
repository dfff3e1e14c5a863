//! Made-up tools and calls, with what is hard to write: a template is tried out with them.

use handyman_core::{CallOutcome, CallRequest, CallResult, Effect, Message, Part, Role, ToolCall, ToolSpec};
use serde_json::{Map, Value, json};

/// A word in a result that stands nowhere else.
pub(crate) const RESULT: &str = "zebra";

/// A question.
pub(crate) fn ask() -> Message {
    Message::text_of(Role::User, "What is there?")
}

/// A reply with these calls.
pub(crate) fn reply(calls: &[CallRequest]) -> Message {
    let part = |(index, call): (usize, &CallRequest)| {
        let id = format!("c{}", index + 1).into();
        Part::Call(ToolCall { id, tool: call.tool.clone(), arguments: call.arguments.clone() })
    };
    Message { role: Role::Assistant, parts: calls.iter().enumerate().map(part).collect() }
}

/// The results of those calls.
pub(crate) fn results(calls: &[CallRequest]) -> Message {
    let part = |(index, call): (usize, &CallRequest)| {
        Part::Result(CallResult {
            call: format!("c{}", index + 1).into(),
            tool: call.tool.clone(),
            outcome: CallOutcome::Succeeded,
            result: json!({"found": RESULT}),
        })
    };
    Message { role: Role::Tool, parts: calls.iter().enumerate().map(part).collect() }
}

/// A tool.
pub(crate) fn tool(name: &str, description: &str, parameters: Value) -> ToolSpec {
    ToolSpec {
        name: name.to_owned(),
        description: description.to_owned(),
        parameters,
        effect: Effect::ReadOnly,
        safety: handyman_core::Safety::default(),
    }
}

/// A call.
pub(crate) fn call(tool: &str, arguments: Value) -> CallRequest {
    let arguments = if let Value::Object(arguments) = arguments { arguments } else { Map::new() };
    CallRequest { tool: tool.to_owned(), arguments }
}

/// The tools that are offered.
pub(crate) fn tools() -> Vec<ToolSpec> {
    let lookup = json!({
        "type": "object",
        "properties": {
            "text": {"type": "string", "description": "What to look for"},
            "limit": {"type": "integer", "description": "How many", "minimum": 1, "maximum": 9},
            "kinds": {"type": "array", "description": "Of which kinds", "items": {"type": "string"}},
            "exact": {"type": "boolean", "description": "Whether exactly"},
            "near": {
                "type": "object",
                "description": "Where",
                "properties": {"place": {"type": "string"}, "radius": {"type": "number"}},
                "required": ["place"],
                "additionalProperties": false,
            },
        },
        "required": ["text"],
        "additionalProperties": false,
    });
    let bare = json!({"type": "object", "properties": {}, "required": [], "additionalProperties": false});
    vec![tool("lookup", "Looks something up", lookup), tool("list_all", "Lists everything", bare)]
}

/// A call with quotes, line breaks, backslashes, other scripts, a list, an object and a truth.
pub(crate) fn hard_call() -> CallRequest {
    let text = "say \"hi\"\n\\ it's <b>上海</b> é";
    let near = json!({"place": "a \"b\" 北", "radius": 1.5});
    call("lookup", json!({"text": text, "limit": 3, "kinds": ["a", "b c"], "exact": true, "near": near}))
}

/// A call without arguments.
pub(crate) fn bare_call() -> CallRequest {
    call("list_all", json!({}))
}
