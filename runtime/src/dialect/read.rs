//! Reads calls in a family's format.

use handyman_core::{CallRequest, ToolSpec};
use serde_json::{Map, Value, json};

use super::format::{Format, Piece, Syntax, pieces};
use crate::constrain::arguments::parts::{Parts, parts, shapes};

/// The calls at the beginning of a text, and what stands after them.
///
/// # Errors
/// What is wrong with them, for the model to hear.
pub(crate) fn calls<'t>(
    format: &Format,
    text: &'t str,
    tools: &[ToolSpec],
) -> Result<(Vec<CallRequest>, &'t str), String> {
    let mut rest = after(text, &format.begins)?;
    let mut calls = Vec::new();
    loop {
        let (call, after_call) = one(format, rest, tools)?;
        calls.push(call);
        rest = after_call;
        let next = next(format, rest, tools);
        match next {
            Some(next) if format.several => rest = next,
            Some(_) | None => return Ok((calls, after(rest, &format.ends)?)),
        }
    }
}

/// Where the next call begins, if there is one. Where nothing ends the calls, only a call can follow one.
fn next<'t>(format: &Format, rest: &'t str, tools: &[ToolSpec]) -> Option<&'t str> {
    let rest = after(rest, &format.between).ok()?;
    let begun = match pieces(&format.call).first() {
        Some(Piece::Text(text)) => rest.trim_start().starts_with(text.trim_start()),
        // A call that begins with its name.
        Some(_) | None => tools.iter().any(|tool| rest.starts_with(&tool.name)),
    };
    begun.then_some(rest)
}

fn one<'t>(format: &Format, text: &'t str, tools: &[ToolSpec]) -> Result<(CallRequest, &'t str), String> {
    let read = pattern(format, &format.call, text, tools);
    match (&format.also, read) {
        (Some(also), Err(problem)) => pattern(format, also, text, tools).map_err(|_| problem),
        (_, read) => read,
    }
}

fn pattern<'t>(
    format: &Format,
    pattern: &str,
    text: &'t str,
    tools: &[ToolSpec],
) -> Result<(CallRequest, &'t str), String> {
    let pieces = pieces(pattern);
    let mut rest = text;
    let mut call = CallRequest { tool: String::new(), arguments: Map::new() };
    for (index, piece) in pieces.iter().enumerate() {
        let next = match pieces.get(index + 1) {
            Some(Piece::Text(text)) => Some(*text),
            Some(_) | None => None,
        };
        match piece {
            Piece::Text(text) => rest = after(rest, text)?,
            Piece::Name => {
                let (name, after_name) = name(rest, next, tools)?;
                name.clone_into(&mut call.tool);
                rest = after_name;
            }
            Piece::Id | Piece::Index => {
                let end = next.and_then(|next| rest.find(next)).ok_or("a call's number does not end")?;
                rest = &rest[end..];
            }
            Piece::Arguments => {
                let spec = tools.iter().find(|tool| tool.name == call.tool);
                (call.arguments, rest) = arguments(&format.arguments, rest, spec)?;
            }
            Piece::Key | Piece::Value | Piece::OfText | Piece::OfType => {}
        }
    }
    Ok((call, rest))
}

/// A tool's name, up to what stands after it in the pattern. Where that is the arguments, the longest known
/// name counts.
fn name<'t>(text: &'t str, next: Option<&str>, tools: &[ToolSpec]) -> Result<(&'t str, &'t str), String> {
    let known = tools
        .iter()
        .map(|tool| tool.name.as_str())
        .filter(|name| text.starts_with(name))
        .max_by_key(|name| name.len());
    let end = match next {
        Some(next) => text.find(next).or_else(|| text.find(next.trim_end())),
        None => known.map(str::len).or_else(|| text.find(['{', '<', '('])),
    };
    let end = end.ok_or("a call's name does not end")?;
    let name = text[..end].trim();
    if name.is_empty() || name.contains(char::is_whitespace) {
        return Err(format!("a call needs a tool's name, not '{name}'"));
    }
    Ok((name, &text[end..]))
}

