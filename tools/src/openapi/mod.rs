//! Tools from an OpenAPI document (3.0 or 3.1): one for each operation.
//!
//! `GET` and `HEAD` only read, `PUT` and `DELETE` may be repeated, `POST` and `PATCH` are `once`, unless configured
//! otherwise. Path, query, header and cookie parameters and a JSON body become the arguments; what they may be is
//! the document's schema. Credentials come from the configuration, never from the model.
//!
//! ```
//! use handyman_tools::openapi::{Api, Settings};
//!
//! # fn main() -> Result<(), handyman_core::ToolError> {
//! let document = r#"{"openapi": "3.1.0", "info": {"title": "Shop", "version": "1"},
//!     "servers": [{"url": "https://shop.example"}],
//!     "paths": {"/orders/{id}": {"get": {"operationId": "getOrder", "summary": "One order",
//!         "parameters": [{"name": "id", "in": "path", "required": true, "schema": {"type": "integer"}}]}}}}"#;
//! let tools = Api::parse(document, Settings::default())?.tools();
//! assert_eq!(tools[0].spec().name, "getOrder");
//! # Ok(())
//! # }
//! ```

mod document;
mod operation;
mod request;
mod tool;

use std::collections::BTreeMap;
use std::sync::Arc;

use handyman_core::{Effect, Tool, ToolError, ToolErrorKind, ToolResult};
use url::Url;

use crate::web::{Client, HttpLimits, Reach};
use document::Document;
use operation::Operation;
use tool::OperationTool;

/// What is said of a document beside what it says itself.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// Where the service is; the document's first server if nothing is named.
    pub base: Option<Url>,
    /// Secrets by the name of their security scheme: an API key, a token, or `user:password`.
    pub credentials: BTreeMap<String, String>,
    /// What operations do, by name, where the method says it wrongly.
    pub effects: BTreeMap<String, Effect>,
}

/// A service as its document describes it.
#[derive(Debug)]
pub struct Api {
    operations: Vec<Operation>,
    base: Url,
    client: Client,
    settings: Settings,
}

impl Api {
    /// Reads a document, in JSON or YAML.
    ///
    /// # Errors
    /// With the place in the document: not OpenAPI 3, a reference that leads nowhere or outside, no server, an
    /// operation that is configured and not there.
    pub fn parse(text: &str, settings: Settings) -> ToolResult<Self> {
        let wrong = |problem: String| {
            ToolError::new(ToolErrorKind::Refused, format!("the OpenAPI document: {problem}"))
        };
        let document = Document::parse(text).map_err(wrong)?;
        let operations = document.operations().map_err(wrong)?;
        let base = match &settings.base {
            Some(base) => base.clone(),
            None => document.server().map_err(wrong)?,
        };
        for name in settings.effects.keys() {
            if !operations.iter().any(|operation| operation.name == *name) {
                return Err(wrong(format!("it has no operation '{name}'")));
            }
        }
        let client = Client::new(Reach::of(&base), HttpLimits::default())?;
        Ok(Self { operations, base, client, settings })
    }

    /// One tool an operation, in the document's order.
    #[must_use]
    pub fn tools(self) -> Vec<Arc<dyn Tool>> {
        let Self { operations, base, client, settings } = self;
        let credentials = Arc::new(settings.credentials);
        let tool = |operation: Operation| {
            let effect = settings.effects.get(&operation.name).copied().unwrap_or(operation.effect());
            let service = tool::Service {
                base: base.clone(),
                client: client.clone(),
                credentials: Arc::clone(&credentials),
            };
            Arc::new(OperationTool::new(operation, effect, service)) as Arc<dyn Tool>
        };
        operations.into_iter().map(tool).collect()
    }
}

#[cfg(test)]
mod tests;
