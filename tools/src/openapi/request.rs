//! From arguments to a request: paths, queries, headers, cookies and bodies (OpenAPI 3.1, 4.8.12).

use std::collections::BTreeMap;
use std::fmt::Write as _;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use handyman_core::{ToolError, ToolErrorKind, ToolResult};
use reqwest::Method;
use serde_json::{Map, Value, json};
use url::Url;

use super::operation::{BODY, Body, Operation, Parameter, Place, Scheme, Style};
use crate::web::Request;

/// What is asked for of a service that may answer in several ways.
const RATHER_JSON: &str = "application/json, */*;q=0.5";

/// The request that an operation and its arguments come to.
pub(super) fn request(
    operation: &Operation,
    mut arguments: Map<String, Value>,
    credentials: &BTreeMap<String, String>,
) -> ToolResult<Request> {
    let taken: Vec<(&Parameter, Value)> = operation
        .parameters
        .iter()
        .filter_map(|parameter| Some((parameter, arguments.shift_remove(&parameter.name)?)))
        .collect();
    let mut request = Request::get(address(&operation.base, &operation.path, &taken)?);
    request.method = Method::from_bytes(operation.method.as_bytes()).map_err(ToolError::internal)?;
    request.accepts = Some(RATHER_JSON);
    let mut cookies = Vec::new();
    for (parameter, value) in &taken {
        match parameter.place {
            Place::Path => {}
            Place::Query => {
                for (name, value) in pairs(&parameter.name, parameter.style, value) {
                    request = request.query(&name, &value);
                }
            }
            Place::Header | Place::Cookie if value.is_null() => {}
            Place::Header => request = request.header(&parameter.name, &joined(parameter.style, value))?,
            Place::Cookie => cookies.push(format!("{}={}", parameter.name, cookie(parameter.style, value))),
        }
    }
    if let Some(body) = &operation.body {
        let content = if !operation.arguments.body_is_apart {
            arguments.shift_remove(BODY)
        } else if arguments.is_empty() && !body.is_required {
            None
        } else {
            Some(Value::Object(arguments))
        };
        if body.is_form {
            request.form = content.map(|content| form(body, content));
        } else {
            request.body = content;
        }
    }
    for scheme in way(operation, credentials)? {
        let secret = credentials.get(&scheme.name).map(String::as_str).unwrap_or_default();
        request = match (scheme.place, scheme.field.as_str()) {
            (Place::Query, field) => request.query(field, secret),
            (Place::Cookie, field) => {
                cookies.push(format!("{field}={secret}"));
                request
            }
            (_, "bearer") => request.header("authorization", &format!("Bearer {secret}"))?,
            (_, "basic") => request.header("authorization", &format!("Basic {}", STANDARD.encode(secret)))?,
            (_, field) => request.header(field, secret)?,
        };
    }
    if cookies.is_empty() { Ok(request) } else { request.header("cookie", &cookies.join("; ")) }
}

/// The schemes to use: those of the first way for which all secrets are there. One that needs none is the last resort: of a
/// service that tells more to those it knows, it may well be named first.
fn way<'a>(operation: &'a Operation, credentials: &BTreeMap<String, String>) -> ToolResult<&'a [Scheme]> {
    let ways = &operation.security;
    if ways.is_empty() {
        return Ok(&[]);
    }
    let is_open = |way: &&Vec<Scheme>| way.iter().all(|scheme| credentials.contains_key(&scheme.name));
    let named = ways.iter().filter(is_open).find(|way| !way.is_empty());
    let way = named.or_else(|| ways.iter().find(is_open));
    way.map(Vec::as_slice).ok_or_else(|| {
        let names: Vec<&str> = ways.iter().flatten().map(|scheme| scheme.name.as_str()).collect();
        let message =
            format!("{} needs a credential that is not configured: {}", operation.name, names.join(" or "));
        ToolError::new(ToolErrorKind::Refused, message)
    })
}

