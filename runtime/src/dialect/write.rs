//! Writes calls in a family's format, for templates that do not do it themselves.

use handyman_core::CallRequest;
use serde_json::Value;

use super::format::{Format, Piece, Syntax, kind, pieces};
use crate::render::json::python_json;

/// The calls as text. `ids` names each; `first` is the number of the first one in the conversation.
pub(crate) fn calls(format: &Format, calls: &[CallRequest], ids: &[String], first: usize) -> String {
    let written: Vec<String> = calls
        .iter()
        .zip(ids)
        .enumerate()
        .map(|(index, (call, id))| one(format, call, id, first + index))
        .collect();
    format!("{}{}{}", format.begins, written.join(&format.between), format.ends)
}

fn one(format: &Format, call: &CallRequest, id: &str, index: usize) -> String {
    let piece = |piece| match piece {
        Piece::Text(text) => text.to_owned(),
        Piece::Name => call.tool.clone(),
        Piece::Id => id.to_owned(),
        Piece::Index => index.to_string(),
        Piece::Arguments => arguments(&format.arguments, call),
        Piece::Key | Piece::Value | Piece::OfText | Piece::OfType => String::new(),
    };
    pieces(&format.call).into_iter().map(piece).collect()
}

fn arguments(syntax: &Syntax, call: &CallRequest) -> String {
    match syntax {
        Syntax::Json => python_json(&Value::Object(call.arguments.clone())),
        Syntax::Marked(mark) => marked(&Value::Object(call.arguments.clone()), mark),
        Syntax::Each { argument, between, bare } => {
            let each = call.arguments.iter().map(|(name, value)| {
                let piece = |piece| match (piece, value) {
                    (Piece::Text(text), _) => text.to_owned(),
                    (Piece::Key, _) => name.clone(),
                    (Piece::OfText, value) => value.is_string().to_string(),
                    (Piece::OfType, value) => kind(value).to_owned(),
                    (Piece::Value, Value::String(text)) if *bare => text.clone(),
                    (Piece::Value, value) => python_json(value),
                    (Piece::Name | Piece::Arguments | Piece::Id | Piece::Index, _) => String::new(),
                };
                pieces(argument).into_iter().map(piece).collect::<String>()
            });
            each.collect::<Vec<_>>().join(between)
        }
    }
}

/// A value with bare keys in alphabetical order and texts between marks.
pub(crate) fn marked(value: &Value, mark: &str) -> String {
    match value {
        Value::String(text) => format!("{mark}{text}{mark}"),
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(|item| marked(item, mark)).collect();
            format!("[{}]", items.join(","))
        }
        Value::Object(fields) => {
            let mut fields: Vec<_> = fields.iter().collect();
            fields.sort_by_key(|(name, _)| name.to_lowercase());
            let fields: Vec<String> =
                fields.into_iter().map(|(name, value)| format!("{name}:{}", marked(value, mark))).collect();
            format!("{{{}}}", fields.join(","))
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => value.to_string(),
    }
}
