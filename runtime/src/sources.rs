//! What the arguments of a call may be copied from: the person's words and earlier results.

use std::cmp::Ordering;
use std::collections::BTreeSet;

use handyman_core::catalogue::SHOW_TOOLS;
use handyman_core::schema::{FROM, source};
use handyman_core::{CallResult, Message, Part, Role};
#[cfg(feature = "llama")]
use handyman_core::{ToolSpec, repeat};
#[cfg(feature = "llama")]
use serde_json::Map;
use serde_json::Value;

/// Pieces of results over all spans: what does not fit beside what is newer cannot be copied from.
const PIECES_MAX: usize = 4_000;

/// Pieces of what the person wrote over all spans: some ten thousand words. Of what is longer, the end can be copied from.
const PERSON_PIECES_MAX: usize = 16_000;

/// What has been said so far, to copy from.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sources<'a> {
    history: &'a [Message],
    /// The tools by which repeats are judged.
    #[cfg(feature = "llama")]
    tools: &'a [ToolSpec],
}

impl<'a> Sources<'a> {
    /// The sources of a history.
    pub(crate) fn new(history: &'a [Message]) -> Self {
        Self {
            history,
            #[cfg(feature = "llama")]
            tools: &[],
        }
    }

    /// Leaves out calls that cannot be made again in this run.
    #[cfg(feature = "llama")]
    pub(crate) fn without_repeats(self, tools: &'a [ToolSpec]) -> Self {
        Self { tools, ..self }
    }

    /// The arguments that a tool cannot be called with again.
    #[cfg(feature = "llama")]
    pub(crate) fn spent(&self, tool: &str) -> Vec<&'a Map<String, Value>> {
        if self.tools.is_empty() {
            return Vec::new();
        }
        let spent = repeat::spent(self.history, self.tools);
        spent.iter().filter(|spent| spent.call.tool == tool).map(|spent| &spent.call.arguments).collect()
    }

    /// Whether a text is a span of what was said: whole words, as [`Sources::spans`] cuts them.
    pub(crate) fn holds(&self, text: &str) -> bool {
        let begins = |pieces: &[String]| {
            let mut rest = text;
            for piece in pieces {
                match rest.strip_prefix(piece.as_str()) {
                    Some("") => return true,
                    Some(more) => rest = more,
                    None => return false,
                }
            }
            false
        };
        !text.is_empty()
            && self.spans().iter().any(|pieces| (0..pieces.len()).any(|start| begins(&pieces[start..])))
    }

    /// How many calls the history holds.
    #[cfg(feature = "llama")]
    pub(crate) fn calls(&self) -> usize {
        self.history.iter().map(|message| message.calls().count()).sum()
    }

    /// What the sources that a schema names have said so far, oldest first: texts, or whole numbers within its bounds
    /// where it is a schema of whole numbers.
    pub(crate) fn named(&self, schema: &Value) -> Vec<&'a Value> {
        let of_numbers = schema.get("type").and_then(Value::as_str) == Some("integer");
        let fits = |value: &Value| if of_numbers { is_within(value, schema) } else { value.is_string() };
        let names =
            schema.get(FROM).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
        let mut seen = BTreeSet::new();
        let mut found: Vec<&Value> =
            names.flat_map(|name| self.values(name)).filter(|value| fits(value)).collect();
        found.retain(|value| seen.insert(value.to_string()));
        found
    }

    /// The texts and numbers that stand where a source says in the results of its tool, oldest first, as far as they are
    /// whole.
    fn values(&self, named: &str) -> Vec<&'a Value> {
        let results: Vec<&CallResult> = self.history.iter().flat_map(Message::results).collect();
        let Some((tool, fields)) = source(named, results.iter().map(|result| result.tool.as_str())) else {
            return Vec::new();
        };
        let fields: Vec<&str> = fields.split('.').collect();
        let mut found = Vec::new();
        for result in results.into_iter().filter(|result| result.tool == tool) {
            let mut values = Vec::new();
            collect_fields(&result.result, &fields, &mut values);
            // A result that was shortened says so, and has beginnings of values and words of its own in it.
            if result.result["cut"].is_string() {
                values.retain(|value| !value.as_str().is_some_and(is_cut));
            }
            found.append(&mut values);
        }
        found
    }

    /// The texts that may be copied from, cut into the pieces at which a copy may begin and end.
    pub(crate) fn spans(&self) -> Vec<Vec<String>> {
        let mut texts: Vec<&str> = Vec::new();
        let mut seen = BTreeSet::new();
        for message in self.history.iter().rev().filter(|message| message.role == Role::User) {
            texts.extend(message.parts.iter().filter_map(|part| match part {
                Part::Text(text) | Part::Task { text, .. } => Some(text.as_str()),
                Part::Note(_) | Part::Reasoning(_) | Part::Call(_) | Part::Result(_) => None,
            }));
        }
        let mut left = PERSON_PIECES_MAX;
        let mut spans = Vec::new();
        for line in lines(&texts, &mut seen) {
            let mut pieces = cut(line);
            pieces.drain(..pieces.len().saturating_sub(left));
            left -= pieces.len();
            spans.extend(Some(pieces).filter(|pieces| !pieces.is_empty()));
        }
        texts.clear();
        // What describes a tool is nobody's words.
        let told = |result: &&CallResult| result.tool != SHOW_TOOLS;
        for result in self.history.iter().rev().flat_map(Message::results).filter(told) {
            collect_texts(&result.result, &mut texts);
        }
        let mut left = PIECES_MAX;
        for pieces in lines(&texts, &mut seen).into_iter().map(cut) {
            if pieces.len() <= left {
                left -= pieces.len();
                spans.push(pieces);
            }
        }
        spans
    }
}

