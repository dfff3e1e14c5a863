//! Arguments that are not one of some given ones: a call that cannot be made again is not in the language.
//!
//! The given arguments are a tree of values, one level a property. At each property the model may go down
//! a branch of the tree, by writing its value, or leave the tree for good, by writing another one. Only
//! the leaves are left out.

use handyman_core::Fault;
use handyman_core::schema::{FROM, VERBATIM};
use serde_json::{Map, Value, json};

use super::{Arguments, Scope, without_null};
use crate::constrain::grammar::{either, json_text, literal};
use crate::render::json::python_json;

/// What is left of a schema without the given arguments.
pub(super) enum Rest {
    /// A rule for everything else, or nothing else at all.
    Rule(Option<String>),
    /// The schema has values that cannot be told apart in a grammar: the planner settles such calls.
    Inexpressible,
}

/// One property of the object.
struct Property {
    key: String,
    schema: Value,
    /// The rule for any value; `None` where there is no value now.
    any: Option<String>,
    needed: bool,
}

/// The object whose arguments are restricted.
struct Object<'s> {
    properties: Vec<Property>,
    suffixes: Vec<Suffix>,
    scope: Scope<'s>,
}

/// The rules for what follows a property: when nothing has been written yet, and when a comma is due.
type Suffix = (Option<String>, Option<String>);

impl Arguments<'_> {
    /// The rule for an object of this schema that is none of the given ones.
    pub(super) fn object_except(
        &mut self,
        schema: &Value,
        scope: Scope<'_>,
        given: &[&Map<String, Value>],
    ) -> Result<Rest, Fault> {
        let Some(properties) = self.properties(schema, scope)? else { return Ok(Rest::Rule(None)) };
        let names: Vec<&String> =
            schema.get("properties").and_then(Value::as_object).into_iter().flat_map(Map::keys).collect();
        let tuples: Vec<Vec<Option<&Value>>> = given
            .iter()
            .filter(|object| object.keys().all(|key| names.contains(&key)))
            .map(|object| {
                names.iter().map(|name| object.get(*name).filter(|value| !value.is_null())).collect()
            })
            .collect();
        if tuples.is_empty() {
            return Ok(Rest::Inexpressible);
        }
        let suffixes = self.suffixes(&properties);
        Ok(match self.branch(&Object { properties, suffixes, scope }, 0, false, &tuples)? {
            Rest::Rule(Some(inside)) => {
                Rest::Rule(Some(self.grammar.rule(&format!("{} {inside}", literal("{")))))
            }
            rest => rest,
        })
    }

    fn properties(&mut self, schema: &Value, scope: Scope<'_>) -> Result<Option<Vec<Property>>, Fault> {
        let empty = Map::new();
        let named = schema.get("properties").and_then(Value::as_object).unwrap_or(&empty);
        let required = schema.get("required").and_then(Value::as_array);
        let mut properties = Vec::new();
        for (name, property) in named {
            let needed = required.is_some_and(|names| names.iter().any(|other| other == name));
            let schema = if needed { property.clone() } else { without_null(property) };
            let any = self.value(&schema, scope)?;
            if needed && any.is_none() {
                return Ok(None);
            }
            properties.push(Property { key: format!("{}: ", json_text(name)), schema, any, needed });
        }
        Ok(Some(properties))
    }

    /// What may follow before each property and at the end, without anything left out.
    fn suffixes(&mut self, properties: &[Property]) -> Vec<Suffix> {
        let end = Some(literal("}"));
        let mut suffixes = vec![(end.clone(), end)];
        for property in properties.iter().rev() {
            let (first, later) = suffixes.last().cloned().unwrap_or_default();
            let written = |comma: bool| {
                let (any, later) = (property.any.as_ref()?, later.as_ref()?);
                Some(format!("{} {any} {later}", property.begins(comma)))
            };
            let left_out = |rule: &Option<String>| rule.clone().filter(|_| !property.needed);
            let both = [(written(false), left_out(&first)), (written(true), left_out(&later))];
            let [first, later] = both.map(|(written, left_out)| {
                let options: Vec<String> = written.into_iter().chain(left_out).collect();
                (!options.is_empty()).then(|| either(&options))
            });
            let mut named = |rule: Option<String>| rule.map(|rule| self.grammar.rule(&rule));
            suffixes.push((named(first), named(later)));
        }
        suffixes.reverse();
        suffixes
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
                Rest::Rule(Some(rest)) => options.push(match value {
                    Some(value) => {
                        format!("{} {} {rest}", property.begins(comma), literal(&python_json(value)))
                    }
                    None => rest,
                }),
            }
        }
        let (after_first, after_later) = object.suffixes.get(at + 1).cloned().unwrap_or_default();
        let written: Vec<&Value> = values.iter().flatten().collect();
        match self.value_except(&property.schema, object.scope, &written)? {
            Rest::Inexpressible => return Ok(Rest::Inexpressible),
            Rest::Rule(other) => {
                if let (Some(other), Some(rest)) = (other, after_later.as_ref()) {
                    options.push(format!("{} {other} {rest}", property.begins(comma)));
                }
            }
        }
        let left_out = if comma { after_later } else { after_first };
        if !property.needed && !values.contains(&None) {
            options.extend(left_out);
        }
        Ok(Rest::Rule((!options.is_empty()).then(|| self.grammar.rule(&either(&options)))))
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
            let Some(copied) = self.copied(schema) else { return Ok(Rest::Rule(None)) };
            let others: Vec<String> = values.iter().map(|value| literal(&python_json(value))).collect();
            return Ok(Rest::Rule(Some(self.grammar.terminal(&format!("{copied} & ~{}", either(&others))))));
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
            (None, Some("integer")) if schema.get("multipleOf").is_none() => integers_except(schema, values),
            (None, _) => return Ok(Rest::Inexpressible),
        };
        Ok(Rest::Rule(left.map(|left| self.grammar.rule(&format!("%json {}", scope.plain(&left))))))
    }
}

impl Property {
    /// The key, after a comma where one is due.
    fn begins(&self, comma: bool) -> String {
        if comma { literal(&format!(", {}", self.key)) } else { literal(&self.key) }
    }
}

/// The whole numbers within a schema's bounds that are none of these, as ranges between them.
fn integers_except(schema: &Value, values: &[&Value]) -> Option<Value> {
    let bound = |name: &str| schema.get(name).and_then(Value::as_i64);
    let least = bound("minimum").or_else(|| bound("exclusiveMinimum").map(|bound| bound + 1));
    let most = bound("maximum").or_else(|| bound("exclusiveMaximum").map(|bound| bound - 1));
    let mut values: Vec<i64> = values.iter().filter_map(|value| value.as_i64()).collect();
    values.sort_unstable();
    let mut ranges = Vec::new();
    let mut from = least;
    for value in values {
        ranges.push((from, Some(value - 1)));
        from = Some(value + 1);
    }
    ranges.push((from, most));
    let ranges: Vec<Value> = ranges
        .into_iter()
        .filter(|(from, to)| !matches!((from, to), (Some(from), Some(to)) if from > to))
        .map(|(from, to)| {
            let mut range = json!({"type": "integer"});
            if let Some(from) = from {
                range["minimum"] = from.into();
            }
            if let Some(to) = to {
                range["maximum"] = to.into();
            }
            range
        })
        .collect();
    (!ranges.is_empty()).then(|| json!({"anyOf": ranges}))
}

#[cfg(test)]
mod tests;
