//! What templates expect of Python: how it prints values, and lists that can be changed in place.

use minijinja::value::{ObjectRepr, Value, ValueKind};
use minijinja::{Error, ErrorKind};
use serde::ser::{Error as _, Serialize, Serializer};

/// How deep a value may be nested, which is deeper than any JSON that was read. A namespace can hold itself.
const DEPTH_MAX: usize = 150;
const TOO_DEEP: &str = "a value is nested too deeply, or holds itself";

/// A value as Python's `repr` writes it.
///
/// # Errors
/// The value is nested too deeply.
pub(crate) fn repr(value: &Value) -> Result<String, Error> {
    repr_within(value, DEPTH_MAX)
}

fn repr_within(value: &Value, depth: usize) -> Result<String, Error> {
    let deeper = |inner: &Value| {
        let depth = depth.checked_sub(1).ok_or_else(|| Error::new(ErrorKind::InvalidOperation, TOO_DEEP))?;
        repr_within(inner, depth)
    };
    Ok(match value.kind() {
        ValueKind::None | ValueKind::Undefined => "None".to_owned(),
        ValueKind::Bool => if value.is_true() { "True" } else { "False" }.to_owned(),
        ValueKind::String => quoted(value.as_str().unwrap_or_default()),
        ValueKind::Seq | ValueKind::Iterable => {
            let items = value.try_iter().into_iter().flatten().map(|item| deeper(&item));
            format!("[{}]", items.collect::<Result<Vec<_>, _>>()?.join(", "))
        }
        ValueKind::Map => {
            let keys = value.try_iter().into_iter().flatten();
            let entry = |key: Value| {
                let inner = deeper(&value.get_item(&key).unwrap_or_default())?;
                Ok(format!("{}: {inner}", deeper(&key)?))
            };
            format!("{{{}}}", keys.map(entry).collect::<Result<Vec<_>, Error>>()?.join(", "))
        }
        _ => value.to_string(),
    })
}

/// A value as JSON.
///
/// # Errors
/// The value is nested too deeply, or has a key that is no text.
pub(crate) fn json_of(value: Value) -> Result<serde_json::Value, serde_json::Error> {
    serde_json::to_value(Within(value, DEPTH_MAX))
}

/// A value that is nested this deep at most.
struct Within(Value, usize);

impl Serialize for Within {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self(value, depth) = self;
        let depth = || depth.checked_sub(1).ok_or_else(|| S::Error::custom(TOO_DEEP));
        match value.as_object().map(|object| (object, object.repr())) {
            Some((object, ObjectRepr::Map)) => {
                let (depth, pairs) = (depth()?, object.try_iter_pairs().into_iter().flatten());
                serializer.collect_map(pairs.map(|(key, inner)| (key, Self(inner, depth))))
            }
            Some((object, ObjectRepr::Seq | ObjectRepr::Iterable)) => {
                let (depth, items) = (depth()?, object.try_iter().into_iter().flatten());
                serializer.collect_seq(items.map(|inner| Self(inner, depth)))
            }
            Some(_) | None => value.serialize(serializer),
        }
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
        // The sign that opens a tag does not close it as well: `{%}` is no whole tag.
        let Some(length) = rest[at + 2..].find("%}") else { break };
        let end = at + 2 + length + 2;
        text.push_str(&rest[..at]);
        text.push_str(&portable_tag(&rest[at..end]));
        rest = &rest[end..];
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
