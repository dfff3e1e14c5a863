//! An operation and the schema of its arguments.

use std::collections::BTreeMap;

use handyman_core::Effect;
use serde_json::{Map, Value, json};
use url::Url;

use super::schemas::Definitions;
use crate::foreign;

/// The argument that holds a body that is not taken apart.
pub(super) const BODY: &str = "body";
/// The header that makes one effect of all requests that have the same in it.
pub(super) const KEY: &str = "idempotency-key";

/// Where a parameter or a secret is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Path,
    Query,
    Header,
    Cookie,
}

#[derive(Debug, Clone)]
pub(super) struct Parameter {
    pub(super) name: String,
    pub(super) place: Place,
    pub(super) is_required: bool,
    pub(super) schema: Value,
    pub(super) style: Style,
}

/// How a list or an object is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Style {
    /// As one text with this between its parts.
    Between(char),
    /// As several parameters.
    Several,
    /// An object as `name[key]=value`.
    Deep,
    /// As JSON, as everything else is then.
    Json,
}

#[derive(Debug, Clone)]
pub(super) struct Body {
    pub(super) schema: Value,
    pub(super) is_required: bool,
    pub(super) is_form: bool,
    /// How the fields of a form are sent that are not sent as usual.
    pub(super) styles: BTreeMap<String, Style>,
}

/// A way to say who is asking.
#[derive(Debug, Clone)]
pub(super) struct Scheme {
    pub(super) name: String,
    pub(super) place: Place,
    /// The field's name; `bearer` and `basic` for the header `Authorization`.
    pub(super) field: String,
}

#[derive(Debug, Clone)]
pub(super) struct Operation {
    pub(super) name: String,
    pub(super) description: String,
    pub(super) method: String,
    /// The server that it is at.
    pub(super) base: Url,
    pub(super) path: String,
    pub(super) parameters: Vec<Parameter>,
    pub(super) body: Option<Body>,
    pub(super) security: Vec<Vec<Scheme>>,
    pub(super) arguments: Arguments,
}

/// What an operation is called with.
#[derive(Debug, Clone)]
pub(super) struct Arguments {
    pub(super) schema: Value,
    /// Whether the properties of the body stand beside the parameters. Otherwise the body is one argument.
    pub(super) body_is_apart: bool,
}

impl Operation {
    /// What the method promises (RFC 9110, 9.2).
    pub(super) fn effect(&self) -> Effect {
        match self.method.as_str() {
            "GET" | "HEAD" => Effect::ReadOnly,
            "PUT" | "DELETE" => Effect::Idempotent,
            _ => Effect::Once,
        }
    }

    /// The operation without a parameter for the header that each call with an effect fills by itself.
    pub(super) fn keyed(mut self) -> Self {
        let is_key = |parameter: &Parameter| {
            parameter.place == Place::Header && parameter.name.eq_ignore_ascii_case(KEY)
        };
        let (keys, others): (Vec<_>, Vec<_>) = self.parameters.into_iter().partition(is_key);
        self.parameters = others;
        for key in keys {
            if let Some(Value::Object(properties)) = self.arguments.schema.get_mut("properties") {
                properties.shift_remove(&key.name);
            }
            if let Some(Value::Array(required)) = self.arguments.schema.get_mut("required") {
                required.retain(|name| *name != key.name);
            }
        }
        self
    }
}

impl Arguments {
    /// The arguments for these parameters and this body.
    ///
    /// # Errors
    /// If they are too many to be offered.
    pub(super) fn of(
        parameters: &[Parameter],
        body: Option<&Body>,
        definitions: &Definitions,
    ) -> Result<Self, String> {
        let mut properties = Map::new();
        let mut required: Vec<String> = Vec::new();
        for parameter in parameters {
            properties.insert(parameter.name.clone(), parameter.schema.clone());
            if parameter.is_required {
                required.push(parameter.name.clone());
            }
        }
        let apart = body.and_then(|body| plain_properties(body, parameters, definitions));
        let body_is_apart = apart.is_some();
        match (body, apart) {
            (Some(body), Some(named)) => {
                let needed = definitions
                    .followed(&body.schema)
                    .and_then(|schema| schema.get("required")?.as_array())
                    .into_iter()
                    .flatten();
                let needed = needed.filter_map(Value::as_str).map(str::to_owned);
                required.extend(needed.filter(|_| body.is_required));
                properties.extend(named);
            }
            (Some(body), None) => {
                properties.insert(BODY.to_owned(), body.schema.clone());
                if body.is_required {
                    required.push(BODY.to_owned());
                }
            }
            (None, _) => {}
        }
        let mut schema = json!({
            "type": "object", "properties": properties, "required": required, "additionalProperties": false,
        });
        let reached = definitions.reached(&schema)?;
        if !reached.is_empty() {
            schema["$defs"] = Value::Object(reached);
        }
        Ok(Self { schema: foreign::adopted(&schema), body_is_apart })
    }
}

/// The properties of a body that is a plain object, if no name is taken twice.
fn plain_properties(
    body: &Body,
    parameters: &[Parameter],
    definitions: &Definitions,
) -> Option<Map<String, Value>> {
    let schema = definitions.followed(&body.schema)?;
    let keywords = schema.as_object()?;
    let plain =
        ["type", "properties", "required", "additionalProperties", "description", "title", "example", "xml"];
    if keywords.keys().any(|keyword| !plain.contains(&keyword.as_str()) && !keyword.starts_with("x-")) {
        return None;
    }
    let properties = keywords.get("properties")?.as_object()?;
    let is_taken = |name: &String| parameters.iter().any(|parameter| parameter.name == *name);
    (!properties.keys().any(is_taken)).then(|| properties.clone())
}
