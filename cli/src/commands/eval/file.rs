//! Cases in a file: a YAML list, or one JSON object a line.

use std::fmt::Display;
use std::path::Path;

use handyman::eval::Case;
use serde_json::Value;

use crate::commands::workflow::yaml;
use crate::problem::Problem;

const HINT: &str = "for example: - {task: \"Will it rain in Oslo?\", expect: {calls: [{tool: weather, arguments: {city: Oslo}}]}}";

/// The cases of a file, or those of these names alone.
pub(super) fn read(file: &Path, only: &[String]) -> Result<Vec<Case>, Problem> {
    let shown = file.display();
    let told = |problem: &dyn Display| format!("the cases {shown} cannot be read: {problem}");
    let wrong = |problem: String| Problem::usage(told(&problem));
    let text = std::fs::read_to_string(file).map_err(|error| {
        Problem::unread(told(&error), &error)
            .with_hint("name a file of cases: a YAML list, or one JSON object a line")
    })?;
    let mut cases = parsed(&text).map_err(|problem| wrong(problem).with_hint(HINT))?;
    if cases.is_empty() {
        return Err(Problem::usage(format!("there is no case in {shown}")).with_hint(HINT));
    }
    let unknown = only.iter().find(|name| cases.iter().all(|case| case.title() != name.as_str()));
    if let Some(name) = unknown {
        let names: Vec<&str> = cases.iter().map(Case::title).collect();
        return Err(Problem::usage(format!("--only: there is no case '{name}' in {shown}"))
            .with_hint(format!("the cases are: {}", names.join(", "))));
    }
    if !only.is_empty() {
        cases.retain(|case| only.iter().any(|name| name == case.title()));
    }
    Ok(cases)
}

/// The cases of a text. What is wrong is said with its place.
fn parsed(text: &str) -> Result<Vec<Case>, String> {
    let is_empty = |line: &str| line.trim().is_empty();
    if text.lines().all(|line| is_empty(line) || line.trim().starts_with('#')) {
        return Ok(Vec::new());
    }
    if text.trim_start().starts_with('{') {
        let lines = (1_usize..).zip(text.lines()).filter(|(_, line)| !is_empty(line));
        let read = |(number, line): (usize, &str)| {
            let value = serde_json::from_str(line).map_err(|error| wrong_json(number, &error))?;
            case(value, &format!("line {number}"))
        };
        return lines.map(read).collect();
    }
    let Value::Array(values) = yaml(text)? else {
        return Err("it is neither a YAML list nor one JSON object a line".to_owned());
    };
    (1_usize..).zip(values).map(|(number, value)| case(value, &format!("case {number}"))).collect()
}

/// What is wrong with a line, and at which column: that it is the first line of what was read is nobody's concern.
fn wrong_json(line: usize, error: &serde_json::Error) -> String {
    let (told, column) = (error.to_string(), error.column());
    let what = told.strip_suffix(&format!(" at line {} column {column}", error.line())).unwrap_or(&told);
    format!("line {line}, column {column}: {what}")
}

/// A case, with its name where it is wrong and has one.
fn case(value: Value, place: &str) -> Result<Case, String> {
    let name = value.get("name").and_then(Value::as_str).map(|name| format!(" ({name})"));
    serde_json::from_value(value).map_err(|error| format!("{place}{}: {error}", name.unwrap_or_default()))
}

#[cfg(test)]
mod tests;
