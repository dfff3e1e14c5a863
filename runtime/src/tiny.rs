//! A model for tests, small enough to reason about: one token a byte, and logits that are noise.
//!
//! The noise is a function of the tokens before, so that a sequence that was reused wrongly shows.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use handyman_core::{
    CallOutcome, CallResult, Effect, Fault, FaultKind, Message, Part, Role, ToolCall, ToolSpec,
};
use serde_json::{Map, Value, json};
use toktrie::{ApproximateTokEnv, TokEnv, TokRxInfo, TokTrie, TokenizerEnv};

use crate::decode::Compute;
use crate::llama::Token;
use crate::llama::cache::{BATCH_MAX, Feed, Place, Windows};
use crate::llama::raw::Extent;
use crate::render::transcript::Tokenize;

pub(crate) const END: &str = "<|end|>";
/// ChatML with Hermes calls, with the tiny vocabulary's end token.
pub(crate) const TEMPLATE: &str = r#"
{%- for m in messages %}
{%- if loop.first %}{{- 'system\n' }}{%- for t in tools or [] %}{{- t.function.name + ' ' + t.function.description + '\n' }}{%- endfor %}{{- '<|end|>\n' }}{%- endif %}
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

/// The tiny vocabulary with these markers, each one token.
pub(crate) fn vocabulary_with(markers: &[String]) -> TokEnv {
    let mut words: Vec<Vec<u8>> = (0..256_usize).map(|byte| vec![u8::try_from(byte).unwrap()]).collect();
    words.push(b"\xFF<|end|>".to_vec());
    words.extend(markers.iter().map(|marker| [b"\xFF", marker.as_bytes()].concat()));
    let size = u32::try_from(words.len()).unwrap();
    Arc::new(Exact(TokTrie::from(&TokRxInfo::new(size, 256), &words)))
}

/// A vocabulary whose texts can be cut in one way only.
struct Exact(TokTrie);

impl TokenizerEnv for Exact {
    fn tok_trie(&self) -> &TokTrie {
        &self.0
    }

    fn tokenize_bytes(&self, text: &[u8]) -> Vec<Token> {
        self.0.greedy_tokenize(text)
    }
}

/// The tokenizer of the tiny vocabulary.
pub(crate) struct Bytes {
    end: Token,
    markers: Vec<String>,
    tags: Vec<(String, Token)>,
}

impl Bytes {
    pub(crate) fn new() -> Self {
        Self { end: vocabulary().tok_trie().eos_token(), markers: vec![END.to_owned()], tags: Vec::new() }
    }

    /// The tokenizer of [`vocabulary_with`] these markers.
    pub(crate) fn with(markers: &[String]) -> Self {
        let tags = markers.iter().cloned().zip(257..).collect();
        Self { end: 256, markers: [&[END.to_owned()], markers].concat(), tags }
    }

    pub(crate) fn end_token(&self) -> Token {
        self.end
    }
}

impl Tokenize for Bytes {
    fn tokenize(&self, text: &str) -> Vec<Token> {
        let mut tokens = Vec::new();
        let ends = (END.to_owned(), self.end);
        let mut rest = text;
        while let Some(first) = rest.chars().next() {
            let tag = [&ends].into_iter().chain(&self.tags).filter(|(tag, _)| rest.starts_with(tag.as_str()));
            let taken = match tag.max_by_key(|(tag, _)| tag.len()) {
                Some((tag, token)) => {
                    tokens.push(*token);
                    tag.len()
                }
                None => {
                    tokens.extend(rest[..first.len_utf8()].bytes().map(Token::from));
                    first.len_utf8()
                }
            };
            rest = &rest[taken..];
        }
        tokens
    }

    fn markers(&self) -> &[String] {
        &self.markers
    }

    fn tags(&self) -> &[(String, Token)] {
        &self.tags
    }

    fn ends(&self) -> &[String] {
        &self.markers[..1]
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
    /// Tokens of each batch so far, by sequence.
    pub(crate) batches: Vec<Vec<u32>>,
    /// Whether part of a sequence can be forgotten; a recurrent model cannot.
    pub(crate) rolls_back: bool,
    /// Whether sequences can have a beginning in common.
    pub(crate) shares: bool,
    /// Added to the logit of the token that ends a reply.
    pub(crate) end_bias: f32,
    /// Prefers what followed the last token earlier in the sequence, so that there is something to copy.
    pub(crate) copies: bool,
    /// A batch with this token fails.
    pub(crate) poison: Option<Token>,
    /// The room for sliding windows, as if it had such.
    pub(crate) windows: Option<Windows>,
    /// Copies made of sequences so far.
    pub(crate) copies_made: usize,
    logits: Vec<Option<Vec<f32>>>,
}

impl Noise {
    pub(crate) fn new(seed: u64) -> Self {
        Self {
            seed,
            sequences: HashMap::new(),
            computed: 0,
            batches: Vec::new(),
            rolls_back: true,
            shares: true,
            end_bias: 0.0,
            copies: false,
            poison: None,
            windows: None,
            copies_made: 0,
            logits: Vec::new(),
        }
    }

