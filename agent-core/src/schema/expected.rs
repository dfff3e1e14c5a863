//! What a schema expects, in a few words, for whoever got it wrong.

use std::fmt::Write as _;

use serde_json::Value;

/// Names in a list before it is cut.
const NAMED_MAX: usize = 12;

/// What is expected at a place of the arguments, given by its names and indexes; nothing where the
/// schema does not say.
#[must_use]
pub fn expected<'a>(parameters: &Value, place: impl IntoIterator<Item = &'a str>) -> Option<String> {
    let mut schema = parameters;
    for step in place {
        schema = step_into(parameters, resolved(parameters, schema), step)?;
    }
    in_words(parameters, resolved(parameters, schema))
}

fn step_into<'s>(root: &'s Value, schema: &'s Value, step: &str) -> Option<&'s Value> {
    let direct = schema.get("properties").and_then(|properties| properties.get(step));
    let item = || step.parse::<usize>().ok().and_then(|_| schema.get("items"));
    let option = || {
        let options = schema.get("anyOf").and_then(Value::as_array)?;
        options.iter().find_map(|option| step_into(root, resolved(root, option), step))
    };
    direct.or_else(item).or_else(option)
}

fn resolved<'s>(root: &'s Value, schema: &'s Value) -> &'s Value {
    let target = schema.get("$ref").and_then(Value::as_str).and_then(|name| name.strip_prefix("#/$defs/"));
    target.and_then(|name| root.get("$defs")?.get(name)).unwrap_or(schema)
}

fn in_words(root: &Value, schema: &Value) -> Option<String> {
    if let Some(values) = schema.get("enum").and_then(Value::as_array) {
        return Some(format!("one of {}", listed(values.iter().map(Value::to_string))));
    }
    if let Some(value) = schema.get("const") {
        return Some(value.to_string());
    }
    if let Some(options) = schema.get("anyOf").and_then(Value::as_array) {
        let options: Vec<String> = options
            .iter()
            .map(|option| resolved(root, option))
            .filter(|option| option.get("type").is_none_or(|kind| kind != "null"))
            .filter_map(|option| in_words(root, option))
            .collect();
        return (!options.is_empty()).then(|| options.join(" or "));
    }
    let kind = match schema.get("type")? {
        Value::String(kind) => kind.as_str(),
        Value::Array(kinds) => kinds.iter().filter_map(Value::as_str).find(|kind| *kind != "null")?,
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => return None,
    };
    Some(match kind {
        "integer" => numbered(schema, "a whole number"),
        "number" => numbered(schema, "a number"),
        "string" => "a text".to_owned(),
        "boolean" => "true or false".to_owned(),
        "array" => "a list".to_owned(),
        "object" => object(schema),
        other => other.to_owned(),
    })
}

fn numbered(schema: &Value, what: &str) -> String {
    match (schema.get("minimum"), schema.get("maximum")) {
        (Some(least), Some(most)) => format!("{what} from {least} to {most}"),
        (Some(least), None) => format!("{what}, at least {least}"),
        (None, Some(most)) => format!("{what}, at most {most}"),
        (None, None) => what.to_owned(),
    }
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
