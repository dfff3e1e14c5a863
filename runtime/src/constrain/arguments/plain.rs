//! A schema as llguidance is given it: only what it enforces, with the white space that models are trained on.

use handyman_core::schema::{self, FROM, VERBATIM};
use serde_json::{Map, Value, json};

use super::parts::{alternatives, joins, whole};
use super::scope::Scope;

/// Schemas that are joined for one value; what joins more can only be a loop that never comes to the same again.
const JOINED_MAX: usize = 1_024;

/// Lengths and counts from here on are left to the check before the tool runs.
const COUNT_MAX: u64 = 65_536;

/// Numbers from here on are no longer all whole ones in a float, as which llguidance reads bounds: 2^53.
pub(super) const EXACT_MAX: f64 = 9_007_199_254_740_992.0;

impl Scope<'_> {
    /// A schema for llguidance, with the definitions that it may come to.
    pub(super) fn plain(self, schema: &Value) -> Value {
        let mut enforced = Enforced::new(self.definitions);
        let mut plain = enforced.schema(schema);
        if let Value::Object(keywords) = &mut plain {
            let definitions = enforced.reached(keywords);
            if !definitions.is_empty() {
                keywords.insert("$defs".to_owned(), definitions.into());
            }
            let spacing =
                json!({"whitespace_flexible": false, "item_separator": ", ", "key_separator": ": "});
            keywords.insert("x-guidance".to_owned(), spacing);
        }
        plain
    }
}

/// Schemas without what only describes.
struct Enforced<'a> {
    definitions: &'a Value,
    /// Schemas that join others, which become definitions: what they join may contain them again.
    joined: Vec<Value>,
    /// What the names of these begin with, and no other's.
    prefix: String,
}

impl<'a> Enforced<'a> {
    fn new(definitions: &'a Value) -> Self {
        let mut prefix = "all".to_owned();
        let mut names = definitions.as_object().into_iter().flat_map(Map::keys);
        while names.any(|name| name.starts_with(&prefix)) {
            prefix.push('_');
            names = definitions.as_object().into_iter().flat_map(Map::keys);
        }
        Self { definitions, joined: Vec::new(), prefix }
    }

    /// The definitions that a schema comes to, and those that joined schemas have become.
    fn reached(mut self, schema: &Map<String, Value>) -> Map<String, Value> {
        let (mut reached, mut waiting) = (Map::new(), Vec::new());
        schema.values().for_each(|inner| references(inner, &mut waiting));
        waiting.extend(schema.get("$ref").and_then(Value::as_str).map(str::to_owned));
        while let Some(target) = waiting.pop() {
            let Some(name) = target.strip_prefix("#/$defs/").filter(|name| !reached.contains_key(*name))
            else {
                continue;
            };
            let joined =
                name.strip_prefix(&self.prefix).and_then(|at| self.joined.get(at.parse::<usize>().ok()?));
            let definition = match joined {
                Some(joined) => whole(joined, self.definitions).into_owned(),
                None => self.definitions.get(name).cloned().unwrap_or(Value::Bool(true)),
            };
            let definition = self.schema(&definition);
            references(&definition, &mut waiting);
            reached.insert(name.to_owned(), definition);
        }
        reached
    }

    /// Objects that list their properties get no others: a model must not invent arguments.
    fn schema(&mut self, schema: &Value) -> Value {
        let Value::Object(keywords) = schema else { return schema.clone() };
        if joins(schema) {
            return self.reference(schema);
        }
        // Which of `oneOf` it is, is checked afterwards.
        if let Some(options) = alternatives(schema) {
            let options: Vec<Value> = options.iter().map(|option| self.option(option)).collect();
            return json!({"anyOf": options});
        }
        let mut kept = Map::new();
        let is_text = |kind: &Value| {
            kind == "string" || kind.as_array().is_some_and(|kinds| kinds.contains(&"string".into()))
        };
        let of_text = keywords.get("type").is_none_or(is_text);
        for (keyword, inner) in keywords {
            let inner = match keyword.as_str() {
                "properties" | "patternProperties" => self.each(inner).into(),
                "items" | "additionalProperties" => self.schema(inner),
                "prefixItems" => self.all(inner),
                VERBATIM | FROM | "$defs" => continue,
                keyword if schema::met(keyword) != Some(schema::Met::WhileWriting) => continue,
                // `format` of a number only names a width, which its bounds repeat.
                "format" if !of_text || !inner.as_str().is_some_and(schema::is_enforced_format) => continue,
                keyword => match limit(keyword, inner) {
                    Some(limit) => limit,
                    None => continue,
                },
            };
            kept.insert(keyword.clone(), inner);
        }
        if kept.contains_key("properties") && !kept.contains_key("additionalProperties") {
            kept.insert("additionalProperties".to_owned(), Value::Bool(false));
        }
        Value::Object(kept)
    }

    /// An alternative, with what is asked for beside it. Without references it cannot contain itself.
    fn option(&mut self, option: &Value) -> Value {
        let joined = option.get("allOf").and_then(Value::as_array).into_iter().flatten();
        let refers = |schema: &Value| schema.get("$ref").is_some() || schema.get("allOf").is_some();
        let whole = if joined.clone().any(refers) { None } else { Some(whole(option, self.definitions)) };
        match whole {
            Some(whole) if option.get("allOf").is_some() => self.schema(&whole),
            Some(_) | None => self.schema(option),
        }
    }

    /// A reference to the definition that a joined schema becomes.
    fn reference(&mut self, schema: &Value) -> Value {
        let known = self.joined.iter().position(|joined| joined == schema);
        let at = known.unwrap_or_else(|| {
            self.joined.push(schema.clone());
            self.joined.len() - 1
        });
        if at >= JOINED_MAX {
            self.joined.truncate(JOINED_MAX);
            return json!({});
        }
        json!({"$ref": format!("#/$defs/{}{at}", self.prefix)})
    }

    fn each(&mut self, named: &Value) -> Map<String, Value> {
        let entries = named.as_object().into_iter().flatten();
        entries.map(|(name, inner)| (name.clone(), self.schema(inner))).collect()
    }

    fn all(&mut self, schemas: &Value) -> Value {
        schemas.as_array().into_iter().flatten().map(|schema| self.schema(schema)).collect()
    }
}

/// The places that a schema for llguidance refers to.
fn references(schema: &Value, found: &mut Vec<String>) {
    match schema {
        Value::Array(schemas) => schemas.iter().for_each(|inner| references(inner, found)),
        Value::Object(keywords) => {
            for (keyword, inner) in keywords {
                match (keyword.as_str(), inner) {
                    ("$ref", Value::String(target)) => found.push(target.clone()),
                    _ => references(inner, found),
                }
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// A limit as llguidance takes it; `None` for one that is left to the check before the tool runs.
fn limit(keyword: &str, value: &Value) -> Option<Value> {
    match keyword {
        "minLength" | "maxLength" | "minItems" | "maxItems" => count(value).map(Value::from),
        "minimum" | "maximum" | "exclusiveMinimum" | "exclusiveMaximum" => {
            value.as_f64().filter(|bound| bound.abs() < EXACT_MAX).map(|_| value.clone())
        }
        _ => Some(value.clone()),
    }
}

/// A length or a count, also where it is written as `10.0`; `None` for one too large to be counted.
pub(super) fn count(value: &Value) -> Option<u64> {
    let whole = || value.as_f64().filter(|count| count.fract() == 0.0)?.to_string().parse::<u64>().ok();
    value.as_u64().or_else(whole).filter(|count| *count < COUNT_MAX)
}

#[cfg(test)]
mod tests;
