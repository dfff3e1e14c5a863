//! A schema's texts and its other values, apart: families that write texts bare have to know which is which.

use std::borrow::Cow;
use std::collections::{BTreeSet, VecDeque};

use handyman_core::schema::{self, FROM, Met, VERBATIM};
use serde_json::{Map, Value, json};

/// How far one goes inside a schema; more can only be a loop.
pub(super) const DEPTH_MAX: usize = 64;

/// Schemas that are looked into for alternatives; more can only be a loop that never comes to the same again.
const SEEN_MAX: usize = 512;

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
    let mut seen = Vec::new();
    let mut parts = Parts::default();
    collect(schema, (definitions, 0), &mut seen, &mut parts);
    // References to nothing but one another.
    if parts == Parts::default() && !seen.is_empty() {
        any(&mut parts);
    }
    parts
}

/// The definition that a schema refers to.
pub(super) fn reference(schema: &Value) -> Option<&str> {
    schema.get("$ref")?.as_str()?.strip_prefix("#/$defs/")
}

/// Adds the alternatives of a schema. What has been seen adds nothing when it comes again.
fn collect(schema: &Value, (definitions, depth): (&Value, usize), seen: &mut Vec<Value>, parts: &mut Parts) {
    if *schema == Value::Bool(false) {
        return;
    }
    let Some(keywords) = schema.as_object().filter(|_| depth < DEPTH_MAX && seen.len() < SEEN_MAX) else {
        return any(parts);
    };
    let inside = (definitions, depth + 1);
    if keywords.contains_key("$ref") || keywords.contains_key("allOf") {
        if seen.contains(schema) {
            return;
        }
        seen.push(schema.clone());
    }
    if joins(schema) {
        return collect(&whole(schema, definitions), inside, seen, parts);
    }
    if keywords.contains_key("$ref") {
        let target = reference(schema).and_then(|name| definitions.get(name));
        return collect(target.unwrap_or(&Value::Bool(true)), inside, seen, parts);
    }
    if let Some(options) = alternatives(schema) {
        return options.iter().for_each(|option| collect(option, inside, seen, parts));
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

/// Whether a keyword says which values fit.
fn says(keyword: &str) -> bool {
    let also = ["oneOf", "patternProperties"].contains(&keyword);
    also || (keyword != "$defs" && schema::met(keyword) == Some(Met::WhileWriting))
}

/// Whether a schema asks for what others ask for as well.
pub(super) fn joins(schema: &Value) -> bool {
    let beside =
        |keywords: &Map<String, Value>| keywords.keys().any(|keyword| keyword != "$ref" && says(keyword));
    schema.get("allOf").is_some() || (schema.get("$ref").is_some() && schema.as_object().is_some_and(beside))
}

/// Whether a schema says that nothing fits.
pub(super) fn is_nothing(schema: &Value) -> bool {
    let empty = |keyword| schema.get(keyword).and_then(Value::as_array).is_some_and(Vec::is_empty);
    *schema == Value::Bool(false) || ["enum", "anyOf", "oneOf", "type"].into_iter().any(empty)
}

/// The alternatives of a schema, each with what is asked for beside them; `None` where it has none.
pub(super) fn alternatives(schema: &Value) -> Option<Vec<Value>> {
    let keywords = schema.as_object()?;
    let (name, options) = ["anyOf", "oneOf"]
        .into_iter()
        .find_map(|name| keywords.get(name)?.as_array().map(|options| (name, options)))?;
    let beside = keywords.iter().filter(|(keyword, _)| *keyword != name && says(keyword));
    let beside: Map<String, Value> =
        beside.map(|(keyword, value)| (keyword.clone(), value.clone())).collect();
    let options = options.iter().filter(|option| !is_nothing(option));
    let each = options
        .map(|option| if beside.is_empty() { option.clone() } else { json!({"allOf": [beside, option]}) });
    Some(each.collect())
}

/// The objects that arguments of this schema may be, none of which has alternatives.
pub(crate) fn shapes(parameters: &Value, definitions: &Value) -> Vec<Value> {
    let (mut shapes, mut seen) = (Vec::new(), Vec::new());
    let mut waiting = VecDeque::from([parameters.clone()]);
    while let Some(schema) = waiting.pop_front().filter(|_| seen.len() < SEEN_MAX) {
        let schema = whole(&schema, definitions).into_owned();
        match alternatives(&schema) {
            _ if seen.contains(&schema) => continue,
            Some(options) => waiting.extend(options),
            None => shapes.push(schema.clone()),
        }
        seen.push(schema);
    }
    shapes
}

/// A schema with all that its `allOf` and `$ref` ask for, its definitions' too: later keywords stand beside earlier ones,
/// objects are joined. A definition is joined once, however often it is included.
pub(crate) fn whole<'s>(schema: &'s Value, definitions: &Value) -> Cow<'s, Value> {
    if schema.get("allOf").is_none() && schema.get("$ref").is_none() {
        return Cow::Borrowed(schema);
    }
    let mut whole = Map::new();
    let mut included = BTreeSet::new();
    let mut waiting = VecDeque::from([(None, schema)]);
    while let Some((of, schema)) = waiting.pop_front() {
        let target = reference(schema).and_then(|name| Some((name, definitions.get(name)?)));
        for (keyword, value) in schema.as_object().into_iter().flatten() {
            match (keyword.as_str(), value) {
                ("allOf", Value::Array(more)) => waiting.extend(more.iter().map(|more| (None, more))),
                ("anyOf" | "oneOf", Value::Array(kinds)) if lists(kinds, of, definitions) => {}
                ("$ref", _) if target.is_some() => {}
                _ => join(&mut whole, keyword, value),
            }
        }
        if let Some((name, target)) = target
            && included.insert(name)
        {
            waiting.push_front((Some(name), target));
        }
    }
    Cow::Owned(whole.into())
}

