//! The JSON schemas that tools may use: 2020-12, without references to elsewhere.
//!
//! Most keywords are enforced while the model writes (by the grammar); all but `format` are checked before the tool
//! runs, and a mistake is answered with its place. [`met`] says which keyword is met where. One that is not met at all is
//! refused when the tool is registered, never silently dropped.
//!
//! Two keywords of our own say where a value may come from:
//! `"x-verbatim": true`, of a string: a span of what the person wrote or an earlier result says;
//! `"x-from": ["tool.field", …]`, of a string or an integer: a value of that type that such a result contained.
//! Both together allow either. `tool.field` is what stands under `field` anywhere in a result of `tool`, and in
//! `tool.items.id` each further field stands directly in the one before; lists are looked through.

pub(crate) mod cost;
mod expected;
mod nulls;
mod parameters;
mod sources;
mod tidy;

use serde_json::{Map, Value};

pub use expected::expected;
pub use nulls::without_nulls;
pub use parameters::{Number, Parameters, Rules, Taken, Text};
pub use sources::{source, unmet};
pub use tidy::tidy;

/// The keyword for arguments that are copied from what was said.
pub const VERBATIM: &str = "x-verbatim";
/// The keyword for arguments that are taken from earlier results.
pub const FROM: &str = "x-from";

const ENFORCED: [&str; 25] = [
    "type",
    "properties",
    "required",
    "additionalProperties",
    "items",
    "prefixItems",
    "enum",
    "const",
    "anyOf",
    "allOf",
    "$ref",
    "$defs",
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "multipleOf",
    "minLength",
    "maxLength",
    "pattern",
    "format",
    "minItems",
    "maxItems",
    VERBATIM,
    FROM,
];
/// What a grammar cannot hold: checked when the arguments are there.
const CHECKED: [&str; 19] = [
    "oneOf",
    "not",
    "if",
    "then",
    "else",
    "patternProperties",
    "propertyNames",
    "minProperties",
    "maxProperties",
    "dependentRequired",
    "dependentSchemas",
    "unevaluatedProperties",
    "unevaluatedItems",
    "uniqueItems",
    "contains",
    "minContains",
    "maxContains",
    "contentEncoding",
    "contentMediaType",
];
const SPOKEN: [&str; 9] = [
    "description",
    "title",
    "default",
    "examples",
    "$schema",
    "$comment",
    "deprecated",
    "readOnly",
    "writeOnly",
];
/// Formats that the grammar knows. All others only describe, as 2020-12 has it.
const FORMATS: [&str; 10] =
    ["date-time", "time", "date", "duration", "email", "hostname", "ipv4", "ipv6", "uuid", "uri"];

/// Definitions that a schema may have: what follows them goes a step deeper with each.
const DEFINITIONS_MAX: usize = 2_048;

/// Where a keyword is met.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Met {
    /// The model cannot write anything else.
    WhileWriting,
    /// The arguments are checked before the tool runs.
    BeforeRunning,
    /// It says nothing about what is allowed.
    Described,
}

/// Where a keyword is met; nothing for one that is not.
#[must_use]
pub fn met(keyword: &str) -> Option<Met> {
    match keyword {
        known if ENFORCED.contains(&known) => Some(Met::WhileWriting),
        known if CHECKED.contains(&known) => Some(Met::BeforeRunning),
        known if SPOKEN.contains(&known) => Some(Met::Described),
        _ => None,
    }
}

/// Whether the model cannot write a text of another format.
#[must_use]
pub fn is_enforced_format(name: &str) -> bool {
    FORMATS.contains(&name)
}

/// Checks that every keyword is met somewhere or only describes, and that references stay inside.
///
/// # Errors
/// A sentence that names the keyword, where it stands (a JSON pointer) and what to do; or that there are too many definitions.
pub fn check(parameters: &Value) -> Result<(), String> {
    if parameters.get("type").and_then(Value::as_str) != Some("object") {
        return Err("the parameters must be a schema of type object".to_owned());
    }
    check_any(parameters)
}

