//! What `x-from` names: a tool, and the fields of its results under which values stand.

use serde_json::Value;

use super::{FROM, VERBATIM};

/// The tool of these that a source names, and the fields of its results: `search` and `items.id` of `search.items.id`.
/// Tools may have dots in their names: of those that the source begins with, the longest is meant.
#[must_use]
pub fn source<'s, 't>(
    named: &'s str,
    tools: impl IntoIterator<Item = &'t str>,
) -> Option<(&'s str, &'s str)> {
    let parts = |tool: &str| {
        let fields = named.strip_prefix(tool)?.strip_prefix('.')?;
        Some((named.get(..tool.len())?, fields))
    };
    tools.into_iter().filter_map(parts).max_by_key(|(tool, _)| tool.len())
}

/// What keeps a tool from ever being called where these are all the tools: an argument that has to be given, and can only
/// be taken from results of others. References and alternatives are not followed.
#[must_use]
pub fn unmet(parameters: &Value, tools: &[&str]) -> Option<String> {
    unmet_at("", parameters, tools)
}

fn unmet_at(at: &str, schema: &Value, tools: &[&str]) -> Option<String> {
    let from: Vec<&str> = schema[FROM].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let is_there = from.iter().any(|named| source(named, tools.iter().copied()).is_some());
    if !from.is_empty() && !is_there && schema[VERBATIM] != true {
        let from = from.join(" or ");
        return Some(format!("{at} can only be a value of {from}, and no such tool is offered"));
    }
    let required = schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str);
    let fields = required.filter_map(|name| Some((format!("{at}/{name}"), schema["properties"].get(name)?)));
    // A list that can only be empty is of no use.
    let items = schema.get("items").map(|items| (at.to_owned(), items));
    fields.chain(items).find_map(|(at, schema)| unmet_at(&at, schema, tools))
}

#[cfg(test)]
mod tests;
