//! What a bare text must not look like where something else than a text can stand as well, and how both are read.
//! The grammar leaves out what the reader would take for the other, so they are written side by side.

use handyman_core::schema::FROM;
use serde_json::{Value, json};

use super::Arguments;
use super::bare::Place;
use super::except::Rest;
use super::parts::Parts;
use crate::constrain::grammar::escaped;
use crate::dialect::format;

/// What a reader takes for each kind of value, up to the end of the text. Lists and objects: what begins as one.
const LOOKS: [(&str, &str); 6] = [
    ("null", "null|None"),
    ("boolean", "true|false|True|False"),
    ("integer", "-?(0|[1-9][0-9]*)"),
    ("number", "-?(0|[1-9][0-9]*)(\\.[0-9]+)?([eE][+\\-]?[0-9]+)?"),
    ("array", "\\[(.|\\n)*"),
    ("object", "\\{(.|\\n)*"),
];

/// What begins as a number.
const BEGINS_AS_NUMBER: &str = "-?[0-9](.|\\n)*";

/// What one of the others looks like where all of it can be said in an expression: with what ends it, it is then one
/// lexical unit, as the text beside it is, and the lexer need not know before the end which of them is written.
pub(super) fn look(other: &Value) -> Option<String> {
    if let Some(Value::Array(values)) = other.get("enum") {
        let spelled = values.iter().map(|value| match value {
            Value::Null => Some("null|None".to_owned()),
            Value::Bool(true) => Some("true|True".to_owned()),
            Value::Bool(false) => Some("false|False".to_owned()),
            Value::Number(_) => Some(escaped(&value.to_string())),
            Value::String(_) | Value::Array(_) | Value::Object(_) => None,
        });
        return Some(spelled.collect::<Option<Vec<String>>>()?.join("|"));
    }
    let kind = other.get("type").and_then(Value::as_str)?;
    let limits = ["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", FROM];
    let whole = match kind {
        "null" | "boolean" => true,
        "integer" | "number" => limits.iter().all(|limit| other.get(*limit).is_none()),
        _ => false,
    };
    let look = LOOKS.iter().find(|(named, _)| *named == kind).filter(|_| whole);
    look.map(|(_, look)| (*look).to_owned())
}

/// These alternatives that are no texts, each with the name of its kind; given values stand with those of their kind.
pub(super) fn named(others: &[Value]) -> Vec<(&'static str, Value)> {
    const KINDS: [&str; 5] = ["number", "boolean", "null", "array", "object"];
    let mut named = Vec::new();
    for other in others {
        let given = other.get("enum").and_then(Value::as_array);
        for kind in KINDS {
            let same: Vec<&Value> =
                given.into_iter().flatten().filter(|value| format::kind(value) == kind).collect();
            if !same.is_empty() {
                named.push((kind, json!({"enum": same})));
            }
        }
        if given.is_none() {
            let kind = other.get("type").and_then(Value::as_str).unwrap_or_default();
            let kind = if kind == "integer" { "number" } else { kind };
            named.push((KINDS.into_iter().find(|named| *named == kind).unwrap_or("object"), other.clone()));
        }
    }
    named
}

impl Arguments<'_> {
    /// One of the others that is none of these values, with what ends it, as one lexical unit, where it can be.
    pub(super) fn unit(&mut self, other: &Value, end: &str, values: &[&Value]) -> Rest {
        let Some(mut expression) = look(other) else { return Rest::Inexpressible };
        let kind = other.get("type").and_then(Value::as_str);
        let both = [Value::Bool(true), Value::Bool(false)];
        let given = other.get("enum").and_then(Value::as_array).map(Vec::as_slice);
        if let Some(given) = given.or((kind == Some("boolean")).then_some(&both[..])) {
            let left: Vec<&Value> = given.iter().filter(|value| !values.contains(value)).collect();
            if left.is_empty() {
                return Rest::Rule(None);
            }
            expression = look(&json!({"enum": left})).unwrap_or(expression);
        } else if kind == Some("number") && !values.is_empty() {
            // The same number can be written in many ways.
            return Rest::Inexpressible;
        }
        let except: Vec<String> = values.iter().map(ToString::to_string).collect();
        let place = Place { end, beside: None, except: &except };
        Rest::Rule(Some(self.ended(&format!("/({expression})/"), false, place)))
    }
}

impl Parts {
    /// A terminal for the texts that are read as texts; `None` where all of them are.
    pub(super) fn no_others(&self) -> Option<String> {
        let limited = self.others.iter().any(|other| {
            let kind = other.get("type").and_then(Value::as_str);
            kind.is_none_or(|kind| ["integer", "number"].contains(&kind)) && look(other).is_none()
        });
        let mut looks: Vec<&str> =
            LOOKS.iter().filter(|(kind, _)| self.has(kind)).map(|(_, look)| *look).collect();
        looks.extend(limited.then_some(BEGINS_AS_NUMBER));
        (!looks.is_empty()).then(|| format!("~/({})/", looks.join("|")))
    }

    /// Whether a value that could be a text as well, written so, is one of the others.
    pub(crate) fn takes(&self, value: &Value, written: &str) -> bool {
        let whole = !written.contains(['.', 'e', 'E']);
        written.trim() == written
            && match value {
                Value::Null => self.has("null"),
                Value::Bool(_) => self.has("boolean"),
                Value::Number(_) => self.has("number") || (whole && self.has("integer")),
                Value::String(_) => false,
                Value::Array(_) => self.has("array"),
                Value::Object(_) => self.has("object"),
            }
    }

    /// Whether one of the others can be of this kind.
    fn has(&self, kind: &str) -> bool {
        self.others.iter().any(|other| {
            let given = other.get("enum").and_then(Value::as_array);
            match (other.get("type").and_then(Value::as_str), given) {
                (Some(named), _) => named == kind,
                (None, Some(values)) => values.iter().any(|value| of(value) == kind),
                (None, None) => true,
            }
        })
    }
}

fn of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_f64() => "number",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}
