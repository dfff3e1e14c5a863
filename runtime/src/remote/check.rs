//! Checks after decoding what a local grammar holds by construction: tools that are offered, and arguments
//! that are copied. The rest of the schema is checked before a tool runs, as for every model.

use std::cell::RefCell;
use std::collections::HashMap;
use std::ptr::from_ref;

use handyman_core::schema::{FROM, VERBATIM};
use handyman_core::{CallRequest, ModelRequest, ReplyMode, ToolChoice};
use serde_json::Value;

use crate::figures;
use crate::sources::Sources;

/// Whether a reply could be said, and its calls made.
///
/// # Errors
/// What is wrong with it, for the model to hear.
pub(super) fn check(text: &str, calls: &[CallRequest], request: &ModelRequest<'_>) -> Result<(), String> {
    if request.options.grounded && request.options.answer.is_none() {
        figures::check(text, request.history)?;
    }
    let choice = &request.options.tool_choice;
    let none = request.mode == ReplyMode::AnswerOnly || *choice == ToolChoice::None;
    if none && !calls.is_empty() {
        return Err("no call could be made now; an answer was asked for".to_owned());
    }
    if !none && calls.is_empty() && matches!(choice, ToolChoice::Required | ToolChoice::Tool(_)) {
        return Err("a call was asked for".to_owned());
    }
    if !request.options.parallel_calls && calls.len() > 1 {
        return Err("only one call at a time was asked for".to_owned());
    }
    let (sources, tools) = (Sources::new(request.history), request.callable());
    for call in calls {
        if let ToolChoice::Tool(name) = choice
            && !none
            && call.tool != *name
        {
            return Err(format!("a call of {name} was asked for, not of {}", call.tool));
        }
        let Some(spec) = tools.iter().find(|tool| tool.name == call.tool) else { continue };
        let arguments = Value::Object(call.arguments.clone());
        let scope = Scope { definitions: &spec.parameters["$defs"], sources, known: RefCell::default() };
        scope
            .copied(&arguments, &spec.parameters, "", 0)
            .map_err(|problem| format!("{}: {problem}", call.tool))?;
    }
    Ok(())
}

/// What is wrong with a value, if anything.
type Checked = Result<(), String>;

/// What a schema may refer to, and what may be copied.
struct Scope<'a> {
    definitions: &'a Value,
    sources: Sources<'a>,
    /// Whether a value is copied as a definition says. Alternatives that share definitions would ask again and again.
    known: RefCell<HashMap<(*const Value, String), Checked>>,
}

/// Values and references followed inside one another.
const DEPTH_MAX: usize = 512;

impl Scope<'_> {
    fn copied(&self, value: &Value, schema: &Value, path: &str, depth: usize) -> Checked {
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

    fn taken(&self, value: &Value, schema: &Value, path: &str) -> Checked {
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
