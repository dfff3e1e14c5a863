//! A declaration of one's own of what a tool does, and of where its arguments come from.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use handyman_core::schema::{FROM, VERBATIM, check_any};
use handyman_core::{CallContext, Effect, Tool, ToolError, ToolErrorKind, ToolResult, ToolSpec};
use serde_json::{Map, Value, json};

/// A tool of which somebody else declares what it does, such as one of a server that says nothing of it.
///
/// Whoever declares it answers for it: a tool that is said to read runs unasked, and again after a crash.
///
/// ```
/// use std::sync::Arc;
/// use handyman_core::{Tool, ToolError};
/// use handyman_tools::calculator::calculate;
/// use handyman_tools::wrap::Declared;
///
/// # fn main() -> Result<(), ToolError> {
/// let tool = Declared::of(Arc::new(calculate)).verbatim("expression")?;
/// assert_eq!(tool.spec().parameters["properties"]["expression"]["x-verbatim"], true);
/// # Ok(())
/// # }
/// ```
pub struct Declared {
    inner: Arc<dyn Tool>,
    spec: ToolSpec,
}

impl Declared {
    /// The tool as it is, for what is declared of it next.
    #[must_use]
    pub fn of(inner: Arc<dyn Tool>) -> Self {
        let spec = inner.spec().clone();
        Self { inner, spec }
    }

    /// The tool with this effect.
    #[must_use]
    pub fn new(inner: Arc<dyn Tool>, effect: Effect) -> Self {
        let spec = ToolSpec { effect, ..inner.spec().clone() };
        Self { inner, spec }
    }

    /// The tool, with results that hold what strangers wrote.
    #[must_use]
    pub fn untrusted(inner: Arc<dyn Tool>) -> Self {
        let mut spec = inner.spec().clone();
        spec.safety.untrusted = true;
        Self { inner, spec }
    }

    /// Its results hold nothing that strangers wrote: what they say may license an effect.
    #[must_use]
    pub fn trusted(mut self) -> Self {
        self.spec.safety.untrusted = false;
        self
    }

    /// It completes the effect of this tool, as paying completes booking: when it fails for good, that effect is undone.
    #[must_use]
    pub fn completes(mut self, tool: impl Into<String>) -> Self {
        self.spec.safety.completes.push(tool.into());
        self
    }

    /// It does this, in a word for it as done ("unlocked", 解锁): an answer that claims so needs a call of it.
    #[must_use]
    pub fn does(mut self, word: impl Into<String>) -> Self {
        self.spec.safety.does.push(word.into());
        self
    }

    /// A call of it may take so long, instead of what the agent's limits say of all tools.
    #[must_use]
    pub fn within(mut self, time: Duration) -> Self {
        self.spec.safety.time = Some(time);
        self
    }

    /// An argument is copied from what the person wrote or an earlier result says; of a list, each text in it.
    ///
    /// # Errors
    /// Of kind `Refused`, if there is no such argument, or it is no text whose values are left open, nor a list of them.
    pub fn verbatim(mut self, argument: &str) -> ToolResult<Self> {
        self.values(argument, &["string"])?.insert(VERBATIM.to_owned(), json!(true));
        Ok(self)
    }

    /// An argument is a value that stands under a field of an earlier result, which is named as `list_issues.number`; of
    /// a list, each value in it. Declared with several fields, it is a value of any of them. A number is a whole one then.
    ///
    /// # Errors
    /// Of kind `Refused`, if there is no such argument, it is neither a text nor a number whose values are left open, nor
    /// a list of them, or nothing is named as a field of a result.
    pub fn from(mut self, argument: &str, source: &str) -> ToolResult<Self> {
        if check_any(&json!({"type": "string", FROM: [source]})).is_err() {
            let message =
                format!("'{source}' is no field of a tool's results; write it as list_issues.number");
            return Err(refused(message));
        }
        let values = self.values(argument, &["string", "integer"])?;
        if let Value::Array(sources) = values.entry(FROM).or_insert_with(|| json!([])) {
            sources.push(source.into());
        }
        Ok(self)
    }

    /// The schema of the values of an argument, which are of one of these types.
    fn values(&mut self, argument: &str, types: &[&str]) -> ToolResult<&mut Map<String, Value>> {
        let ToolSpec { name, parameters, .. } = &mut self.spec;
        let Some(properties) = parameters.get_mut("properties").and_then(Value::as_object_mut) else {
            return Err(refused(format!("the tool '{name}' has no arguments")));
        };
        let known = properties.keys().map(String::as_str).collect::<Vec<_>>().join(", ");
        let Some(schema) = properties.get_mut(argument) else {
            let message =
                format!("the tool '{name}' has no argument '{argument}'; its arguments are: {known}");
            return Err(refused(message));
        };
        of_values(schema, types).ok_or_else(|| {
            let types = types.join(" or ");
            refused(format!(
                "the argument '{argument}' of the tool '{name}' cannot be copied: it is no {types} whose values are \
                 left open, nor a list of them"
            ))
        })
    }
}

/// The schema of the values in that of an argument: its own, that of its items, or the one beside null, which is said by
/// leaving the argument out.
fn of_values<'s>(schema: &'s mut Value, types: &[&str]) -> Option<&'s mut Map<String, Value>> {
    let keywords = schema.as_object_mut()?;
    if keywords.contains_key("enum") || keywords.contains_key("const") {
        return None;
    }
    if keywords.contains_key("anyOf") {
        let options = keywords.get_mut("anyOf")?.as_array_mut()?.iter_mut();
        let mut options = options.filter(|option| option["type"] != "null");
        let one = options.next()?;
        return if options.next().is_none() { of_values(one, types) } else { None };
    }
    let kinds = match keywords.get("type")? {
        Value::Array(kinds) => kinds.as_slice(),
        kind => std::slice::from_ref(kind),
    };
    let kinds: Vec<&str> = kinds.iter().filter_map(Value::as_str).filter(|kind| *kind != "null").collect();
    let kind = match kinds.as_slice() {
        ["number"] => "integer".to_owned(),
        [kind] => (*kind).to_owned(),
        _ => return None,
    };
    if kind == "array" {
        return of_values(keywords.get_mut("items")?, types);
    }
    if !types.contains(&kind.as_str()) {
        return None;
    }
    keywords.insert("type".to_owned(), kind.into());
    Some(keywords)
}

fn refused(message: String) -> ToolError {
    ToolError::new(ToolErrorKind::Refused, message)
}

#[async_trait]
impl Tool for Declared {
    fn spec(&self) -> &ToolSpec {
        &self.spec
    }

    fn inner(&self) -> Option<&dyn Tool> {
        Some(self.inner.as_ref())
    }

    async fn call(&self, arguments: Map<String, Value>, context: &CallContext) -> ToolResult<Value> {
        self.inner.call(arguments, context).await
    }
}

impl fmt::Debug for Declared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Declared({} as {})", self.spec.name, self.spec.effect.name())
    }
}

#[cfg(test)]
mod tests;
