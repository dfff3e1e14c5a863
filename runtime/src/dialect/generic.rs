//! The generic envelope, for models whose template knows nothing of tools: the system text lists the
//! tools, and every reply is one JSON object.
//!
//! ```text
//! {"calls": [{"name": "weather", "arguments": {"city": "Lagos"}}]}
//! {"answer": "It will rain."}
//! ```

use std::fmt::Write as _;

use handyman_core::{Fault, Message, ReplyMode, Role, ToolSpec};
use serde_json::{Map, Value, json};

use super::split::Splitter;
use super::{Conversation, Dialect, Said, Turn, request_of};
use crate::constrain::arguments::Arguments;
use crate::constrain::grammar::{Grammar, either, json_text, literal};
use crate::render::json::python_json;
use crate::render::messages;

/// Every reply is one JSON object.
#[derive(Debug)]
pub(crate) struct Generic {
    /// Where the template takes no system message, the instructions stand before the first user message.
    pub(crate) system_allowed: bool,
}

impl Generic {
    fn call(arguments: &mut Arguments<'_>, tools: &[ToolSpec]) -> Result<Option<String>, Fault> {
        let mut calls = Vec::new();
        for tool in tools {
            if let Some(rule) = arguments.of(tool)? {
                let name = literal(&format!("{}, \"arguments\": ", json_text(&tool.name)));
                calls.push(format!("{name} {rule}"));
            }
        }
        if calls.is_empty() {
            return Ok(None);
        }
        let call = format!("{} {} {}", literal("{\"name\": "), either(&calls), literal("}"));
        Ok(Some(arguments.grammar().rule(&call)))
    }
}

impl Dialect for Generic {
    fn name(&self) -> &'static str {
        "generic"
    }

    fn conversation(&self, history: &[Message], tools: &[ToolSpec]) -> Conversation {
        let (own, rest): (Vec<&Message>, Vec<&Message>) =
            history.iter().partition(|message| message.role == Role::System);
        let mut instructions: Vec<String> = own.into_iter().map(Message::text).collect();
        instructions.push(envelope(tools));
        let instructions = instructions.join("\n\n");
        let mut messages: Vec<Value> = rest.into_iter().filter_map(plain).collect();
        if self.system_allowed {
            messages.insert(0, json!({"role": "system", "content": instructions}));
        } else if let Some(Value::String(first)) = messages.first_mut().and_then(|first| first.get_mut("content")) {
            *first = format!("{instructions}\n\n{first}");
        }
        Conversation { messages, tools: Value::Null }
    }

    fn grammar(&self, turn: &Turn<'_>) -> Result<String, Fault> {
        let mut grammar = Grammar::default();
        let text = grammar.rule("%json {\"type\": \"string\", \"minLength\": 1}");
        let answer = format!("{} {text} {}", literal("{\"answer\": "), literal("}"));
        let mut arguments = Arguments::new(&mut grammar, turn.sources);
        let call = match turn.mode {
            ReplyMode::Free => Self::call(&mut arguments, turn.tools)?,
            ReplyMode::AnswerOnly => None,
        };
        let body = match call {
            Some(call) => {
                let calls = format!("{} {call} ({} {call})* {}", literal("{\"calls\": ["), literal(", "), literal("]}"));
                either(&[answer, calls])
            }
            None => answer,
        };
        Ok(grammar.start(&body))
    }

    fn parse(&self, reply: &str) -> Result<Said, String> {
        let envelope: Map<String, Value> =
            serde_json::from_str(reply.trim()).map_err(|error| format!("the reply is not the JSON object asked for: {error}"))?;
        match (envelope.get("answer"), envelope.get("calls")) {
            (Some(Value::String(text)), None) => Ok(Said { text: text.clone(), ..Said::default() }),
            (None, Some(Value::Array(calls))) => {
                let calls = calls.iter().cloned().map(request_of).collect::<Result<_, _>>()?;
                Ok(Said { calls, ..Said::default() })
            }
            (_, _) => Err("the reply has neither 'answer' nor 'calls'".to_owned()),
        }
    }

    fn splitter(&self) -> Splitter {
        Splitter::hidden()
    }
}

/// A message without tool roles. System messages are dealt with before.
fn plain(message: &Message) -> Option<Value> {
    match message.role {
        Role::System => None,
        Role::User => Some(json!({"role": "user", "content": messages::person_text(message)})),
        Role::Assistant => {
            let calls: Vec<Value> =
                message.calls().map(|call| json!({"name": call.tool, "arguments": call.arguments})).collect();
            let reply = if calls.is_empty() { json!({"answer": message.text()}) } else { json!({"calls": calls}) };
            Some(json!({"role": "assistant", "content": python_json(&reply)}))
        }
        Role::Tool => {
            let results: Vec<Value> =
                message.results().map(|result| json!({"name": result.tool, "result": result.result})).collect();
            Some(json!({"role": "user", "content": python_json(&json!({"results": results}))}))
        }
    }
}

/// The instructions that describe the envelope and the tools.
fn envelope(tools: &[ToolSpec]) -> String {
    let mut text = "Reply with one JSON object and nothing else: {\"answer\": \"...\"} to answer".to_owned();
    if tools.is_empty() {
        text.push('.');
        return text;
    }
    text.push_str(
        ", or {\"calls\": [{\"name\": \"...\", \"arguments\": {...}}]} to call tools, \
         whose results you are then given.\n\nTools:",
    );
    for tool in tools {
        let parameters = python_json(&messages::shown_schema(&tool.parameters));
        let _ = write!(text, "\n- {}: {} Arguments: {parameters}", tool.name, tool.description);
    }
    text
}

#[cfg(test)]
mod tests;
