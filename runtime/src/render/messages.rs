//! Messages and tools in the shape that chat templates expect.

mod shapes;

use handyman_core::{CallId, CallRequest, Message, Part, Role, ToolCall, ToolSpec};
use serde_json::{Map, Value, json};

use super::json::python_json;
use super::protect::protected;
use shapes::regular;

/// Writes calls as text: the calls, their names, and the number of the first.
pub(crate) type Written<'a> = dyn Fn(&[CallRequest], &[String], usize) -> String + 'a;

/// How a template wants past calls.
pub(crate) struct Shape<'a> {
    /// The name of a call in the prompt, by its number in the conversation and its tool.
    pub(crate) id: &'a dyn Fn(usize, &str) -> String,
    /// Whether arguments are given as a JSON text instead of an object.
    pub(crate) arguments_as_text: bool,
    /// Writes calls into the content of the message, where the template does not write them.
    pub(crate) written: Option<&'a Written<'a>>,
    /// Whether a reply with calls can say something as well.
    pub(crate) text_with_calls: bool,
    /// Whether the content of a reply that only calls is null instead of empty.
    pub(crate) content_null: bool,
}

/// The history for a template that knows tools: one value a message, or one for each result. Calls are
/// numbered over the whole conversation, so that no name stands for two.
pub(crate) fn native(history: &[Message], shape: &Shape<'_>) -> Vec<Value> {
    let mut values = Vec::new();
    let mut calls_before = 0;
    let mut ids: Vec<(&CallId, String)> = Vec::new();
    for message in history {
        match message.role {
            Role::System => values.push(json!({"role": "system", "content": message.text()})),
            Role::User => values.push(json!({"role": "user", "content": person_text(message)})),
            Role::Assistant => {
                let numbered = message.calls().enumerate();
                ids = numbered
                    .map(|(index, call)| (&call.id, (shape.id)(calls_before + index, &call.tool)))
                    .collect();
                values.push(assistant(message, &ids, calls_before, shape));
                calls_before += ids.len();
            }
            Role::Tool => values.extend(message.results().map(|result| {
                let content = protected(&python_json(&result.result));
                let id = ids
                    .iter()
                    .find(|(known, _)| **known == result.call)
                    .map_or(result.call.as_str(), |(_, id)| id);
                json!({"role": "tool", "name": result.tool, "tool_call_id": id, "content": content})
            })),
        }
    }
    values
}

fn assistant(message: &Message, ids: &[(&CallId, String)], first: usize, shape: &Shape<'_>) -> Value {
    let mut value = Map::new();
    value.insert("role".to_owned(), "assistant".into());
    let reasoning: Vec<&str> = message
        .parts
        .iter()
        .filter_map(|part| if let Part::Reasoning(text) = part { Some(text.as_str()) } else { None })
        .collect();
    if !reasoning.is_empty() {
        value.insert("reasoning_content".to_owned(), protected(&reasoning.join("\n")).into());
        value.insert("thinking".to_owned(), protected(&reasoning.join("\n")).into());
    }
    let calls: Vec<CallRequest> = message
        .calls()
        .map(|call| CallRequest { tool: call.tool.clone(), arguments: protected_fields(&call.arguments) })
        .collect();
    let mut content =
        if calls.is_empty() || shape.text_with_calls { protected(&message.text()) } else { String::new() };
    match shape.written {
        _ if calls.is_empty() => {}
        Some(written) => {
            let ids: Vec<String> = ids.iter().map(|(_, id)| id.clone()).collect();
            content.push_str(&written(&calls, &ids, first));
        }
        None => {
            let calls: Vec<Value> =
                calls.into_iter().zip(ids).map(|(call, (_, id))| described_call(call, id, shape)).collect();
            value.insert("tool_calls".to_owned(), calls.into());
        }
    }
    let nothing = shape.content_null && content.is_empty();
    value.insert("content".to_owned(), if nothing { Value::Null } else { content.into() });
    value.into()
}

fn described_call(call: CallRequest, id: &str, shape: &Shape<'_>) -> Value {
    let arguments = Value::Object(call.arguments);
    let arguments = if shape.arguments_as_text { python_json(&arguments).into() } else { arguments };
    json!({"id": id, "type": "function", "function": {"name": call.tool, "arguments": arguments}})
}

/// Replies of one call each, with its result, for templates that know no others.
pub(crate) fn one_call_each(history: &[Message]) -> Vec<Message> {
    let mut messages: Vec<Message> = Vec::new();
    let mut results = Vec::new();
    for (index, message) in history.iter().enumerate() {
        let calls: Vec<&ToolCall> = message.calls().collect();
        if message.role == Role::Tool && !results.is_empty() {
            results = Vec::new();
        } else if calls.len() < 2 {
            messages.push(message.clone());
        } else {
            results = history.get(index + 1).into_iter().flat_map(Message::results).collect();
            let said = message.parts.iter().filter(|part| !matches!(part, Part::Call(_))).cloned();
            let mut said: Vec<Part> = said.collect();
            for call in calls {
                said.push(Part::Call(call.clone()));
                messages.push(Message { role: Role::Assistant, parts: std::mem::take(&mut said) });
                let result = results.iter().find(|result| result.call == call.id);
                let parts = result.map(|result| Part::Result((*result).clone()));
                messages.extend(parts.map(|part| Message { role: Role::Tool, parts: vec![part] }));
            }
        }
    }
    messages
}

/// What a person said, with the framework's notes, each on a line of its own.
pub(crate) fn person_text(message: &Message) -> String {
    let texts: Vec<&str> = message
        .parts
        .iter()
        .filter_map(|part| match part {
            Part::Text(text) | Part::Note(text) | Part::Task { text, .. } => Some(text.as_str()),
            Part::Reasoning(_) | Part::Call(_) | Part::Result(_) => None,
        })
        .collect();
    protected(&texts.join("\n"))
}

/// A tool as templates know it. What it says of itself may be a stranger's.
pub(crate) fn described(tool: &ToolSpec) -> Value {
    json!({
        "type": "function",
        "function": {
            "name": tool.name,
            "description": protected(&tool.description),
            "parameters": protected_inside(&regular(&tool.parameters)),
        },
    })
}

/// The tools as a text, for templates that do not show them.
pub(crate) fn told(tools: &[ToolSpec]) -> String {
    let line = |tool: &ToolSpec| {
        let parameters = python_json(&regular(&tool.parameters));
        protected(&format!("\n- {}: {} Arguments: {parameters}", tool.name, tool.description))
    };
    format!("Tools:{}", tools.iter().map(line).collect::<String>())
}

/// Adds instructions to the system message, or makes one.
pub(crate) fn add_instructions(messages: &mut Vec<Value>, text: &str) {
    match messages.first_mut() {
        Some(first) if first["role"] == "system" => {
            let own = first["content"].as_str().unwrap_or_default();
            first["content"] = format!("{own}\n\n{text}").into();
        }
        Some(_) | None => messages.insert(0, json!({"role": "system", "content": text})),
    }
}

fn protected_inside(value: &Value) -> Value {
    match value {
        Value::String(text) => protected(text).into(),
        Value::Array(items) => items.iter().map(protected_inside).collect(),
        Value::Object(fields) => protected_fields(fields).into(),
        other => other.clone(),
    }
}

/// Fields whose names and texts cannot spell markup.
fn protected_fields(fields: &Map<String, Value>) -> Map<String, Value> {
    fields.iter().map(|(name, inner)| (protected(name), protected_inside(inner))).collect()
}

#[cfg(test)]
mod tests;
