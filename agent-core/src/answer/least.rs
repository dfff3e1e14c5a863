//! The least that a schema asks for, and values made to fit it.

use std::collections::HashMap;

use serde_json::{Map, Value, json};

use crate::provenance::escaped;

/// References and alternatives followed inside one another.
const DEPTH_MAX: usize = 32;

/// A value that fits the schema as far as that can be made up, out of what there is of it. Pointers to what was
/// made up are added, and those of objects that were `cut` and name their own fields: some of them may be missing.
pub(super) fn fitted(
    written: Option<Value>,
    cut: &[String],
    schema: &Value,
    made_up: &mut Vec<String>,
) -> Option<Value> {
    Fit { root: schema, cut, made_up, depth: 0, known: HashMap::new() }.value(written, schema, "")
}

struct Fit<'a> {
    root: &'a Value,
    /// Pointers to objects that were cut off.
    cut: &'a [String],
    made_up: &'a mut Vec<String>,
    depth: usize,
    /// What a definition came to, by pointer, name, and whether something was written there. Alternatives that share definitions
    /// would be tried again and again.
    known: HashMap<(String, String, bool), Option<Made>>,
}

/// A value, and the pointers to what of it was made up.
type Made = (Value, Vec<String>);

impl Fit<'_> {
    fn value(&mut self, written: Option<Value>, schema: &Value, at: &str) -> Option<Value> {
        if self.depth > DEPTH_MAX {
            return None;
        }
        self.depth += 1;
        let fitted = self.fitted(written, schema, at);
        self.depth -= 1;
        fitted
    }

    fn fitted(&mut self, written: Option<Value>, schema: &Value, at: &str) -> Option<Value> {
        if let Some(name) = schema["$ref"].as_str().and_then(|name| name.strip_prefix("#/$defs/")) {
            return self.definition(written, name, at);
        }
        if let Some(options) = schema["anyOf"].as_array() {
            return self.alternative(written.as_ref(), options, at);
        }
        match written {
            Some(Value::Object(fields)) if is(schema, "object") => self.object(fields, schema, at),
            Some(Value::Array(items)) if is(schema, "array") => self.array(items, schema, at),
            Some(value) if self.fits(&value, schema) => Some(value),
            Some(_) | None => {
                self.made_up.push(at.to_owned());
                self.least(schema, at)
            }
        }
    }

    /// What a definition comes to here; nothing while that is being found out, for then it refers to itself.
    fn definition(&mut self, written: Option<Value>, name: &str, at: &str) -> Option<Value> {
        let root = self.root;
        let definition = root["$defs"].get(name)?;
        let key = (at.to_owned(), name.to_owned(), written.is_some());
        if let Some(known) = self.known.get(&key) {
            let (value, made_up) = known.clone()?;
            self.made_up.extend(made_up);
            return Some(value);
        }
        self.known.insert(key.clone(), None);
        let before = self.made_up.len();
        let value = self.value(written, definition, at)?;
        self.known.insert(key, Some((value.clone(), self.made_up[before..].to_vec())));
        Some(value)
    }

    /// The first alternative that what is there fits, or that can be made up.
    fn alternative(&mut self, written: Option<&Value>, options: &[Value], at: &str) -> Option<Value> {
        let before = self.made_up.len();
        let mut best: Option<(usize, Value, Vec<String>)> = None;
        for option in options {
            let value = self.value(written.cloned(), option, at);
            let made_up = self.made_up.split_off(before);
            let Some(value) = value.filter(|value| self.fits(value, option)) else { continue };
            if best.as_ref().is_none_or(|(fewest, _, _)| made_up.len() < *fewest) {
                best = Some((made_up.len(), value, made_up));
            }
        }
        let (_, value, made_up) = best?;
        self.made_up.extend(made_up);
        Some(value)
    }

    fn object(&mut self, mut fields: Map<String, Value>, schema: &Value, at: &str) -> Option<Value> {
        let required: Vec<&str> = names(&schema["required"]).collect();
        let mut fitted = Map::new();
        for (name, property) in schema["properties"].as_object().into_iter().flatten() {
            let here = format!("{at}/{}", escaped(name));
            let written = fields.shift_remove(name);
            if written.is_some() || required.contains(&name.as_str()) {
                let needed = required.contains(&name.as_str());
                match self.value(written, property, &here) {
                    Some(value) => drop(fitted.insert(name.clone(), value)),
                    None if needed => return None,
                    None => {}
                }
            }
        }
        if takes_others(schema) && self.cut.iter().any(|cut| cut == at) {
            self.made_up.push(at.to_owned());
        }
        for (name, field) in fields {
            let value = match of_other(&name, schema) {
                Some(of) if of.is_object() => {
                    self.value(Some(field), of, &format!("{at}/{}", escaped(&name)))
                }
                Some(Value::Bool(false)) => None,
                Some(_) | None => Some(field),
            };
            fitted.extend(value.map(|value| (name, value)));
        }
        Some(fitted.into())
    }

    fn array(&mut self, items: Vec<Value>, schema: &Value, at: &str) -> Option<Value> {
        let count = |name: &str| schema[name].as_u64().and_then(|count| usize::try_from(count).ok());
        let most = count("maxItems").unwrap_or(usize::MAX);
        let mut fitted = Vec::new();
        // The first items may have schemas of their own.
        let of = |index: usize| schema["prefixItems"].get(index).or(schema.get("items"));
        for (index, item) in items.into_iter().take(most).enumerate() {
            match of(index) {
                Some(of) => fitted.extend(self.value(Some(item), of, &format!("{at}/{index}"))),
                None => fitted.push(item),
            }
        }
        let least = count("minItems").unwrap_or(0);
        while fitted.len() < least {
            let (index, any) = (fitted.len(), Value::Bool(true));
            fitted.push(self.value(None, of(index).unwrap_or(&any), &format!("{at}/{index}"))?);
        }
        Some(fitted.into())
    }

    fn least(&mut self, schema: &Value, at: &str) -> Option<Value> {
        if let Some(value) = schema.get("const") {
            return Some(value.clone());
        }
        if let Some(values) = schema["enum"].as_array() {
            return values.iter().find(|value| value.is_null()).or(values.first()).cloned();
        }
        let kinds = kinds(schema);
        match kinds.iter().find(|kind| **kind == "null").or(kinds.first()).copied() {
            Some("boolean") => Some(Value::Bool(false)),
            Some("integer" | "number") => Some(number(schema)),
            Some("string") => {
                let length = schema["minLength"].as_u64().and_then(|length| usize::try_from(length).ok());
                Some("-".repeat(length.unwrap_or(0)).into())
            }
            Some("array") => self.array(Vec::new(), schema, at),
            Some("object") => self.object(Map::new(), schema, at),
            Some(_) | None => Some(Value::Null),
        }
    }

    fn fits(&self, value: &Value, schema: &Value) -> bool {
        let mut schema = schema.clone();
        if let (Some(keywords), Some(definitions)) = (schema.as_object_mut(), self.root.get("$defs")) {
            keywords.insert("$defs".to_owned(), definitions.clone());
        }
        is_valid(&schema, value)
    }
}