/// As [`check`], for a schema of any type.
///
/// # Errors
/// As [`check`].
pub fn check_any(schema: &Value) -> Result<(), String> {
    let definitions = schema["$defs"].as_object().map_or(0, Map::len);
    if definitions > DEFINITIONS_MAX {
        return Err(format!(
            "at /$defs: {definitions} definitions; at most {DEFINITIONS_MAX} can be followed"
        ));
    }
    check_schema(schema, schema, "")
}

fn check_schema(root: &Value, schema: &Value, path: &str) -> Result<(), String> {
    let Value::Object(keywords) = schema else {
        return if schema.is_boolean() { Ok(()) } else { Err(format!("at {path}: not a schema")) };
    };
    for (keyword, value) in keywords {
        let here = format!("{path}/{keyword}");
        match (keyword.as_str(), value) {
            ("properties" | "$defs" | "patternProperties" | "dependentSchemas", Value::Object(named)) => {
                for (name, inner) in named {
                    check_schema(root, inner, &format!("{here}/{name}"))?;
                }
            }
            (one, inner) if HOLDS_ONE.contains(&one) => check_schema(root, inner, &here)?,
            ("anyOf" | "allOf" | "oneOf" | "prefixItems", Value::Array(inner)) => {
                for (index, schema) in inner.iter().enumerate() {
                    check_schema(root, schema, &format!("{here}/{index}"))?;
                }
            }
            ("$ref", target) => {
                check_reference(root, target).map_err(|problem| format!("at {here}: {problem}"))?;
            }
            (VERBATIM | FROM, value) => check_provenance(keywords, keyword, value)
                .map_err(|problem| format!("at {here}: {problem}"))?,
            (known, _) if met(known).is_some() => {}
            (unknown, _) => {
                return Err(format!(
                    "at {here}: the keyword '{unknown}' cannot be enforced; leave it out or check it in the tool"
                ));
            }
        }
    }
    Ok(())
}

/// Keywords whose value is one schema.
const HOLDS_ONE: [&str; 10] = [
    "items",
    "additionalProperties",
    "not",
    "if",
    "then",
    "else",
    "contains",
    "propertyNames",
    "unevaluatedItems",
    "unevaluatedProperties",
];

/// A reference leads to a definition of the schema itself.
fn check_reference(root: &Value, target: &Value) -> Result<(), String> {
    let name = target.as_str().and_then(|target| target.strip_prefix("#/$defs/"));
    match name.map(|name| root["$defs"].get(name).is_some()) {
        Some(true) => Ok(()),
        Some(false) => Err(format!("{target} leads nowhere")),
        None => Err(format!("{target} cannot be followed; refer to `#/$defs/NAME`")),
    }
}

fn check_provenance(keywords: &Map<String, Value>, keyword: &str, value: &Value) -> Result<(), String> {
    let is_source = |source: &Value| {
        source.as_str().is_some_and(|text| text.contains('.') && text.split('.').all(|name| !name.is_empty()))
    };
    let fits = match value {
        Value::Bool(true) => keyword == VERBATIM,
        Value::Array(sources) => keyword == FROM && !sources.is_empty() && sources.iter().all(is_source),
        Value::Null | Value::Bool(false) | Value::Number(_) | Value::String(_) | Value::Object(_) => false,
    };
    if !fits {
        return Err(format!("expected `\"{VERBATIM}\": true` or `\"{FROM}\": [\"tool.field\"]`"));
    }
    match keywords.get("type").and_then(Value::as_str) {
        Some("string") => Ok(()),
        Some("integer") if keyword == FROM => Ok(()),
        _ if keyword == FROM => Err(format!("'{keyword}' is for a schema of type string or integer")),
        _ => Err(format!("'{keyword}' is for a schema of type string")),
    }
}

/// The schema as a model is shown it: without our own keywords, which mean nothing to it.
#[must_use]
pub fn shown(schema: &Value) -> Value {
    match schema {
        Value::Object(keywords) => keywords
            .iter()
            .filter(|(keyword, _)| !matches!(keyword.as_str(), VERBATIM | FROM | "$schema"))
            .map(|(keyword, inner)| (keyword.clone(), shown(inner)))
            .collect::<Map<_, _>>()
            .into(),
        Value::Array(items) => items.iter().map(shown).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => schema.clone(),
    }
}

#[cfg(test)]
mod tests;