/// Whether these alternatives of a definition are its own kinds, as `OpenAPI` documents list them: one of them asks for all
/// that the definition asks for. Which kind it is, that one says itself.
fn lists(kinds: &[Value], of: Option<&str>, definitions: &Value) -> bool {
    let Some(of) = of else { return false };
    let mut seen = BTreeSet::new();
    let mut waiting: Vec<&str> = kinds.iter().filter_map(reference).collect();
    while let Some(name) = waiting.pop() {
        let Some(kind) = definitions.get(name).filter(|_| seen.insert(name)) else { continue };
        let asked = kind.get("allOf").and_then(Value::as_array).into_iter().flatten().chain([kind]);
        let asked: Vec<&str> = asked.filter_map(reference).collect();
        if asked.contains(&of) {
            return true;
        }
        waiting.extend(asked);
    }
    false
}

fn join(whole: &mut Map<String, Value>, keyword: &str, value: &Value) {
    let refers = |schema: &Map<String, Value>| schema.contains_key("$ref") || schema.contains_key("allOf");
    match (whole.get_mut(keyword), value) {
        (Some(Value::Object(known)), Value::Object(more)) if keyword == "properties" => {
            for (name, more) in more {
                join(known, name, more);
            }
        }
        // Joined with what refers to others, it would be a new schema at every turn of a loop.
        (Some(Value::Object(known)), Value::Object(_)) if refers(known) => {}
        (Some(Value::Object(known)), Value::Object(more)) if !refers(more) => known.extend(more.clone()),
        (Some(Value::Array(known)), Value::Array(more)) if keyword == "required" => {
            let new: Vec<Value> = more.iter().filter(|name| !known.contains(name)).cloned().collect();
            known.extend(new);
        }
        _ => drop(whole.insert(keyword.to_owned(), value.clone())),
    }
}

#[cfg(test)]
mod tests;
