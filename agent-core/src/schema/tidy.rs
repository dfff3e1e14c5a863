//! Brings a generated schema into the form the model is shown.

mod merge;

use serde_json::{Map, Value, json};

use merge::merge_alternatives;

/// Formats that only repeat the width of a number.
const NUMBER_FORMATS: [&str; 14] = [
    "int8", "int16", "int32", "int64", "int128", "int", "uint8", "uint16", "uint32", "uint64", "uint128",
    "uint", "float", "double",
];

/// Brings a schema that `schemars` generated into the form the model is shown, at every level:
///
/// - no `$schema`, no `title`, no `format` that only repeats a number's width;
/// - no `null` beside another type: an optional value is left out, not null;
/// - an object takes no other properties than those it names; where it names some and has alternatives beside
///   them (a flattened enum), each alternative names them all;
/// - an enum whose variants are documented is a plain `enum` like any other; other alternatives
///   (`oneOf`) are `anyOf`.
pub fn tidy(schema: &mut Value) {
    tidied(schema, true);
}

/// What stands beside other alternatives cannot be closed: each would refuse the other's properties.
fn tidied(schema: &mut Value, closes: bool) {
    let Value::Object(keywords) = schema else { return };
    keywords.shift_remove("$schema");
    keywords.shift_remove("title");
    let width = |format: &Value| format.as_str().is_some_and(|name| NUMBER_FORMATS.contains(&name));
    if keywords.get("format").is_some_and(width) {
        keywords.shift_remove("format");
    }
    if let Some(alternatives) = keywords.shift_remove("oneOf") {
        keywords.insert("anyOf".to_owned(), alternatives);
    }
    drop_null(keywords, closes);
    flatten_enum(keywords);
    merge_alternatives(keywords);
    let closes = closes && !is_joined(keywords);
    if closes && keywords.contains_key("properties") {
        keywords.entry("additionalProperties").or_insert(json!(false));
    }
    for (keyword, value) in keywords.iter_mut() {
        match (keyword.as_str(), value) {
            ("properties" | "patternProperties" | "$defs", Value::Object(named)) => {
                named.values_mut().for_each(tidy);
            }
            ("anyOf" | "allOf", Value::Array(inner)) => {
                for schema in inner {
                    tidied(schema, closes);
                }
            }
            ("prefixItems", Value::Array(inner)) => inner.iter_mut().for_each(tidy),
            ("items" | "additionalProperties" | "unevaluatedProperties", inner) => tidy(inner),
            _ => {}
        }
    }
}

/// Whether the properties of an object are named in several places.
fn is_joined(keywords: &Map<String, Value>) -> bool {
    let names = |schema: &Value| {
        ["properties", "$ref", "anyOf", "oneOf", "allOf"].iter().any(|keyword| schema.get(keyword).is_some())
    };
    let parts = |keyword: &str| keywords.get(keyword).and_then(Value::as_array).into_iter().flatten();
    let own = ["properties", "$ref"].iter().filter(|keyword| keywords.contains_key(**keyword)).count();
    let alternatives = usize::from(parts("anyOf").any(names));
    own + alternatives + parts("allOf").filter(|part| names(part)).count() > 1
}

/// Takes `null` out of a type, an enum or a list of alternatives, unless nothing else is in it.
fn drop_null(keywords: &mut Map<String, Value>, closes: bool) {
    if let Some(Value::Array(types)) = keywords.get_mut("type") {
        types.retain(|name| name != "null");
        if let [one] = types.as_slice() {
            keywords["type"] = one.clone();
        }
    }
    if let Some(Value::Array(values)) = keywords.get_mut("enum") {
        values.retain(|value| !value.is_null());
    }
    // Beside properties it is a flattened type, which is merged.
    let is_flattened = keywords.contains_key("properties");
    if let Some(Value::Array(alternatives)) = keywords.get_mut("anyOf") {
        alternatives.retain(|schema| schema.get("type").is_none_or(|name| name != "null"));
        if let [Value::Object(one)] = alternatives.as_slice()
            && !is_flattened
        {
            let one = one.clone();
            keywords.shift_remove("anyOf");
            for (keyword, value) in one {
                keywords.entry(keyword).or_insert(value);
            }
            // What stood inside may have alternatives of its own.
            if keywords.contains_key("oneOf") || keywords.contains_key("anyOf") {
                let mut inner = Value::Object(std::mem::take(keywords));
                tidied(&mut inner, closes);
                if let Value::Object(inner) = inner {
                    *keywords = inner;
                }
            }
        }
    }
}

/// Turns alternatives that are each one text into an enum; what their docs say is left out.
fn flatten_enum(keywords: &mut Map<String, Value>) {
    let Some(Value::Array(alternatives)) = keywords.get("anyOf") else { return };
    let texts: Option<Vec<&Value>> =
        alternatives.iter().map(texts_of).collect::<Option<Vec<_>>>().map(|all| all.concat());
    if let Some(texts) = texts.filter(|texts| !texts.is_empty()) {
        let values = json!(texts);
        keywords.shift_remove("anyOf");
        keywords.insert("type".to_owned(), json!("string"));
        keywords.insert("enum".to_owned(), values);
    }
}

/// The texts a schema allows, if it allows only certain ones.
fn texts_of(schema: &Value) -> Option<Vec<&Value>> {
    let values = match (schema.get("const"), schema.get("enum")) {
        (Some(one), _) => vec![one],
        (None, Some(Value::Array(values))) => values.iter().collect(),
        (None, _) => return None,
    };
    values.iter().all(|value| value.is_string()).then_some(values)
}

#[cfg(test)]
mod tests;
