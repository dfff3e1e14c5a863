//! The parts of an operation as they are written: references, servers, parameters, bodies, security.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use url::Url;

use super::document::HOPS_MAX;
use super::operation::{Body, Parameter, Place, Scheme, Style};
use crate::foreign;

/// Headers that are no parameters, whatever a document says: they follow from the address, the body, the credentials and
/// the other parameters.
const OWN_HEADERS: [&str; 7] =
    ["accept", "content-type", "content-length", "transfer-encoding", "host", "authorization", "cookie"];

/// A document that is being read.
pub(super) struct Reading<'a> {
    pub(super) root: &'a Value,
    /// Where the service is, if the settings say it.
    pub(super) base: Option<&'a Url>,
}

impl Reading<'_> {
    /// What a reference leads to, inside the document.
    pub(super) fn resolved<'b>(&'b self, value: &'b Value) -> Result<&'b Value, String> {
        let mut value = value;
        for _ in 0..HOPS_MAX {
            let Some(reference) = value.get("$ref").and_then(Value::as_str) else { return Ok(value) };
            let pointer = reference
                .strip_prefix('#')
                .ok_or_else(|| format!("'{reference}' leads outside of the document"))?;
            value = self.root.pointer(pointer).ok_or_else(|| format!("'{reference}' leads nowhere"))?;
        }
        Err("references lead in a circle".to_owned())
    }

    /// The server of an operation: its own, that of its path, or that of the document.
    pub(super) fn server(&self, levels: [&Value; 2]) -> Result<Url, String> {
        let own = levels.into_iter().find_map(|level| level.get("servers")?.get(0)).map(address);
        let base = match self.base {
            Some(base) => Ok(base.clone()),
            None => self.first_server(),
        };
        let Some(own) = own else { return base };
        let joined = match &base {
            Ok(base) => base.join(&own),
            Err(_) => own.parse(),
        };
        let joined = joined.map_err(|error| format!("its server '{own}' is no full address ({error})"))?;
        // The credentials are for the service that a person named.
        match self.base {
            Some(base) if joined.origin() != base.origin() => {
                // Without what else may stand in an address, such as a password.
                let (own, named) =
                    (joined.origin().ascii_serialization(), base.origin().ascii_serialization());
                Err(format!("it is at a server of its own, {own}, and the settings name {named}"))
            }
            Some(_) | None => Ok(joined),
        }
    }

    /// The document's first server.
    fn first_server(&self) -> Result<Url, String> {
        let server = self.root.pointer("/servers/0").ok_or("it names no server; name one in the settings")?;
        let address = address(server);
        address.parse().map_err(|error| {
            format!("its server '{address}' is no full address ({error}); name one in the settings")
        })
    }

    /// The parameters of an operation; its own take the place of the path's.
    pub(super) fn parameters(&self, path: &str, levels: [&Value; 2]) -> Result<Vec<Parameter>, String> {
        let mut parameters: Vec<Parameter> = Vec::new();
        let listed = levels.into_iter().filter_map(|level| level.get("parameters")?.as_array()).flatten();
        for parameter in listed {
            let Some(parameter) = self.parameter(parameter)? else { continue };
            let is_in_path = path.contains(&format!("{{{}}}", parameter.name));
            match parameters.iter().find(|known| known.name == parameter.name) {
                _ if parameter.place == Place::Path && !is_in_path => {}
                None => parameters.push(parameter),
                Some(known) if known.place == parameter.place => {}
                Some(known) => return Err(format!("it has two parameters that are named '{}'", known.name)),
            }
        }
        for open in path.split('{').skip(1) {
            let name = open.split('}').next().unwrap_or_default();
            if !parameters.iter().any(|known| known.place == Place::Path && known.name == name) {
                return Err(format!("nothing says what '{{{name}}}' in its path is"));
            }
        }
        Ok(parameters)
    }

    /// A parameter; none for a header that is not one.
    fn parameter(&self, parameter: &Value) -> Result<Option<Parameter>, String> {
        let parameter = self.resolved(parameter)?;
        let text = |name: &str| parameter.get(name).and_then(Value::as_str);
        let name = text("name").ok_or("a parameter has no name")?.to_owned();
        let place = match text("in") {
            Some("path") => Place::Path,
            Some("query") => Place::Query,
            Some("header") if OWN_HEADERS.iter().any(|own| name.eq_ignore_ascii_case(own)) => {
                return Ok(None);
            }
            Some("header") => Place::Header,
            Some("cookie") => Place::Cookie,
            other => return Err(format!("the parameter '{name}' is in {other:?}, which is nowhere")),
        };
        let content = parameter.pointer("/content/application~1json/schema");
        if let (None, Some(kinds)) = (content, parameter.get("content").and_then(Value::as_object))
            && !kinds.contains_key("application/json")
        {
            return Err(format!("the parameter '{name}' is {}; JSON can be sent", listed(kinds.keys())));
        }
        let mut schema = parameter.get("schema").or(content).cloned().unwrap_or(json!({}));
        if let (Value::Object(keywords), Some(said)) = (&mut schema, text("description")) {
            keywords.insert("description".to_owned(), json!(foreign::description(said)));
        }
        let style = if parameter.get("content").is_some() {
            Style::Json
        } else {
            style(place, parameter).map_err(|style| {
                format!("the parameter '{name}' is of the style '{style}', which cannot be sent")
            })?
        };
        let is_required = place == Place::Path || parameter.get("required") == Some(&Value::Bool(true));
        Ok(Some(Parameter { name, place, is_required, schema, style }))
    }

    pub(super) fn body(&self, body: &Value) -> Result<Body, String> {
        let body = self.resolved(body)?;
        let content = body.get("content").and_then(Value::as_object).ok_or("its body has no content")?;
        let is_json = |kind: &str| kind == "application/json" || kind.ends_with("+json") || kind == "*/*";
        let is_form = |kind: &str| kind == "application/x-www-form-urlencoded";
        // `application/json; charset=utf-8` is JSON.
        let plain = |kind: &str| kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        let found = content
            .iter()
            .find(|(kind, _)| is_json(&plain(kind)))
            .or_else(|| content.iter().find(|(kind, _)| is_form(&plain(kind))));
        let Some((kind, described)) = found else {
            return Err(format!("its body is {}; JSON and forms can be sent", listed(content.keys())));
        };
        let mut styles = BTreeMap::new();
        let encodings = described.get("encoding").and_then(Value::as_object).into_iter().flatten();
        for (field, encoding) in encodings.filter(|_| is_form(&plain(kind))) {
            if encoding.get("style").is_some() || encoding.get("explode").is_some() {
                let style = style(Place::Query, encoding).map_err(|style| {
                    format!("the field '{field}' is of the style '{style}', which cannot be sent")
                })?;
                styles.insert(field.clone(), style);
            }
        }
        Ok(Body {
            schema: described.get("schema").cloned().unwrap_or(json!({})),
            is_required: body.get("required") == Some(&Value::Bool(true)),
            is_form: is_form(&plain(kind)),
            styles,
        })
    }

    /// The ways to be let in: each a set of schemes that are needed together. Those that cannot be gone are left out, if
    /// there are others.
    pub(super) fn security(&self, described: &Value) -> Result<Vec<Vec<Scheme>>, String> {
        let requirements = described.get("security").or_else(|| self.root.get("security"));
        let (mut ways, mut problem) = (Vec::new(), None);
        for requirement in requirements.and_then(Value::as_array).into_iter().flatten() {
            let names = requirement.as_object().into_iter().flatten().map(|(name, _)| name);
            match names.map(|name| self.scheme(name)).collect::<Result<Vec<_>, _>>() {
                Ok(way) => ways.push(way),
                Err(why) => problem = problem.or(Some(why)),
            }
        }
        match problem {
            Some(why) if ways.is_empty() => Err(why),
            Some(_) | None => Ok(ways),
        }
    }

    fn scheme(&self, name: &str) -> Result<Scheme, String> {
        let schemes = self.root.pointer("/components/securitySchemes");
        let scheme = schemes
            .and_then(|schemes| schemes.get(name))
            .ok_or_else(|| format!("there is no security scheme '{name}'"))?;
        let scheme = self.resolved(scheme)?;
        let text = |name: &str| scheme.get(name).and_then(Value::as_str).unwrap_or_default();
        let (place, field) = match (text("type"), text("in"), text("scheme").to_lowercase().as_str()) {
            ("apiKey", "query", _) => (Place::Query, text("name")),
            ("apiKey", "cookie", _) => (Place::Cookie, text("name")),
            ("apiKey", _, _) => (Place::Header, text("name")),
            ("http", _, "basic") => (Place::Header, "basic"),
            ("http" | "oauth2" | "openIdConnect", _, _) => (Place::Header, "bearer"),
            (other, _, _) => {
                return Err(format!("the security scheme '{name}' is of type '{other}', which is not known"));
            }
        };
        Ok(Scheme { name: name.to_owned(), place, field: field.to_owned() })
    }
}

