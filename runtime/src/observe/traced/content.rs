//! What is said, as the JSON that OpenTelemetry wants it in: lists of messages, each with its parts
//! (`gen-ai-input-messages.json` and `gen-ai-output-messages.json` of its conventions).

use handyman_core::ToolCall;
use serde_json::{Value, json};

/// What the person said.
pub(super) fn asked(message: &str) -> String {
    json!([{"role": "user", "parts": [{"type": "text", "content": message}]}]).to_string()
}

/// What the run came to.
pub(super) fn answered(answer: &str) -> String {
    spoken(&[json!({"type": "text", "content": answer})], "stop")
}

/// What the model replied.
pub(super) fn replied(text: &str, reasoning: &str, calls: &[ToolCall], finish_reason: &str) -> String {
    let mut parts = Vec::new();
    for (kind, said) in [("reasoning", reasoning), ("text", text)] {
        if !said.is_empty() {
            parts.push(json!({"type": kind, "content": said}));
        }
    }
    parts.extend(calls.iter().map(
        |call| json!({"type": "tool_call", "id": call.id, "name": call.tool, "arguments": call.arguments}),
    ));
    spoken(&parts, finish_reason)
}

/// What a tool is called with.
pub(super) fn arguments(call: &ToolCall) -> String {
    serde_json::to_string(&call.arguments).unwrap_or_default()
}

fn spoken(parts: &[Value], finish_reason: &str) -> String {
    json!([{"role": "assistant", "parts": parts, "finish_reason": finish_reason}]).to_string()
}
