//! JSON schemas of other drafts, and OpenAPI 3.0's, as 2020-12.
//!
//! Only the spelling changes: what the schema allows stays the same. References are kept where they lead
//! into the schema itself.

use serde_json::{Map, Value, json};

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

/// The schema in the spelling of 2020-12, of type object.
pub(crate) fn adopted(foreign: &Value) -> Value {
    let mut schema = respelled(foreign);
    if let Value::Object(keywords) = &mut schema {
        keywords.entry("type").or_insert(json!("object"));
        if keywords.get("type").is_some_and(|kind| kind == "object") {
            keywords.entry("properties").or_insert(json!({}));
        }
    }
    schema
}

fn respelled(schema: &Value) -> Value {
    let Value::Object(keywords) = schema else { return schema.clone() };
    let mut kept = Map::new();
    for (keyword, value) in keywords {
        match (keyword.as_str(), value) {
            (dropped, _) if DROPPED.contains(&dropped) || dropped.starts_with("x-") => {}
            ("definitions" | "$defs", Value::Object(named)) => {
                kept.insert("$defs".to_owned(), each(named));
            }
            ("properties" | "patternProperties" | "dependentSchemas", Value::Object(named)) => {
                kept.insert(keyword.clone(), each(named));
            }
            ("$ref", Value::String(target)) => {
                let target = target.replacen("#/definitions/", "#/$defs/", 1);
                kept.insert(keyword.clone(), json!(target.replacen("#/components/schemas/", "#/$defs/", 1)));
            }
            ("items", Value::Array(items)) => {
                kept.insert("prefixItems".to_owned(), items.iter().map(respelled).collect());
            }
            ("additionalItems", rest) if keywords.get("items").is_some_and(Value::is_array) => {
                kept.insert("items".to_owned(), respelled(rest));
            }
            ("additionalItems", _) => {}
            ("dependencies", Value::Object(named)) => dependencies(named, &mut kept),
            ("anyOf" | "allOf" | "oneOf" | "prefixItems", Value::Array(inner)) => {
                kept.insert(keyword.clone(), inner.iter().map(respelled).collect());
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
                kept.insert(keyword.clone(), respelled(inner));
            }
            _ => {
                kept.insert(keyword.clone(), value.clone());
            }
        }
    }
    bounds(&mut kept);
    nullable(&mut kept);
    name_required(&mut kept);
    Value::Object(kept)
}

fn each(named: &Map<String, Value>) -> Value {
    named.iter().map(|(name, schema)| (name.clone(), respelled(schema))).collect::<Map<_, _>>().into()
}

/// Draft 7's `dependencies`: a list of names, or a schema.
fn dependencies(named: &Map<String, Value>, kept: &mut Map<String, Value>) {
    let (lists, schemas): (Vec<_>, Vec<_>) = named.iter().partition(|(_, value)| value.is_array());
    if !lists.is_empty() {
        let lists: Map<String, Value> =
            lists.into_iter().map(|(name, value)| (name.clone(), value.clone())).collect();
        kept.insert("dependentRequired".to_owned(), lists.into());
    }
    if !schemas.is_empty() {
        let schemas: Map<String, Value> =
            schemas.into_iter().map(|(name, value)| (name.clone(), respelled(value))).collect();
        kept.insert("dependentSchemas".to_owned(), schemas.into());
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

/// Names that are required and not described may be anything.
fn name_required(keywords: &mut Map<String, Value>) {
    let Some(Value::Array(required)) = keywords.get("required").cloned() else { return };
    if let Some(Value::Object(properties)) = keywords.get_mut("properties") {
        for name in required.iter().filter_map(Value::as_str) {
            properties.entry(name).or_insert(json!({}));
        }
    }
}