/// A server's address, with its variables' defaults.
fn address(server: &Value) -> String {
    let mut address = server.get("url").and_then(Value::as_str).unwrap_or_default().to_owned();
    for (name, variable) in server.get("variables").and_then(Value::as_object).into_iter().flatten() {
        // Unquoted, YAML reads a port as a number.
        let default = match variable.get("default") {
            Some(Value::String(text)) => text.clone(),
            Some(Value::Number(number)) => number.to_string(),
            Some(_) | None => String::new(),
        };
        address = address.replace(&format!("{{{name}}}"), &default);
    }
    address
}

/// How a parameter or a field is sent (OpenAPI 3.1, 4.8.12.2); the style's name, if it cannot be.
fn style(place: Place, described: &Value) -> Result<Style, String> {
    let explode = described.get("explode").and_then(Value::as_bool);
    let is_by_name = matches!(place, Place::Query | Place::Cookie);
    let named = described.get("style").and_then(Value::as_str);
    match (named.unwrap_or(if is_by_name { "form" } else { "simple" }), explode) {
        ("deepObject", _) if place == Place::Query => Ok(Style::Deep),
        ("form", None | Some(true)) | ("pipeDelimited" | "spaceDelimited", Some(true)) if is_by_name => {
            Ok(Style::Several)
        }
        ("form", _) if is_by_name => Ok(Style::Between(',')),
        ("pipeDelimited", _) if place == Place::Query => Ok(Style::Between('|')),
        ("spaceDelimited", _) if place == Place::Query => Ok(Style::Between(' ')),
        ("simple", Some(true)) if !is_by_name => Ok(Style::Several),
        ("simple", _) if !is_by_name => Ok(Style::Between(',')),
        (other, _) => Err(other.to_owned()),
    }
}

fn listed<'a>(names: impl Iterator<Item = &'a String>) -> String {
    names.map(String::as_str).collect::<Vec<_>>().join(", ")
}