/// Whether an object names fields of its own, as a map does. Where its schema names some and speaks of no others, none
/// are written.
fn takes_others(schema: &Value) -> bool {
    let others = schema.get("additionalProperties");
    schema.get("patternProperties").is_some()
        || others.map_or(schema.get("properties").is_none(), |others| *others != Value::Bool(false))
}

/// The schema of a field that an object's does not name: by a pattern, or that of all others.
fn of_other<'s>(name: &str, schema: &'s Value) -> Option<&'s Value> {
    let patterns = schema["patternProperties"].as_object();
    let matches = |pattern: &str| is_valid(&json!({"pattern": pattern}), &name.into());
    let by_pattern = patterns.into_iter().flatten().find(|(pattern, _)| matches(pattern));
    by_pattern.map(|(_, of)| of).or(schema.get("additionalProperties"))
}

/// Whether a value fits a schema that can be read by itself: a part of one in an older draft may not be.
fn is_valid(schema: &Value, value: &Value) -> bool {
    jsonschema::validator_for(schema).is_ok_and(|validator| validator.is_valid(value))
}

/// The number nearest to zero that the bounds allow.
fn number(schema: &Value) -> Value {
    let bound = |name: &str| schema[name].as_f64();
    let whole = kinds(schema).contains(&"integer");
    let step = bound("multipleOf").unwrap_or(if whole { 1.0 } else { 0.0 });
    let beyond = if step > 0.0 { step.min(1.0) } else { 1.0 };
    let above = bound("exclusiveMinimum").map(|least| least + beyond);
    let below = bound("exclusiveMaximum").map(|most| most - beyond);
    let least = bound("minimum").into_iter().chain(above).fold(f64::NEG_INFINITY, f64::max);
    let most = bound("maximum").into_iter().chain(below).fold(f64::INFINITY, f64::min);
    let nearest = 0.0_f64.max(least).min(most);
    let nearest = if step > 0.0 {
        if nearest < 0.0 { (nearest / step).floor() * step } else { (nearest / step).ceil() * step }
    } else {
        nearest
    };
    #[expect(
        clippy::cast_possible_truncation,
        reason = "a whole number; what is too large does not fit and is refused"
    )]
    if whole || nearest.fract() == 0.0 { (nearest as i64).into() } else { nearest.into() }
}

fn is(schema: &Value, kind: &str) -> bool {
    kinds(schema).contains(&kind)
}

fn kinds(schema: &Value) -> Vec<&str> {
    let kind = &schema["type"];
    kind.as_str().map_or_else(|| names(kind).collect(), |only| vec![only])
}

fn names(list: &Value) -> impl Iterator<Item = &str> {
    list.as_array().into_iter().flatten().filter_map(Value::as_str)
}
