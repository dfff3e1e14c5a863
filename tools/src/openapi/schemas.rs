//! The schemas that a document names, as its requests have them: without what only answers contain.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::document::HOPS_MAX;

/// Bytes of the schema of one operation's arguments, with all that it refers to: a model could not read more.
const BYTES_MAX: usize = 200_000;

/// The schemas by name. They are kept once; an operation takes a copy of those that its request needs.
#[derive(Debug, Default)]
pub(super) struct Definitions {
    schemas: Map<String, Value>,
    /// How many bytes each comes to.
    bytes: BTreeMap<String, usize>,
    /// The properties of each that only answers have.
    answered: BTreeMap<String, BTreeSet<String>>,
}

impl Definitions {
    pub(super) fn new(written: Option<&Value>) -> Self {
        let Some(written) = written.and_then(Value::as_object) else { return Self::default() };
        let answered =
            written.iter().map(|(name, schema)| (name.clone(), answered(schema, written))).collect();
        let mut definitions = Self { schemas: written.clone(), bytes: BTreeMap::new(), answered };
        for (name, schema) in written {
            let requested = definitions.requested(schema);
            definitions.bytes.insert(name.clone(), requested.to_string().len());
            definitions.schemas.insert(name.clone(), requested);
        }
        definitions
    }

    /// A schema as a request has it: without the properties that are `readOnly`, which must not be sent.
    pub(super) fn requested(&self, schema: &Value) -> Value {
        let mut schema = schema.clone();
        self.strip(&mut schema, &BTreeSet::new());
        schema
    }

    /// Takes out what only answers have; `outer` are such properties of the schema around it.
    fn strip(&self, schema: &mut Value, outer: &BTreeSet<String>) {
        let mut hidden = self.hidden(schema);
        hidden.extend(outer.iter().cloned());
        let none = BTreeSet::new();
        let Value::Object(keywords) = schema else { return };
        for (keyword, value) in keywords {
            match (keyword.as_str(), value) {
                ("properties", Value::Object(named)) => {
                    named.retain(|name, _| !hidden.contains(name));
                    for inner in named.values_mut() {
                        self.strip(inner, &none);
                    }
                }
                (
                    "patternProperties" | "dependentSchemas" | "definitions" | "$defs",
                    Value::Object(named),
                ) => {
                    for inner in named.values_mut() {
                        self.strip(inner, &none);
                    }
                }
                ("required", Value::Array(names)) => {
                    names.retain(|name| !name.as_str().is_some_and(|name| hidden.contains(name)));
                }
                ("allOf" | "anyOf" | "oneOf", Value::Array(inner)) => {
                    for inner in inner.iter_mut() {
                        self.strip(inner, &hidden);
                    }
                }
                ("prefixItems", Value::Array(inner)) => {
                    for inner in inner.iter_mut() {
                        self.strip(inner, &none);
                    }
                }
                (
                    "items"
                    | "additionalProperties"
                    | "not"
                    | "contains"
                    | "if"
                    | "then"
                    | "else"
                    | "unevaluatedItems"
                    | "unevaluatedProperties",
                    inner,
                ) => self.strip(inner, &none),
                _ => {}
            }
        }
    }

    /// The properties of a schema that only answers have.
    fn hidden(&self, schema: &Value) -> BTreeSet<String> {
        let mut hidden = BTreeSet::new();
        let parts = schema.get("allOf").and_then(Value::as_array).into_iter().flatten();
        for part in parts.chain([schema]) {
            let named = part.get("$ref").and_then(Value::as_str).and_then(named);
            hidden.extend(named.and_then(|name| self.answered.get(&name)).into_iter().flatten().cloned());
            hidden.extend(own_answered(part, &self.schemas));
        }
        hidden
    }

    /// The definition a schema refers to, or the schema itself.
    pub(super) fn followed<'a>(&'a self, schema: &'a Value) -> Option<&'a Value> {
        followed(schema, &self.schemas)
    }

    /// The definitions that a schema needs, those that they need, and so on.
    ///
    /// # Errors
    /// If all of it together is too large to be offered.
    pub(super) fn reached(&self, schema: &Value) -> Result<Map<String, Value>, String> {
        let mut names = BTreeSet::new();
        let mut open = vec![schema];
        let mut bytes = schema.to_string().len();
        while let Some(value) = open.pop() {
            if bytes > BYTES_MAX {
                return Err(format!(
                    "the schema of its arguments, with all that it refers to, is larger than {} KB",
                    BYTES_MAX / 1000
                ));
            }
            match value {
                Value::Object(keywords) => {
                    let name = keywords.get("$ref").and_then(Value::as_str).and_then(named);
                    if let Some(name) = name
                        && let Some(target) = self.schemas.get(&name)
                        && !names.contains(&name)
                    {
                        bytes += self.bytes.get(&name).copied().unwrap_or_default();
                        open.push(target);
                        names.insert(name);
                    }
                    open.extend(keywords.values());
                }
                Value::Array(items) => open.extend(items),
                Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
            }
        }
        Ok(names
            .into_iter()
            .filter_map(|name| Some((name.clone(), self.schemas.get(&name)?.clone())))
            .collect())
    }
}

/// The name of the definition that a reference leads to or into.
fn named(reference: &str) -> Option<String> {
    let name = reference.strip_prefix("#/components/schemas/")?.split('/').next()?;
    Some(name.replace("~1", "/").replace("~0", "~"))
}

fn followed<'a>(schema: &'a Value, definitions: &'a Map<String, Value>) -> Option<&'a Value> {
    let mut schema = schema;
    for _ in 0..HOPS_MAX {
        let Some(reference) = schema.get("$ref").and_then(Value::as_str) else { return Some(schema) };
        schema = definitions.get(reference.strip_prefix("#/components/schemas/")?)?;
    }
    None
}

/// The properties of a definition, and of those that it is made of, that only answers have.
fn answered(schema: &Value, definitions: &Map<String, Value>) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut seen = BTreeSet::new();
    let mut open = vec![schema];
    while let Some(schema) = open.pop() {
        found.extend(own_answered(schema, definitions));
        let name = schema.get("$ref").and_then(Value::as_str).and_then(named);
        if let Some(name) = name
            && let Some(target) = definitions.get(&name)
            && seen.insert(name)
        {
            open.push(target);
        }
        open.extend(schema.get("allOf").and_then(Value::as_array).into_iter().flatten());
    }
    found
}

/// The properties that a schema itself describes and that only answers have.
fn own_answered(schema: &Value, definitions: &Map<String, Value>) -> BTreeSet<String> {
    let is_marked = |schema: &Value| schema.get("readOnly") == Some(&Value::Bool(true));
    let properties = schema.get("properties").and_then(Value::as_object).into_iter().flatten();
    properties
        .filter(|&(_, property)| {
            is_marked(property) || followed(property, definitions).is_some_and(is_marked)
        })
        .map(|(name, _)| name.clone())
        .collect()
}
