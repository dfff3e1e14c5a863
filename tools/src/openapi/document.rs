//! The document as it is written: its version, its servers and its operations, of which those are left out that cannot
//! be offered.

use std::collections::BTreeSet;
use std::fmt;

use handyman_core::{ToolError, ToolErrorKind, ToolResult};
use serde_json::Value;
use sha2::{Digest, Sha256};
use url::Url;

use super::operation::{Arguments, Operation};
use super::reading::Reading;
use super::schemas::Definitions;
use crate::foreign;

/// References that lead to references.
pub(super) const HOPS_MAX: usize = 16;
const METHODS: [&str; 6] = ["get", "head", "put", "delete", "post", "patch"];
/// Characters of a name, and of one that gets a suffix to be told from others.
const NAME_CHARS_MAX: usize = 64;
const HEAD_CHARS_MAX: usize = 55;

/// A document of OpenAPI 3.0 or 3.1.
#[derive(Debug)]
pub struct Document {
    root: Value,
}

/// An operation that is not offered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftOut {
    /// Its method and path.
    pub operation: String,
    /// What of it cannot be done here.
    pub why: String,
}

impl fmt::Display for LeftOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.operation, self.why)
    }
}

/// What is wrong with a document.
pub(super) fn wrong(problem: impl fmt::Display) -> ToolError {
    ToolError::new(ToolErrorKind::Refused, format!("the OpenAPI document: {problem}"))
}

impl Document {
    /// Reads a document, in JSON or YAML.
    ///
    /// # Errors
    /// With the place in the text, if it is neither, or not OpenAPI 3.
    pub fn parse(text: &str) -> ToolResult<Self> {
        let root: Value = if text.trim_start().starts_with('{') {
            serde_json::from_str(text).map_err(wrong)?
        } else {
            // As YAML 1.2 has it: the `NO` of a list of countries is a text.
            let options = serde_saphyr::options! { strict_booleans: true };
            serde_saphyr::from_str_with_options(text, options).map_err(wrong)?
        };
        // Unquoted, YAML reads `3.0` as a number.
        let version = root
            .get("openapi")
            .map(|version| version.as_str().map_or_else(|| version.to_string(), str::to_owned));
        match version {
            Some(version) if version.starts_with("3.0") || version.starts_with("3.1") => Ok(Self { root }),
            Some(version) => Err(wrong(format!("its version is {version}; 3.0 and 3.1 are read"))),
            None => Err(wrong("it does not say `openapi: 3.0` or `3.1`")),
        }
    }

    /// The names of its security schemes: what [`Settings::credentials`](super::Settings::credentials) are for.
    pub fn schemes(&self) -> impl Iterator<Item = &str> {
        let schemes = self.root.pointer("/components/securitySchemes").and_then(Value::as_object);
        schemes.into_iter().flatten().map(|(name, _)| name.as_str())
    }

    /// What can be offered, and what is left out. `base` is where the service is, if the settings say it.
    pub(super) fn operations(&self, base: Option<&Url>) -> (Vec<Operation>, Vec<LeftOut>) {
        let reading = Reading { root: &self.root, base };
        let definitions = Definitions::new(self.root.pointer("/components/schemas"));
        let (mut operations, mut left_out) = (Vec::new(), Vec::new());
        let mut taken = BTreeSet::new();
        for (path, item) in self.root.get("paths").and_then(Value::as_object).into_iter().flatten() {
            let item = match reading.resolved(item) {
                Ok(item) => item,
                Err(why) => {
                    left_out.push(LeftOut { operation: path.clone(), why });
                    continue;
                }
            };
            for method in METHODS {
                let Some(described) = item.get(method) else { continue };
                let written = Written { path, method: method.to_uppercase(), item, described };
                match written.operation(&reading, &definitions, &taken) {
                    Ok(operation) => {
                        taken.insert(operation.name.clone());
                        operations.push(operation);
                    }
                    Err(why) => {
                        let operation = format!("{} {path}", written.method);
                        left_out.push(LeftOut { operation, why });
                    }
                }
            }
        }
        (operations, left_out)
    }
}

/// An operation as it is written.
struct Written<'a> {
    path: &'a str,
    method: String,
    /// What is said of all operations of the path.
    item: &'a Value,
    /// What is said of this one.
    described: &'a Value,
}

impl Written<'_> {
    fn operation(
        &self,
        reading: &Reading<'_>,
        definitions: &Definitions,
        taken: &BTreeSet<String>,
    ) -> Result<Operation, String> {
        let Self { path, item, described, .. } = *self;
        let text =
            |name: &str| described.get(name).and_then(Value::as_str).filter(|text| !text.trim().is_empty());
        let said = text("summary").or_else(|| text("description")).unwrap_or(path);
        let mut parameters = reading.parameters(path, [described, item])?;
        for parameter in &mut parameters {
            parameter.schema = definitions.requested(&parameter.schema);
        }
        let mut body = described.get("requestBody").map(|body| reading.body(body)).transpose()?;
        if let Some(body) = &mut body {
            body.schema = definitions.requested(&body.schema);
        }
        let arguments = Arguments::of(&parameters, body.as_ref(), definitions)?;
        Ok(Operation {
            name: self.name(text("operationId"), taken)?,
            description: foreign::description(said),
            method: self.method.clone(),
            base: reading.server([described, item])?,
            path: path.to_owned(),
            parameters,
            body,
            security: reading.security(described)?,
            arguments,
        })
    }

    /// The operation's name. One that would be cut off, or that another has, ends with a digest of method and path.
    fn name(&self, given: Option<&str>, taken: &BTreeSet<String>) -> Result<String, String> {
        let Self { path, method, .. } = self;
        let made =
            || format!("{}_{}", method.to_lowercase(), path.trim_start_matches('/').replace(['{', '}'], ""));
        let wanted = given.map_or_else(made, str::to_owned);
        let name = foreign::name(&wanted);
        if wanted.chars().count() <= NAME_CHARS_MAX && !taken.contains(&name) {
            return Ok(name);
        }
        let head: String = name.chars().take(HEAD_CHARS_MAX).collect();
        let digest = hex::encode(&Sha256::digest(format!("{method}{path}"))[..4]);
        let name = format!("{head}_{digest}");
        if taken.contains(&name) { Err(format!("another operation is named '{name}'")) } else { Ok(name) }
    }
}
