//! Properties beside alternatives, as flattened enums have them, become alternatives with all properties.

use serde_json::{Map, Value, json};

/// Alternatives that are written out where several flattened enums meet; with more they stay apart.
const MERGED_MAX: usize = 64;

/// Puts the properties of an object into each of its alternatives. An object can only be closed by a schema that
/// names all of its properties, and a grammar follows either properties or alternatives.
pub(super) fn merge_alternatives(keywords: &mut Map<String, Value>) {
    let Some(groups) = groups(keywords) else { return };
    let mut base = Map::new();
    for keyword in ["type", "properties", "required", "additionalProperties"] {
        base.extend(keywords.shift_remove(keyword).map(|value| (keyword.to_owned(), value)));
    }
    // Written so where what else there may be depends on the alternatives, which are whole now.
    if let Some(others) = keywords.shift_remove("unevaluatedProperties") {
        base.insert("additionalProperties".to_owned(), others);
    }
    keywords.shift_remove("allOf");
    keywords.shift_remove("anyOf");
    base.entry("type").or_insert(json!("object"));
    let merged = groups.iter().fold(vec![base], |before, group| {
        let pairs = before.iter().flat_map(|base| group.iter().map(move |option| joined(base, option)));
        pairs.collect()
    });
    if let [one] = merged.as_slice() {
        for (keyword, value) in one {
            keywords.entry(keyword).or_insert_with(|| value.clone());
        }
    } else {
        keywords.insert("type".to_owned(), json!("object"));
        keywords.insert("anyOf".to_owned(), merged.into_iter().map(Value::Object).collect());
    }
}

/// The alternatives that stand beside properties or beside one another, if they can all be merged.
fn groups(keywords: &Map<String, Value>) -> Option<Vec<Vec<Map<String, Value>>>> {
    let mut groups: Vec<Vec<Map<String, Value>>> = Vec::new();
    for part in keywords.get("allOf").and_then(Value::as_array).into_iter().flatten() {
        groups.push(group(part.as_object().filter(|part| part.len() == 1)?)?);
    }
    if keywords.contains_key("anyOf") {
        groups.push(group(keywords)?);
    }
    // Other names may be there as well where a map is flattened too.
    let others = ["unevaluatedProperties", "additionalProperties"].map(|keyword| keywords.get(keyword));
    let has_others = others.into_iter().flatten().any(|others| *others != json!(false));
    let is_beside = keywords.contains_key("properties") || has_others || groups.len() > 1;
    let count = groups.iter().try_fold(1_usize, |count, group| count.checked_mul(group.len()))?;
    (is_beside && !groups.is_empty() && count <= MERGED_MAX && !keywords.contains_key("$ref"))
        .then_some(groups)
}

/// Alternatives that are all objects of their own.
fn group(keywords: &Map<String, Value>) -> Option<Vec<Map<String, Value>>> {
    let options = keywords.get("oneOf").or_else(|| keywords.get("anyOf"))?.as_array()?;
    let mut objects = Vec::new();
    for option in options {
        let option = option.as_object().filter(|option| is_object(option))?;
        match option.get("oneOf").or_else(|| option.get("anyOf")) {
            // An optional enum: its own alternatives, or nothing.
            Some(_) if option.len() == 1 => objects.extend(group(option)?),
            Some(_) => return None,
            None => objects.push(option.clone()),
        }
    }
    Some(objects)
}

fn is_object(option: &Map<String, Value>) -> bool {
    let refers = ["$ref", "allOf"].iter().any(|keyword| option.contains_key(*keyword));
    option.get("type").is_none_or(|kind| kind == "object") && !refers
}

/// An alternative with what stands beside it.
fn joined(base: &Map<String, Value>, option: &Map<String, Value>) -> Map<String, Value> {
    let mut joined = base.clone();
    for (keyword, value) in option {
        match (joined.get_mut(keyword), value) {
            (Some(Value::Object(known)), Value::Object(more)) if keyword == "properties" => {
                known.extend(more.clone());
            }
            (Some(Value::Array(known)), Value::Array(more)) if keyword == "required" => {
                let new: Vec<Value> = more.iter().filter(|name| !known.contains(name)).cloned().collect();
                known.extend(new);
            }
            _ => drop(joined.insert(keyword.clone(), value.clone())),
        }
    }
    joined
}