/// The lines of texts that have not been seen yet.
fn lines<'t>(texts: &[&'t str], seen: &mut BTreeSet<&'t str>) -> Vec<&'t str> {
    let lines = texts.iter().flat_map(|text| text.split(char::is_control)).map(str::trim);
    lines.filter(|line| !line.is_empty() && seen.insert(*line)).collect()
}

/// Collects what stands under these fields, each directly in the one before; the first may stand anywhere.
fn collect_fields<'v>(value: &'v Value, fields: &[&str], found: &mut Vec<&'v Value>) {
    let Some((first, rest)) = fields.split_first() else { return };
    match value {
        Value::Object(named) => {
            for (name, inner) in named {
                if name == first {
                    collect_under(inner, rest, found);
                }
                collect_fields(inner, fields, found);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| collect_fields(item, fields, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// Collects what these fields lead to from here. Lists are looked through.
fn collect_under<'v>(value: &'v Value, fields: &[&str], found: &mut Vec<&'v Value>) {
    match (value, fields) {
        (Value::Array(items), _) => items.iter().for_each(|item| collect_under(item, fields, found)),
        (Value::Object(named), [first, rest @ ..]) => {
            if let Some(inner) = named.get(*first) {
                collect_under(inner, rest, found);
            }
        }
        (Value::Number(_) | Value::String(_), []) => found.push(value),
        (_, _) => {}
    }
}

/// Whether a text of a shortened result is the beginning of another one, or says how many items were left out.
fn is_cut(text: &str) -> bool {
    text.ends_with('…') || (text.starts_with("… ") && text.ends_with(" more"))
}

/// Whether a value is a whole number within a schema's bounds.
fn is_within(value: &Value, schema: &Value) -> bool {
    let Some(number) = whole(value) else { return false };
    let beside = |bound: &str| {
        let bound = schema.get(bound)?;
        match whole(bound) {
            Some(bound) => Some(number.cmp(&bound)),
            None => value.as_f64()?.partial_cmp(&bound.as_f64()?),
        }
    };
    beside("minimum").is_none_or(Ordering::is_ge)
        && beside("maximum").is_none_or(Ordering::is_le)
        && beside("exclusiveMinimum").is_none_or(Ordering::is_gt)
        && beside("exclusiveMaximum").is_none_or(Ordering::is_lt)
}

/// A whole number as such, however long it is.
fn whole(value: &Value) -> Option<i128> {
    value.as_i64().map(i128::from).or_else(|| value.as_u64().map(i128::from))
}

fn collect_texts<'v>(value: &'v Value, texts: &mut Vec<&'v str>) {
    match value {
        Value::String(text) => texts.push(text),
        Value::Object(fields) => fields.values().for_each(|inner| collect_texts(inner, texts)),
        Value::Array(items) => items.iter().for_each(|item| collect_texts(item, texts)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// Cuts a text at word boundaries; scripts that write without spaces are cut at every character.
fn cut(text: &str) -> Vec<String> {
    let mut pieces: Vec<String> = Vec::new();
    let mut in_word = false;
    for character in text.chars() {
        let of_word = character.is_alphanumeric() && !unspaced(character);
        match pieces.last_mut() {
            Some(word) if in_word && of_word => word.push(character),
            Some(_) | None => pieces.push(character.to_string()),
        }
        in_word = of_word;
    }
    pieces
}

/// Whether a character belongs to a script that does not put spaces between words, or glues particles
/// to them: Thai to Khmer, kana, Han, Hangul.
fn unspaced(character: char) -> bool {
    matches!(u32::from(character),
        0x0E00..=0x0EFF | 0x1000..=0x109F | 0x1780..=0x17FF | 0x3040..=0x30FF | 0x31F0..=0x31FF
        | 0x3400..=0x4DBF | 0x4E00..=0x9FFF | 0xAC00..=0xD7AF | 0xF900..=0xFAFF | 0x20000..=0x3FFFF)
}

#[cfg(all(test, feature = "llama"))]
mod tests;
