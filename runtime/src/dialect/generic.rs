//! The generic envelope, for models whose template knows nothing of tools: the system text lists the
//! tools, and every reply is one JSON object.
//!
//! ```text
//! {"calls": [{"name": "weather", "arguments": {"city": "Lagos"}}]}
//! {"answer": "It will rain."}
//! ```
//!
//! A model that reasons does so before the envelope.

use handyman_core::{Fault, Message, ReplyMode, Role, ToolSpec};
use serde_json::{Map, Value, json};

use super::branches::{Around, branches};
use super::format::Syntax;
use super::split::Splitter;
use super::{Conversation, Dialect, Said, Turn, request_of};
use crate::constrain::arguments::Arguments;
use crate::constrain::grammar::{Grammar, either, json_text, literal, up_to};
use crate::decode::guide::Marks;
use crate::llama::Token;
use crate::render::json::python_json;
use crate::render::messages;
use crate::render::protect::protected;

/// Every reply is one JSON object.
#[derive(Debug)]
pub(crate) struct Generic {
    /// Where the template takes no system message, the instructions stand before the first user message.
    pub(crate) system_allowed: bool,
    /// Whether the model reasons before it writes the envelope, or may.
    pub(crate) thinks: bool,
    /// What stands around reasoning.
    pub(crate) marks: (String, String),
    /// Markup that is one token of the vocabulary.
    pub(crate) markers: Vec<(String, Token)>,
}

impl Generic {
    /// An envelope after no reasoning.
    #[cfg(test)]
    pub(crate) fn plain(system_allowed: bool) -> Self {
        Self { system_allowed, thinks: false, marks: Default::default(), markers: Vec::new() }
    }

    /// A reply of the model as it is written.
    pub(crate) fn envelope(message: &Message) -> String {
        let calls: Vec<Value> =
            message.calls().map(|call| json!({"name": call.tool, "arguments": call.arguments})).collect();
        python_json(&if calls.is_empty() {
            json!({"answer": message.text()})
        } else {
            json!({"calls": calls})
        })
    }

