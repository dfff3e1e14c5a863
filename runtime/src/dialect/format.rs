//! How a family writes calls, as data: patterns from which the grammar, the parser and the writer are all
//! derived, so that they cannot disagree.
//!
//! A pattern is text with places in it: `$NAME` and `$ARGS` in a call; `$KEY` and `$VALUE` in an argument
//! that is written by itself; `$ID` and `$INDEX` where a family numbers its calls; `$TEXT` (`true` or
//! `false`) where an argument says whether its value is a text, `$TYPE` where it names the kind of its value.

use serde_json::Value;

/// How a family writes a reply. The texts are those of the table of families, or found out from a template.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Format<T = String> {
    /// The family.
    pub(crate) name: &'static str,
    /// Texts that all stand in the chat templates of the family.
    pub(crate) signs: &'static [&'static str],
    /// Where calls begin: what ends the text before them. It begins the first call with what is before it; where
    /// answers begin as calls do, it stands in each call after the name; where calls begin with their name alone, it
    /// stands between two of them.
    pub(crate) trigger: T,
    /// Before the first call.
    pub(crate) begins: T,
    /// One call.
    pub(crate) call: T,
    /// Another way to write a call, which is understood but never written by us.
    pub(crate) also: Option<T>,
    /// Between two calls.
    pub(crate) between: T,
    /// After the last call.
    pub(crate) ends: T,
    /// How arguments are written.
    pub(crate) arguments: Syntax<T>,
    /// What stands around reasoning, where the family reasons.
    pub(crate) thinking: Option<(T, T)>,
    /// What stands around what is said to the person; empty for most.
    pub(crate) answer: (T, T),
    /// What may end a reply after all else; empty for most.
    pub(crate) closes: T,
    /// Whether a reply can hold several calls.
    pub(crate) several: bool,
}

/// How arguments are written.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Syntax<T = String> {
    /// One JSON object.
    Json,
    /// Each by itself. Values that are no texts are JSON.
    Each {
        /// One argument.
        argument: T,
        /// Between two arguments.
        between: T,
        /// Whether texts stand bare; if not, they are JSON as well.
        bare: bool,
    },
    /// One object with bare keys in alphabetical order, and texts between these marks.
    Marked(T),
}

/// A piece of a pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Piece<'a> {
    Text(&'a str),
    Name,
    Arguments,
    Id,
    Index,
    Key,
    Value,
    OfText,
    OfType,
}

