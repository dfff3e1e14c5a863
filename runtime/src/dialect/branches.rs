//! The choices between given values that a reply can hold: which tool, and which value of an `enum`.

use serde_json::Value;

use super::Turn;
use super::format::{Syntax, kind};
use crate::constrain::grammar::json_text;
use crate::decode::guide::Branch;
use crate::render::json::python_json;

/// What stands around names and arguments.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Around<'a> {
    /// Before the first call.
    pub(crate) begins: &'a str,
    /// Before a name; empty where a call begins with its name.
    pub(crate) name: &'a str,
    /// How arguments are written.
    pub(crate) syntax: &'a Syntax,
}

/// The choices in the replies of a turn.
pub(crate) fn branches(around: &Around<'_>, turn: &Turn<'_>) -> Vec<Branch> {
    let names: Vec<String> = turn.callable().map(|tool| tool.name.clone()).collect();
    let before_name = if around.name.is_empty() { around.begins } else { around.name };
    let mut branches = Vec::new();
    if names.len() > 1 && !before_name.is_empty() {
        branches.push(Branch { after: before_name.to_owned(), values: names });
    }
    for tool in turn.callable() {
        let properties = tool.parameters.get("properties").and_then(Value::as_object).into_iter().flatten();
        for (name, schema) in properties {
            let values = schema.get("enum").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
            let branch = choice(around.syntax, name, values);
            if values.len() > 1 && !branches.contains(&branch) {
                branches.push(branch);
            }
        }
    }
    branches
}

fn choice(syntax: &Syntax, name: &str, values: &[Value]) -> Branch {
    let is_text = values.iter().all(Value::is_string);
    let (after, bare) = match syntax {
        Syntax::Json => (format!("{}: {}", json_text(name), if is_text { "\"" } else { "" }), is_text),
        Syntax::Each { argument, bare, .. } => {
            let before = argument.split("$VALUE").next().unwrap_or_default();
            let before =
                before.replace("$KEY", name).replace("$TEXT", if is_text { "true" } else { "false" });
            let before = before.replace("$TYPE", values.first().map_or("", kind));
            if is_text && !bare { (before + "\"", true) } else { (before, is_text) }
        }
        Syntax::Marked(mark) => (format!("{name}:{}", if is_text { mark } else { "" }), is_text),
    };
    let written = |value: &Value| match value {
        Value::String(text) if bare => text.clone(),
        other => python_json(other),
    };
    Branch { after, values: values.iter().map(written).collect() }
}
