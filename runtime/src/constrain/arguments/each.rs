//! Arguments each by itself, in the order of the schema: `<parameter=city>Lagos</parameter>`.

use handyman_core::Fault;
use serde_json::Value;

use super::bare::Place;
use super::except::Rest;
use super::kinds::named;
use super::parts::{Parts, parts};
use super::{Arguments, Member, Scope, properties};
use crate::constrain::grammar::literal;

/// How each argument is written.
#[derive(Debug, Clone, Copy)]
pub(super) struct Style<'a> {
    /// The pattern of one argument.
    pub(super) argument: &'a str,
    /// Between two arguments.
    pub(super) between: &'a str,
    /// Whether texts stand bare.
    pub(super) bare: bool,
}

impl<'a> Style<'a> {
    /// What stands before the value of an argument, which is of this kind, and after it.
    pub(super) fn around(&self, name: &str, kind: &str) -> (String, &'a str) {
        let (before, end) = self.argument.split_once("$VALUE").unwrap_or((self.argument, ""));
        let is_text = if kind == "string" { "true" } else { "false" };
        (before.replace("$KEY", name).replace("$TEXT", is_text).replace("$TYPE", kind), end)
    }

    /// These values that are no texts, each with the name of its kind where that is written.
    pub(super) fn kinds(&self, others: &[Value]) -> Vec<(&'static str, Value)> {
        if self.argument.contains("$TYPE") {
            named(others)
        } else {
            others.iter().map(|other| ("", other.clone())).collect()
        }
    }

    /// Whether bare texts and other values stand in one place, told apart by how they look.
    pub(super) fn mixes(&self, parts: &Parts) -> bool {
        self.bare && !parts.texts.is_empty() && self.beside(parts).is_some()
    }

    /// A terminal for the bare texts that are not taken for another value; `None` where none is.
    pub(super) fn beside(&self, parts: &Parts) -> Option<String> {
        let told = ["$TEXT", "$TYPE"].iter().any(|place| self.argument.contains(place));
        if told { None } else { parts.no_others() }
    }
}

impl Arguments<'_> {
    /// The arguments of a tool, or `None` when a required one has no value it could take now.
    pub(super) fn each(
        &mut self,
        schema: &Value,
        scope: Scope<'_>,
        style: &Style<'_>,
    ) -> Result<Option<String>, Fault> {
        let mut members = Vec::new();
        for (name, property, needed) in properties(schema) {
            let ways = self.argument(name, &property, scope, style)?;
            match ways.is_empty() {
                false => members.push(Member { ways, needed }),
                true if needed => return Ok(None),
                true => {}
            }
        }
        let body = self.members(&members, style.between, &literal(""));
        Ok(Some(self.grammar.rule(&body)))
    }

    /// The ways an argument can be written.
    pub(super) fn argument(
        &mut self,
        name: &str,
        schema: &Value,
        scope: Scope<'_>,
        style: &Style<'_>,
    ) -> Result<Vec<(String, String)>, Fault> {
        let parts = parts(schema, scope.definitions);
        let mut ways = Vec::new();
        if style.bare {
            let (key, end) = style.around(name, "string");
            let beside = style.beside(&parts);
            let place = Place { end, beside: beside.as_deref(), except: &[] };
            for text in &parts.texts {
                if let Some(value) = self.bare(text, place) {
                    ways.push((key.clone(), value));
                }
            }
        }
        let (texts, others) = (parts.texts.iter().filter(|_| !style.bare), style.kinds(&parts.others));
        let free = |text: &Value| {
            let described = ["type", "description", "title", "default", "examples"];
            text.as_object()
                .is_some_and(|keywords| keywords.keys().all(|keyword| described.contains(&keyword.as_str())))
        };
        if texts.clone().any(free) {
            let (key, end) = style.around(name, "string");
            ways.push((key, format!("/'[^'\\\\\\n]*'/ {}", self.grammar.written(end))));
        }
        let texts = texts.map(|text| ("string", text));
        for (kind, other) in texts.chain(others.iter().map(|(kind, other)| (*kind, other))) {
            let (key, end) = style.around(name, kind);
            if style.mixes(&parts)
                && let Rest::Rule(unit) = self.unit(other, end, &[])
            {
                ways.extend(unit.map(|unit| (key, unit)));
                continue;
            }
            let end = self.grammar.written(end);
            if let Some(value) = self.value(other, scope)? {
                ways.push((key.clone(), format!("{value} {end}")));
            }
            ways.extend(
                python_words(other).iter().map(|word| (key.clone(), format!("{} {end}", literal(word)))),
            );
        }
        Ok(ways)
    }
}

/// Templates in Python print these words so.
fn python_words(schema: &Value) -> &'static [&'static str] {
    match schema.get("type").and_then(Value::as_str) {
        Some("boolean") => &["True", "False"],
        Some("null") => &["None"],
        Some(_) | None => &[],
    }
}