const PLACES: [(&str, Piece<'static>); 8] = [
    ("$NAME", Piece::Name),
    ("$ARGS", Piece::Arguments),
    ("$ID", Piece::Id),
    ("$INDEX", Piece::Index),
    ("$KEY", Piece::Key),
    ("$VALUE", Piece::Value),
    ("$TEXT", Piece::OfText),
    ("$TYPE", Piece::OfType),
];

/// The kind of a value, as arguments name it.
pub(crate) fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

/// The pieces of a pattern.
pub(crate) fn pieces(pattern: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut rest = pattern;
    loop {
        let next = PLACES.iter().filter_map(|(place, piece)| rest.find(place).map(|at| (at, *place, *piece)));
        let Some((at, place, piece)) = next.min_by_key(|(at, _, _)| *at) else {
            if !rest.is_empty() {
                pieces.push(Piece::Text(rest));
            }
            return pieces;
        };
        if at > 0 {
            pieces.push(Piece::Text(&rest[..at]));
        }
        pieces.push(piece);
        rest = &rest[at + place.len()..];
    }
}

/// The text at the beginning of a pattern.
pub(crate) fn opening(pattern: &str) -> &str {
    match pieces(pattern).first() {
        Some(Piece::Text(text)) => text,
        Some(_) | None => "",
    }
}

impl Format<&'static str> {
    /// A family whose calls are one after another, each a JSON object of arguments in this pattern.
    pub(crate) const fn json(name: &'static str, signs: &'static [&'static str], call: &'static str) -> Self {
        Self {
            name,
            signs,
            trigger: "",
            begins: "",
            call,
            also: None,
            between: "",
            ends: "",
            arguments: Syntax::Json,
            thinking: None,
            answer: ("", ""),
            closes: "",
            several: true,
        }
    }

    /// The same with texts of its own.
    pub(crate) fn owned(&self) -> Format {
        let pair = |pair: (&str, &str)| (pair.0.to_owned(), pair.1.to_owned());
        Format {
            name: self.name,
            signs: self.signs,
            trigger: self.trigger.to_owned(),
            begins: self.begins.to_owned(),
            call: self.call.to_owned(),
            also: self.also.map(str::to_owned),
            between: self.between.to_owned(),
            ends: self.ends.to_owned(),
            arguments: match self.arguments {
                Syntax::Json => Syntax::Json,
                Syntax::Marked(mark) => Syntax::Marked(mark.to_owned()),
                Syntax::Each { argument, between, bare } => {
                    Syntax::Each { argument: argument.to_owned(), between: between.to_owned(), bare }
                }
            },
            thinking: self.thinking.map(pair),
            answer: pair(self.answer),
            closes: self.closes.to_owned(),
            several: self.several,
        }
    }
}

impl Format {
    /// What stands before the name of the first call.
    pub(crate) fn opening(&self) -> String {
        format!("{}{}", self.begins, opening(&self.call))
    }

    /// Whether calls have no mark of their own: a reply is a call or a text, by how it begins.
    pub(crate) fn is_bare(&self) -> bool {
        self.trigger.starts_with('{')
    }

    /// Whether every reply says what it is: text stands in marks too.
    pub(crate) fn is_wrapped(&self) -> bool {
        !self.answer.0.is_empty()
    }

    /// Whether each part of a reply begins with whom it is for and nothing else: a tool's name, or the person's. What
    /// stands between two calls then also stands between an answer and a call.
    pub(crate) fn is_addressed(&self) -> bool {
        self.is_wrapped() && self.opening().is_empty()
    }

    /// Whether a text, from its first mark on, begins as an answer does.
    pub(crate) fn begins_answer(&self, text: &str) -> bool {
        self.is_wrapped() && text.starts_with(self.answer.0.trim_start())
    }

    /// What ends an answer that calls follow; empty where none can.
    pub(crate) fn answer_ends(&self) -> &str {
        if self.is_addressed() { &self.trigger } else { &self.answer.1 }
    }

    /// Whether a call of a tool of this name would be read as an answer.
    pub(crate) fn reads_as_answer(&self, tool: &str) -> bool {
        let call = format!("{}{}", self.begins, self.call.replace("$NAME", tool));
        self.is_wrapped() && call.starts_with(&self.answer.0)
    }

    /// Whether calls are numbered in what the model writes.
    pub(crate) fn is_numbered(&self) -> bool {
        let numbered =
            |pattern: &str| pieces(pattern).iter().any(|piece| matches!(piece, Piece::Id | Piece::Index));
        numbered(&self.call)
    }

    /// Every text with markup in it.
    pub(crate) fn markup(&self) -> Vec<String> {
        let mut texts = vec![self.begins.clone(), self.between.clone(), self.ends.clone()];
        let patterns = [Some(&self.call), self.also.as_ref()].into_iter().flatten().map(String::as_str);
        let argument: &str = match &self.arguments {
            Syntax::Each { argument, .. } => argument,
            Syntax::Json | Syntax::Marked(_) => "",
        };
        for pattern in patterns.chain([argument]) {
            texts.extend(pieces(pattern).into_iter().filter_map(|piece| match piece {
                Piece::Text(text) => Some(text.to_owned()),
                Piece::Name
                | Piece::Arguments
                | Piece::Id
                | Piece::Index
                | Piece::Key
                | Piece::Value
                | Piece::OfText
                | Piece::OfType => None,
            }));
        }
        if let Syntax::Marked(mark) = &self.arguments {
            texts.push(mark.clone());
        }
        texts.extend(self.thinking.iter().flat_map(|(begins, ends)| [begins.clone(), ends.clone()]));
        texts.extend([self.answer.0.clone(), self.answer.1.clone(), self.closes.clone()]);
        texts.retain(|text| !text.is_empty());
        texts
    }
}

#[cfg(test)]
mod tests;
