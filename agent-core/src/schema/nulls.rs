//! What some models write for what they leave out: null.

use std::collections::HashMap;
use std::ptr;

use serde_json::{Map, Value};

use super::expected::resolved;

/// Schemas followed inside one another.
const DEPTH_MAX: usize = 64;

/// The arguments without those that are null where the schema says they may be left out and cannot be null: that is how
/// some models leave an argument out. The same goes for fields of objects in them.
#[must_use]
pub fn without_nulls(parameters: &Value, arguments: &Map<String, Value>) -> Map<String, Value> {
    Nulls { root: parameters, known: HashMap::new() }.fields(parameters, arguments)
}

struct Nulls<'s> {
    root: &'s Value,
    /// Which schemas null fits, by where they are: some refer to themselves, or to the same one again and again.
    known: HashMap<*const Value, bool>,
}

impl<'s> Nulls<'s> {
    fn fields(&mut self, schema: &'s Value, fields: &Map<String, Value>) -> Map<String, Value> {
        let required = schema["required"].as_array();
        let is_required = |name: &str| required.is_some_and(|names| names.iter().any(|other| other == name));
        let mut kept = Map::new();
        for (name, value) in fields {
            let property = schema["properties"].get(name);
            let is_optional = property.filter(|_| value.is_null() && !is_required(name));
            if is_optional.is_none_or(|property| self.fits(property, 0)) {
                let value = property.map_or_else(|| value.clone(), |property| self.within(property, value));
                kept.insert(name.clone(), value);
            }
        }
        kept
    }

    fn within(&mut self, schema: &'s Value, value: &Value) -> Value {
        let schema = resolved(self.root, schema);
        match (value, schema.get("items")) {
            (Value::Object(fields), _) => self.fields(schema, fields).into(),
            (Value::Array(items), Some(of)) => items.iter().map(|item| self.within(of, item)).collect(),
            (_, _) => value.clone(),
        }
    }

    /// Whether null fits a schema, as far as its types, values and alternatives say.
    fn fits(&mut self, schema: &'s Value, depth: usize) -> bool {
        let schema = resolved(self.root, schema);
        let place = ptr::from_ref(schema);
        if let Some(known) = self.known.get(&place) {
            return *known;
        }
        if depth > DEPTH_MAX {
            return true;
        }
        // One that leads back to itself says nothing new.
        self.known.insert(place, false);
        let by_type = match &schema["type"] {
            Value::String(kind) => kind == "null",
            Value::Array(kinds) => kinds.iter().any(|kind| kind == "null"),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => true,
        };
        let values = schema["enum"].as_array();
        let by_value = values.is_none_or(|values| values.iter().any(Value::is_null))
            && schema.get("const").is_none_or(Value::is_null);
        let mut any = |keyword: &str| {
            let options = schema[keyword].as_array();
            options.is_none_or(|options| options.iter().any(|option| self.fits(option, depth + 1)))
        };
        let by_options = by_type && by_value && any("anyOf") && any("oneOf");
        let mut parts = schema["allOf"].as_array().into_iter().flatten();
        let fits = by_options && parts.all(|part| self.fits(part, depth + 1));
        self.known.insert(place, fits);
        fits
    }
}

#[cfg(test)]
mod tests;
