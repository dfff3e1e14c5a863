//! Asking the person at the terminal what a tool server wants to know.

use std::io::IsTerminal;
use std::sync::Arc;

use async_trait::async_trait;
use handyman::tools::mcp::{Answer, Person, Question};
use serde_json::{Map, Value};
use tokio::io::{AsyncBufRead, Lines};

use crate::approve::keyboard;
use crate::{interrupt, show};

/// Somebody at the terminal.
struct AtTerminal;

/// The person, if there is one and they are to be asked.
pub(crate) fn person(asks: bool) -> Option<Arc<dyn Person>> {
    (asks && std::io::stdin().is_terminal()).then(|| Arc::new(AtTerminal) as _)
}

#[async_trait]
impl Person for AtTerminal {
    async fn answer(&self, question: &Question) -> Answer {
        let mut typed = keyboard().await;
        let answer = tokio::select! {
            biased;
            () = interrupt::pressed() => Ok(Answer::Declined),
            answer = ask(question, &mut typed, &show::prompt) => answer,
        };
        // Nobody who could be asked has said nothing.
        answer.unwrap_or(Answer::Declined)
    }
}

/// Asks for each field in turn. An empty line leaves out what need not be said, and declines where it must be.
/// Nothing is held while the person thinks: others can write to the terminal.
async fn ask<R: AsyncBufRead + Unpin>(
    question: &Question,
    typed: &mut Lines<R>,
    say: &(dyn Fn(&str) + Sync),
) -> std::io::Result<Answer> {
    let asks = show::printable(&format!("The server '{}' asks: {}", question.server, question.message));
    say(&format!("{asks}\n"));
    let needed = |name: &str| {
        question.schema["required"].as_array().is_some_and(|all| all.iter().any(|needed| needed == name))
    };
    let mut given = Map::new();
    for (name, schema) in question.schema["properties"].as_object().into_iter().flatten() {
        loop {
            say(&show::printable(&format!("  {}: ", label(name, schema, needed(name)))));
            let Some(line) = typed.next_line().await? else { return Ok(Answer::Declined) };
            match read(line.trim(), schema) {
                Ok(None) if !schema["default"].is_null() => {
                    given.insert(name.clone(), schema["default"].clone());
                }
                Ok(None) if needed(name) => return Ok(Answer::Declined),
                Ok(None) => {}
                Ok(Some(value)) => {
                    given.insert(name.clone(), value);
                }
                Err(problem) => {
                    say(&format!("  {}\n", show::printable(&problem)));
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