fn arguments<'t>(
    syntax: &Syntax,
    text: &'t str,
    spec: Option<&ToolSpec>,
) -> Result<(Map<String, Value>, &'t str), String> {
    match syntax {
        Syntax::Json => match json(text)? {
            (Value::Object(arguments), rest) => Ok((arguments, rest)),
            (_, _) => Err("a call's arguments are not a JSON object".to_owned()),
        },
        Syntax::Marked(mark) => match marked(text, mark)? {
            (Value::Object(arguments), rest) => Ok((arguments, rest)),
            (_, _) => Err("a call's arguments are not in braces".to_owned()),
        },
        Syntax::Each { argument, between, bare } => {
            each(&Each { argument, between, bare: *bare, spec }, text)
        }
    }
}

/// How arguments by themselves are read.
struct Each<'a> {
    argument: &'a str,
    between: &'a str,
    bare: bool,
    spec: Option<&'a ToolSpec>,
}

fn each<'t>(style: &Each<'_>, text: &'t str) -> Result<(Map<String, Value>, &'t str), String> {
    let mut arguments = Map::new();
    let mut rest = text;
    while let Some((name, of_text, value_on)) = style.key(rest, !arguments.is_empty()) {
        let (value, after_value) = style.value(name, of_text, value_on)?;
        arguments.insert(name.to_owned(), value);
        rest = after_value;
    }
    Ok((arguments, rest))
}

impl Each<'_> {
    /// The key at the beginning of a text, whether its value says to be a text, and the value on.
    fn key<'t>(&self, text: &'t str, later: bool) -> Option<(&'t str, Option<bool>, &'t str)> {
        let mut rest = if later { text.strip_prefix(self.between)? } else { text };
        let (mut name, mut of_text) = (None, None);
        let pieces = pieces(self.argument);
        for (index, piece) in pieces.iter().enumerate() {
            match piece {
                Piece::Text(text) => rest = after(rest, text).ok()?,
                Piece::Key | Piece::OfText | Piece::OfType => {
                    let next = match pieces.get(index + 1) {
                        Some(Piece::Text(next)) => *next,
                        Some(_) | None => return None,
                    };
                    let (found, _) = rest.split_once(next)?;
                    let odd = found.starts_with('/') || found.contains(['\n', '<', '(', ')']);
                    if odd && !(*piece == Piece::Key && self.knows(found)) {
                        return None;
                    }
                    rest = &rest[found.len()..];
                    match piece {
                        Piece::Key => name = Some(found),
                        Piece::OfType => of_text = Some(found == "string"),
                        _ => of_text = Some(found == "true"),
                    }
                }
                Piece::Value => return Some((name?, of_text, rest)),
                Piece::Name | Piece::Arguments | Piece::Id | Piece::Index => return None,
            }
        }
        None
    }

    fn value<'t>(
        &self,
        name: &str,
        of_text: Option<bool>,
        text: &'t str,
    ) -> Result<(Value, &'t str), String> {
        let end = self.argument.split_once("$VALUE").map_or("", |(_, end)| end);
        if !self.bare {
            let quoted = text.strip_prefix('\'').and_then(|inside| inside.split_once('\''));
            let quoted = quoted.map(|(inside, rest)| (Value::from(inside), rest));
            let (value, rest) = quoted.or_else(|| python_word(text)).map_or_else(|| json(text), Ok)?;
            return Ok((value, after(rest, end)?));
        }
        let at = text
            .find(end)
            .ok_or_else(|| format!("the argument '{name}' does not end with '{}'", end.trim()))?;
        let (written, rest) = (&text[..at], &text[at + end.len()..]);
        Ok((
            typed(written, &self.parts(name, of_text))
                .map_err(|problem| format!("the argument '{name}': {problem}"))?,
            rest,
        ))
    }

    /// Whether this is the name of an argument.
    fn knows(&self, name: &str) -> bool {
        self.spec.is_some_and(|spec| {
            let shapes = shapes(&spec.parameters, &spec.parameters["$defs"]);
            shapes.iter().any(|shape| shape["properties"].get(name).is_some())
        })
    }

    /// What the schema says the value can be.
    fn parts(&self, name: &str, of_text: Option<bool>) -> Parts {
        let nothing = Value::Null;
        let parameters = self.spec.map_or(&nothing, |spec| &spec.parameters);
        let definitions = &parameters["$defs"];
        let named = shapes(parameters, definitions);
        let mut named: Vec<&Value> = named.iter().filter_map(|shape| shape["properties"].get(name)).collect();
        named.dedup();
        let mut parts = match named.as_slice() {
            [] => parts(&Value::Bool(true), definitions),
            [only] => parts(only, definitions),
            several => parts(&json!({"anyOf": several}), definitions),
        };
        match of_text {
            Some(true) => parts.others.clear(),
            Some(false) => parts.texts.clear(),
            None => {}
        }
        parts
    }
}

