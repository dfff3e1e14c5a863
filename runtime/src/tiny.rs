//! A model for tests, small enough to reason about: one token a byte, and logits that are noise.
//!
//! The noise is a function of the tokens before, so that a sequence that was reused wrongly shows.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use handyman_core::{CallOutcome, CallResult, Effect, Fault, Message, Part, Role, ToolCall, ToolSpec};
use serde_json::{Map, Value, json};
use toktrie::{ApproximateTokEnv, TokEnv};

use crate::decode::Compute;
use crate::llama::Token;
use crate::llama::cache::Place;
use crate::render::transcript::Tokenize;

pub(crate) const END: &str = "<|end|>";
/// ChatML with Hermes calls, with the tiny vocabulary's end token.
pub(crate) const TEMPLATE: &str = r#"
{%- for m in messages %}
{%- if loop.first %}{{- 'system\n' }}{%- for t in tools or [] %}{{- t.function.name + '\n' }}{%- endfor %}{{- '<|end|>\n' }}{%- endif %}
{%- if m.role == 'tool' %}{{- 'tool\n' + m.content + '<|end|>\n' }}
{%- elif m.role == 'assistant' %}{{- 'assistant\n' + m.content }}
{%- for c in m.tool_calls or [] %}{{- '\n' if not loop.first else '' }}{{- '<tool_call>\n{"name": "' + c.function.name + '", "arguments": ' + (c.function.arguments | tojson) + '}\n</tool_call>' }}{%- endfor %}{{- '<|end|>\n' }}
{%- else %}{{- m.role + '\n' + m.content + '<|end|>\n' }}{%- endif %}
{%- endfor %}
{%- if add_generation_prompt %}{{- 'assistant\n' }}{%- endif %}"#;

/// One token a byte, and a few markers.
pub(crate) fn vocabulary() -> TokEnv {
    ApproximateTokEnv::single_byte_env()
}

/// The tokenizer of the tiny vocabulary.
pub(crate) struct Bytes {
    end: Token,
    markers: Vec<String>,
}

impl Bytes {
    pub(crate) fn new() -> Self {
        Self { end: vocabulary().tok_trie().eos_token(), markers: vec![END.to_owned()] }
    }

    pub(crate) fn end_token(&self) -> Token {
        self.end
    }
}

impl Tokenize for Bytes {
    fn tokenize(&self, text: &str) -> Vec<Token> {
        let mut tokens = Vec::new();
        for (index, part) in text.split(END).enumerate() {
            if index > 0 {
                tokens.push(self.end);
            }
            tokens.extend(part.bytes().map(Token::from));
        }
        tokens
    }

    fn markers(&self) -> &[String] {
        &self.markers
    }

    fn ends(&self) -> &[String] {
        &self.markers
    }

    fn beginning(&self) -> Option<Token> {
        None
    }
}

/// A model without weights: noise for logits.
#[derive(Debug)]
pub(crate) struct Noise {
    pub(crate) seed: u64,
    pub(crate) sequences: HashMap<u32, Vec<Token>>,
    /// Tokens computed so far.
    pub(crate) computed: usize,
    /// Whether part of a sequence can be forgotten; a recurrent model cannot.
    pub(crate) rolls_back: bool,
    /// Added to the logit of the token that ends a reply.
    pub(crate) end_bias: f32,
    logits: Vec<f32>,
}

impl Noise {
    pub(crate) fn new(seed: u64) -> Self {
        Self { seed, sequences: HashMap::new(), computed: 0, rolls_back: true, end_bias: 0.0, logits: Vec::new() }
    }
}

impl Compute for Noise {
    fn feed(&mut self, place: Place, tokens: &[Token]) -> Result<(), Fault> {
        let held = self.sequences.entry(place.sequence).or_default();
        assert_eq!(held.len(), place.position, "the sequence is where the caller thinks it is");
        held.extend(tokens);
        self.computed += tokens.len();
        let end = vocabulary().tok_trie().eos_token();
        let logit = |token: Token| {
            let mut hash = DefaultHasher::new();
            (self.seed, &*held, token).hash(&mut hash);
            #[expect(clippy::cast_precision_loss, reason = "noise")]
            let noise = (hash.finish() % 1_000_000) as f32 / 1_000_000.0;
            if token == end { noise + self.end_bias } else { noise }
        };
        let size = Token::try_from(vocabulary().tok_trie().vocab_size()).unwrap();
        self.logits = (0..size).map(logit).collect();
        Ok(())
    }

    fn logits(&self) -> Result<&[f32], Fault> {
        Ok(&self.logits)
    }

    fn truncate(&mut self, place: Place) -> usize {
        let position = if self.rolls_back { place.position } else { 0 };
        let held = self.sequences.entry(place.sequence).or_default();
        held.truncate(position);
        held.len()
    }
}

/// What a person says.
pub(crate) fn person(text: &str) -> Message {
    Message::text_of(Role::User, text)
}

/// A reply with calls.
pub(crate) fn asks(calls: &[(&str, Value)]) -> Message {
    let part = |(index, (tool, arguments)): (usize, &(&str, Value))| {
        let arguments: Map<String, Value> = arguments.as_object().cloned().unwrap_or_default();
        Part::Call(ToolCall { id: format!("c{}", index + 1).into(), tool: (*tool).to_owned(), arguments })
    };
    Message { role: Role::Assistant, parts: calls.iter().enumerate().map(part).collect() }
}

/// The result of a call.
pub(crate) fn result(tool: &str, result: Value) -> Message {
    let part = CallResult { call: "c1".into(), tool: tool.to_owned(), outcome: CallOutcome::Succeeded, result };
    Message { role: Role::Tool, parts: vec![Part::Result(part)] }
}

/// A tool with these properties, of which these are required.
pub(crate) fn tool(name: &str, properties: Value, required: &[&str]) -> ToolSpec {
    ToolSpec {
        name: name.to_owned(),
        description: String::new(),
        parameters: json!({"type": "object", "properties": properties, "required": required}),
        effect: Effect::ReadOnly,
    }
}

/// A small trip: search and book, with everything that may only be copied.
pub(crate) fn trip_tools() -> Vec<ToolSpec> {
    let copied = json!({"type": "string", "x-verbatim": true});
    let search = tool("search", json!({"from": copied, "to": copied, "day": copied, "order": {"enum": ["earliest", "latest"]}}), &["from", "to", "day"]);
    let book = tool(
        "book",
        json!({"id": {"type": "string", "x-from": ["search.id"]}, "people": {"type": "integer", "minimum": 1, "maximum": 9}}),
        &["id"],
    );
    let cancel = tool("cancel", json!({"booking": {"type": "string", "x-from": ["book.booking"], "x-verbatim": true}}), &["booking"]);
    vec![search, book, cancel, tool("list", json!({}), &[])]
}

/// A matcher can be shared by threads only as a clone.
pub(crate) fn constrainer() -> Arc<crate::constrain::Constrainer> {
    Arc::new(crate::constrain::Constrainer::new(&vocabulary()).unwrap())
}
