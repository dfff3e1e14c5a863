//! Tools from an OpenAPI document (3.0 or 3.1): one for each operation.
//!
//! `GET` and `HEAD` only read, `PUT` and `DELETE` may be repeated, `POST` and `PATCH` are `once`, unless configured
//! otherwise. Path, query, header and cookie parameters and a JSON body become the arguments; what they may be is
//! the document's schema. Credentials come from the configuration, never from the model; [`credentials`] finds them
//! among variables without giving one service the secret of another. An operation that cannot be offered is left out,
//! and [`Api::left_out`] says why.
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
mod reading;
mod request;
mod schemas;
mod secrets;
mod tool;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use handyman_core::{Effect, Tool, ToolResult};
use url::Url;

use crate::web::{Client, HttpLimits, Reach};
use document::wrong;
pub use document::{Document, LeftOut};
use operation::Operation;
pub use secrets::{VARIABLE, credentials};
use tool::{OperationTool, Service};

/// Operations that are named where none can be offered.
const NAMED_MAX: usize = 3;

/// What is said of a document beside what it says itself.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// Where the service is; the server that the document names, if nothing is.
    pub base: Option<Url>,
    /// Secrets by the name of their security scheme: an API key, a token, or `user:password`.
    pub credentials: BTreeMap<String, String>,
    /// What operations do, by name, where the method says it wrongly.
    pub effects: BTreeMap<String, Effect>,
}

/// A service as its document describes it.
#[derive(Debug)]
pub struct Api {
    tools: Vec<Arc<OperationTool>>,
    left_out: Vec<LeftOut>,
}

impl Api {
    /// Reads a document, in JSON or YAML.
    ///
    /// # Errors
    /// As [`Document::parse`] and [`Api::new`].
    pub fn parse(text: &str, settings: Settings) -> ToolResult<Self> {
        Self::new(&Document::parse(text)?, settings)
    }

    /// The service of a document.
    ///
    /// # Errors
    /// If none of its operations can be offered, with what is wrong with them, or one is configured and not there.
    pub fn new(document: &Document, settings: Settings) -> ToolResult<Self> {
        let (operations, left_out) = document.operations(settings.base.as_ref());
        if let Some(name) =
            settings.effects.keys().find(|name| !operations.iter().any(|known| known.name == **name))
        {
            let problem = format!("it has no operation '{name}' that can be offered");
            return Err(wrong(told(&problem, &left_out)));
        }
        if operations.is_empty() {
            let none = "none of its operations can be offered";
            return Err(wrong(if left_out.is_empty() {
                "it has no operation".to_owned()
            } else {
                told(none, &left_out)
            }));
        }
        let servers: BTreeSet<&Url> = operations.iter().map(|operation| &operation.base).collect();
        let client = Client::new(Reach::of_all(servers), HttpLimits::default())?;
        let service = Service { client, credentials: Arc::new(settings.credentials) };
        let tool = |operation: Operation| {
            let effect = settings.effects.get(&operation.name).copied().unwrap_or(operation.effect());
            Arc::new(OperationTool::new(operation, effect, service.clone()))
        };
        Ok(Self { tools: operations.into_iter().map(tool).collect(), left_out })
    }

    /// The operations that are not among the tools, and why.
    #[must_use]
    pub fn left_out(&self) -> &[LeftOut] {
        &self.left_out
    }

    /// One tool an operation, in the document's order.
    #[must_use]
    pub fn tools(self) -> Vec<Arc<dyn Tool>> {
        self.tools.into_iter().map(|tool| tool as Arc<dyn Tool>).collect()
    }
}

/// A problem with the first of the operations that were left out.
fn told(problem: &str, left_out: &[LeftOut]) -> String {
    let mut named: Vec<String> = left_out.iter().take(NAMED_MAX).map(ToString::to_string).collect();
    if left_out.len() > NAMED_MAX {
        named.push(format!("and {} more", left_out.len() - NAMED_MAX));
    }
    if named.is_empty() { problem.to_owned() } else { format!("{problem}: {}", named.join("; ")) }
}

#[cfg(test)]
mod tests;