/// A bare value by what it can be.
fn typed(written: &str, parts: &Parts) -> Result<Value, String> {
    let value = || {
        let (value, rest) = python_word(written.trim()).map_or_else(|| json(written), Ok)?;
        if rest.trim().is_empty() {
            Ok(value)
        } else {
            Err(format!("there is more than a JSON value: '{written}'"))
        }
    };
    match (parts.texts.is_empty(), parts.others.is_empty()) {
        (false, true) => Ok(written.into()),
        (false, false) => {
            Ok(value().ok().filter(|value| parts.takes(value, written)).unwrap_or_else(|| written.into()))
        }
        (true, _) => value(),
    }
}

fn python_word(text: &str) -> Option<(Value, &str)> {
    let words = [("True", Value::Bool(true)), ("False", Value::Bool(false)), ("None", Value::Null)];
    words.into_iter().find_map(|(word, value)| text.strip_prefix(word).map(|rest| (value, rest)))
}

/// The JSON value at the beginning of a text.
fn json(text: &str) -> Result<(Value, &str), String> {
    let word = text.find(|character: char| !character.is_ascii_alphanumeric() && !"+-.".contains(character));
    let word = &text[..word.unwrap_or(text.len())];
    if !word.is_empty() {
        let value =
            serde_json::from_str(word).map_err(|error| format!("'{word}' is not valid JSON: {error}"))?;
        return Ok((value, &text[word.len()..]));
    }
    let mut values = serde_json::Deserializer::from_str(text).into_iter::<Value>();
    match values.next() {
        Some(Ok(value)) => Ok((value, &text[values.byte_offset()..])),
        Some(Err(error)) => Err(format!("a call is not valid JSON: {error}")),
        None => Err("a call is empty".to_owned()),
    }
}

/// The value with marked texts at the beginning of a text.
fn marked<'t>(text: &'t str, mark: &str) -> Result<(Value, &'t str), String> {
    if let Some(inside) = text.strip_prefix(mark) {
        let (value, rest) =
            inside.split_once(mark).ok_or_else(|| format!("a text does not end with {mark}"))?;
        return Ok((value.into(), rest));
    }
    if let Some(mut rest) = text.strip_prefix('[') {
        let mut items = Vec::new();
        while !rest.starts_with(']') {
            let item;
            (item, rest) = marked(rest, mark)?;
            items.push(item);
            rest = comma(rest, ']')?;
        }
        return Ok((items.into(), &rest[1..]));
    }
    if let Some(mut rest) = text.strip_prefix('{') {
        let mut fields = Map::new();
        while !rest.starts_with('}') {
            let (name, value_on) = rest.split_once(':').ok_or("an argument has no value")?;
            let value;
            (value, rest) = marked(value_on, mark)?;
            fields.insert(name.trim().to_owned(), value);
            rest = comma(rest, '}')?;
        }
        return Ok((fields.into(), &rest[1..]));
    }
    let end = text.find([',', '}', ']']).unwrap_or(text.len());
    let (word, rest) = text.split_at(end);
    let value = if word == "None" { Value::Null } else { json(word)?.0 };
    Ok((value, rest))
}

fn comma(text: &str, end: char) -> Result<&str, String> {
    match text.strip_prefix(',') {
        Some(rest) => Ok(rest),
        None if text.starts_with(end) => Ok(text),
        None => Err(format!("a value is followed by neither ',' nor '{end}'")),
    }
}

/// What stands after this markup. Blanks around it do not matter.
fn after<'t>(text: &'t str, markup: &str) -> Result<&'t str, String> {
    if let Some(rest) = text.strip_prefix(markup) {
        return Ok(rest);
    }
    let core = markup.trim();
    text.trim_start().strip_prefix(core).ok_or_else(|| {
        let found: String = text.chars().take(20).collect();
        format!("'{core}' is expected where '{found}' stands")
    })
}

#[cfg(test)]
mod tests;
