//! Whether the arguments of a call are copied from where their schema says.

use std::cell::RefCell;
use std::collections::HashMap;
use std::ptr::from_ref;

use handyman_core::schema::{FROM, VERBATIM};
use handyman_core::{CallRequest, ToolSpec};
use serde_json::Value;

use crate::sources::Sources;

/// Checks what a call copies.
///
/// # Errors
/// What is wrong with its arguments, for the model to hear.
pub(super) fn check(call: &CallRequest, spec: &ToolSpec, sources: Sources<'_>) -> Copied {
    let arguments = Value::Object(call.arguments.clone());
    let scope = Scope { definitions: &spec.parameters["$defs"], sources, known: RefCell::default() };
    scope.copied(&arguments, &spec.parameters, "", 0).map_err(|problem| format!("{}: {problem}", call.tool))
}

/// What is wrong with a value, if anything.
type Copied = Result<(), String>;

/// What a schema may refer to, and what may be copied.
struct Scope<'a> {
    definitions: &'a Value,
    sources: Sources<'a>,
    /// Whether a value is copied as a definition says; nothing while that is looked into. Alternatives that share
    /// definitions would ask again and again.
    known: RefCell<HashMap<(*const Value, String), Option<Copied>>>,
}

/// Values and references followed inside one another.
const DEPTH_MAX: usize = 512;

impl Scope<'_> {
    fn copied(&self, value: &Value, schema: &Value, path: &str, depth: usize) -> Copied {
        if !schema.is_object() {
            // It says nothing of what is in the value.
            return Ok(());
        }
        if depth > DEPTH_MAX {
            return Err(format!("{path}: it is nested too deeply to be checked"));
        }
        let depth = depth + 1;
        if let Some(name) = definition_of(schema) {
            self.as_defined(value, name, path, depth)?;
        }
        // What asks for itself asks for nothing more.
        let is_new =
            |part: &&Value| !definition_of(part).is_some_and(|name| self.is_looked_into(value, name));
        for part in schema["allOf"].as_array().into_iter().flatten().filter(is_new) {
            self.copied(value, part, path, depth)?;
        }
        self.as_any(value, schema, path, depth)?;
        match value {
            Value::String(_) | Value::Number(_) => self.taken(value, schema, path),
            Value::Array(items) => items.iter().enumerate().try_for_each(|(index, item)| {
                let of_item = schema["prefixItems"].get(index).unwrap_or(&schema["items"]);
                self.copied(item, of_item, &format!("{path}/{index}"), depth)
            }),
            Value::Object(fields) => fields.iter().try_for_each(|(name, field)| {
                self.copied(field, of_field(schema, name), &format!("{path}/{name}"), depth)
            }),
            Value::Null | Value::Bool(_) => Ok(()),
        }
    }

    /// Whether a value is copied as a definition says.
    fn as_defined(&self, value: &Value, name: &str, path: &str, depth: usize) -> Copied {
        let key = (from_ref(value), name.to_owned());
        if let Some(known) = self.known.borrow().get(&key) {
            // An alternative that refers to itself allows nothing.
            return known.clone().unwrap_or_else(|| Err(format!("{path}: {name} refers to itself")));
        }
        self.known.borrow_mut().insert(key.clone(), None);
        let copied = self.copied(value, &self.definitions[name], path, depth);
        self.known.borrow_mut().insert(key, Some(copied.clone()));
        copied
    }

    fn is_looked_into(&self, value: &Value, name: &str) -> bool {
        self.known.borrow().get(&(from_ref(value), name.to_owned())) == Some(&None)
    }

    /// Whether a value is copied as one of the alternatives says, where there are any that it can be of.
    fn as_any(&self, value: &Value, schema: &Value, path: &str, depth: usize) -> Copied {
        let mut first = Ok(());
        let options = schema["anyOf"].as_array().into_iter().flatten();
        for option in options.filter(|option| fits(value, option)) {
            match self.copied(value, option, path, depth) {
                Ok(()) => return Ok(()),
                Err(problem) => first = first.and(Err(problem)),
            }
        }
        first
    }

    fn taken(&self, value: &Value, schema: &Value, path: &str) -> Copied {
        let from: Vec<&str> =
            schema[FROM].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        let verbatim = schema[VERBATIM].as_bool() == Some(true);
        // What is of another kind altogether is told of before the tool runs.
        if (from.is_empty() && !verbatim) || value.is_number() != (schema["type"] == "integer") {
            return Ok(());
        }
        let holds = |text: &str| verbatim && self.sources.holds(text);
        if self.sources.named(schema).contains(&value) || value.as_str().is_some_and(holds) {
            return Ok(());
        }
        let whence = match (from.is_empty(), verbatim) {
            (true, _) => "be copied from what was said".to_owned(),
            (false, false) => format!("be a value of {} in an earlier result", from.join(" or ")),
            (false, true) => format!("be a value of {}, or copied from what was said", from.join(" or ")),
        };
        let value = value.as_str().map_or_else(|| value.to_string(), |text| format!("'{text}'"));
        Err(format!("{path}: {value} has to {whence}"))
    }
}

/// The definition that a schema refers to, if it does.
fn definition_of(schema: &Value) -> Option<&str> {
    schema["$ref"].as_str()?.strip_prefix("#/$defs/")
}

/// The schema of a field. Where names have patterns, which of them a name fits is not looked at here.
fn of_field<'s>(schema: &'s Value, name: &str) -> &'s Value {
    let named = schema["properties"].get(name);
    named.unwrap_or_else(|| match schema.get("patternProperties") {
        Some(_) => &Value::Null,
        None => &schema["additionalProperties"],
    })
}

/// Whether a value is of the kind that a schema is about.
fn fits(value: &Value, schema: &Value) -> bool {
    match schema["type"].as_str() {
        Some("string") => value.is_string(),
        Some("array") => value.is_array(),
        Some("object") => value.is_object(),
        Some("integer" | "number") => value.is_number(),
        Some("boolean") => value.is_boolean(),
        Some("null") => value.is_null(),
        Some(_) | None => true,
    }
}