    fn logits_after(&self, held: &[Token]) -> Vec<f32> {
        let end = vocabulary().tok_trie().eos_token();
        let liked = held.split_last().and_then(|(last, before)| {
            let at = before.iter().rposition(|token| token == last)?;
            held.get(at + 1)
        });
        let logit = |token: Token| {
            let mut hash = DefaultHasher::new();
            (self.seed, held, token).hash(&mut hash);
            #[expect(clippy::cast_precision_loss, reason = "noise")]
            let noise = (hash.finish() % 1_000_000) as f32 / 1_000_000.0;
            let copied = if self.copies && liked == Some(&token) { 0.5 } else { 0.0 };
            noise + copied + if token == end { self.end_bias } else { 0.0 }
        };
        let size = Token::try_from(vocabulary().tok_trie().vocab_size()).unwrap();
        (0..size).map(logit).collect()
    }
}

impl Compute for Noise {
    fn decode(&mut self, batch: &[Feed]) -> Result<(), Fault> {
        assert!(!batch.is_empty() && batch.len() <= BATCH_MAX);
        self.logits.clear();
        if batch.iter().any(|feed| Some(feed.token) == self.poison) {
            // As llama.cpp may, it leaves part of the batch behind.
            for feed in &batch[..batch.len() / 2] {
                self.sequences.entry(feed.place.sequence).or_default().push(feed.token);
            }
            return Err(Fault::new(FaultKind::Backend, "poisoned"));
        }
        for feed in batch {
            let held = self.sequences.entry(feed.place.sequence).or_default();
            assert_eq!(held.len(), feed.place.position, "the sequence is where the caller thinks it is");
            held.push(feed.token);
            let held = held.clone();
            self.logits.push(feed.logits.then(|| self.logits_after(&held)));
        }
        self.computed += batch.len();
        self.batches.push(batch.iter().map(|feed| feed.place.sequence).collect());
        Ok(())
    }

    fn logits(&self, index: usize) -> Result<&[f32], Fault> {
        let logits = self.logits.get(index).and_then(Option::as_deref);
        logits.ok_or_else(|| Fault::new(FaultKind::Backend, "no logits were asked for"))
    }

    fn can_truncate(&self, place: Place, length: usize) -> bool {
        self.rolls_back || place.position == 0 || place.position == length
    }

    fn truncate(&mut self, place: Place) -> bool {
        let rolls_back = self.rolls_back;
        let held = self.sequences.entry(place.sequence).or_default();
        if rolls_back || place.position == 0 || place.position == held.len() {
            held.truncate(place.position);
            return true;
        }
        false
    }

    fn share(&mut self, from: u32, to: u32, length: usize) {
        assert!(self.shares, "llama.cpp would end the process");
        let whole = self.sequences.get(&from).cloned().unwrap_or_default();
        let shared = if self.rolls_back { whole[..length].to_vec() } else { whole };
        let before = self.sequences.insert(to, shared);
        assert!(before.is_none_or(|before| before.is_empty()), "only an empty sequence can share");
    }

    fn shares(&self) -> bool {
        self.shares
    }

    fn rolls_back(&self) -> bool {
        self.rolls_back
    }

    fn undoes(&self) -> bool {
        self.rolls_back
    }

    fn windows(&self) -> Option<Windows> {
        self.windows
    }

    fn size(&mut self, sequence: u32) -> usize {
        self.sequences.get(&sequence).map_or(0, |held| held.len() * 4)
    }

    fn save(&mut self, sequence: u32, _extent: Extent) -> Result<Vec<u8>, Fault> {
        self.copies_made += 1;
        let held = self.sequences.get(&sequence).cloned().unwrap_or_default();
        Ok(held.iter().flat_map(|token| token.to_le_bytes()).collect())
    }

    fn load(&mut self, sequence: u32, _extent: Extent, bytes: &[u8]) -> Result<(), Fault> {
        if !bytes.len().is_multiple_of(4) {
            self.sequences.remove(&sequence);
            return Err(Fault::new(FaultKind::Backend, "damaged"));
        }
        let tokens = bytes.chunks_exact(4).map(|token| Token::from_le_bytes(token.try_into().unwrap()));
        self.sequences.insert(sequence, tokens.collect());
        Ok(())
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
    let part =
        CallResult { call: "c1".into(), tool: tool.to_owned(), outcome: CallOutcome::Succeeded, result };
    Message { role: Role::Tool, parts: vec![Part::Result(part)] }
}

/// A tool with these properties, of which these are required.
pub(crate) fn tool(name: &str, properties: Value, required: &[&str]) -> ToolSpec {
    ToolSpec {
        name: name.to_owned(),
        description: String::new(),
        parameters: json!({"type": "object", "properties": properties, "required": required}),
        effect: Effect::ReadOnly,
        safety: handyman_core::Safety::default(),
    }
}

/// A small trip: search and book, with everything that may only be copied.
pub(crate) fn trip_tools() -> Vec<ToolSpec> {
    let copied = json!({"type": "string", "x-verbatim": true});
    let search = tool(
        "search",
        json!({"from": copied, "to": copied, "day": copied, "order": {"enum": ["earliest", "latest"]}}),
        &["from", "to", "day"],
    );
    let book = tool(
        "book",
        json!({"id": {"type": "string", "x-from": ["search.id"]}, "people": {"type": "integer", "minimum": 1, "maximum": 9}}),
        &["id"],
    );
    let cancel = tool(
        "cancel",
        json!({"booking": {"type": "string", "x-from": ["book.booking"], "x-verbatim": true}}),
        &["booking"],
    );
    vec![search, book, cancel, tool("list", json!({}), &[])]
}

/// A matcher can be shared by threads only as a clone.
pub(crate) fn constrainer() -> Arc<crate::constrain::Constrainer> {
    Arc::new(crate::constrain::Constrainer::new(&vocabulary()).unwrap())
}
