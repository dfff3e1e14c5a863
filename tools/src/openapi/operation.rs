//! An operation and the schema of its arguments.

use std::collections::BTreeSet;

use handyman_core::Effect;
use serde_json::{Map, Value, json};

use crate::foreign;

/// The argument that holds a body that is not taken apart.
pub(super) const BODY: &str = "body";

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
    /// As one text with commas.
    Commas,
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
    pub(super) path: String,
    pub(super) parameters: Vec<Parameter>,
    pub(super) body: Option<Body>,
    pub(super) security: Vec<Vec<Scheme>>,
    pub(super) definitions: Map<String, Value>,
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

    /// The properties of the body that stand beside the parameters, if it is a plain object and no name is taken
    /// twice. Otherwise the body is one argument.
    pub(super) fn body_properties(&self) -> Option<Map<String, Value>> {
        let schema = self.definition(&self.body.as_ref()?.schema)?;
        let keywords = schema.as_object()?;
        let plain = [
            "type",
            "properties",
            "required",
            "additionalProperties",
            "description",
            "title",
            "example",
            "xml",
        ];
        if keywords.keys().any(|keyword| !plain.contains(&keyword.as_str()) && !keyword.starts_with("x-")) {
            return None;
        }
        let properties = keywords.get("properties")?.as_object()?;
        let is_taken = |name: &String| self.parameters.iter().any(|parameter| parameter.name == *name);
        (!properties.keys().any(is_taken)).then(|| properties.clone())
    }

    /// The schema of the arguments.
    pub(super) fn arguments(&self) -> Value {
        let mut properties = Map::new();
        let mut required: Vec<String> = Vec::new();
        for parameter in &self.parameters {
            properties.insert(parameter.name.clone(), parameter.schema.clone());
            if parameter.is_required {
                required.push(parameter.name.clone());
            }
        }
        if let Some(body) = &self.body {
            if let Some(named) = self.body_properties() {
                let needed =
                    self.definition(&body.schema).and_then(|schema| schema.get("required")?.as_array());
                let needed = needed.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned);
                required.extend(needed.filter(|_| body.is_required));
                properties.extend(named);
            } else {
                properties.insert(BODY.to_owned(), body.schema.clone());
                if body.is_required {
                    required.push(BODY.to_owned());
                }
            }
        }
        let mut schema = json!({
            "type": "object", "properties": properties, "required": required, "additionalProperties": false,
        });
        let reached = self.reached(&schema);
        if !reached.is_empty() {
            schema["$defs"] = Value::Object(reached);
        }
        foreign::adopted(&schema)
    }

    /// The definition a schema refers to, or the schema itself.
    fn definition<'a>(&'a self, schema: &'a Value) -> Option<&'a Value> {
        let mut schema = schema;
        for _ in 0..=self.definitions.len() {
            let Some(reference) = schema.get("$ref").and_then(Value::as_str) else { return Some(schema) };
            schema = self.definitions.get(reference.strip_prefix("#/components/schemas/")?)?;
        }
        None
    }

    /// The definitions that a schema needs, those that they need, and so on.
    fn reached(&self, schema: &Value) -> Map<String, Value> {
        let mut names = BTreeSet::new();
        let mut open = vec![schema];
        while let Some(value) = open.pop() {
            match value {
                Value::Object(keywords) => {
                    let reference = keywords.get("$ref").and_then(Value::as_str);
                    let name =
                        reference.and_then(|reference| reference.strip_prefix("#/components/schemas/"));
                    if let Some(name) = name
                        && names.insert(name.to_owned())
                    {
                        open.extend(self.definitions.get(name));
                    }
                    open.extend(keywords.values());
                }
                Value::Array(items) => open.extend(items),
                Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
            }
        }
        names
            .into_iter()
            .filter_map(|name| Some((name.clone(), self.definitions.get(&name)?.clone())))
            .collect()
    }
}