    /// The reasoning of a reply, and what comes after it.
    fn reasoned<'r>(&self, reply: &'r str) -> Result<(String, &'r str), String> {
        let Some((begins, ends)) = self.thinking() else { return Ok((String::new(), reply)) };
        // The envelope may hold what ends reasoning.
        if reply.trim_start().starts_with('{') {
            return Ok((String::new(), reply));
        }
        match reply.split_once(ends) {
            Some((inside, rest)) => {
                Ok((inside.trim_start().trim_start_matches(begins.trim()).trim().to_owned(), rest))
            }
            None if reply.trim_start().starts_with(begins.trim()) => {
                Err("the reply ends before the reasoning does".to_owned())
            }
            None => Ok((String::new(), reply)),
        }
    }

    fn reasoning(&self, grammar: &mut Grammar, turn: &Turn<'_>) -> String {
        let Some((begins, ends)) = self.thinking() else { return String::new() };
        let marks = [begins, ends];
        let marks = turn.reasoning.then_some(marks.as_slice());
        if turn.begun {
            return format!("{} /[ \\n]+/?", up_to(grammar, marks, ends, None));
        }
        if !turn.reasoning {
            return String::new();
        }
        let closed = up_to(grammar, marks, ends, None);
        format!("({} {closed} /[ \\n]+/?)?", grammar.written(begins))
    }

    fn call(arguments: &mut Arguments<'_>, turn: &Turn<'_>) -> Result<Option<String>, Fault> {
        let mut calls = Vec::new();
        for tool in turn.callable() {
            if let Some(rule) = arguments.of(tool, &Syntax::Json)? {
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

    fn thinking(&self) -> Option<(&str, &str)> {
        self.thinks.then_some((self.marks.0.as_str(), self.marks.1.as_str()))
    }

    fn conversation(&self, history: &[Message], tools: &[ToolSpec]) -> Conversation {
        let (own, rest): (Vec<&Message>, Vec<&Message>) =
            history.iter().partition(|message| message.role == Role::System);
        let mut instructions: Vec<String> = own.into_iter().map(Message::text).collect();
        instructions.push(described(tools));
        let instructions = instructions.join("\n\n");
        let mut messages: Vec<Value> = rest.into_iter().filter_map(plain).collect();
        if self.system_allowed {
            messages.insert(0, json!({"role": "system", "content": instructions}));
        } else if let Some(Value::String(first)) =
            messages.first_mut().and_then(|first| first.get_mut("content"))
        {
            *first = format!("{instructions}\n\n{first}");
        }
        Conversation { messages, tools: Value::Null }
    }

    fn grammar(&self, turn: &Turn<'_>) -> Result<String, Fault> {
        let mut grammar = Grammar::with_markers(self.markers.clone());
        let reasoning = self.reasoning(&mut grammar, turn);
        let mut arguments = Arguments::new(&mut grammar, turn.sources).loosened(turn.loosened);
        let text = json!({"type": "string", "minLength": 1});
        let said = arguments.shape(turn.answer.unwrap_or(&text));
        let answer = format!("{} {said} {}", literal("{\"answer\": "), literal("}"));
        let call = match turn.mode {
            ReplyMode::Free => Self::call(&mut arguments, turn)?,
            ReplyMode::AnswerOnly => None,
        };
        let body = match call {
            Some(call) => {
                let more = if turn.parallel { format!("({} {call})*", literal(", ")) } else { String::new() };
                let calls = format!("{} {call} {more} {}", literal("{\"calls\": ["), literal("]}"));
                if turn.must_call() { calls } else { either(&[answer, calls]) }
            }
            None => answer,
        };
        Ok(grammar.start(&format!("{reasoning} {body}")))
    }

    fn parse_typed(&self, reply: &str, tools: &[ToolSpec]) -> Result<Said, String> {
        let (reasoning, envelope) = self.reasoned(reply)?;
        match envelope.trim().strip_prefix("{\"answer\": ") {
            Some(answer) => {
                // The envelope of a whole answer closes after it.
                let whole =
                    answer.strip_suffix('}').filter(|inner| serde_json::from_str::<Value>(inner).is_ok());
                Ok(Said { reasoning, text: whole.unwrap_or(answer).to_owned(), calls: Vec::new() })
            }
            None => self.parse(reply, tools),
        }
    }

    fn parse(&self, reply: &str, _tools: &[ToolSpec]) -> Result<Said, String> {
        let (reasoning, reply) = self.reasoned(reply)?;
        let envelope: Map<String, Value> = serde_json::from_str(reply.trim())
            .map_err(|error| format!("the reply is not the JSON object asked for: {error}"))?;
        match (envelope.get("answer"), envelope.get("calls")) {
            (Some(Value::String(text)), None) => {
                Ok(Said { reasoning, text: text.clone(), ..Said::default() })
            }
            (None, Some(Value::Array(calls))) => {
                let calls = calls.iter().cloned().map(request_of).collect::<Result<_, _>>()?;
                Ok(Said { reasoning, calls, ..Said::default() })
            }
            (_, _) => Err("the reply has neither 'answer' nor 'calls'".to_owned()),
        }
    }

    fn marks(&self, turn: &Turn<'_>) -> Marks {
        let around = Around { begins: "{\"calls\": [", name: "{\"name\": \"", syntax: &Syntax::Json };
        Marks {
            thinking: self.thinks.then(|| self.marks.clone()),
            begun: self.thinks && turn.begun,
            closing: Vec::new(),
            trigger: "{\"calls\": [".to_owned(),
            answer: String::new(),
            branches: branches(&around, turn),
        }
    }

    fn splitter(&self, typed: bool) -> Splitter {
        let splitter = Splitter::envelope(self.thinks.then(|| self.marks.clone()));
        if typed { splitter.typed("") } else { splitter }
    }
}

/// A message without tool roles. System messages are dealt with before.
fn plain(message: &Message) -> Option<Value> {
    match message.role {
        Role::System => None,
        Role::User => Some(json!({"role": "user", "content": messages::person_text(message)})),
        Role::Assistant => {
            Some(json!({"role": "assistant", "content": protected(&Generic::envelope(message))}))
        }
        Role::Tool => {
            let results: Vec<Value> = message
                .results()
                .map(|result| json!({"name": result.tool, "result": result.result}))
                .collect();
            let content = protected(&python_json(&json!({"results": results})));
            Some(json!({"role": "user", "content": content}))
        }
    }
}

/// The instructions that describe the envelope and the tools.
fn described(tools: &[ToolSpec]) -> String {
    let mut text = "Reply with one JSON object and nothing else: {\"answer\": \"...\"} to answer".to_owned();
    if tools.is_empty() {
        text.push('.');
        return text;
    }
    text.push_str(
        ", or {\"calls\": [{\"name\": \"...\", \"arguments\": {...}}]} to call tools, \
         whose results you are then given.\n\n",
    );
    text + &messages::told(tools)
}

#[cfg(test)]
mod tests;
