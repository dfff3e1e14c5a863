//! A schema's texts and its other values, apart: families that write texts bare have to know which is which.

use handyman_core::schema::{FROM, VERBATIM};
use serde_json::{Map, Value, json};

/// References followed inside one another; more can only be a loop.
const DEPTH_MAX: usize = 16;

/// The alternatives of a schema.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Parts {
    /// Schemas of texts.
    pub(crate) texts: Vec<Value>,
    /// Schemas of other values, each without alternatives.
    pub(crate) others: Vec<Value>,
}

/// The alternatives of a schema that may refer to these definitions.
pub(crate) fn parts(schema: &Value, definitions: &Value) -> Parts {
    let mut parts = Parts::default();
    collect(schema, definitions, 0, &mut parts);
    parts
}

fn collect(schema: &Value, definitions: &Value, depth: usize, parts: &mut Parts) {
    let Some(keywords) = schema.as_object().filter(|_| depth < DEPTH_MAX) else {
        return any(parts);
    };
    if let Some(Value::String(reference)) = keywords.get("$ref") {
        let target = reference.strip_prefix("#/$defs/").and_then(|name| definitions.get(name));
        return collect(target.unwrap_or(&Value::Bool(true)), definitions, depth + 1, parts);
    }
    if let Some(Value::Array(options)) = keywords.get("anyOf") {
        return options.iter().for_each(|option| collect(option, definitions, depth + 1, parts));
    }
    if let Some(Value::Array(all)) = keywords.get("allOf") {
        return collect(&merged(keywords, all, definitions), definitions, depth + 1, parts);
    }
    if keywords.contains_key("enum") || keywords.contains_key("const") {
        return given(keywords, parts);
    }
    let single = |kind: &str| {
        let mut schema = keywords.clone();
        schema.insert("type".to_owned(), kind.into());
        Value::Object(schema)
    };
    let copied = keywords.contains_key(VERBATIM) || keywords.contains_key(FROM);
    match keywords.get("type") {
        Some(Value::String(kind)) if kind == "string" => parts.texts.push(schema.clone()),
        Some(Value::String(_)) => parts.others.push(schema.clone()),
        Some(Value::Array(kinds)) => {
            for kind in kinds.iter().filter_map(Value::as_str) {
                if kind == "string" {
                    parts.texts.push(single(kind));
                } else {
                    parts.others.push(single(kind));
                }
            }
        }
        _ if copied => parts.texts.push(single("string")),
        _ if keywords.contains_key("properties") => parts.others.push(single("object")),
        _ if keywords.contains_key("items") || keywords.contains_key("prefixItems") => {
            parts.others.push(single("array"));
        }
        _ => any(parts),
    }
}

fn any(parts: &mut Parts) {
    parts.texts.push(json!({"type": "string"}));
    parts.others.extend(["object", "array", "number", "boolean", "null"].map(|kind| json!({"type": kind})));
}

/// The values of an `enum` or `const`.
fn given(keywords: &Map<String, Value>, parts: &mut Parts) {
    let values: Vec<Value> = match (keywords.get("const"), keywords.get("enum")) {
        (Some(one), _) => vec![one.clone()],
        (None, Some(Value::Array(values))) => values.clone(),
        (None, _) => Vec::new(),
    };
    let (texts, others): (Vec<Value>, Vec<Value>) = values.into_iter().partition(Value::is_string);
    if !texts.is_empty() {
        parts.texts.push(json!({"enum": texts}));
    }
    if !others.is_empty() {
        parts.others.push(json!({"enum": others}));
    }
}

/// One schema for several that must all hold: later keywords stand beside earlier ones, objects are joined.
pub(super) fn merged(keywords: &Map<String, Value>, all: &[Value], definitions: &Value) -> Value {
    let mut whole = keywords.clone();
    whole.remove("allOf");
    for schema in all {
        let reference =
            schema.get("$ref").and_then(Value::as_str).and_then(|name| name.strip_prefix("#/$defs/"));
        let schema = reference.and_then(|name| definitions.get(name)).unwrap_or(schema);
        for (keyword, value) in schema.as_object().into_iter().flatten() {
            match (whole.get_mut(keyword), value) {
                (Some(Value::Object(known)), Value::Object(more)) => known.extend(more.clone()),
                (Some(Value::Array(known)), Value::Array(more)) if keyword == "required" => {
                    known.extend(more.clone());
                }
                _ => drop(whole.insert(keyword.clone(), value.clone())),
            }
        }
    }
    Value::Object(whole)
}

#[cfg(test)]
mod tests;
