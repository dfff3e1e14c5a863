//! The Hermes dialect, which Qwen 2.5 and Qwen 3 were trained on as well: each call is JSON in a tag.
//!
//! ```text
//! text before, if any
//! <tool_call>
//! {"name": "weather", "arguments": {"city": "Lagos"}}
//! </tool_call>
//! ```

use handyman_core::{CallRequest, Fault, Message, ReplyMode, ToolSpec};
use serde_json::Value;

use super::split::{Splitter, THINK_BEGINS, THINK_ENDS};
use super::{Conversation, Dialect, Marker, Said, Turn};
use crate::constrain::arguments::Arguments;
use crate::constrain::grammar::{Grammar, either, json_text, literal};
use crate::llama::Token;
use crate::render::messages;

pub(crate) const CALL_BEGINS: &str = "<tool_call>";
pub(crate) const CALL_ENDS: &str = "</tool_call>";

/// Whether and where a model thinks before it speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Thinking {
    /// It does not.
    Never,
    /// A reply may begin with `<think>`.
    May,
    /// The prompt ends with `<think>`: the reply begins inside.
    Begun,
}

/// Calls as JSON between `<tool_call>` tags.
#[derive(Debug)]
pub(crate) struct Hermes {
    begins: Marker,
    ends: Marker,
    think_ends: Marker,
    think_begins: Marker,
    /// What the model's template puts between two calls.
    separator: String,
    thinking: Thinking,
}

impl Hermes {
    /// The dialect of a vocabulary in which `token` looks up markers.
    pub(crate) fn new(token: impl Fn(&str) -> Option<Token>, separator: String, thinking: Thinking) -> Self {
        let marker = |text: &'static str| Marker { text, token: token(text) };
        Self {
            begins: marker(CALL_BEGINS),
            ends: marker(CALL_ENDS),
            think_begins: marker(THINK_BEGINS),
            think_ends: marker(THINK_ENDS),
            separator,
            thinking,
        }
    }

    /// The rule for what follows `<tool_call>`, for any tool that can be called now; `None` when none can.
    fn call(&self, arguments: &mut Arguments<'_>, tools: &[ToolSpec]) -> Result<Option<String>, Fault> {
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
        let (opening, closing) = (literal("\n{\"name\": "), literal("}\n"));
        let call = format!("{opening} {} {closing} {}", either(&calls), self.ends.expression());
        Ok(Some(arguments.grammar().rule(&call)))
    }

    /// The optional or obligatory reasoning before anything else.
    fn thinking_rule(&self, grammar: &mut Grammar) -> String {
        if self.thinking == Thinking::Never {
            return String::new();
        }
        let inside = grammar.terminal("/(.|\\n)+/ & ~/(.|\\n)*<\\/?think>(.|\\n)*/");
        let closed = self.think_ends.after_text(&inside, "think", grammar);
        match self.thinking {
            Thinking::May => format!("({} {closed})?", self.think_begins.expression()),
            Thinking::Begun | Thinking::Never => closed,
        }
    }
}

impl Dialect for Hermes {
    fn name(&self) -> &'static str {
        "hermes"
    }

    fn conversation(&self, history: &[Message], tools: &[ToolSpec]) -> Conversation {
        Conversation {
            messages: history.iter().flat_map(messages::native).collect(),
            tools: tools.iter().map(messages::described).collect(),
        }
    }

    fn grammar(&self, turn: &Turn<'_>) -> Result<String, Fault> {
        let mut grammar = Grammar::default();
        let thinking = self.thinking_rule(&mut grammar);
        // The markers may not be spelled out in text either: read back, they would be markup.
        let text = grammar.terminal("/(.|\\n)+/ & ~/(.|\\n)*<\\/?(tool_call|tool_response|think)>(.|\\n)*/");
        let mut arguments = Arguments::new(&mut grammar, turn.sources);
        let call = match turn.mode {
            ReplyMode::Free => self.call(&mut arguments, turn.tools)?,
            ReplyMode::AnswerOnly => None,
        };
        let body = match call {
            Some(call) => {
                let first = self.begins.after_text(&text, "tool_response|think", &mut grammar);
                let next = format!("{} {}", literal(&self.separator), self.begins.expression());
                format!("({text} | {first} {call} ({next} {call})*)")
            }
            None => text,
        };
        Ok(grammar.start(&format!("{thinking} {body}")))
    }

    fn parse(&self, reply: &str) -> Result<Said, String> {
        let (reasoning, rest) = match (self.thinking, reply.split_once(THINK_ENDS)) {
            (Thinking::May | Thinking::Begun, Some((before, after))) => {
                let inside = before.trim_start();
                (inside.strip_prefix(THINK_BEGINS).unwrap_or(inside).trim(), after)
            }
            (Thinking::Begun, None) => return Err("the reply ends before the reasoning does".to_owned()),
            (Thinking::Never | Thinking::May, _) => ("", reply),
        };
        let (text, calls) = match rest.split_once(CALL_BEGINS) {
            Some((text, calls)) => (text, read_calls(calls)?),
            None => (rest, Vec::new()),
        };
        Ok(Said { reasoning: reasoning.to_owned(), text: text.trim().to_owned(), calls })
    }

    fn splitter(&self) -> Splitter {
        Splitter::until(CALL_BEGINS, self.thinking == Thinking::Begun)
    }
}

/// Reads what follows the first `<tool_call>`. An argument may hold a tag, so the JSON is read first.
fn read_calls(mut rest: &str) -> Result<Vec<CallRequest>, String> {
    let mut calls = Vec::new();
    loop {
        let mut values = serde_json::Deserializer::from_str(rest).into_iter::<Value>();
        let value = match values.next() {
            Some(Ok(value)) => value,
            Some(Err(error)) => return Err(format!("a call is not valid JSON: {error}")),
            None => return Err("a call is empty".to_owned()),
        };
        calls.push(super::request_of(value)?);
        let Some(after) = rest[values.byte_offset()..].trim_start().strip_prefix(CALL_ENDS) else {
            return Err(format!("a call does not end with {CALL_ENDS}"));
        };
        if after.trim().is_empty() {
            return Ok(calls);
        }
        rest = after
            .trim_start()
            .strip_prefix(CALL_BEGINS)
            .ok_or_else(|| format!("there is text after a call: '{}'", after.trim()))?;
    }
}

#[cfg(test)]
mod tests;
