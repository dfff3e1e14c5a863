//! What templates expect of Python: how it prints values, and lists that can be changed in place.

use minijinja::value::{Value, ValueKind};

/// A value as Python's `repr` writes it.
pub(crate) fn repr(value: &Value) -> String {
    match value.kind() {
        ValueKind::None | ValueKind::Undefined => "None".to_owned(),
        ValueKind::Bool => if value.is_true() { "True" } else { "False" }.to_owned(),
        ValueKind::String => quoted(value.as_str().unwrap_or_default()),
        ValueKind::Seq | ValueKind::Iterable => {
            let items: Vec<String> = value.try_iter().into_iter().flatten().map(|item| repr(&item)).collect();
            format!("[{}]", items.join(", "))
        }
        ValueKind::Map => {
            let keys = value.try_iter().into_iter().flatten();
            let entry =
                |key: Value| format!("{}: {}", repr(&key), repr(&value.get_item(&key).unwrap_or_default()));
            format!("{{{}}}", keys.map(entry).collect::<Vec<_>>().join(", "))
        }
        _ => value.to_string(),
    }
}

/// A text in quotes: single ones, unless only those are in it.
fn quoted(text: &str) -> String {
    let quote = if text.contains('\'') && !text.contains('"') { '"' } else { '\'' };
    let mut quoted = String::from(quote);
    for character in text.chars() {
        match character {
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            '\\' => quoted.push_str("\\\\"),
            _ if character == quote => quoted.extend(['\\', quote]),
            _ => quoted.push(character),
        }
    }
    quoted.push(quote);
    quoted
}

/// A JSON value with its keys in alphabetical order.
pub(crate) fn sorted(value: serde_json::Value) -> serde_json::Value {
    match value {
        serde_json::Value::Object(fields) => {
            let mut fields: Vec<_> = fields.into_iter().collect();
            fields.sort_by(|a, b| a.0.cmp(&b.0));
            fields.into_iter().map(|(name, value)| (name, sorted(value))).collect()
        }
        serde_json::Value::Array(items) => items.into_iter().map(sorted).collect(),
        other => other,
    }
}

/// The template without what only Python or `transformers` can do: `{% generation %}`, which marks what to
/// train on, and lists that are changed by `append` and `pop`, which become lists that are set anew.
pub(crate) fn portable(source: &str) -> String {
    let mut text = String::with_capacity(source.len());
    let mut rest = source;
    while let Some(at) = rest.find("{%") {
        let Some(length) = rest[at..].find("%}") else { break };
        text.push_str(&rest[..at]);
        let tag = &rest[at..at + length + 2];
        text.push_str(&portable_tag(tag));
        rest = &rest[at + length + 2..];
    }
    text + rest
}

fn portable_tag(tag: &str) -> String {
    let inside = &tag[2..tag.len() - 2];
    let (open, inside) = inside.strip_prefix('-').map_or(("{%", inside), |inside| ("{%-", inside));
    let (close, inside) = inside.strip_suffix('-').map_or(("%}", inside), |inside| ("-%}", inside));
    let statement = inside.trim();
    if matches!(statement, "generation" | "endgeneration") {
        // An empty comment trims the same blanks.
        return format!("{}{}", open.replace('%', "#"), close.replace('%', "#"));
    }
    let set = |text: &str| format!("{open} set {text} {close}");
    let assigned = statement.strip_prefix("set ").and_then(|rest| rest.split_once('='));
    let (name, call) = match assigned {
        Some((name, call)) => (Some(name.trim()), call.trim()),
        None => (None, statement.strip_prefix("do ").unwrap_or("").trim()),
    };
    if let Some((list, item)) = call.strip_suffix(')').and_then(|call| call.split_once(".append("))
        && is_name(list)
    {
        return set(&format!("{list} = {list} + [{item}]"));
    }
    match (name, call.strip_suffix(".pop(0)")) {
        (Some(name), Some(list)) if is_name(list) => {
            set(&format!("{name} = {list}[0]")) + &set(&format!("{list} = {list}[1:]"))
        }
        (None, Some(list)) if is_name(list) => set(&format!("{list} = {list}[1:]")),
        (_, _) => tag.to_owned(),
    }
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|character| character.is_alphanumeric() || "_.".contains(character))
}

#[cfg(test)]
mod tests;
