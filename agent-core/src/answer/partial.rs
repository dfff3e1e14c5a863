//! Reads JSON that was cut off somewhere.

use serde_json::{Map, Value};

use crate::provenance::escaped;

/// Values inside one another; deeper ones are left out.
const DEPTH_MAX: usize = 64;

/// What is there of a JSON value.
pub(super) struct Read {
    /// The value. What may go on (a number at the end, a key without its value) is left out.
    pub(super) value: Option<Value>,
    /// JSON pointers to the texts and lists in it that were cut off.
    pub(super) cut: Vec<String>,
    /// JSON pointers to the objects that were.
    pub(super) objects: Vec<String>,
}

/// Reads what there is of a JSON value.
pub(super) fn read(text: &str) -> Read {
    let mut reader = Reader { rest: text.trim_start(), cut: Vec::new(), objects: Vec::new() };
    let value = reader.value("", 0).map(|(value, _)| value);
    Read { value, cut: reader.cut, objects: reader.objects }
}

struct Reader<'t> {
    rest: &'t str,
    cut: Vec<String>,
    objects: Vec<String>,
}

/// Whether more of the text can be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Then {
    GoesOn,
    Ends,
}

impl Reader<'_> {
    fn value(&mut self, at: &str, depth: usize) -> Option<(Value, Then)> {
        if depth > DEPTH_MAX {
            return None;
        }
        match self.rest.chars().next()? {
            '{' => {
                let (object, then) = self.object(at, depth);
                if then == Then::Ends {
                    self.objects.push(at.to_owned());
                }
                Some((object, then))
            }
            '[' => Some(self.array(at, depth)),
            '"' => {
                let (text, then) = self.string()?;
                if then == Then::Ends {
                    self.cut.push(at.to_owned());
                }
                Some((Value::String(text), then))
            }
            _ => self.word(),
        }
    }

    /// A number, a truth value or null. It is whole once something follows it.
    fn word(&mut self) -> Option<(Value, Then)> {
        let end = self.rest.find(|c: char| c.is_whitespace() || matches!(c, ',' | ']' | '}'))?;
        let value = serde_json::from_str(&self.rest[..end]).ok()?;
        self.rest = &self.rest[end..];
        Some((value, Then::GoesOn))
    }

    fn object(&mut self, at: &str, depth: usize) -> (Value, Then) {
        let mut fields = Map::new();
        self.skip('{');
        loop {
            if self.skip('}') {
                return (fields.into(), Then::GoesOn);
            }
            let Some((name, Then::GoesOn)) = self.string() else { return (fields.into(), Then::Ends) };
            if !self.skip(':') {
                return (fields.into(), Then::Ends);
            }
            let Some((value, then)) = self.value(&format!("{at}/{}", escaped(&name)), depth + 1) else {
                return (fields.into(), Then::Ends);
            };
            fields.insert(name, value);
            if then == Then::Ends || !(self.skip(',') || self.rest.starts_with('}')) {
                return (fields.into(), Then::Ends);
            }
        }
    }

    /// What a list may have gone on with is missing: the list itself was cut off.
    fn array(&mut self, at: &str, depth: usize) -> (Value, Then) {
        let mut items = Vec::new();
        self.skip('[');
        loop {
            if self.skip(']') {
                return (items.into(), Then::GoesOn);
            }
            let item = self.value(&format!("{at}/{}", items.len()), depth + 1);
            let then = item.as_ref().map(|(_, then)| *then);
            items.extend(item.map(|(value, _)| value));
            let goes_on = then == Some(Then::GoesOn) && (self.skip(',') || self.rest.starts_with(']'));
            if !goes_on {
                self.cut.push(at.to_owned());
                return (items.into(), Then::Ends);
            }
        }
    }

    /// A string; an escape that was cut off is left out.
    fn string(&mut self) -> Option<(String, Then)> {
        let inside = self.rest.strip_prefix('"')?;
        let mut escape = false;
        for (index, character) in inside.char_indices() {
            match character {
                '"' if !escape => {
                    let text = serde_json::from_str(&self.rest[..index + 2]).ok()?;
                    self.rest = inside[index + 1..].trim_start();
                    return Some((text, Then::GoesOn));
                }
                _ => escape = character == '\\' && !escape,
            }
        }
        self.rest = "";
        // The longest beginning that is whole: at most a pair of surrogates has to go.
        let ends = inside.char_indices().map(|(at, _)| at).chain([inside.len()]).rev().take(13);
        let mut whole = ends.filter_map(|end| serde_json::from_str(&format!("\"{}\"", &inside[..end])).ok());
        whole.next().map(|text| (text, Then::Ends))
    }

    fn skip(&mut self, mark: char) -> bool {
        let after = self.rest.trim_start().strip_prefix(mark).map(str::trim_start);
        self.rest = after.unwrap_or(self.rest.trim_start());
        after.is_some()
    }
}
