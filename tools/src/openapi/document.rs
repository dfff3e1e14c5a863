//! The document as it is written: references, servers, operations.

use serde_json::{Map, Value, json};
use url::Url;

use super::operation::{Body, Operation, Parameter, Place, Scheme, Style};
use crate::foreign;

/// References that lead to references.
const HOPS_MAX: usize = 16;
const METHODS: [&str; 6] = ["get", "head", "put", "delete", "post", "patch"];

/// A document of OpenAPI 3.0 or 3.1.
#[derive(Debug)]
pub(super) struct Document {
    root: Value,
}

impl Document {
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let root: Value = if text.trim_start().starts_with('{') {
            serde_json::from_str(text).map_err(|error| error.to_string())?
        } else {
            serde_saphyr::from_str(text).map_err(|error| error.to_string())?
        };
        // Unquoted, YAML reads `3.0` as a number.
        let version = root
            .get("openapi")
            .map(|version| version.as_str().map_or_else(|| version.to_string(), str::to_owned));
        match version {
            Some(version) if version.starts_with("3.0") || version.starts_with("3.1") => Ok(Self { root }),
            Some(version) => Err(format!("its version is {version}; 3.0 and 3.1 are read")),
            None => Err("it does not say `openapi: 3.0` or `3.1`".to_owned()),
        }
    }

    /// The first server's address, with its variables' defaults.
    pub(super) fn server(&self) -> Result<Url, String> {
        let server = self.root.pointer("/servers/0").ok_or("it names no server; name one in the settings")?;
        let mut address = server.get("url").and_then(Value::as_str).unwrap_or_default().to_owned();
        for (name, variable) in server.get("variables").and_then(Value::as_object).into_iter().flatten() {
            let default = variable.get("default").and_then(Value::as_str).unwrap_or_default();
            address = address.replace(&format!("{{{name}}}"), default);
        }
        address.parse().map_err(|error| {
            format!("its server '{address}' is no full address ({error}); name one in the settings")
        })
    }

    pub(super) fn operations(&self) -> Result<Vec<Operation>, String> {
        let mut operations: Vec<Operation> = Vec::new();
        for (path, item) in self.root.get("paths").and_then(Value::as_object).into_iter().flatten() {
            let item = self.resolved(item)?;
            for method in METHODS {
                let Some(described) = item.get(method) else { continue };
                let operation = self
                    .operation(path, method, (item, described))
                    .map_err(|problem| format!("{} {path}: {problem}", method.to_uppercase()))?;
                if operations.iter().any(|known| known.name == operation.name) {
                    return Err(format!("two operations are named '{}'", operation.name));
                }
                operations.push(operation);
            }
        }
        if operations.is_empty() { Err("it has no operation".to_owned()) } else { Ok(operations) }
    }

    fn operation(
        &self,
        path: &str,
        method: &str,
        (item, described): (&Value, &Value),
    ) -> Result<Operation, String> {
        let text =
            |name: &str| described.get(name).and_then(Value::as_str).filter(|text| !text.trim().is_empty());
        let fallback = || format!("{method}_{}", path.trim_start_matches('/').replace(['{', '}'], ""));
        let name = foreign::name(&text("operationId").map_or_else(fallback, str::to_owned));
        let said = text("summary").or_else(|| text("description")).unwrap_or(path);
        let mut parameters: Vec<Parameter> = Vec::new();
        // An operation's own parameter takes the place of the path's.
        let listed =
            [described, item].into_iter().filter_map(|level| level.get("parameters")?.as_array()).flatten();
        for parameter in listed {
            let parameter = self.parameter(parameter)?;
            let is_known =
                parameters.iter().any(|known| known.name == parameter.name && known.place == parameter.place);
            if !is_known {
                parameters.push(parameter);
            }
        }
        let body = match described.get("requestBody") {
            Some(body) => Some(self.body(body)?),
            None => None,
        };
        let security = described.get("security").or_else(|| self.root.get("security"));
        Ok(Operation {
            name,
            description: foreign::description(said),
            method: method.to_uppercase(),
            path: path.to_owned(),
            parameters,
            body,
            security: self.security(security)?,
            definitions: self.definitions(),
        })
    }

    fn parameter(&self, parameter: &Value) -> Result<Parameter, String> {
        let parameter = self.resolved(parameter)?;
        let text = |name: &str| parameter.get(name).and_then(Value::as_str);
        let name = text("name").ok_or("a parameter has no name")?.to_owned();
        let place = match text("in") {
            Some("path") => Place::Path,
            Some("query") => Place::Query,
            Some("header") => Place::Header,
            Some("cookie") => Place::Cookie,
            other => return Err(format!("the parameter '{name}' is in {other:?}, which is nowhere")),
        };
        let style = text("style");
        let explode = parameter.get("explode").and_then(Value::as_bool);
        let content = parameter.pointer("/content/application~1json/schema");
        let mut schema = parameter.get("schema").or(content).cloned().unwrap_or(json!({}));
        if let (Value::Object(keywords), Some(said)) = (&mut schema, text("description")) {
            keywords.insert("description".to_owned(), json!(foreign::description(said)));
        }
        let style = match (content, style, explode) {
            (Some(_), _, _) => Style::Json,
            (None, Some("deepObject"), _) => Style::Deep,
            (None, _, Some(true)) => Style::Several,
            (None, _, None) if matches!(place, Place::Query | Place::Cookie) => Style::Several,
            (None, _, _) => Style::Commas,
        };
        let is_required = place == Place::Path || parameter.get("required") == Some(&Value::Bool(true));
        Ok(Parameter { name, place, is_required, schema, style })
    }

    fn body(&self, body: &Value) -> Result<Body, String> {
        let body = self.resolved(body)?;
        let content = body.get("content").and_then(Value::as_object).ok_or("its body has no content")?;
        let is_json = |kind: &str| kind == "application/json" || kind.ends_with("+json") || kind == "*/*";
        let is_form = |kind: &str| kind == "application/x-www-form-urlencoded";
        let found = content
            .iter()
            .find(|(kind, _)| is_json(kind))
            .or_else(|| content.iter().find(|(kind, _)| is_form(kind)));
        let Some((kind, described)) = found else {
            let kinds: Vec<&str> = content.keys().map(String::as_str).collect();
            return Err(format!("its body is {}; JSON and forms can be sent", kinds.join(", ")));
        };
        Ok(Body {
            schema: described.get("schema").cloned().unwrap_or(json!({})),
            is_required: body.get("required") == Some(&Value::Bool(true)),
            is_form: is_form(kind),
        })
    }

    /// The ways to be let in: each a set of schemes that are needed together.
    fn security(&self, requirements: Option<&Value>) -> Result<Vec<Vec<Scheme>>, String> {
        let mut ways = Vec::new();
        for requirement in requirements.and_then(Value::as_array).into_iter().flatten() {
            let names = requirement.as_object().into_iter().flatten().map(|(name, _)| name);
            ways.push(names.map(|name| self.scheme(name)).collect::<Result<_, _>>()?);
        }
        Ok(ways)
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

    fn definitions(&self) -> Map<String, Value> {
        self.root.pointer("/components/schemas").and_then(Value::as_object).cloned().unwrap_or_default()
    }

    /// What a reference leads to, inside the document.
    fn resolved<'a>(&'a self, value: &'a Value) -> Result<&'a Value, String> {
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
}
