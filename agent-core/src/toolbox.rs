//! The toolbox: an ordered collection of tools that checks arguments before it calls.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use jsonschema::error::ValidationErrorKind;
use jsonschema::{ValidationError, Validator};
use serde_json::{Map, Value};

use crate::catalogue::SHOW_TOOLS;
use crate::fault::{Fault, FaultKind};
use crate::ids::IdempotencyKey;
use crate::message::ToolCall;
use crate::ports::Toolset;
use crate::schema;
use crate::tool::{CallContext, Probe, Tool, ToolError, ToolErrorKind, ToolResult, ToolSpec};

/// Tools in the order the model is shown them.
#[derive(Clone, Default)]
pub struct Toolbox {
    specs: Vec<ToolSpec>,
    entries: Vec<Entry>,
}

#[derive(Clone)]
struct Entry {
    tool: Arc<dyn Tool>,
    validator: Arc<Validator>,
}

impl Toolbox {
    /// A toolbox without tools.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a tool at the end.
    ///
    /// # Errors
    /// A [`Fault`] of kind `Schema` if the name is taken or empty, or if the schema says something that
    /// is not promised to be enforced (see [`schema`]).
    pub fn with(mut self, tool: Arc<dyn Tool>) -> Result<Self, Fault> {
        let spec = tool.spec().clone();
        self.vacant(&spec.name)?;
        if spec.name == SHOW_TOOLS {
            let message =
                format!("a tool cannot be named '{SHOW_TOOLS}': it shows the others where they are many");
            return Err(Fault::new(FaultKind::Schema, message).with_hint("give it another name"));
        }
        schema::check(&spec.parameters)
            .map_err(|problem| Fault::new(FaultKind::Schema, format!("tool '{}': {problem}", spec.name)))?;
        let validator = jsonschema::validator_for(&spec.parameters).map_err(|error| {
            Fault::new(FaultKind::Schema, format!("tool '{}': the schema is not valid: {error}", spec.name))
        })?;
        self.specs.push(spec);
        self.entries.push(Entry { tool, validator: Arc::new(validator) });
        Ok(self)
    }

    /// Adds tools at the end, in order.
    ///
    /// # Errors
    /// As [`Toolbox::with`], for the first tool that cannot be added.
    pub fn with_all(self, tools: impl IntoIterator<Item = Arc<dyn Tool>>) -> Result<Self, Fault> {
        tools.into_iter().try_fold(self, Self::with)
    }

    /// Adds the tools of another toolbox at the end.
    ///
    /// # Errors
    /// A [`Fault`] of kind `Schema` if a tool of both has the same name.
    pub fn and(mut self, other: Self) -> Result<Self, Fault> {
        other.specs.iter().try_for_each(|spec| self.vacant(&spec.name))?;
        self.specs.extend(other.specs);
        self.entries.extend(other.entries);
        Ok(self)
    }

    fn vacant(&self, name: &str) -> Result<(), Fault> {
        if !name.is_empty() && self.find(name).is_none() {
            return Ok(());
        }
        let message = format!("a tool is already named '{name}', or the name is empty");
        Err(Fault::new(FaultKind::Schema, message).with_hint("give each tool a name of its own"))
    }

    /// Keeps only the named tools, in this order.
    ///
    /// # Errors
    /// A [`Fault`] of kind `Request` that names what does not exist and what does.
    pub fn only(&self, names: &[String]) -> Result<Self, Fault> {
        names.iter().try_fold(Self::new(), |kept, name| {
            let entry = self.find(name).ok_or_else(|| {
                let known: Vec<&str> = self.specs.iter().map(|spec| spec.name.as_str()).collect();
                Fault::new(FaultKind::Request, format!("there is no tool '{name}'"))
                    .with_hint(format!("the tools are: {}", known.join(", ")))
            })?;
            kept.with(Arc::clone(&entry.tool))
        })
    }

    fn find(&self, name: &str) -> Option<&Entry> {
        let index = self.specs.iter().position(|spec| spec.name == name)?;
        self.entries.get(index)
    }

    /// The tool of a call, and the arguments it may be given.
    fn checked(&self, call: &ToolCall) -> ToolResult<(&Entry, Map<String, Value>)> {
        let Some(entry) = self.find(&call.tool) else {
            let message = format!("there is no tool '{}'", call.tool);
            return Err(ToolError::new(ToolErrorKind::NotFound, message));
        };
        let parameters = &entry.tool.spec().parameters;
        let arguments = schema::without_nulls(parameters, &call.arguments);
        match entry.validator.iter_errors(&Value::Object(arguments.clone())).next() {
            Some(error) => Err(invalid(parameters, &error)),
            None => Ok((entry, arguments)),
        }
    }
}

/// Says which argument is wrong, how, and what would be right.
fn invalid(parameters: &Value, error: &ValidationError<'_>) -> ToolError {
    let mut path = error.instance_path().to_string();
    let named = if let ValidationErrorKind::Required { property } = error.kind() {
        property.as_str()
    } else if let ValidationErrorKind::AdditionalProperties { unexpected } = error.kind() {
        unexpected.first().map(String::as_str)
    } else {
        None
    };
    if let Some(name) = named {
        path = format!("{path}/{}", name.replace('~', "~0").replace('/', "~1"));
    }
    let steps: Vec<String> =
        path.split('/').skip(1).map(|step| step.replace("~1", "/").replace("~0", "~")).collect();
    let wrong = ToolError::new(ToolErrorKind::InvalidArgument { path }, error.to_string());
    let expected = |depth: usize| schema::expected(parameters, steps.iter().take(depth).map(String::as_str));
    match expected(steps.len()).or_else(|| expected(steps.len().saturating_sub(1))) {
        Some(expected) => wrong.expecting(expected),
        None => wrong,
    }
}

#[async_trait]
impl Toolset for Toolbox {
    fn specs(&self) -> &[ToolSpec] {
        &self.specs
    }

    async fn attempt(&self, call: &ToolCall, context: &CallContext) -> ToolResult<Value> {
        let (entry, arguments) = self.checked(call)?;
        entry.tool.call(arguments, context).await
    }

    async fn probe(&self, call: &ToolCall, key: &IdempotencyKey) -> Probe {
        match self.find(&call.tool) {
            Some(entry) => entry.tool.probe(key).await.unwrap_or(Probe::Unsupported),
            None => Probe::Unsupported,
        }
    }

    async fn undo(
        &self,
        call: &ToolCall,
        undone: &IdempotencyKey,
        context: &CallContext,
    ) -> ToolResult<Value> {
        self.checked(call)?.0.tool.undo(undone, context).await
    }

    async fn plan(&self, call: &ToolCall, context: &CallContext) -> ToolResult<Option<Value>> {
        let (entry, arguments) = self.checked(call)?;
        entry.tool.plan(arguments, context).await
    }
}

impl fmt::Debug for Toolbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.specs.iter().map(|spec| &spec.name)).finish()
    }
}

#[cfg(test)]
mod tests;
