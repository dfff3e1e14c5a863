//! Dialects: how a model family was trained to write calls.
//!
//! A dialect is three things that must agree: what the template is given ([`Dialect::conversation`]),
//! the grammar of a reply ([`Dialect::grammar`]) and its reading ([`Dialect::parse`]). The law that holds
//! them together is checked for every model when it is loaded ([`choose`]): what is rendered as a past
//! call, the grammar accepts and the parser gives back.

pub(crate) mod choose;
pub(crate) mod generic;
pub(crate) mod hermes;
pub(crate) mod split;

use handyman_core::{CallRequest, Fault, Message, ReplyMode, ToolSpec};
use serde_json::Value;

use crate::constrain::grammar::{Grammar, literal};
use crate::constrain::sources::Sources;

/// What the template is given.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Conversation {
    /// Messages as chat templates know them, oldest first.
    pub(crate) messages: Vec<Value>,
    /// Tool descriptions for the template, or null where the messages tell of them.
    pub(crate) tools: Value,
}

/// What a grammar depends on.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Turn<'a> {
    /// The tools offered.
    pub(crate) tools: &'a [ToolSpec],
    /// What the reply may consist of.
    pub(crate) mode: ReplyMode,
    /// What arguments may be copied from.
    pub(crate) sources: Sources<'a>,
}

/// A reply that could be read.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Said {
    /// What the model thought.
    pub(crate) reasoning: String,
    /// What it said to the person.
    pub(crate) text: String,
    /// The calls it asked for.
    pub(crate) calls: Vec<CallRequest>,
}

/// How a model writes its calls.
pub(crate) trait Dialect: std::fmt::Debug + Send + Sync {
    /// The dialect's name.
    fn name(&self) -> &'static str;

    /// What the template is given for this history.
    fn conversation(&self, history: &[Message], tools: &[ToolSpec]) -> Conversation;

    /// The grammar of the next reply.
    ///
    /// # Errors
    /// A [`Fault`] of kind `Schema`.
    fn grammar(&self, turn: &Turn<'_>) -> Result<String, Fault>;

    /// Reads a whole reply.
    ///
    /// # Errors
    /// What is wrong with it, for the model to hear.
    fn parse(&self, reply: &str) -> Result<Said, String>;

    /// Separates what can be shown while the reply streams.
    fn splitter(&self) -> split::Splitter;
}

/// Reads one call, `{"name": …, "arguments": {…}}`.
pub(crate) fn request_of(value: Value) -> Result<CallRequest, String> {
    let Value::Object(mut call) = value else { return Err("a call is not a JSON object".to_owned()) };
    match (call.remove("name"), call.remove("arguments")) {
        (Some(Value::String(tool)), Some(Value::Object(arguments))) => Ok(CallRequest { tool, arguments }),
        (_, _) => Err("a call needs a 'name' and 'arguments'".to_owned()),
    }
}

/// A piece of markup: one token where the vocabulary has it, or else plain text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Marker {
    /// How it is written.
    pub(crate) text: &'static str,
    /// The token that means it.
    pub(crate) token: Option<crate::llama::Token>,
}

impl Marker {
    /// The marker in a grammar.
    pub(crate) fn expression(&self) -> String {
        match self.token {
            Some(token) => format!("<[{token}]>"),
            None => literal(self.text),
        }
    }

    /// Text, if any, and then the marker. Where the marker is no token, the text ends at its first
    /// spelling; `tags` (alternatives) are those that it may not contain.
    pub(crate) fn after_text(&self, text: &str, tags: &str, grammar: &mut Grammar) -> String {
        if self.token.is_some() {
            return format!("{text}? {}", self.expression());
        }
        let spelled = self.text.replace('/', "\\/");
        grammar.lazy(&format!("/(.|\\n)*{spelled}/ & ~/(.|\\n)*<({tags})>(.|\\n)*/"))
    }
}
