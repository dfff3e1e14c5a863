//! What servers return, as results: always with the name of the server it came from.

use rmcp::model::{CallToolResult, ContentBlock, ResourceContents};
use serde_json::{Value, json};

/// The result of a call.
pub(super) fn result(server: &str, result: &CallToolResult) -> Value {
    let mut shown = json!({"source": format!("mcp:{server}")});
    // A text that only repeats the data is for clients that do not read data.
    let repeats = |block: &&ContentBlock| match (block, &result.structured_content) {
        (ContentBlock::Text(text), Some(data)) => {
            serde_json::from_str::<Value>(&text.text).is_ok_and(|said| said == *data)
        }
        (_, _) => false,
    };
    let mut parts: Vec<Value> = result.content.iter().filter(|block| !repeats(block)).map(part).collect();
    if let Some(structured) = &result.structured_content {
        shown["data"] = structured.clone();
        if parts.is_empty() {
            return shown;
        }
    }
    let is_text = matches!(parts.as_slice(), [Value::String(_)]);
    let content = if parts.len() == 1 { parts.remove(0) } else { Value::from(parts) };
    shown[if is_text { "text" } else { "content" }] = content;
    shown
}

/// Shows a text that is JSON as the data that it is, so that values can be taken from its fields. Many servers send data so.
pub(super) fn open(shown: &mut Value) {
    let Value::Object(fields) = shown else { return };
    let text = fields.get("text").and_then(Value::as_str).filter(|_| !fields.contains_key("data"));
    let data = text.and_then(|text| serde_json::from_str::<Value>(text).ok());
    if let Some(data) = data.filter(|data| data.is_object() || data.is_array()) {
        fields.shift_remove("text");
        fields.insert("data".to_owned(), data);
    }
}

/// All texts of a result, or its data where it has none.
pub(super) fn plain(result: &CallToolResult) -> String {
    let texts: Vec<&str> = result
        .content
        .iter()
        .filter_map(
            |block| if let ContentBlock::Text(text) = block { Some(text.text.as_str()) } else { None },
        )
        .collect();
    match &result.structured_content {
        _ if !texts.is_empty() => texts.join("\n"),
        Some(data) => data.to_string(),
        None => "the tool failed and did not say why".to_owned(),
    }
}

fn part(block: &ContentBlock) -> Value {
    match block {
        ContentBlock::Text(text) => json!(text.text),
        ContentBlock::Image(image) => json!({"image": image.mime_type, "bytes": decoded(&image.data)}),
        ContentBlock::Audio(audio) => json!({"audio": audio.mime_type, "bytes": decoded(&audio.data)}),
        ContentBlock::Resource(embedded) => resource(&embedded.resource),
        ContentBlock::ResourceLink(link) => json!({"resource": link.uri, "name": link.name}),
        _ => json!({"unknown": "a kind of content that is not known here"}),
    }
}

/// The content of a resource; of one that is not text, its size.
pub(super) fn resource(contents: &ResourceContents) -> Value {
    match contents {
        ResourceContents::TextResourceContents { uri, text, .. } => json!({"resource": uri, "text": text}),
        ResourceContents::BlobResourceContents { uri, mime_type, blob, .. } => {
            json!({"resource": uri, "type": mime_type, "bytes": decoded(blob)})
        }
        _ => json!({"unknown": "a kind of resource that is not known here"}),
    }
}

/// Bytes that a base64 text stands for.
fn decoded(text: &str) -> usize {
    text.trim_end_matches('=').len() * 3 / 4
}

#[cfg(test)]
mod tests;
