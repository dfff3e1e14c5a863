//! Where values come from: each argument of a call is traced to who said it first.
//!
//! A value is the person's if it stands in one of their messages, a result's if it stands in that result, be it in another
//! form: in letters of another size, with other spaces or dashes. What stands nowhere is the model's own. Trust follows: a
//! value that only stands in what strangers wrote is theirs.

mod retyped;

use std::borrow::Cow;

use jiff::civil::{Date, DateTime, Time};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Number, Value};

use crate::ids::CallId;
use crate::message::{Message, Part, Role};
use retyped::{Retyped, has_text, is_parted};

/// Who a value comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "from", rename_all = "snake_case")]
pub enum Source {
    /// The person wrote it.
    Person,
    /// The agent's author wrote it, in the system message or in a workflow.
    System,
    /// A result says it.
    Result {
        /// The call it is the result of.
        call: CallId,
        /// The tool.
        tool: String,
        /// Whether strangers wrote it.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        untrusted: bool,
    },
    /// The model made it up.
    Model,
}

/// An argument's value and who it comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    /// JSON pointer into the arguments.
    pub at: String,
    /// Who it comes from.
    #[serde(flatten)]
    pub source: Source,
}

/// Traces every value of a call's arguments, in their order.
///
/// Of several places a value stands in, the most trusted counts: the person's messages, the system
/// message, results the tools vouch for (the newest first), results they do not, and tasks with strangers' words.
/// A result that has it as it is counts before one that has it in another form.
#[must_use]
pub fn trace(arguments: &Map<String, Value>, history: &[Message], untrusted: &[String]) -> Vec<Origin> {
    traced(arguments, |leaf| source(leaf, history, untrusted))
}

/// Traces the values of a call that a step of a workflow makes, as they are: what they are made of is known otherwise.
pub(crate) fn trace_of_step(
    arguments: &Map<String, Value>,
    history: &[Message],
    untrusted: &[String],
) -> Vec<Origin> {
    traced(arguments, |leaf| as_it_is(leaf, history, untrusted, |_| false).unwrap_or(Source::Model))
}

fn traced(arguments: &Map<String, Value>, source: impl Fn(&Value) -> Source) -> Vec<Origin> {
    let mut origins = Vec::new();
    for (name, value) in arguments {
        leaves(value, format!("/{}", escaped(name)), &mut |at, leaf| {
            origins.push(Origin { at, source: source(leaf) });
        });
    }
    origins
}

/// Who a value comes from that the model wrote down.
fn source(leaf: &Value, history: &[Message], untrusted: &[String]) -> Source {
    let retyped = Retyped::of(leaf);
    let same = |text: &str| retyped.as_ref().is_some_and(|value| value.is_in(text));
    let alike = |text: &str| retyped.as_ref().is_some_and(|value| value.is_loosely_in(text));
    as_it_is(leaf, history, untrusted, same)
        .or_else(|| newest(history, untrusted, false, |result| has_text(result, &same)))
        .or_else(|| newest(history, untrusted, true, |result| has_text(result, &alike)))
        .or_else(|| of_task(history, untrusted, |text| stands_in_text(leaf, text) || alike(text)))
        .unwrap_or(Source::Model)
}

/// Who says a value as it is, or, of those who are trusted to set a task, one that is the same.
fn as_it_is(
    leaf: &Value,
    history: &[Message],
    untrusted: &[String],
    is_same: impl Fn(&str) -> bool,
) -> Option<Source> {
    // Who is trusted has said it only if it is no part of another word of theirs: "eve" is not in "every".
    said(history, |text| stands_whole_in_text(leaf, text) || is_same(text))
        .or_else(|| {
            newest(history, untrusted, false, |result| stands_in(leaf, result, &stands_whole_in_text))
        })
        .or_else(|| newest(history, untrusted, true, |result| stands_in(leaf, result, &stands_in_text)))
}

/// Who says it, if the person does, or the agent's author, be it in a step of a workflow where strangers have no part.
fn said(history: &[Message], is_in: impl Fn(&str) -> bool) -> Option<Source> {
    let any = |role: Option<Role>, is_said: &dyn Fn(&Part) -> bool| {
        let messages = history.iter().filter(|message| role.is_none_or(|role| message.role == role));
        messages.flat_map(|message| &message.parts).any(is_said)
    };
    let in_text = |part: &Part| matches!(part, Part::Text(text) if is_in(text));
    let in_task = |part: &Part| matches!(part, Part::Task { text, untrusted: false } if is_in(text));
    if any(Some(Role::User), &in_text) {
        Some(Source::Person)
    } else if any(Some(Role::System), &in_text) || any(None, &in_task) {
        Some(Source::System)
    } else {
        None
    }
}

/// The newest result that has it, of those that strangers wrote or of the others.
fn newest(
    history: &[Message],
    untrusted: &[String],
    strangers: bool,
    has_it: impl Fn(&Value) -> bool,
) -> Option<Source> {
    let mut results = history.iter().rev().flat_map(Message::results);
    let result =
        results.find(|result| untrusted.contains(&result.tool) == strangers && has_it(&result.result))?;
    Some(Source::Result { call: result.call.clone(), tool: result.tool.clone(), untrusted: strangers })
}

