//! Asking the person at the terminal what a tool server wants to know.

use std::io::{BufRead, IsTerminal, Write};
use std::sync::Arc;

use async_trait::async_trait;
use handyman::tools::mcp::{Answer, Person, Question};
use serde_json::{Map, Value};

/// Somebody at the terminal.
struct AtTerminal;

/// The person, if there is one and they are to be asked.
pub(crate) fn person(asks: bool) -> Option<Arc<dyn Person>> {
    (asks && std::io::stdin().is_terminal()).then(|| Arc::new(AtTerminal) as _)
}

#[async_trait]
impl Person for AtTerminal {
    async fn answer(&self, question: &Question) -> Answer {
        let question = question.clone();
        let asked = tokio::task::spawn_blocking(move || {
            ask(&question, &mut std::io::stdin().lock(), &mut std::io::stderr().lock())
        });
        // Nobody who could be asked has said nothing.
        asked.await.ok().and_then(Result::ok).unwrap_or(Answer::Declined)
    }
}

/// Asks for each field in turn. An empty line leaves out what need not be said, and declines where it must be.
fn ask(question: &Question, input: &mut dyn BufRead, out: &mut dyn Write) -> std::io::Result<Answer> {
    writeln!(out, "The server '{}' asks: {}", question.server, question.message)?;
    let needed = |name: &str| {
        question.schema["required"].as_array().is_some_and(|all| all.iter().any(|needed| needed == name))
    };
    let mut given = Map::new();
    for (name, schema) in question.schema["properties"].as_object().into_iter().flatten() {
        loop {
            write!(out, "  {}: ", label(name, schema, needed(name)))?;
            out.flush()?;
            let mut line = String::new();
            let ended = input.read_line(&mut line)? == 0;
            match read(line.trim(), schema) {
                _ if ended => return Ok(Answer::Declined),
                Ok(None) if !schema["default"].is_null() => {
                    given.insert(name.clone(), schema["default"].clone());
                }
                Ok(None) if needed(name) => return Ok(Answer::Declined),
                Ok(None) => {}
                Ok(Some(value)) => {
                    given.insert(name.clone(), value);
                }
                Err(problem) => {
                    writeln!(out, "  {problem}")?;
                    continue;
                }
            }
            break;
        }
    }
    Ok(Answer::Given(given))
}

/// What a field is called, and what can be said.
fn label(name: &str, schema: &Value, needed: bool) -> String {
    let about = schema["title"].as_str().or_else(|| schema["description"].as_str()).unwrap_or(name);
    let choice = match (choices(schema), schema["type"].as_str()) {
        (choices, _) if !choices.is_empty() => choices.join("/"),
        (_, Some("boolean")) => "yes/no".to_owned(),
        (_, Some("array")) => format!("some of {}, with commas", self::choices(&schema["items"]).join("/")),
        (_, kind) => kind.unwrap_or("string").to_owned(),
    };
    let empty = match &schema["default"] {
        Value::Null if needed => "empty declines".to_owned(),
        Value::Null => "may be empty".to_owned(),
        default => format!("empty is {default}"),
    };
    format!("{about} [{choice}; {empty}]")
}

/// The values that a field is chosen from: `enum`, or the `const` of each titled option.
fn choices(schema: &Value) -> Vec<&str> {
    let options = schema["enum"].as_array().into_iter().flatten().filter_map(Value::as_str);
    let titled = ["oneOf", "anyOf"].into_iter().filter_map(|keyword| schema[keyword].as_array());
    options.chain(titled.flatten().filter_map(|option| option["const"].as_str())).collect()
}

/// The value of a line; nothing if it is empty.
fn read(line: &str, schema: &Value) -> Result<Option<Value>, String> {
    if line.is_empty() {
        return Ok(None);
    }
    let choices = choices(schema);
    let value = match schema["type"].as_str() {
        _ if !choices.is_empty() && !choices.contains(&line) => {
            return Err(format!("write one of {}", choices.join(", ")));
        }
        Some("boolean") => match line.to_lowercase().as_str() {
            "y" | "yes" | "true" | "是" | "好" => true.into(),
            "n" | "no" | "false" | "不" | "否" => false.into(),
            _ => return Err("write yes or no".to_owned()),
        },
        Some("array") => {
            let each = line.split(',').filter_map(|item| read(item.trim(), &schema["items"]).transpose());
            each.collect::<Result<Vec<Value>, String>>()?.into()
        }
        Some("integer") => line.parse::<i64>().map_err(|_| "write a whole number".to_owned())?.into(),
        Some("number") => line.parse::<f64>().map_err(|_| "write a number".to_owned())?.into(),
        _ => line.into(),
    };
    Ok(Some(value))
}

#[cfg(test)]
mod tests;
