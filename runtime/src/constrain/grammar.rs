//! Writes grammars in llguidance's Lark dialect.

use std::fmt::Write as _;

use crate::llama::Token;

/// A part of a text with markup.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Markup<'t> {
    /// Spelled out.
    Text(&'t str),
    /// One token.
    Token(Token),
}

/// A grammar while it is written: every rule and terminal gets a name of its own.
#[derive(Debug, Default)]
pub(crate) struct Grammar {
    text: String,
    named: usize,
    /// Texts that are one token of the vocabulary.
    markers: Vec<(String, Token)>,
    /// Whether what is spelled out is cut as JSON is: a lexical unit goes on for as long as any can, so texts that
    /// begin alike have to be cut alike.
    as_json: bool,
}

impl Grammar {
    /// A grammar for a vocabulary in which each of these texts is one token.
    pub(crate) fn with_markers(markers: Vec<(String, Token)>) -> Self {
        Self { markers, ..Self::default() }
    }

    /// The same grammar, for texts that have to be told from other JSON.
    pub(crate) fn cut_as_json(self, as_json: bool) -> Self {
        Self { as_json, ..self }
    }

    /// The text as an expression: each marker in it is its token, the rest is spelled out.
    pub(crate) fn written(&self, text: &str) -> String {
        let parts = self.split(text).into_iter().map(|part| match part {
            Markup::Text(text) if self.as_json => {
                json_units(text).into_iter().map(literal).collect::<Vec<_>>().join(" ")
            }
            Markup::Text(text) => literal(text),
            Markup::Token(token) => format!("<[{token}]>"),
        });
        let parts: Vec<String> = parts.collect();
        if parts.is_empty() { literal("") } else { parts.join(" ") }
    }

    /// The text cut at its markers.
    pub(crate) fn split<'t>(&self, text: &'t str) -> Vec<Markup<'t>> {
        let mut parts = Vec::new();
        let mut rest = text;
        while !rest.is_empty() {
            let found = self.markers.iter().filter_map(|(marker, token)| {
                rest.find(marker.as_str()).map(|at| (at, usize::MAX - marker.len(), marker.len(), *token))
            });
            let Some((at, _, length, token)) = found.min() else {
                parts.push(Markup::Text(rest));
                break;
            };
            if at > 0 {
                parts.push(Markup::Text(&rest[..at]));
            }
            parts.push(Markup::Token(token));
            rest = &rest[at + length..];
        }
        parts
    }

    /// Adds a rule and returns its name.
    pub(crate) fn rule(&mut self, body: &str) -> String {
        self.named += 1;
        let name = format!("r{}", self.named);
        self.define(&name, body);
        name
    }

    /// Adds a terminal, one lexical unit, and returns its name.
    pub(crate) fn terminal(&mut self, body: &str) -> String {
        self.named += 1;
        let name = format!("T{}", self.named);
        self.define(&name, body);
        name
    }

    /// Adds a lexical unit that ends as soon as it can, and returns its name.
    pub(crate) fn lazy(&mut self, body: &str) -> String {
        self.named += 1;
        let name = format!("r{}", self.named);
        self.define(&format!("{name}[lazy]"), body);
        name
    }

    /// Names a rule that is written later, because it contains itself.
    pub(crate) fn forward(&mut self) -> String {
        self.named += 1;
        format!("r{}", self.named)
    }

    /// Writes a rule that was named before.
    pub(crate) fn finish(&mut self, name: &str, body: &str) {
        self.define(name, body);
    }

    /// The whole grammar, beginning with this rule.
    pub(crate) fn start(mut self, body: &str) -> String {
        self.define("start", body);
        self.text
    }

    fn define(&mut self, name: &str, body: &str) {
        let _ = writeln!(self.text, "{name}: {body}");
    }
}

/// The lexical units of JSON in a text: braces, strings, and what stands between them.
fn json_units(text: &str) -> Vec<&str> {
    let mut units = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '{' | '}' | '[' | ']' => 1,
            '"' => {
                let mut escaped = false;
                let ends = rest[1..].find(|c| {
                    let ends = c == '"' && !escaped;
                    escaped = c == '\\' && !escaped;
                    ends
                });
                ends.map_or(rest.len(), |at| at + 2)
            }
            _ => rest.find(['{', '}', '[', ']', '"']).unwrap_or(rest.len()),
        };
        let (unit, after) = rest.split_at(length);
        units.push(unit);
        rest = after;
    }
    units
}

/// A text as a literal of the grammar.
pub(crate) fn literal(text: &str) -> String {
    // The grammar's strings are JSON strings, except that they also want DEL escaped.
    json_text(text).replace('\u{7f}', "\\u007f")
}

/// A text as a JSON string, in quotes.
pub(crate) fn json_text(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// Alternatives of one of which the text must consist.
pub(crate) fn either(alternatives: &[String]) -> String {
    format!("({})", alternatives.join(" | "))
}

/// A text as part of a regular expression between slashes.
pub(crate) fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\n' => escaped.push_str("\\n"),
            '\t' => escaped.push_str("\\t"),
            '\r' => escaped.push_str("\\r"),
            _ => {
                if r"\.+*?()|[]{}^$#&-~/".contains(character) {
                    escaped.push('\\');
                }
                escaped.push(character);
            }
        }
    }
    escaped
}

/// A regular expression for texts that contain none of these.
pub(crate) fn without(texts: &[&str]) -> String {
    let texts: Vec<String> = texts.iter().filter(|text| !text.is_empty()).map(|text| escaped(text)).collect();
    if texts.is_empty() {
        "/(.|\\n)*/".to_owned()
    } else {
        format!("~/(.|\\n)*({})(.|\\n)*/", texts.join("|"))
    }
}

/// A terminal whose text, before `end`, fits a pattern as well.
pub(crate) fn held_to(pattern: Option<&str>, end: &str, terminal: &str) -> String {
    pattern.map_or_else(|| terminal.to_owned(), |pattern| format!("{terminal} & /{pattern}{}/", escaped(end)))
}

/// A text that spells none of these marks (nothing at all without them) and fits the pattern, and then `end`. Where
/// the end is no token, it is the first place where it is spelled.
pub(crate) fn up_to(
    grammar: &mut Grammar,
    marks: Option<&[&str]>,
    end: &str,
    pattern: Option<&str>,
) -> String {
    let Some(marks) = marks else { return grammar.written(end) };
    let Some(Markup::Text(spelled)) = grammar.split(end).first().copied() else {
        let inside = held_to(pattern, "", &format!("/(.|\\n)+/ & {}", without(marks)));
        let inside = grammar.terminal(&inside);
        return format!("{inside}? {}", grammar.written(end));
    };
    // One expression for the whole: a lexical unit that cannot end any more is then seen to be dead.
    let others: Vec<&str> = marks.iter().copied().filter(|mark| !spelled.contains(mark)).collect();
    let whole = format!("/(.|\\n)*{}/ & {}", escaped(spelled), without(&others));
    let lazy = grammar.lazy(&held_to(pattern, spelled, &whole));
    format!("{lazy} {}", grammar.written(&end[spelled.len()..]))
}

#[cfg(test)]
mod tests;
