//! Texts that stand bare in a reply, up to what ends them.

use handyman_core::schema::{FROM, VERBATIM};
use handyman_core::{Fault, FaultKind};
use serde_json::Value;

use super::{Arguments, Scope};
use crate::constrain::grammar::{Markup, either, literal, without};

/// Not read as a number, a word or a structure: what a text has to be where other values can stand as well.
const NO_JSON: &str = "~/(-?[0-9](.|\\n)*|[\\[{\"](.|\\n)*|true|false|null|True|False|None)/";

/// Where a bare text stands.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place<'a> {
    /// What ends it.
    pub(super) end: &'a str,
    /// Whether something else than a text could stand here.
    pub(super) mixed: bool,
    /// The texts that it cannot be.
    pub(super) except: &'a [String],
}

impl Arguments<'_> {
    /// A text of this schema and what ends it; `None` when there is nothing it could be.
    pub(super) fn bare(
        &mut self,
        schema: &Value,
        place: Place<'_>,
        scope: Scope<'_>,
    ) -> Result<Option<String>, Fault> {
        let mut ways: Vec<String> = Vec::new();
        let end = self.grammar.written(place.end);
        let given =
            schema.get("enum").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
        let given = given.map(str::to_owned).chain(self.named(schema));
        let given: Vec<String> = given.filter(|value| !place.except.contains(value)).collect();
        ways.extend(given.iter().map(|value| format!("{} {end}", literal(value))));
        let copied = schema.get(FROM).is_some() || schema.get(VERBATIM).is_some();
        if schema.get(VERBATIM).and_then(Value::as_bool) == Some(true) {
            let span = self.bare_span();
            ways.extend(span.map(|span| self.ended(&span, false, place)));
        } else if !copied && schema.get("enum").is_none() {
            let (like, empty) = like(schema, scope)?;
            let empty = empty && !place.except.iter().any(String::is_empty);
            ways.push(self.ended(&like, empty, place));
        }
        Ok(if ways.is_empty() { None } else { Some(self.grammar.rule(&either(&ways))) })
    }

    fn bare_span(&mut self) -> Option<String> {
        self.spans(str::to_owned)
    }

    /// What is like this, up to its end. The end cannot stand inside: it would be read as the end.
    fn ended(&mut self, like: &str, empty: bool, place: Place<'_>) -> String {
        let mut inside = format!("{like} & {}", without(&[place.end]));
        if place.mixed {
            inside = format!("{inside} & {NO_JSON}");
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
}

/// A terminal's body for texts of a schema, and whether it can be empty.
fn like(schema: &Value, scope: Scope<'_>) -> Result<(String, bool), Fault> {
    let least = schema.get("minLength").and_then(Value::as_u64).unwrap_or(0);
    let most = schema.get("maxLength").and_then(Value::as_u64);
    let mut bodies = vec![match (least, most) {
        (0, None) => "/(.|\\n)*/".to_owned(),
        (least, None) => format!("/(.|\\n){{{least},}}/"),
        (least, Some(most)) => format!("/(.|\\n){{{least},{most}}}/"),
    }];
    if let Some(pattern) = schema.get("pattern").and_then(Value::as_str) {
        bodies.push(format!("/{}/", unanchored(pattern)));
    }
    if let Some(format) = schema.get("format").and_then(Value::as_str) {
        let body = of_format(format).ok_or_else(|| {
            let problem = format!(
                "tool '{}': the format '{format}' cannot be enforced in this model's dialect",
                scope.tool
            );
            Fault::new(FaultKind::Schema, problem).with_hint("write it as a pattern, or check it in the tool")
        })?;
        bodies.push(format!("/{body}/"));
    }
    Ok((bodies.join(" & "), bodies.len() == 1 && least == 0))
}

/// A pattern of a schema, which may match anywhere in a text, as an expression for the whole text.
fn unanchored(pattern: &str) -> String {
    let (begin, rest) = match pattern.strip_prefix('^') {
        Some(rest) => ("", rest),
        None => ("(.|\\n)*", pattern),
    };
    let (rest, end) = match rest.strip_suffix('$') {
        Some(inner) if !inner.ends_with('\\') => (inner, ""),
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
        "uri" => "[A-Za-z][A-Za-z0-9+.\\-]*:[^ \\n\\t]+",
        "uuid" => "[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}",
        _ => return None,
    })
}
