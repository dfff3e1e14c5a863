//! Finds out how an unknown template writes calls, by giving it some and looking at what differs.
//!
//! The calls carry words that stand nowhere else. What stands between those words is the family's markup:
//! what the text between two calls has in common with the text before the first is how a call begins, what
//! it has in common with the text after the last is how one ends, and so on for arguments. Whether it was
//! understood rightly is decided by the law, as for every family.

use handyman_core::{CallRequest, Message, Role};
use serde_json::json;

use super::choose::Candidate;
use super::families::FAMILIES;
use super::format::{Format, Syntax};
use super::native::{Habits, Native};
use super::samples::{ask, call};
use crate::render::json::python_json;

/// A word that a reply says.
const SAID: &str = "wombat";
/// A value, and the value after it.
const VALUES: [&str; 2] = ["quokka", "narwhal"];

/// The format that a template writes calls in; it bears the signs of these families.
///
/// # Errors
/// Why it cannot be told.
pub(crate) fn format(model: Candidate<'_>, likely: &[&Format<&'static str>]) -> Result<Format, String> {
    let unclear = || "the template writes no calls, or not in a way that can be told".to_owned();
    let shape = Shape::of(model)?;
    let two = shape.reply(model, &[lookup(), list()])?;
    let markup = Markup::of(&two, &shape.after_text).ok_or_else(unclear)?;
    let source = model.template.source();
    // Reasoning that the template closes itself is not part of the calls.
    let thinking = FAMILIES
        .iter()
        .filter_map(|family| family.thinking)
        .find(|(begins, _)| source.contains(begins.trim()));
    let mut begins = markup.before.as_str();
    if let Some((_, rest)) = thinking.and_then(|(_, ends)| begins.rsplit_once(ends.trim())) {
        begins = rest;
    }
    let begins = begins.trim_start().to_owned();
    let opening = format!("{begins}{}", markup.call.split("$NAME").next().unwrap_or_default());
    let trigger = trigger(&opening).ok_or_else(unclear)?;
    // One of the family that writes calls after the same mark, with other spacing.
    let same = likely
        .iter()
        .find(|family| family.trigger == trigger && family.owned().arguments == markup.arguments);
    Ok(Format {
        name: same.map_or("inferred", |family| family.name),
        signs: &[],
        trigger,
        begins,
        call: markup.call,
        also: None,
        between: markup.between,
        ends: markup.ends,
        arguments: markup.arguments,
        thinking: thinking.map(|(begins, ends)| (begins.to_owned(), ends.to_owned())),
        answer: (String::new(), String::new()),
        closes: String::new(),
        several: true,
    })
}

/// The first tag of what begins the calls, or all of it where it is none.
fn trigger(opening: &str) -> Option<String> {
    let close = match opening.chars().next()? {
        '<' => '>',
        '[' => ']',
        _ => return Some(opening.to_owned()),
    };
    Some(opening.find(close).map_or_else(|| opening.to_owned(), |at| opening[..=at].to_owned()))
}

fn lookup() -> CallRequest {
    call("lookup", json!({"text": VALUES[0], "place": VALUES[1]}))
}

fn list() -> CallRequest {
    call("list_all", json!({}))
}

/// What a reply is like in this template.
struct Shape {
    /// A dialect that gives calls to the template.
    probe: Native,
    /// What follows a reply of text.
    after_text: String,
}

impl Shape {
    fn of(model: Candidate<'_>) -> Result<Self, String> {
        let format = Format::json("probe", &[], "$NAME$ARGS").owned();
        let probe = Native { format, thinks: false, habits: Habits::default(), markers: Vec::new() };
        let history = [ask(), Message::text_of(Role::Assistant, SAID)];
        let whole = model.renderer(&probe).text(&history, &[], false).map_err(|fault| fault.to_string())?;
        let after_text = whole.split_once(SAID).ok_or("the template does not show replies")?.1.to_owned();
        Ok(Self { probe, after_text })
    }

    /// What the template writes for these calls, from where the prompt ends.
    fn reply(&self, model: Candidate<'_>, calls: &[CallRequest]) -> Result<String, String> {
        let (whole, start) = model.whole(&self.probe, calls)?;
        Ok(whole[start..].to_owned())
    }
}

/// The markup between the words of the calls.
struct Markup {
    before: String,
    call: String,
    between: String,
    ends: String,
    arguments: Syntax,
}

impl Markup {
    fn of(two: &str, after_text: &str) -> Option<Self> {
        let (before, rest) = two.split_once("lookup")?;
        let (first, rest) = rest.rsplit_once("list_all")?;
        let (inner, arguments) = Arguments::of(first)?;
        let Arguments { before_values, after_values, empty } = &inner;
        let last = rest.strip_prefix(before_values.as_str())?.strip_prefix(empty.as_str())?;
        let last = last.strip_suffix(after_text).unwrap_or(last);
        let call_ends = common_prefix(after_values, last);
        let between_on = &after_values[call_ends.len()..];
        let call_begins = common_suffix(before, between_on);
        let between = &between_on[..between_on.len() - call_begins.len()];
        let ends = &last[call_ends.len()..];
        Some(Self {
            before: before[..before.len() - call_begins.len()].to_owned(),
            call: format!("{call_begins}$NAME{before_values}$ARGS{call_ends}"),
            between: between.to_owned(),
            ends: ends.to_owned(),
            arguments,
        })
    }
}

/// What stands around the arguments of a call.
struct Arguments {
    /// Between the name and the arguments.
    before_values: String,
    /// From the arguments on.
    after_values: String,
    /// How no arguments are written.
    empty: String,
}

impl Arguments {
    /// Takes apart what follows a name, up to the next name.
    fn of(text: &str) -> Option<(Self, Syntax)> {
        let json = python_json(&json!({"text": VALUES[0], "place": VALUES[1]}));
        if let Some((before, after)) = text.split_once(&json) {
            let around = Self {
                before_values: before.to_owned(),
                after_values: after.to_owned(),
                empty: "{}".to_owned(),
            };
            return Some((around, Syntax::Json));
        }
        let (before_key, rest) = text.split_once("text")?;
        let (key_to_value, rest) = rest.split_once(VALUES[0])?;
        let (between, rest) = rest.split_once("place")?;
        let (again, after) = rest.split_once(VALUES[1])?;
        if key_to_value != again {
            return None;
        }
        // What ends a value also stands after the last one; what begins a key also before the first.
        let value_ends = common_prefix(between, after);
        let key_begins = common_suffix(before_key, &between[value_ends.len()..]);
        let comma = &between[value_ends.len()..between.len() - key_begins.len()];
        let argument = format!("{key_begins}$KEY{key_to_value}$VALUE{value_ends}");
        let around = Self {
            before_values: before_key[..before_key.len() - key_begins.len()].to_owned(),
            after_values: after[value_ends.len()..].to_owned(),
            empty: String::new(),
        };
        Some((around, Syntax::Each { argument, between: comma.to_owned(), bare: true }))
    }
}

fn common_prefix<'a>(a: &'a str, b: &str) -> &'a str {
    let end = a.char_indices().zip(b.chars()).find(|((_, a), b)| a != b).map(|((at, _), _)| at);
    &a[..end.unwrap_or(a.len().min(b.len()))]
}

fn common_suffix<'a>(a: &'a str, b: &str) -> &'a str {
    let mut start = a.len();
    for ((at, a), b) in a.char_indices().rev().zip(b.chars().rev()) {
        if a != b {
            break;
        }
        start = at;
    }
    &a[start..]
}

#[cfg(test)]
mod tests;
