//! Answers that are not quite what the protocol has, read as far as they can be: one odd tool in a list, or one odd part
//! of a result, does not take the rest with it.

use rmcp::model::{
    ContentBlock, CustomResult, JsonRpcMessage, JsonRpcResponse, Resource, ServerJsonRpcMessage,
    ServerResult, Tool,
};
use serde::Deserialize;
use serde_json::{Value, json};

/// The message. An answer that is of no known kind is looked at part by part.
pub(super) fn mended(message: ServerJsonRpcMessage) -> ServerJsonRpcMessage {
    match message {
        JsonRpcMessage::Response(JsonRpcResponse {
            jsonrpc,
            id,
            result: ServerResult::CustomResult(CustomResult(value)),
        }) => JsonRpcMessage::Response(JsonRpcResponse { jsonrpc, id, result: read(value) }),
        other => other,
    }
}

fn read(mut value: Value) -> ServerResult {
    if let Some(Value::Array(tools)) = value.get_mut("tools") {
        tools.iter_mut().for_each(mend_tool);
        tools.retain(|tool| Tool::deserialize(tool).is_ok());
    } else if let Some(Value::Array(resources)) = value.get_mut("resources") {
        resources.retain(|resource| Resource::deserialize(resource).is_ok());
    } else if let Some(content) = value.get_mut("content") {
        mend_content(content);
    }
    // What is of no known kind even now is one of its own again.
    serde_json::from_value(value).unwrap_or_else(|_| ServerResult::CustomResult(CustomResult(Value::Null)))
}

/// Leaves of a tool what it is called, what it does and what it takes: nothing, where that cannot be read.
fn mend_tool(tool: &mut Value) {
    if Tool::deserialize(&*tool).is_ok() {
        return;
    }
    let Value::Object(fields) = tool else { return };
    fields.retain(|name, value| match name.as_str() {
        "name" | "title" | "description" => value.is_string(),
        "inputSchema" => value.is_object(),
        _ => false,
    });
    fields.entry("inputSchema").or_insert_with(|| json!({"type": "object"}));
}

/// Makes a text of each part of a result that cannot be read.
fn mend_content(content: &mut Value) {
    match content {
        Value::Array(parts) => {
            for part in parts {
                if ContentBlock::deserialize(&*part).is_err() {
                    *part = as_text(part);
                }
            }
        }
        Value::Null => {}
        Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Object(_) => {
            *content = json!([as_text(content)]);
        }
    }
}

fn as_text(odd: &Value) -> Value {
    let said = odd.as_str().map_or_else(|| odd.to_string(), str::to_owned);
    json!({"type": "text", "text": said})
}

#[cfg(test)]
mod tests;
