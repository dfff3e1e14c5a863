//! What the code that `#[tool]` writes calls when a tool is called.

use std::any::{Any, type_name};

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::tool::{CallContext, ToolError, ToolResult};

/// Takes an argument out; one that was not given reads as null, which is `None` for an `Option`.
///
/// # Errors
/// A [`ToolError`] about this argument if its value does not fit its type.
pub fn argument<T: DeserializeOwned>(arguments: &mut Map<String, Value>, name: &str) -> ToolResult<T> {
    let value = arguments.shift_remove(name).unwrap_or_default();
    serde_json::from_value(value).map_err(|error| ToolError::argument(name, error.to_string()))
}

/// Takes an argument out; one that was not given, or given as null, is the default.
///
/// # Errors
/// As [`argument`].
pub fn argument_or<T: DeserializeOwned>(
    arguments: &mut Map<String, Value>,
    name: &str,
    default: impl FnOnce() -> T,
) -> ToolResult<T> {
    match arguments.get(name) {
        None | Some(Value::Null) => Ok(default()),
        Some(_) => argument(arguments, name),
    }
}

/// The value of a type that the program has given to its tools.
///
/// # Errors
/// An internal [`ToolError`] if it has given none.
pub fn given<T: Any + Send + Sync>(context: &CallContext) -> ToolResult<&T> {
    context.get().ok_or_else(|| {
        let of_type = type_name::<T>();
        ToolError::internal(format!("the program has given no value of type {of_type}: `Agent::with`"))
    })
}

/// What the tool returned, as the model is shown it.
///
/// # Errors
/// The tool's own error, or an internal one if the result does not serialise.
pub fn result<T: Serialize>(returned: ToolResult<T>) -> ToolResult<Value> {
    serde_json::to_value(returned?).map_err(ToolError::internal)
}
