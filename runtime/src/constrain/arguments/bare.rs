//! Texts that stand bare in a reply, up to what ends them.

use handyman_core::schema::{FROM, VERBATIM, is_enforced_format};
use serde_json::Value;

use super::Arguments;
use super::plain::count;
use crate::constrain::grammar::{Markup, either, literal, without};

/// Where a bare text stands.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place<'a> {
    /// What ends it.
    pub(super) end: &'a str,
    /// The terminal for what is read as a text, where something else can stand as well.
    pub(super) beside: Option<&'a str>,
    /// The texts that it cannot be.
    pub(super) except: &'a [String],
}

impl Arguments<'_> {
    /// A text of this schema and what ends it; `None` when there is nothing it could be.
    pub(super) fn bare(&mut self, schema: &Value, place: Place<'_>) -> Option<String> {
        let mut ways: Vec<String> = Vec::new();
        let end = self.grammar.written(place.end);
        let given =
            schema.get("enum").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
        let given = given.chain(self.sources.named(schema).into_iter().filter_map(Value::as_str));
        let given: Vec<String> =
            given.map(str::to_owned).filter(|value| !place.except.contains(value)).collect();
        ways.extend(given.iter().map(|value| format!("{} {end}", literal(value))));
        let copied = schema.get(FROM).is_some() || schema.get(VERBATIM).is_some();
        if schema.get(VERBATIM).and_then(Value::as_bool) == Some(true) {
            let span = self.bare_span();
            ways.extend(span.map(|span| self.ended(&span, false, place)));
        } else if !copied && schema.get("enum").is_none() {
            let (like, empty) = self.like(schema);
            let empty = empty && !place.except.iter().any(String::is_empty);
            ways.push(self.ended(&like, empty, place));
        }
        (!ways.is_empty()).then(|| self.grammar.rule(&either(&ways)))
    }

    fn bare_span(&mut self) -> Option<String> {
        self.spans(str::to_owned)
    }

    /// What is like this, up to its end. The end cannot stand inside: it would be read as the end.
    pub(super) fn ended(&mut self, like: &str, empty: bool, place: Place<'_>) -> String {
        let mut inside = format!("{like} & {}", without(&[place.end]));
        if let Some(beside) = place.beside {
            inside = format!("{inside} & {beside}");
        }
        if !place.except.is_empty() {
            let except: Vec<String> = place.except.iter().map(|text| literal(text)).collect();
            inside = format!("{inside} & ~{}", either(&except));
        }
        let parts = self.grammar.split(place.end);
        let Some(at) = parts.iter().position(|part| matches!(part, Markup::Token(_))) else {
            let inside = self.grammar.terminal(&inside);
            return self.grammar.lazy(&format!("{inside} {}", literal(place.end)));
        };
        let rest: String = parts[at..]
            .iter()
            .map(|part| match part {
                Markup::Text(text) => literal(text) + " ",
                Markup::Token(token) => format!("<[{token}]> "),
            })
            .collect();
        let before = parts[..at]
            .iter()
            .find_map(|part| if let Markup::Text(text) = part { Some(*text) } else { None });
        match before {
            Some(text) => {
                let inside = self.grammar.terminal(&inside);
                let whole = self.grammar.terminal(&format!("{inside} {}", literal(text)));
                format!("{whole} {rest}")
            }
            None if empty => {
                let inside = self.grammar.terminal(&format!("{inside} & /(.|\\n)+/"));
                format!("{inside}? {rest}")
            }
            None => format!("{} {rest}", self.grammar.terminal(&inside)),
        }
    }

    /// A terminal's body for texts of a schema, and whether it can be empty.
    fn like(&self, schema: &Value) -> (String, bool) {
        let least = schema.get("minLength").and_then(count).unwrap_or(0);
        let length = match (least, schema.get("maxLength").and_then(count)) {
            (0, None) => String::new(),
            (least, None) => format!("/(.|\\n){{{least},}}/"),
            (least, Some(most)) => format!("/(.|\\n){{{least},{most}}}/"),
        };
        let pattern = schema.get("pattern").and_then(Value::as_str).map(unanchored);
        // Other formats only describe.
        let format = schema.get("format").and_then(Value::as_str).filter(|format| is_enforced_format(format));
        let bodies = [Some(length), pattern, format.and_then(of_format).map(|body| format!("/{body}/"))];
        let mut bodies: Vec<String> = bodies.into_iter().flatten().filter(|body| !body.is_empty()).collect();
        if let Some(constrainer) = self.loosened {
            bodies.retain(|body| constrainer.compiles(&format!("start: T1\nT1: {body}")));
        }
        let empty = least == 0 && schema.get("pattern").is_none() && format.is_none();
        if bodies.is_empty() {
            bodies.push("/(.|\\n)*/".to_owned());
        }
        (bodies.join(" & "), empty)
    }
}

