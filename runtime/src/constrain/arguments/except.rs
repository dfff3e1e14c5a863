//! Arguments that are not one of some given ones: a call that cannot be made again is not in the language.
//!
//! The given arguments are a tree of values, one level a property. At each property the model may go down
//! a branch of the tree, by writing its value, or leave the tree for good, by writing another one. Only
//! the leaves are left out.

mod integers;

use handyman_core::Fault;
use handyman_core::schema::{FROM, VERBATIM};
use serde_json::{Map, Value, json};

use integers::{are_exact, integers_except};

use super::bare::Place;
use super::each::Style;
use super::parts::{Parts, parts};
use super::{Arguments, Scope, properties};
use crate::constrain::grammar::{Markup, either, json_text, literal};
use crate::dialect::format;
use crate::render::json::python_json;

/// A JSON string of any content, as llguidance reads one.
const JSON_STRING: &str = r#"/"(\\(["\\\/bfnrt]|u[a-fA-F0-9]{4})|[^"\\\x00-\x1F\x7F])*"/"#;

/// What is left of a schema without the given arguments.
pub(super) enum Rest {
    /// A rule for everything else, or nothing else at all.
    Rule(Option<String>),
    /// The schema has values that cannot be told apart in a grammar: the planner settles such calls.
    Inexpressible,
}

/// How the arguments of a call are written.
#[derive(Debug, Clone, Copy)]
pub(super) enum Writing<'w> {
    /// A JSON object.
    Json,
    /// Each by itself.
    Each(Style<'w>),
    /// Bare keys, and texts between these marks.
    Marked(&'w str),
}

/// What stands before the key, before its value, and the rule for the value with what ends it.
type Way = (String, String);

/// One property of the object.
struct Property {
    name: String,
    schema: Value,
    /// The ways to write any value; none where there is no value now.
    any: Vec<Way>,
    needed: bool,
}

/// The object whose arguments are restricted.
struct Object<'s> {
    properties: Vec<Property>,
    suffixes: Vec<Suffix>,
    scope: Scope<'s>,
    writing: Writing<'s>,
}

/// The rules for what follows a property: when nothing has been written yet, and when a comma is due.
type Suffix = (Option<String>, Option<String>);

impl<'w> Writing<'w> {
    /// Before the arguments, between two of them, and after them.
    fn around(self) -> (&'static str, &'w str, &'static str) {
        match self {
            Self::Json => ("{", ", ", "}"),
            Self::Each(style) => ("", style.between, ""),
            Self::Marked(_) => ("{", ",", "}"),
        }
    }

    /// What stands before the value of an argument, which is of this kind, and after it.
    fn key(self, name: &str, kind: &str) -> (String, &'w str) {
        match self {
            Self::Json => (format!("{}: ", json_text(name)), ""),
            Self::Each(style) => style.around(name, kind),
            Self::Marked(_) => (format!("{name}:"), ""),
        }
    }

    /// These values that are no texts, each with the name of its kind where that is written.
    fn kinds(self, others: &[Value]) -> Vec<(&'static str, Value)> {
        match self {
            Self::Each(style) => style.kinds(others),
            Self::Json | Self::Marked(_) => others.iter().map(|other| ("", other.clone())).collect(),
        }
    }
}

