//! What the code that `#[tool]` writes calls when a tool is called.

use std::any::{Any, type_name};

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::tool::{CallContext, ToolError, ToolResult};

/// The largest whole number up to which an `f64` has them all: 2^53.
const WHOLE_MAX: f64 = 9_007_199_254_740_992.0;

/// Takes an argument out; one that was not given reads as null, which is `None` for an `Option`.
///
/// # Errors
/// A [`ToolError`] about this argument if its value does not fit its type.
pub fn argument<T: DeserializeOwned>(arguments: &mut Map<String, Value>, name: &str) -> ToolResult<T> {
    let value = arguments.shift_remove(name).unwrap_or_default();
    <T as serde::Deserialize>::deserialize(&value)
        .or_else(|error| with_wholes(value).ok_or(error))
        .map_err(|error| ToolError::argument(name, error.to_string()))
}

/// A value of a type that takes whole numbers only as such: for JSON Schema 2.0 is one too, and some models write it so.
pub(crate) fn with_wholes<T: DeserializeOwned>(value: Value) -> Option<T> {
    serde_json::from_value(wholes(value)).ok()
}

fn wholes(value: Value) -> Value {
    match value {
        Value::Number(number) => {
            let float = number.as_f64().filter(|float| number.is_f64() && float.fract() == 0.0);
            #[expect(
                clippy::cast_possible_truncation,
                reason = "it is whole and no larger than an integer may be"
            )]
            let whole = float.filter(|float| float.abs() <= WHOLE_MAX).map(|float| Value::from(float as i64));
            whole.unwrap_or(Value::Number(number))
        }
        Value::Array(items) => items.into_iter().map(wholes).collect(),
        Value::Object(fields) => fields.into_iter().map(|(name, inner)| (name, wholes(inner))).collect(),
        Value::Null | Value::Bool(_) | Value::String(_) => value,
    }
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
    as_written(&returned?).map_err(ToolError::internal)
}

/// A value as its JSON is written: an `f32` of 0.1 is 0.1, and not the 0.10000000149011612 that it is as a `f64`.
///
/// # Errors
/// It does not serialise.
pub(crate) fn as_written<T: Serialize>(value: &T) -> serde_json::Result<Value> {
    let as_value = serde_json::to_value(value)?;
    // What is nested too deeply cannot be read back.
    let read = serde_json::to_string(value).and_then(|text| serde_json::from_str(&text));
    Ok(read.unwrap_or(as_value))
}
