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
    /// Whether a value is copied as a definition says. Alternatives that share definitions would ask again and again.
    known: RefCell<HashMap<(*const Value, String), Copied>>,
}

/// Values and references followed inside one another.
const DEPTH_MAX: usize = 512;

impl Scope<'_> {
    fn copied(&self, value: &Value, schema: &Value, path: &str, depth: usize) -> Copied {
        if depth > DEPTH_MAX {
            return Err(format!("{path}: it is nested too deeply to be checked"));
        }
        let depth = depth + 1;
        if let Some(name) = schema["$ref"].as_str().and_then(|name| name.strip_prefix("#/$defs/")) {
            let key = (from_ref(value), name.to_owned());
            if let Some(known) = self.known.borrow().get(&key) {
                return known.clone();
            }
            // Until it is known it refers to itself, which allows nothing.
            self.known.borrow_mut().insert(key.clone(), Err(format!("{path}: {name} refers to itself")));
            let copied = self.copied(value, &self.definitions[name], path, depth);
            self.known.borrow_mut().insert(key, copied.clone());
            return copied;
        }
        if let Some(options) = schema["anyOf"].as_array() {
            let mut first = Ok(());
            for option in options.iter().filter(|option| fits(value, option)) {
                match self.copied(value, option, path, depth) {
                    Ok(()) => return Ok(()),
                    Err(problem) => first = first.and(Err(problem)),
                }
            }
            return first;
        }
        match value {
            Value::String(_) | Value::Number(_) => self.taken(value, schema, path),
            Value::Array(items) => items.iter().enumerate().try_for_each(|(index, item)| {
                self.copied(item, &schema["items"], &format!("{path}/{index}"), depth)
            }),
            Value::Object(fields) => fields.iter().try_for_each(|(name, field)| {
                self.copied(field, &schema["properties"][name], &format!("{path}/{name}"), depth)
            }),
            Value::Null | Value::Bool(_) => Ok(()),
        }
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
