//! What a schema expects, in a few words, for whoever got it wrong.

use std::collections::HashSet;
use std::fmt::Write as _;
use std::ptr;

use serde_json::Value;

/// Names in a list before it is cut.
const NAMED_MAX: usize = 12;
/// Alternatives followed inside one another.
const DEPTH_MAX: usize = 16;

/// Keywords that hold parts of a schema about the same value.
const PARTS: [&str; 3] = ["anyOf", "oneOf", "allOf"];

/// A search through alternatives. A schema may refer to itself, or to the same definition again and again: none is
/// looked at twice, for it would say nothing new.
struct Search<'s> {
    root: &'s Value,
    seen: HashSet<*const Value>,
    depth: usize,
}

/// What is expected at a place of the arguments, given by its names and indexes; nothing where the
/// schema does not say.
#[must_use]
pub fn expected<'a>(parameters: &Value, place: impl IntoIterator<Item = &'a str>) -> Option<String> {
    let mut schema = parameters;
    for step in place {
        schema = Search::new(parameters).step_into(schema, step)?;
    }
    Search::new(parameters).in_words(schema)
}

impl<'s> Search<'s> {
    fn new(root: &'s Value) -> Self {
        Self { root, seen: HashSet::new(), depth: 0 }
    }

    fn step_into(&mut self, schema: &'s Value, step: &str) -> Option<&'s Value> {
        self.once(schema, |search, schema| {
            let direct = schema.get("properties").and_then(|properties| properties.get(step));
            let item = || {
                let index = step.parse::<usize>().ok()?;
                schema.get("prefixItems").and_then(|items| items.get(index)).or(schema.get("items"))
            };
            let mut parts = PARTS.iter().filter_map(|keyword| schema.get(*keyword)?.as_array()).flatten();
            let in_parts = || parts.find_map(|part| search.step_into(part, step));
            // A map's values.
            let other = || schema.get("additionalProperties").filter(|others| others.is_object());
            direct.or_else(item).or_else(in_parts).or_else(other)
        })
    }

    fn in_words(&mut self, schema: &'s Value) -> Option<String> {
        self.once(schema, |search, schema| {
            let Some(options) = alternatives(schema) else { return plain(schema) };
            let is_null = |option: &Value| option.get("type").is_some_and(|kind| kind == "null");
            let root = search.root;
            let others = options.iter().filter(|option| !is_null(resolved(root, option)));
            let options: Vec<String> = others.filter_map(|option| search.in_words(option)).collect();
            (!options.is_empty()).then(|| options.join(" or "))
        })
    }

    /// What is found in a schema, or in the definition it refers to, if it has not been looked at before.
    fn once<T>(
        &mut self,
        schema: &'s Value,
        look: impl FnOnce(&mut Self, &'s Value) -> Option<T>,
    ) -> Option<T> {
        let schema = resolved(self.root, schema);
        if self.depth > DEPTH_MAX || !self.seen.insert(ptr::from_ref(schema)) {
            return None;
        }
        self.depth += 1;
        let found = look(self, schema);
        self.depth -= 1;
        found
    }
}

/// The definition that a schema refers to, or the schema itself.
pub(super) fn resolved<'s>(root: &'s Value, schema: &'s Value) -> &'s Value {
    let target = schema.get("$ref").and_then(Value::as_str).and_then(|name| name.strip_prefix("#/$defs/"));
    target.and_then(|name| root.get("$defs")?.get(name)).unwrap_or(schema)
}

/// The alternatives of a schema that says nothing more exact.
fn alternatives(schema: &Value) -> Option<&Vec<Value>> {
    let exact = schema.get("enum").is_some_and(Value::is_array) || schema.get("const").is_some();
    let options = ["anyOf", "oneOf"].iter().find_map(|keyword| schema.get(*keyword)?.as_array());
    options.filter(|_| !exact)
}

/// A schema without alternatives, in words.
fn plain(schema: &Value) -> Option<String> {
    if let Some(values) = schema.get("enum").and_then(Value::as_array) {
        return Some(format!("one of {}", listed(values.iter().map(Value::to_string))));
    }
    if let Some(value) = schema.get("const") {
        return Some(value.to_string());
    }
    match schema.get("type")? {
        Value::String(kind) => Some(of_kind(schema, kind)),
        Value::Array(kinds) => {
            let kinds = kinds.iter().filter_map(Value::as_str).filter(|kind| *kind != "null");
            let kinds: Vec<String> = kinds.map(|kind| of_kind(schema, kind)).collect();
            (!kinds.is_empty()).then(|| kinds.join(" or "))
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => None,
    }
}

/// What a schema expects of one type.
fn of_kind(schema: &Value, kind: &str) -> String {
    match kind {
        "integer" => numbered(schema, "a whole number"),
        "number" => numbered(schema, "a number"),
        "string" => "a text".to_owned(),
        "boolean" => "true or false".to_owned(),
        "array" => "a list".to_owned(),
        "object" => object(schema),
        other => other.to_owned(),
    }
}

fn numbered(schema: &Value, what: &str) -> String {
    if let (Some(least), Some(most)) = (schema.get("minimum"), schema.get("maximum")) {
        return format!("{what} from {least} to {most}");
    }
    let bounds = [
        ("minimum", "at least"),
        ("exclusiveMinimum", "more than"),
        ("maximum", "at most"),
        ("exclusiveMaximum", "less than"),
    ];
    let said = bounds.iter().filter_map(|(keyword, than)| Some(format!("{than} {}", schema.get(*keyword)?)));
    std::iter::once(what.to_owned()).chain(said).collect::<Vec<_>>().join(", ")
}

fn object(schema: &Value) -> String {
    let Some(properties) = schema.get("properties").and_then(Value::as_object) else {
        return "an object".to_owned();
    };
    let required = schema.get("required").and_then(Value::as_array);
    let is_required = |name: &str| required.is_some_and(|names| names.iter().any(|other| other == name));
    let mut text = format!("an object with {}", listed(properties.keys().map(ToOwned::to_owned)));
    let needed: Vec<&str> = properties.keys().map(String::as_str).filter(|name| is_required(name)).collect();
    if !needed.is_empty() && needed.len() < properties.len() {
        let _ = write!(text, ", of which {} must be there", needed.join(", "));
    }
    text
}

fn listed(names: impl Iterator<Item = String>) -> String {
    let names: Vec<String> = names.collect();
    let shown = names.get(..NAMED_MAX).unwrap_or(&names).join(", ");
    if names.len() > NAMED_MAX { format!("{shown} and {} more", names.len() - NAMED_MAX) } else { shown }
}

#[cfg(test)]
mod tests;
