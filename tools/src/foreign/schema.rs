//! JSON schemas of other drafts, and OpenAPI 3.0's, as 2020-12.
//!
//! Only the spelling changes: what the schema allows stays the same. References lead to definitions, wherever in the
//! schema they led to. Keywords that 2020-12 does not know only describe, and are left out.

use handyman_core::schema::met;
use serde_json::{Map, Value, json};

use super::references::References;

/// Keywords that only describe and that nothing here reads.
const DROPPED: [&str; 14] = [
    "$schema",
    "$id",
    "id",
    "$anchor",
    "title",
    "examples",
    "example",
    "deprecated",
    "readOnly",
    "writeOnly",
    "xml",
    "externalDocs",
    "discriminator",
    "contentMediaType",
];

/// References that are followed while a schema runs. What they lead to depends on more than the schema's text.
const FOLLOWED: [&str; 2] = ["$dynamicRef", "$recursiveRef"];

/// The schema in the spelling of 2020-12, of type object.
pub(crate) fn adopted(foreign: &Value) -> Value {
    let mut references = References::new(foreign);
    let mut schema = respelled(foreign, &mut references);
    let moved = references.definitions();
    if let Value::Object(keywords) = &mut schema {
        keywords.entry("type").or_insert(json!("object"));
        if keywords.get("type").is_some_and(|kind| kind == "object") {
            keywords.entry("properties").or_insert(json!({}));
        }
        if !moved.is_empty()
            && let Value::Object(definitions) = keywords.entry("$defs").or_insert(json!({}))
        {
            definitions.extend(moved);
        }
    }
    schema
}

pub(super) fn respelled(schema: &Value, references: &mut References<'_>) -> Value {
    let Value::Object(keywords) = schema else { return schema.clone() };
    let mut kept = Map::new();
    for (keyword, value) in keywords {
        match (keyword.as_str(), value) {
            (dropped, _) if DROPPED.contains(&dropped) || dropped.starts_with("x-") => {}
            ("definitions" | "$defs", Value::Object(named)) => {
                let named = each(named, references);
                let definitions = kept.entry("$defs").or_insert(json!({}));
                if let Value::Object(definitions) = definitions {
                    let known = std::mem::take(definitions);
                    let (under, over) = if keyword == "$defs" { (known, named) } else { (named, known) };
                    definitions.extend(under);
                    definitions.extend(over);
                }
            }
            ("properties" | "patternProperties" | "dependentSchemas", Value::Object(named)) => {
                kept.insert(keyword.clone(), each(named, references).into());
            }
            ("$ref", Value::String(target)) => {
                kept.insert(keyword.clone(), json!(references.respelled(target)));
            }
            ("items", Value::Array(items)) => {
                kept.insert("prefixItems".to_owned(), all(items, references));
            }
            ("additionalItems", rest) if keywords.get("items").is_some_and(Value::is_array) => {
                kept.insert("items".to_owned(), respelled(rest, references));
            }
            ("dependencies", Value::Object(named)) => dependencies(named, &mut kept, references),
            ("anyOf" | "allOf" | "oneOf" | "prefixItems", Value::Array(inner)) => {
                kept.insert(keyword.clone(), all(inner, references));
            }
            (
                "items"
                | "additionalProperties"
                | "not"
                | "contains"
                | "propertyNames"
                | "if"
                | "then"
                | "else"
                | "unevaluatedItems"
                | "unevaluatedProperties",
                inner,
            ) => {
                kept.insert(keyword.clone(), respelled(inner, references));
            }
            // OpenAPI's, which is respelled below.
            ("nullable", _) => drop(kept.insert(keyword.clone(), value.clone())),
            // 2020-12 knows no other keywords: they say nothing about what is allowed.
            (unknown, _) if met(unknown).is_none() && !FOLLOWED.contains(&unknown) => {}
            _ => drop(kept.insert(keyword.clone(), value.clone())),
        }
    }
    bounds(&mut kept);
    nullable(&mut kept);
    name_required(&mut kept);
    if refuses_its_default(&kept) {
        kept.shift_remove("default");
    }
    Value::Object(kept)
}

fn each(named: &Map<String, Value>, references: &mut References<'_>) -> Map<String, Value> {
    named.iter().map(|(name, schema)| (name.clone(), respelled(schema, references))).collect()
}

fn all(schemas: &[Value], references: &mut References<'_>) -> Value {
    schemas.iter().map(|schema| respelled(schema, references)).collect()
}

/// Draft 7's `dependencies`: a list of names, or a schema.
fn dependencies(named: &Map<String, Value>, kept: &mut Map<String, Value>, references: &mut References<'_>) {
    let (lists, schemas): (Map<_, _>, Map<_, _>) =
        named.clone().into_iter().partition(|(_, value)| value.is_array());
    if !lists.is_empty() {
        kept.insert("dependentRequired".to_owned(), lists.into());
    }
    if !schemas.is_empty() {
        kept.insert("dependentSchemas".to_owned(), each(&schemas, references).into());
    }
}

/// Draft 4's and OpenAPI 3.0's exclusive bounds, which say `true` beside the bound.
fn bounds(keywords: &mut Map<String, Value>) {
    for (exclusive, bound) in [("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")] {
        match keywords.get(exclusive) {
            Some(Value::Bool(true)) => {
                let value = keywords.remove(bound);
                keywords.remove(exclusive);
                if let Some(value) = value {
                    keywords.insert(exclusive.to_owned(), value);
                }
            }
            Some(Value::Bool(false)) => {
                keywords.remove(exclusive);
            }
            Some(_) | None => {}
        }
    }
}

/// OpenAPI 3.0's `nullable`.
fn nullable(keywords: &mut Map<String, Value>) {
    let is_nullable = keywords.remove("nullable") == Some(Value::Bool(true));
    if !is_nullable {
        return;
    }
    if let Some(Value::String(kind)) = keywords.get("type") {
        let kinds = json!([kind, "null"]);
        keywords.insert("type".to_owned(), kinds);
    }
    if let Some(Value::Array(values)) = keywords.get_mut("enum")
        && !values.contains(&Value::Null)
    {
        values.push(Value::Null);
    }
}

/// Whether a schema does not allow its own default, which would mislead a model then.
fn refuses_its_default(keywords: &Map<String, Value>) -> bool {
    let Some(default) = keywords.get("default") else { return false };
    let bound = |keyword: &str| keywords.get(keyword).and_then(Value::as_f64);
    let is_outside = |value: f64| {
        bound("minimum").is_some_and(|least| value < least)
            || bound("maximum").is_some_and(|most| value > most)
            || bound("exclusiveMinimum").is_some_and(|least| value <= least)
            || bound("exclusiveMaximum").is_some_and(|most| value >= most)
    };
    let named = keywords.get("enum").and_then(Value::as_array);
    default.as_f64().is_some_and(is_outside) || named.is_some_and(|named| !named.contains(default))
}

/// Names that are required and not described may be anything.
fn name_required(keywords: &mut Map<String, Value>) {
    let Some(Value::Array(required)) = keywords.get("required").cloned() else { return };
    if let Some(Value::Object(properties)) = keywords.get_mut("properties") {
        for name in required.iter().filter_map(Value::as_str) {
            properties.entry(name).or_insert(json!({}));
        }
    }
}
