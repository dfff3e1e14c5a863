//! What an answer says in words, be it JSON.

use std::borrow::Cow;

use serde_json::Value;

use super::backing::is_something;

/// The words of an answer. Of JSON, a line for each field that says something: what is `false`, `null`, zero or empty
/// claims nothing.
pub(super) fn spoken(text: &str) -> Cow<'_, str> {
    match serde_json::from_str::<Value>(text) {
        Ok(value) => {
            let mut lines = Vec::new();
            tell(&value, &mut lines);
            lines.join("\n").into()
        }
        Err(_) => text.into(),
    }
}

fn tell(value: &Value, lines: &mut Vec<String>) {
    match value {
        Value::String(text) => lines.push(text.clone()),
        Value::Array(items) => items.iter().for_each(|item| tell(item, lines)),
        Value::Object(fields) => {
            for (name, inner) in fields.iter().filter(|(_, inner)| is_something(inner)) {
                let name = name.replace('_', " ");
                match inner {
                    Value::String(text) => lines.push(format!("{name}: {text}")),
                    Value::Number(number) => lines.push(format!("{name}: {number}")),
                    Value::Null | Value::Bool(_) => lines.push(name),
                    Value::Array(_) | Value::Object(_) => {
                        lines.push(name);
                        tell(inner, lines);
                    }
                }
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}
