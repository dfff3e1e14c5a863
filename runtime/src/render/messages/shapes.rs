//! Schemas in the shapes that chat templates read.
//!
//! Templates are written for plain schemas: a list says of what, and a type is one word. Of others, some templates
//! fail and some recurse without end. Only what is shown is brought into these shapes; what may be written is not.

use handyman_core::schema::shown;
use serde_json::{Map, Value, json};

/// Keywords that one of several types may have.
const OF_ARRAYS: [&str; 2] = ["items", "prefixItems"];
const OF_OBJECTS: [&str; 3] = ["properties", "required", "additionalProperties"];

/// The schema as templates are given it: without our own keywords, no schema but an object, every list with its
/// items, no list of types.
pub(super) fn regular(schema: &Value) -> Value {
    regular_inside(&shown(schema))
}

fn regular_inside(schema: &Value) -> Value {
    let Value::Object(keywords) = schema else { return json!({}) };
    let inside = |(keyword, value): (&String, &Value)| {
        let value = match (keyword.as_str(), value) {
            ("properties" | "patternProperties" | "dependentSchemas" | "$defs", Value::Object(named)) => {
                named.iter().map(|(name, inner)| (name.clone(), regular_inside(inner))).collect()
            }
            ("anyOf" | "allOf" | "oneOf" | "prefixItems", Value::Array(inner)) => {
                inner.iter().map(regular_inside).collect()
            }
            ("items" | "contains" | "propertyNames" | "not" | "if" | "then" | "else", inner) => {
                regular_inside(inner)
            }
            // Whether there may be others is said by a truth value in every template.
            ("additionalProperties" | "unevaluatedProperties" | "unevaluatedItems", inner)
                if inner.is_object() =>
            {
                regular_inside(inner)
            }
            (_, other) => other.clone(),
        };
        (keyword.clone(), value)
    };
    let mut keywords: Map<String, Value> = keywords.iter().map(inside).collect();
    one_type(&mut keywords);
    if keywords.get("type").is_some_and(|kind| kind == "array") {
        keywords.entry("items").or_insert(json!({}));
    }
    keywords.into()
}

/// One type instead of a list of types: `null` is left out, others become alternatives.
fn one_type(keywords: &mut Map<String, Value>) {
    let Some(Value::Array(kinds)) = keywords.get("type") else { return };
    let not_null: Vec<Value> = kinds.iter().filter(|kind| **kind != "null").cloned().collect();
    let kinds = if not_null.is_empty() { kinds.clone() } else { not_null };
    if let [one] = kinds.as_slice() {
        keywords.insert("type".to_owned(), one.clone());
        return;
    }
    let own = std::mem::take(keywords);
    let has_alternatives = own.contains_key("anyOf");
    let moves = |keyword: &String| {
        let keyword = keyword.as_str();
        !has_alternatives && (OF_ARRAYS.contains(&keyword) || OF_OBJECTS.contains(&keyword))
    };
    let alternative = |kind: &Value| {
        let of_this: &[&str] = match kind.as_str() {
            Some("array") => &OF_ARRAYS,
            Some("object") => &OF_OBJECTS,
            Some(_) | None => &[],
        };
        let mut alternative = Map::from_iter([("type".to_owned(), kind.clone())]);
        let its = own.iter().filter(|(keyword, _)| of_this.contains(&keyword.as_str()));
        alternative.extend(its.map(|(keyword, value)| (keyword.clone(), value.clone())));
        if kind == "array" {
            alternative.entry("items").or_insert(json!({}));
        }
        Value::Object(alternative)
    };
    let alternatives: Value = kinds.iter().map(alternative).collect();
    for (keyword, value) in &own {
        match keyword.as_str() {
            // Alternatives of its own say more than the types do.
            "type" if has_alternatives => {}
            "type" => drop(keywords.insert("anyOf".to_owned(), alternatives.clone())),
            _ if moves(keyword) => {}
            _ => drop(keywords.insert(keyword.clone(), value.clone())),
        }
    }
}