/// A pattern of a schema, which may match anywhere in a text, as an expression for the whole text. Each of its alternatives
/// has ends of its own.
fn unanchored(pattern: &str) -> String {
    let each = alternatives(pattern).into_iter().map(|pattern| {
        let (begin, rest) = match pattern.strip_prefix('^') {
            Some(rest) => ("", rest),
            None => ("(.|\\n)*", pattern),
        };
        let (rest, end) = match rest.strip_suffix('$') {
            Some(inner) if !ends_escaping(inner) => (inner, ""),
            Some(_) | None => (rest, "(.|\\n)*"),
        };
        let mut escaped = String::new();
        let mut after_backslash = false;
        for character in rest.chars() {
            if character == '/' && !after_backslash {
                escaped.push('\\');
            }
            after_backslash = character == '\\' && !after_backslash;
            escaped.push(character);
        }
        format!("{begin}({escaped}){end}")
    });
    format!("/{}/", each.collect::<Vec<_>>().join("|"))
}

/// Whether what follows this is escaped.
fn ends_escaping(pattern: &str) -> bool {
    (pattern.len() - pattern.trim_end_matches('\\').len()) % 2 == 1
}

/// The alternatives of a pattern: its parts between the bars that stand in no group and no class.
fn alternatives(pattern: &str) -> Vec<&str> {
    let (mut parts, mut start, mut depth) = (Vec::new(), 0, 0_usize);
    let (mut in_class, mut escaped) = (false, false);
    for (at, character) in pattern.char_indices() {
        match character {
            _ if escaped => {}
            '[' => in_class = true,
            ']' => in_class = false,
            _ if in_class => {}
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            '|' if depth == 0 => {
                parts.push(&pattern[start..at]);
                start = at + 1;
            }
            _ => {}
        }
        escaped = character == '\\' && !escaped;
    }
    parts.push(&pattern[start..]);
    parts
}

/// RFC 3339 dates and times, RFC 4122 UUIDs, and simple forms of the others.
fn of_format(format: &str) -> Option<&'static str> {
    Some(match format {
        "date" => "[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])",
        "time" => {
            "([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\\.[0-9]+)?([zZ]|[+\\-]([01][0-9]|2[0-3]):[0-5][0-9])"
        }
        "date-time" => {
            "[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])[tT]([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\\.[0-9]+)?([zZ]|[+\\-]([01][0-9]|2[0-3]):[0-5][0-9])"
        }
        "duration" => "P([0-9]+[YMWD])*(T([0-9]+[HMS])+)?",
        "email" => "[A-Za-z0-9._%+\\-]+@[A-Za-z0-9\\-]+(\\.[A-Za-z0-9\\-]+)*",
        "hostname" => {
            "[A-Za-z0-9]([A-Za-z0-9\\-]*[A-Za-z0-9])?(\\.[A-Za-z0-9]([A-Za-z0-9\\-]*[A-Za-z0-9])?)*"
        }
        "ipv4" => "((25[0-5]|2[0-4][0-9]|1?[0-9]?[0-9])\\.){3}(25[0-5]|2[0-4][0-9]|1?[0-9]?[0-9])",
        "ipv6" => {
            "([0-9a-fA-F]{1,4}:){7}[0-9a-fA-F]{1,4}|([0-9a-fA-F]{1,4}:){1,7}:|([0-9a-fA-F]{1,4}:){1,6}:[0-9a-fA-F]{1,4}|([0-9a-fA-F]{1,4}:){1,5}(:[0-9a-fA-F]{1,4}){1,2}|([0-9a-fA-F]{1,4}:){1,4}(:[0-9a-fA-F]{1,4}){1,3}|([0-9a-fA-F]{1,4}:){1,3}(:[0-9a-fA-F]{1,4}){1,4}|([0-9a-fA-F]{1,4}:){1,2}(:[0-9a-fA-F]{1,4}){1,5}|[0-9a-fA-F]{1,4}:(:[0-9a-fA-F]{1,4}){1,6}|:((:[0-9a-fA-F]{1,4}){1,7}|:)"
        }
        "uri" => "[A-Za-z][A-Za-z0-9+.\\-]*:[^ \\n\\t]+",
        "uuid" => "[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}",
        _ => return None,
    })
}
