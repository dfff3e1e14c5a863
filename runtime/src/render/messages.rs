//! Messages and tools in the shape that chat templates expect.

use handyman_core::schema::{FROM, VERBATIM};
use handyman_core::{Message, Part, Role, ToolSpec};
use serde_json::{Map, Value, json};

use super::json::python_json;
use super::protect::protected;

/// A message for a template that knows tools: one value, or one for each result.
pub(crate) fn native(message: &Message) -> Vec<Value> {
    match message.role {
        Role::System => vec![json!({"role": "system", "content": message.text()})],
        Role::User => vec![json!({"role": "user", "content": person_text(message)})],
        Role::Assistant => vec![assistant(message)],
        Role::Tool => message
            .results()
            .map(|result| {
                let content = protected(&python_json(&result.result));
                json!({"role": "tool", "name": result.tool, "tool_call_id": result.call, "content": content})
            })
            .collect(),
    }
}

fn assistant(message: &Message) -> Value {
    let mut value = Map::new();
    value.insert("role".to_owned(), "assistant".into());
    value.insert("content".to_owned(), protected(&message.text()).into());
    let reasoning: Vec<&str> = message
        .parts
        .iter()
        .filter_map(|part| if let Part::Reasoning(text) = part { Some(text.as_str()) } else { None })
        .collect();
    if !reasoning.is_empty() {
        value.insert("reasoning_content".to_owned(), protected(&reasoning.join("\n")).into());
    }
    let calls: Vec<Value> = message
        .calls()
        .map(|call| {
            let arguments = protected_inside(&Value::Object(call.arguments.clone()));
            json!({"id": call.id, "type": "function", "function": {"name": call.tool, "arguments": arguments}})
        })
        .collect();
    if !calls.is_empty() {
        value.insert("tool_calls".to_owned(), calls.into());
    }
    value.into()
}

/// What a person said, with the framework's notes, each on a line of its own.
pub(crate) fn person_text(message: &Message) -> String {
    let texts: Vec<&str> = message
        .parts
        .iter()
        .filter_map(|part| match part {
            Part::Text(text) | Part::Note(text) => Some(text.as_str()),
            Part::Reasoning(_) | Part::Call(_) | Part::Result(_) => None,
        })
        .collect();
    protected(&texts.join("\n"))
}

/// A tool as templates know it.
pub(crate) fn described(tool: &ToolSpec) -> Value {
    json!({
        "type": "function",
        "function": {
            "name": tool.name,
            "description": tool.description,
            "parameters": shown_schema(&tool.parameters),
        },
    })
}

/// A schema without our own keywords, which mean nothing to a model.
pub(crate) fn shown_schema(schema: &Value) -> Value {
    match schema {
        Value::Object(keywords) => keywords
            .iter()
            .filter(|(keyword, _)| !matches!(keyword.as_str(), VERBATIM | FROM | "$schema"))
            .map(|(keyword, inner)| (keyword.clone(), shown_schema(inner)))
            .collect::<Map<_, _>>()
            .into(),
        Value::Array(items) => items.iter().map(shown_schema).collect(),
        other => other.clone(),
    }
}

fn protected_inside(value: &Value) -> Value {
    match value {
        Value::String(text) => protected(text).into(),
        Value::Array(items) => items.iter().map(protected_inside).collect(),
        Value::Object(fields) => fields
            .iter()
            .map(|(name, inner)| (name.clone(), protected_inside(inner)))
            .collect::<Map<_, _>>()
            .into(),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests;
