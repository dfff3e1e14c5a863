//! Dialects: how a model family was trained to write calls.
//!
//! A dialect is three things that must agree: what the template is given ([`Dialect::conversation`]),
//! the grammar of a reply ([`Dialect::grammar`]) and its reading ([`Dialect::parse`]). For the families in
//! [`families`] all of them are derived from one description, a [`format`](mod@format); a family that is not
//! there is found out from what its template writes ([`infer`]). The law that holds them together is checked
//! for every model when it is loaded ([`choose`]): what is rendered as a past call, the grammar accepts and
//! the parser gives back. A template that fails it gets the [`generic`] envelope.

pub(crate) mod branches;
pub(crate) mod choose;
pub(crate) mod families;
pub(crate) mod format;
pub(crate) mod generic;
pub(crate) mod infer;
pub(crate) mod native;
pub(crate) mod read;
pub(crate) mod samples;
pub(crate) mod split;
pub(crate) mod write;

use handyman_core::{
    AnswerSchema, CallRequest, Fault, Message, ReplyMode, ReplyOptions, ToolChoice, ToolSpec,
};
use serde_json::Value;

use crate::constrain::Constrainer;
use crate::constrain::sources::Sources;
use crate::decode::guide::Marks;

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
    /// Which calls the reply may or must hold.
    pub(crate) choice: &'a ToolChoice,
    /// Whether it may hold several.
    pub(crate) parallel: bool,
    /// Whether it may begin with reasoning.
    pub(crate) reasoning: bool,
    /// Whether the prompt ends within reasoning: the reply goes on inside.
    pub(crate) begun: bool,
    /// The shape of an answer, where it is JSON of one. Then a reply is an answer or calls, with nothing said
    /// beside them.
    pub(crate) answer: Option<&'a Value>,
    /// The pattern of what may be said, where not everything may.
    pub(crate) sayable: Option<&'a str>,
    /// What is asked whether schemas compile, where some did not: those are then held to as far as they do.
    pub(crate) loosened: Option<&'a Constrainer>,
}

impl<'a> Turn<'a> {
    /// A turn in which the model chooses.
    pub(crate) fn new(tools: &'a [ToolSpec], mode: ReplyMode, sources: Sources<'a>) -> Self {
        Self {
            tools,
            mode,
            sources,
            choice: &ToolChoice::Auto,
            parallel: true,
            reasoning: true,
            begun: false,
            answer: None,
            sayable: None,
            loosened: None,
        }
    }

    /// The same turn, after a prompt that has begun the reasoning, or has not.
    pub(crate) fn begun(self, begun: bool) -> Self {
        Self { begun, ..self }
    }

    /// The same turn, in which only what fits this pattern may be said.
    pub(crate) fn saying(self, sayable: Option<&'a str>) -> Self {
        Self { sayable, ..self }
    }

    /// The same turn as these options ask for it.
    pub(crate) fn asked(self, options: &'a ReplyOptions) -> Self {
        let mode = if options.tool_choice == ToolChoice::None { ReplyMode::AnswerOnly } else { self.mode };
        let reasoning = options.reasoning_max != Some(0);
        let answer = options.answer.as_ref().map(AnswerSchema::schema);
        Self {
            mode,
            choice: &options.tool_choice,
            parallel: options.parallel_calls,
            reasoning,
            answer,
            ..self
        }
    }

    /// Whether nothing may be said before a call.
    pub(crate) fn calls_at_once(&self) -> bool {
        self.must_call() || self.answer.is_some()
    }

    /// Whether only calls are asked for.
    pub(crate) fn must_call(&self) -> bool {
        matches!(self.choice, ToolChoice::Required | ToolChoice::Tool(_))
    }

    /// The tools that may be called.
    pub(crate) fn callable(&self) -> impl Iterator<Item = &'a ToolSpec> {
        let choice = self.choice;
        self.tools.iter().filter(move |tool| match choice {
            ToolChoice::Tool(name) => tool.name == *name,
            ToolChoice::Auto | ToolChoice::Required | ToolChoice::None => true,
        })
    }
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

impl Said {
    /// Whether it neither says nor asks for anything.
    pub(crate) fn is_nothing(&self) -> bool {
        self.text.trim().is_empty() && self.calls.is_empty()
    }
}

/// How a model writes its calls.
pub(crate) trait Dialect: std::fmt::Debug + Send + Sync {
    /// The dialect's name.
    fn name(&self) -> &'static str;

    /// What stands around reasoning, if the model reasons.
    fn thinking(&self) -> Option<(&str, &str)>;

    /// What the template is given for this history.
    fn conversation(&self, history: &[Message], tools: &[ToolSpec]) -> Conversation;

    /// The grammar of the next reply.
    ///
    /// # Errors
    /// A [`Fault`] of kind `Schema`.
    fn grammar(&self, turn: &Turn<'_>) -> Result<String, Fault>;

    /// Reads a whole reply, with the mark that begins its reasoning where the prompt has written that. What the
    /// tools' schemas say decides what a value is where a family does not write it down.
    ///
    /// # Errors
    /// What is wrong with it, for the model to hear.
    fn parse(&self, reply: &str, tools: &[ToolSpec]) -> Result<Said, String>;

    /// Reads a reply that is an answer of a given shape, or calls. An answer may have been cut off: its text is
    /// what there is of it.
    ///
    /// # Errors
    /// As [`Dialect::parse`].
    fn parse_typed(&self, reply: &str, tools: &[ToolSpec]) -> Result<Said, String>;

    /// What marks a reply's parts, for following it while it is written.
    fn marks(&self, turn: &Turn<'_>) -> Marks;

    /// Separates what can be shown while the reply streams, which begins as in [`Dialect::parse`]; an answer of a
    /// given shape is shown as it is.
    fn splitter(&self, typed: bool) -> split::Splitter;
}

/// Reads one call, `{"name": …, "arguments": {…}}`.
pub(crate) fn request_of(value: Value) -> Result<CallRequest, String> {
    let Value::Object(mut call) = value else { return Err("a call is not a JSON object".to_owned()) };
    match (call.remove("name"), call.remove("arguments")) {
        (Some(Value::String(tool)), Some(Value::Object(arguments))) => Ok(CallRequest { tool, arguments }),
        (_, _) => Err("a call needs a 'name' and 'arguments'".to_owned()),
    }
}