impl Arguments<'_> {
    /// The rule for arguments of this schema that are none of the given ones.
    pub(super) fn object_except(
        &mut self,
        schema: &Value,
        scope: Scope<'_>,
        writing: Writing<'_>,
        given: &[&Map<String, Value>],
    ) -> Result<Rest, Fault> {
        let Some(properties) = self.properties(schema, scope, writing)? else { return Ok(Rest::Rule(None)) };
        let is_named = |key: &String| properties.iter().any(|property| property.name == *key);
        let tuples: Vec<Vec<Option<&Value>>> = given
            .iter()
            .filter(|object| object.keys().all(is_named))
            .map(|object| {
                let value = |property: &Property| object.get(&property.name).filter(|value| !value.is_null());
                properties.iter().map(value).collect()
            })
            .collect();
        if tuples.is_empty() {
            return Ok(Rest::Inexpressible);
        }
        let suffixes = self.suffixes(&properties, writing);
        Ok(match self.branch(&Object { properties, suffixes, scope, writing }, 0, false, &tuples)? {
            Rest::Rule(Some(inside)) => {
                Rest::Rule(Some(self.grammar.rule(&format!("{} {inside}", literal(writing.around().0)))))
            }
            rest => rest,
        })
    }

    /// The properties in the order in which they are written; `None` when a needed one has no value now.
    fn properties(
        &mut self,
        schema: &Value,
        scope: Scope<'_>,
        writing: Writing<'_>,
    ) -> Result<Option<Vec<Property>>, Fault> {
        let mut named = properties(schema);
        if matches!(writing, Writing::Marked(_)) {
            named.sort_by_key(|(name, _, _)| name.to_lowercase());
        }
        let mut written = Vec::new();
        for (name, schema, needed) in named {
            let Some(any) = self.ways_except(name, &schema, (scope, writing), &[])? else { return Ok(None) };
            if needed && any.is_empty() {
                return Ok(None);
            }
            written.push(Property { name: name.to_owned(), schema, any, needed });
        }
        Ok(Some(written))
    }

    /// What may follow before each property and at the end, without anything left out.
    fn suffixes(&mut self, properties: &[Property], writing: Writing<'_>) -> Vec<Suffix> {
        let (_, between, end) = writing.around();
        let end = Some(literal(end));
        let mut suffixes = vec![(end.clone(), end)];
        for property in properties.iter().rev() {
            let (first, later) = suffixes.last().cloned().unwrap_or_default();
            let [first, later] = [("", first), (between, later.clone())].map(|(comma, left_out)| {
                let mut options = self.followed(&property.any, comma, later.as_ref());
                options.extend(left_out.filter(|_| !property.needed));
                (!options.is_empty()).then(|| self.grammar.rule(&either(&options)))
            });
            suffixes.push((first, later));
        }
        suffixes.reverse();
        suffixes
    }

    /// These ways to write a property, each after a comma and before the rest; none where there is no rest.
    fn followed(&self, ways: &[Way], comma: &str, rest: Option<&String>) -> Vec<String> {
        let written = |rest: &String| {
            let ways = ways.iter();
            let ways = ways.map(|(key, value)| {
                format!("{} {value} {rest}", self.grammar.written(&format!("{comma}{key}")))
            });
            ways.collect()
        };
        rest.map(written).unwrap_or_default()
    }

    /// What may follow before property `at`, where everything before it is as in these tuples.
    fn branch(
        &mut self,
        object: &Object<'_>,
        at: usize,
        comma: bool,
        tuples: &[Vec<Option<&Value>>],
    ) -> Result<Rest, Fault> {
        let Some(property) = object.properties.get(at) else { return Ok(Rest::Rule(None)) };
        let between = if comma { object.writing.around().1 } else { "" };
        let value_of = |tuple: &Vec<Option<&Value>>| tuple.get(at).copied().flatten().cloned();
        let mut values: Vec<Option<Value>> = Vec::new();
        for tuple in tuples {
            if !values.contains(&value_of(tuple)) {
                values.push(value_of(tuple));
            }
        }
        let mut options = Vec::new();
        for value in &values {
            let same: Vec<Vec<Option<&Value>>> =
                tuples.iter().filter(|tuple| value_of(tuple) == *value).cloned().collect();
            let comma_after = comma || value.is_some();
            match self.branch(object, at + 1, comma_after, &same)? {
                Rest::Inexpressible => return Ok(Rest::Inexpressible),
                Rest::Rule(None) => {}
                Rest::Rule(Some(rest)) => match value {
                    Some(value) => {
                        let way = self.exactly(&property.name, value, object.writing);
                        options.extend(self.followed(&[way], between, Some(&rest)));
                    }
                    None => options.push(rest),
                },
            }
        }
        let (after_first, after_later) = object.suffixes.get(at + 1).cloned().unwrap_or_default();
        let written: Vec<&Value> = values.iter().flatten().collect();
        let place = (object.scope, object.writing);
        let Some(others) = self.ways_except(&property.name, &property.schema, place, &written)? else {
            return Ok(Rest::Inexpressible);
        };
        options.extend(self.followed(&others, between, after_later.as_ref()));
        let left_out = if comma { after_later } else { after_first };
        if !property.needed && !values.contains(&None) {
            options.extend(left_out);
        }
        Ok(Rest::Rule((!options.is_empty()).then(|| self.grammar.rule(&either(&options)))))
    }

    /// The way to write this very value.
    fn exactly(&mut self, name: &str, value: &Value, writing: Writing<'_>) -> Way {
        let (key, end) = writing.key(name, format::kind(value));
        let value = match (writing, value) {
            (Writing::Each(style), Value::String(text)) if style.bare => self.text_and_end(text, end),
            (Writing::Marked(mark), Value::String(text)) => {
                format!("{} {}", self.grammar.written(mark), self.text_and_end(text, mark))
            }
            (Writing::Marked(_), other) => literal(&other.to_string()),
            (Writing::Json | Writing::Each(_), other) => {
                self.grammar.written(&format!("{}{end}", python_json(other)))
            }
        };
        (key, value)
    }

    /// A bare text and what ends it: one lexical unit that ends as soon as it can, as the other texts are
    /// that can stand in its place.
    fn text_and_end(&mut self, text: &str, end: &str) -> String {
        let whole = format!("{text}{end}");
        let has_tokens = self.grammar.split(end).iter().any(|part| matches!(part, Markup::Token(_)));
        if has_tokens { self.grammar.written(&whole) } else { self.grammar.lazy(&literal(&whole)) }
    }

    /// The ways to write a property with a value that is none of these; `None` where they cannot be told
    /// apart.
    fn ways_except(
        &mut self,
        name: &str,
        schema: &Value,
        (scope, writing): (Scope<'_>, Writing<'_>),
        values: &[&Value],
    ) -> Result<Option<Vec<Way>>, Fault> {
        match writing {
            Writing::Json => {
                let (key, _) = writing.key(name, "");
                let Rest::Rule(rule) = self.value_except(schema, scope, values)? else { return Ok(None) };
                return Ok(Some(rule.into_iter().map(|rule| (key.clone(), rule)).collect()));
            }
            Writing::Each(style) if values.is_empty() => {
                return self.argument(name, schema, scope, &style).map(Some);
            }
            Writing::Marked(mark) if values.is_empty() => {
                let value = self.marked_value(schema, scope, mark)?;
                return Ok(Some(value.into_iter().map(|value| (format!("{name}:"), value)).collect()));
            }
            Writing::Each(_) | Writing::Marked(_) => {}
        }
        let (texts, others): (Vec<&Value>, Vec<&Value>) = values.iter().partition(|value| value.is_string());
        let parts = parts(schema, scope.definitions);
        let mut ways = Vec::new();
        for text in &parts.texts {
            match self.text_except(name, text, (scope, writing, &parts), &texts)? {
                Rest::Rule(rule) => ways.extend(rule.map(|rule| (writing.key(name, "string").0, rule))),
                Rest::Inexpressible => return Ok(None),
            }
        }
        for (kind, other) in &writing.kinds(&parts.others) {
            let (key, end) = writing.key(name, kind);
            if let Writing::Each(style) = writing
                && style.mixes(&parts)
                && let Rest::Rule(unit) = self.unit(other, end, &others)
            {
                ways.extend(unit.map(|unit| (key, unit)));
                continue;
            }
            let rule = match (writing, self.value_except(other, scope, &others)?) {
                (Writing::Marked(mark), _) if others.is_empty() => self.marked_other(other, scope, mark)?,
                (_, Rest::Rule(rule)) => rule,
                (_, Rest::Inexpressible) => return Ok(None),
            };
            ways.extend(rule.map(|rule| (key, format!("{rule} {}", self.grammar.written(end)))));
        }
        Ok(Some(ways))
    }

    /// The rule for a text that is none of these, with what ends it.
    fn text_except(
        &mut self,
        name: &str,
        schema: &Value,
        (scope, writing, parts): (Scope<'_>, Writing<'_>, &Parts),
        values: &[&Value],
    ) -> Result<Rest, Fault> {
        let except: Vec<String> = values.iter().filter_map(|text| text.as_str().map(str::to_owned)).collect();
        let (_, end) = writing.key(name, "string");
        match writing {
            Writing::Marked(mark) => {
                let value = self.bare(schema, Place { end: mark, beside: None, except: &except });
                Ok(Rest::Rule(value.map(|value| format!("{} {value}", self.grammar.written(mark)))))
            }
            Writing::Each(style) if style.bare => {
                let beside = style.beside(parts);
                let place = Place { end, beside: beside.as_deref(), except: &except };
                Ok(Rest::Rule(self.bare(schema, place)))
            }
            Writing::Json | Writing::Each(_) => Ok(match self.value_except(schema, scope, values)? {
                Rest::Rule(Some(rule)) => Rest::Rule(Some(format!("{rule} {}", self.grammar.written(end)))),
                rest => rest,
            }),
        }
    }

    /// The rule for a value that is none of these.
    fn value_except(&mut self, schema: &Value, scope: Scope<'_>, values: &[&Value]) -> Result<Rest, Fault> {
        if let Some((target, inside)) = scope.follow(schema)? {
            let target = target.clone();
            return self.value_except(&target, inside, values);
        }
        if let Some([only]) = schema.get("anyOf").and_then(Value::as_array).map(Vec::as_slice) {
            return self.value_except(only, scope, values);
        }
        if values.is_empty() {
            return Ok(Rest::Rule(self.value(schema, scope)?));
        }
        if schema.get(VERBATIM).is_some() || schema.get(FROM).is_some() {
            return Ok(Rest::Rule(self.copied(schema, values)));
        }
        if is_any_text(schema) {
            let others: Vec<String> = values.iter().map(|value| literal(&python_json(value))).collect();
            return Ok(Rest::Rule(Some(
                self.grammar.terminal(&format!("{JSON_STRING} & ~{}", either(&others))),
            )));
        }
        let left = match (
            schema.get("enum").and_then(Value::as_array),
            schema.get("type").and_then(Value::as_str),
        ) {
            (Some(options), _) => {
                let left: Vec<&Value> = options.iter().filter(|option| !values.contains(option)).collect();
                (!left.is_empty()).then(|| json!({"enum": left}))
            }
            (None, Some("boolean")) => {
                let left = [true, false].into_iter().find(|option| !values.contains(&&Value::Bool(*option)));
                left.map(|option| json!({"const": option}))
            }
            (None, Some("integer")) if schema.get("multipleOf").is_none() && are_exact(values) => {
                integers_except(schema, values)
            }
            (None, _) => return Ok(Rest::Inexpressible),
        };
        Ok(Rest::Rule(left.map(|left| self.json(&left, scope))))
    }
}

/// Whether a schema allows every text and nothing else.
fn is_any_text(schema: &Value) -> bool {
    let limits = ["minLength", "maxLength", "pattern", "format", "enum", "const"];
    schema.get("type").and_then(Value::as_str) == Some("string")
        && limits.iter().all(|limit| schema.get(limit).is_none())
}

#[cfg(test)]
mod tests;
