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
        let validator = validator(&spec)?;
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
        let message = if name.is_empty() {
            "a tool has an empty name".to_owned()
        } else if self.find(name).is_some() {
            format!("two tools are named '{name}'")
        } else {
            return Ok(());
        };
        Err(Fault::new(FaultKind::Schema, message).with_hint("give each tool a name of its own"))
    }

    /// Keeps only the named tools, in this order.
    ///
    /// # Errors
    /// A [`Fault`] of kind `Request` that names what does not exist and what does.
    pub fn only<N: AsRef<str>>(&self, names: impl IntoIterator<Item = N>) -> Result<Self, Fault> {
        names.into_iter().try_fold(Self::new(), |kept, name| {
            let entry = self.named(name.as_ref())?;
            kept.with(Arc::clone(&entry.tool))
        })
    }

    /// Leaves the named tools out; the others keep their order.
    ///
    /// # Errors
    /// As [`Toolbox::only`]: a tool whose name is misspelt does not stay on offer unnoticed.
    pub fn without<N: AsRef<str>>(&self, names: impl IntoIterator<Item = N>) -> Result<Self, Fault> {
        let left_out = names.into_iter().map(|name| Ok(&self.named(name.as_ref())?.tool.spec().name));
        let left_out = left_out.collect::<Result<Vec<&String>, Fault>>()?;
        let kept = self.iter().filter(|tool| !left_out.contains(&&tool.spec().name));
        Self::new().with_all(kept.cloned())
    }

    /// Puts another tool in the place of each: one around it, which changes what it is given, or what it gives.
    ///
    /// ```
    /// # use std::sync::Arc;
    /// # use handyman_core::{CallContext, IdempotencyKey, Probe, Tool, ToolResult, ToolSpec, Toolbox, tool};
    /// # use serde_json::{Map, Value, json};
    /// # /// Who somebody is.
    /// # #[tool(read_only)]
    /// # async fn person() -> ToolResult<Value> {
    /// #     Ok(json!({"name": "Ada", "born": 1815}))
    /// # }
    /// /// A tool whose results say nobody's age.
    /// struct Ageless(Arc<dyn Tool>);
    ///
    /// fn ageless(mut result: Value) -> Value {
    ///     result.as_object_mut().map(|fields| fields.remove("born"));
    ///     result
    /// }
    ///
    /// #[async_trait::async_trait]
    /// impl Tool for Ageless {
    ///     fn spec(&self) -> &ToolSpec {
    ///         self.0.spec()
    ///     }
    ///
    ///     async fn call(&self, arguments: Map<String, Value>, context: &CallContext) -> ToolResult<Value> {
    ///         self.0.call(arguments, context).await.map(ageless)
    ///     }
    ///
    ///     /// After a crash, this is where the result comes from.
    ///     async fn probe(&self, key: &IdempotencyKey) -> ToolResult<Probe> {
    ///         Ok(match self.0.probe(key).await? {
    ///             Probe::Done(result) => Probe::Done(ageless(result)),
    ///             unknown => unknown,
    ///         })
    ///     }
    ///
    ///     /// The rest it answers itself.
    ///     fn inner(&self) -> Option<&dyn Tool> {
    ///         Some(&self.0)
    ///     }
    /// }
    ///
    /// # fn main() -> Result<(), handyman_core::Fault> {
    /// # let tools = Toolbox::new().with(Arc::new(person))?;
    /// let tools = tools.map(|tool| Arc::new(Ageless(tool)))?;
    /// # assert!(tools.get("person").is_some());
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`Toolbox::with`], for the first of the new tools that cannot be added.
    pub fn map(&self, mut around: impl FnMut(Arc<dyn Tool>) -> Arc<dyn Tool>) -> Result<Self, Fault> {
        Self::new().with_all(self.iter().map(|tool| around(Arc::clone(tool))))
    }

    /// The tools, in order.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<dyn Tool>> {
        self.entries.iter().map(|entry| &entry.tool)
    }

    /// The tool of this name, if there is one.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Arc<dyn Tool>> {
        self.find(name).map(|entry| &entry.tool)
    }

    fn named(&self, name: &str) -> Result<&Entry, Fault> {
        self.find(name).ok_or_else(|| {
            let known: Vec<&str> = self.specs.iter().map(|spec| spec.name.as_str()).collect();
            Fault::new(FaultKind::Request, format!("there is no tool '{name}'"))
                .with_hint(format!("the tools are: {}", known.join(", ")))
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
        let arguments = checked(&entry.tool.spec().parameters, &entry.validator, &call.arguments)?;
        Ok((entry, arguments))
    }
}

/// What checks the arguments of a tool.
///
/// # Errors
/// A [`Fault`] of kind `Schema` if its schema says something that is not promised to be enforced.
pub(crate) fn validator(spec: &ToolSpec) -> Result<Validator, Fault> {
    schema::check(&spec.parameters)
        .map_err(|problem| Fault::new(FaultKind::Schema, format!("tool '{}': {problem}", spec.name)))?;
    jsonschema::validator_for(&spec.parameters).map_err(|error| {
        Fault::new(FaultKind::Schema, format!("tool '{}': the schema is not valid: {error}", spec.name))
    })
}

/// What a tool is given of the arguments that were written.
///
/// # Errors
/// Which of them is wrong, how, and what would be right.
pub(crate) fn checked(
    parameters: &Value,
    validator: &Validator,
    arguments: &Map<String, Value>,
) -> ToolResult<Map<String, Value>> {
    let arguments = schema::without_nulls(parameters, arguments);
    let given = Value::Object(arguments.clone());
    // Checking cannot be broken off, and a schema from elsewhere may take for ever.
    if schema::cost::looks(parameters, &given) > schema::cost::LOOKS_MAX {
        let message =
            "these arguments would take too long to check against the tool's schema; nest them less";
        return Err(ToolError::new(ToolErrorKind::InvalidArgument { path: String::new() }, message));
    }
    match validator.iter_errors(&given).next() {
        Some(error) => Err(invalid(parameters, &error)),
        None => Ok(arguments),
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