/// The strangers who have it in a step's task: those of the newest of their results before it, which the model may have
/// been shown less of.
fn of_task(history: &[Message], untrusted: &[String], is_in: impl Fn(&str) -> bool) -> Option<Source> {
    let has_it = |part: &Part| matches!(part, Part::Task { text, untrusted: true } if is_in(text));
    let at = history.iter().rposition(|message| message.parts.iter().any(has_it))?;
    newest(&history[..at], untrusted, true, |_| true)
}

/// Whether a value stands somewhere in a result, be it as the name of a field.
fn stands_in(leaf: &Value, result: &Value, in_text: &impl Fn(&Value, &str) -> bool) -> bool {
    match result {
        Value::Object(fields) => {
            fields.iter().any(|(name, inner)| in_text(leaf, name) || stands_in(leaf, inner, in_text))
        }
        Value::Array(items) => items.iter().any(|item| stands_in(leaf, item, in_text)),
        Value::String(text) => in_text(leaf, text),
        Value::Number(number) => match leaf {
            Value::Number(value) => is_same(value, number),
            // An account's number is a text to one tool and a number to another.
            Value::String(text) => text.trim() == number.to_string() || is_written(number, text.trim()),
            Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => false,
        },
        Value::Null | Value::Bool(_) => leaf == result,
    }
}

/// Whether two numbers have one value. Whole ones are compared as such: two long ones may be one fraction.
fn is_same(one: &Number, other: &Number) -> bool {
    match (whole(one), whole(other)) {
        (Some(one), Some(other)) => one == other,
        (_, _) => one.as_f64() == other.as_f64(),
    }
}

fn whole(number: &Number) -> Option<i128> {
    number.as_i64().map(i128::from).or_else(|| number.as_u64().map(i128::from))
}

/// Whether a word is a number, however it is written.
fn is_written(number: &Number, word: &str) -> bool {
    let word = ungrouped(word);
    match (whole(number), word.parse::<i128>()) {
        (Some(number), Ok(value)) => number == value,
        (_, _) => word.parse::<f64>().is_ok_and(|value| number.as_f64() == Some(value)),
    }
}

/// A number without the commas between its thousands.
fn ungrouped(word: &str) -> Cow<'_, str> {
    let whole = word.split('.').next().unwrap_or_default();
    let is_grouped = whole.contains(',') && whole.split(',').skip(1).all(|group| group.len() == 3);
    if is_grouped { word.replace(',', "").into() } else { word.into() }
}

/// Whether a value stands in a text: a string as it is, a number as a word of its own, however it is written. What says
/// nothing (an empty text, a truth value) stands nowhere.
fn stands_in_text(leaf: &Value, text: &str) -> bool {
    match leaf {
        Value::String(value) => !value.trim().is_empty() && text.contains(value.trim()),
        Value::Number(number) => {
            let words = text.split(|c: char| !c.is_ascii_digit() && !matches!(c, '.' | ',' | '-'));
            let mut words = words.flat_map(|word| [word, word.trim_matches(['.', ',', '-'])]);
            words.any(|word| is_written(number, word))
        }
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => false,
    }
}

/// The same, where no word goes on before or behind it.
fn stands_whole_in_text(leaf: &Value, text: &str) -> bool {
    let Value::String(value) = leaf else { return stands_in_text(leaf, text) };
    let value = value.trim();
    !value.is_empty()
        && text.match_indices(value).any(|(at, _)| {
            let (before, after) = (&text[..at], &text[at + value.len()..]);
            is_parted(before.chars().next_back(), value.chars().next())
                && is_parted(value.chars().next_back(), after.chars().next())
        })
}

/// Whether a value that nobody has said is one that a model should not make up: an address, or a number or name of
/// letters and digits. Dates and times, it works out.
#[must_use]
pub fn is_identifier(leaf: &Value) -> bool {
    let is_time = |text: &str| {
        let text = text.trim();
        text.parse::<Date>().is_ok() || text.parse::<Time>().is_ok() || text.parse::<DateTime>().is_ok()
    };
    let has_digit = |word: &str| word.contains(|c: char| c.is_ascii_digit());
    let is_code = || Retyped::of(leaf).is_some_and(|value| value.is_code());
    match leaf {
        Value::String(text) if is_time(text) => false,
        Value::String(text) if text.contains('@') || text.contains("://") => true,
        // "DE89 3704 0044" is a number, "pay 900 EUR" a sentence.
        Value::String(text) => text.split_whitespace().all(has_digit) && is_code(),
        Value::Number(_) => is_code(),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => false,
    }
}

fn leaves(value: &Value, at: String, visit: &mut impl FnMut(String, &Value)) {
    match value {
        Value::Object(fields) => {
            for (name, inner) in fields {
                leaves(inner, format!("{at}/{}", escaped(name)), visit);
            }
        }
        Value::Array(items) => {
            for (index, inner) in items.iter().enumerate() {
                leaves(inner, format!("{at}/{index}"), visit);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => visit(at, value),
    }
}

/// A name as a JSON pointer writes it (RFC 6901).
pub(crate) fn escaped(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

#[cfg(test)]
mod tests;
