//! The JSON-schema subset that tools may use.
//!
//! Everything in it is enforced while the model writes (by the grammar) and checked again before the
//! tool runs. A keyword outside it is refused when the tool is registered, never silently dropped.
//!
//! Two keywords of our own say where a string may come from:
//! `"x-verbatim": true`, a span of what the person wrote or an earlier result says;
//! `"x-from": ["tool.field", …]`, a value that such a result contained. Both together allow either.

mod expected;
mod parameters;
mod tidy;

use serde_json::{Map, Value};

pub use expected::expected;
pub use parameters::{Number, Parameters, Rules, Text};
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
const SPOKEN: [&str; 6] = ["description", "title", "default", "examples", "$schema", "$comment"];

/// Checks that every keyword is one we enforce or one that only describes.
///
/// # Errors
/// A sentence that names the keyword, where it stands (a JSON pointer) and what to do.
pub fn check(parameters: &Value) -> Result<(), String> {
    if parameters.get("type").and_then(Value::as_str) != Some("object") {
        return Err("the parameters must be a schema of type object".to_owned());
    }
    check_schema(parameters, "")
}

/// As [`check`], for a schema of any type.
///
/// # Errors
/// As [`check`].
pub fn check_any(schema: &Value) -> Result<(), String> {
    check_schema(schema, "")
}

fn check_schema(schema: &Value, path: &str) -> Result<(), String> {
    let Value::Object(keywords) = schema else {
        return if schema.is_boolean() { Ok(()) } else { Err(format!("at {path}: not a schema")) };
    };
    for (keyword, value) in keywords {
        let here = format!("{path}/{keyword}");
        match (keyword.as_str(), value) {
            ("properties" | "$defs", Value::Object(named)) => {
                for (name, inner) in named {
                    check_schema(inner, &format!("{here}/{name}"))?;
                }
            }
            ("items" | "additionalProperties", inner) => check_schema(inner, &here)?,
            ("anyOf" | "allOf" | "prefixItems", Value::Array(inner)) => {
                for (index, schema) in inner.iter().enumerate() {
                    check_schema(schema, &format!("{here}/{index}"))?;
                }
            }
            (VERBATIM | FROM, value) => check_provenance(keywords, keyword, value)
                .map_err(|problem| format!("at {here}: {problem}"))?,
            (known, _) if ENFORCED.contains(&known) || SPOKEN.contains(&known) => {}
            (unknown, _) => {
                return Err(format!(
                    "at {here}: the keyword '{unknown}' cannot be enforced; leave it out or check it in the tool"
                ));
            }
        }
    }
    Ok(())
}

fn check_provenance(keywords: &Map<String, Value>, keyword: &str, value: &Value) -> Result<(), String> {
    let is_source = |source: &Value| {
        source.as_str().is_some_and(|text| text.contains('.') && text.split('.').all(|name| !name.is_empty()))
    };
    let fits = match value {
        Value::Bool(true) => keyword == VERBATIM,
        Value::Array(sources) => keyword == FROM && !sources.is_empty() && sources.iter().all(is_source),
        _ => false,
    };
    if !fits {
        return Err(format!("expected `\"{VERBATIM}\": true` or `\"{FROM}\": [\"tool.field\"]`"));
    }
    if keywords.get("type").and_then(Value::as_str) == Some("string") {
        Ok(())
    } else {
        Err(format!("'{keyword}' is for a schema of type string"))
    }
}

/// The arguments without those that are null where the schema says they may be left out and does not
/// speak of null: that is how some models leave an argument out.
#[must_use]
pub fn without_nulls(parameters: &Value, arguments: &Map<String, Value>) -> Map<String, Value> {
    let required =
        |name: &str| parameters["required"].as_array().is_some_and(|names| names.iter().any(|n| n == name));
    let typed =
        |name: &str| parameters["properties"][name]["type"].as_str().is_some_and(|kind| kind != "null");
    let given = arguments.iter().filter(|(name, value)| !value.is_null() || required(name) || !typed(name));
    given.map(|(name, value)| (name.clone(), value.clone())).collect()
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
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests;