/// The address: each argument of the path is one segment of it or a part of one, and cannot reach out of it. The path's own
/// segments are the document's.
fn address(base: &Url, path: &str, taken: &[(&Parameter, Value)]) -> ToolResult<Url> {
    let mut url = base.clone();
    url.set_query(None);
    url.set_fragment(None);
    let mut filled = Vec::new();
    for segment in path.trim_start_matches('/').split('/') {
        let mut text = segment.to_owned();
        for (parameter, value) in taken.iter().filter(|(parameter, _)| parameter.place == Place::Path) {
            let place = format!("{{{}}}", parameter.name);
            if text.contains(&place) {
                let value = joined(parameter.style, value);
                text = text.replace(&place, &value);
                // Looked at with what it stands beside: two that are one dot each are two dots.
                if value.is_empty() || value.contains(char::is_control) || leads_elsewhere(&text) {
                    let message = format!("'{}' cannot stand in the address", value.escape_debug());
                    return Err(ToolError::argument(&parameter.name, message));
                }
            }
        }
        filled.push(text);
    }
    url.path_segments_mut()
        .map_err(|()| ToolError::internal(format!("{base} has no path")))?
        .pop_if_empty()
        .extend(filled);
    Ok(url)
}

/// Whether a segment of a path is none, but says where to go from there. Some services unescape what they are sent twice.
fn leads_elsewhere(segment: &str) -> bool {
    let plain = segment.to_ascii_lowercase().replace("%2e", ".");
    plain.is_empty() || plain == "." || plain == ".."
}

/// The content of a form, with the fields whose lists and objects are sent in a way of their own taken apart.
fn form(body: &Body, content: Value) -> Value {
    let Value::Object(fields) = content else { return content };
    let mut sent = Map::new();
    for (name, value) in fields {
        let Some(style) = body.styles.get(&name) else {
            sent.insert(name, value);
            continue;
        };
        for (name, text) in pairs(&name, *style, &value) {
            if let Value::Array(items) = sent.entry(name).or_insert_with(|| json!([])) {
                items.push(Value::String(text));
            }
        }
    }
    Value::Object(sent)
}

/// A parameter of the query as names and values; none for what is null.
fn pairs(name: &str, style: Style, value: &Value) -> Vec<(String, String)> {
    match (value, style) {
        (Value::Null, _) => Vec::new(),
        (Value::Array(items), Style::Several) => {
            let items = items.iter().filter(|item| !item.is_null());
            items.map(|item| (name.to_owned(), plain(item))).collect()
        }
        // What lists in objects look like is left open; `[]` is what most services read.
        (Value::Array(items), Style::Deep) => {
            items.iter().flat_map(|item| pairs(&format!("{name}[]"), style, item)).collect()
        }
        (Value::Object(fields), Style::Deep) => fields
            .iter()
            .flat_map(|(field, value)| pairs(&format!("{name}[{field}]"), style, value))
            .collect(),
        (Value::Object(fields), Style::Several) => {
            let fields = fields.iter().filter(|(_, value)| !value.is_null());
            fields.map(|(field, value)| (field.clone(), plain(value))).collect()
        }
        _ => vec![(name.to_owned(), joined(style, value))],
    }
}

/// A value as one text: the parts of lists and objects with commas, or what else stands between them.
fn joined(style: Style, value: &Value) -> String {
    let between = if let Style::Between(between) = style { between } else { ',' };
    match (value, style) {
        (_, Style::Json) => value.to_string(),
        (Value::Array(items), _) => items.iter().map(plain).collect::<Vec<_>>().join(&between.to_string()),
        (Value::Object(fields), style) => {
            let sign = if style == Style::Several { '=' } else { between };
            let pair = |(name, value): (&String, &Value)| format!("{name}{sign}{}", plain(value));
            fields.iter().map(pair).collect::<Vec<_>>().join(&between.to_string())
        }
        (other, _) => plain(other),
    }
}

/// A value as that of a cookie: nothing in it ends the cookie or its part of a list.
fn cookie(style: Style, value: &Value) -> String {
    if style == Style::Json { escaped(&value.to_string()) } else { joined(style, &escaped_inside(value)) }
}

fn escaped_inside(value: &Value) -> Value {
    match value {
        Value::String(text) => escaped(text).into(),
        Value::Array(items) => items.iter().map(escaped_inside).collect(),
        Value::Object(fields) => {
            let fields = fields.iter().map(|(name, value)| (escaped(name), escaped_inside(value)));
            fields.collect::<Map<_, _>>().into()
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => value.clone(),
    }
}

/// A text with `%` escapes for what cannot stand in a cookie (RFC 6265, 4.1.1).
fn escaped(text: &str) -> String {
    let mut escaped = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_graphic() && !b"\"\\,;".contains(&byte) {
            escaped.push(char::from(byte));
        } else {
            let _ = write!(escaped, "%{byte:02X}");
        }
    }
    escaped
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests;
