//! Templates and expressions of workflows, over what is known so far.

use std::collections::{BTreeMap, BTreeSet};

use minijinja::{Environment, Error, ErrorKind, UndefinedBehavior};
use serde_json::{Map, Value};

use crate::jinja;

/// What one template may take: some hundred thousand operations.
const FUEL: u64 = 500_000;
/// Bytes of one template.
const BYTES_MAX: usize = 64 << 10;
/// Characters of a template that an error repeats.
const TOLD_MAX: usize = 200;

fn environment<'t>() -> Environment<'t> {
    let mut environment = jinja::environment(FUEL);
    environment.set_undefined_behavior(UndefinedBehavior::SemiStrict);
    environment.set_keep_trailing_newline(true);
    environment
}

/// The value that a template stands for: of a text that is an expression alone the expression's, else the text; of
/// lists and objects, that of every text in them.
pub(crate) fn evaluate(template: &Value, known: &Map<String, Value>) -> Result<Value, String> {
    match template {
        Value::String(text) => match alone(text) {
            Some(expression) => expressed(expression, known),
            None => rendered(text, known).map(Value::String),
        },
        Value::Array(items) => items.iter().map(|item| evaluate(item, known)).collect(),
        Value::Object(fields) => {
            let field = |(name, inner): (&String, &Value)| Ok((name.clone(), evaluate(inner, known)?));
            fields.iter().map(field).collect::<Result<Map<_, _>, String>>().map(Value::Object)
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => Ok(template.clone()),
    }
}

/// The text that a template makes.
pub(crate) fn rendered(template: &str, known: &Map<String, Value>) -> Result<String, String> {
    let made = jinja::template(template, BYTES_MAX).and_then(|source| {
        let environment = environment();
        let compiled = jinja::guarded(|| environment.template_from_str(&source))?;
        jinja::render(&compiled, named(template, known))
    });
    made.map_err(|error| told(template, &error))
}

/// Whether an expression holds: it is there, and neither false, zero nor empty.
pub(crate) fn truth(expression: &str, known: &Map<String, Value>) -> Result<bool, String> {
    let expression = alone(expression).unwrap_or(expression);
    valued(expression, known, |value| Ok(value.is_true()))
}

/// The value of an expression, which has to be there.
fn expressed(expression: &str, known: &Map<String, Value>) -> Result<Value, String> {
    let value = valued(expression, known, |value| {
        if value.is_undefined() {
            return Ok(None);
        }
        let value = serde_json::to_value(value);
        value.map(Some).map_err(|error| Error::new(ErrorKind::BadSerialization, error.to_string()))
    })?;
    value.ok_or_else(|| format!("there is no `{}`", shortened(expression)))
}

/// What is taken of the value of an expression.
fn valued<T>(
    expression: &str,
    known: &Map<String, Value>,
    take: impl FnOnce(&minijinja::Value) -> Result<T, Error>,
) -> Result<T, String> {
    let taken = jinja::expression(expression, BYTES_MAX).and_then(|source| {
        let environment = environment();
        jinja::guarded(|| take(&environment.compile_expression(&source)?.eval(named(expression, known))?))
    });
    taken.map_err(|error| told(expression, &error))
}

/// What of all that is known a source may name. The engine makes a copy of what it is given: of every result there is, that
/// would be one for each argument of each of a thousand calls.
fn named<'k>(source: &str, known: &'k Map<String, Value>) -> BTreeMap<&'k str, &'k Value> {
    let words: BTreeSet<&str> = words_in(source).collect();
    let is_named = |(name, _): &(&String, &Value)| words.contains(name.as_str());
    known.iter().filter(is_named).map(|(name, value)| (name.as_str(), value)).collect()
}

/// The list that an expression stands for, or one that is written down, with templates in it.
pub(crate) fn listed(list: &Value, known: &Map<String, Value>) -> Result<Vec<Value>, String> {
    let value = match list.as_str() {
        Some(expression) => expressed(alone(expression).unwrap_or(expression), known)?,
        None => evaluate(list, known)?,
    };
    let Value::Array(items) = value else {
        return Err(format!("`{}` is no list", list.as_str().unwrap_or_default().trim()));
    };
    Ok(items)
}

/// The words that may be names in a list: an expression, or one that is written down.
pub(crate) fn words_of_list(list: &Value) -> BTreeSet<&str> {
    match list.as_str() {
        Some(code) => words_in(code).collect(),
        None => words(list),
    }
}

fn words_in(code: &str) -> impl Iterator<Item = &str> {
    code.split(|letter: char| letter != '_' && !letter.is_alphanumeric())
}

/// The names that a list uses: an expression, or one that is written down.
pub(crate) fn names_of_list(list: &Value) -> Result<BTreeSet<String>, String> {
    list.as_str().map_or_else(|| names(list), names_in)
}

/// The names that a template uses and does not define itself, in every text in it.
pub(crate) fn names(template: &Value) -> Result<BTreeSet<String>, String> {
    let mut found = BTreeSet::new();
    match template {
        Value::String(text) => {
            let names = jinja::template(text, BYTES_MAX).and_then(|source| {
                let environment = environment();
                jinja::guarded(|| Ok(environment.template_from_str(&source)?.undeclared_variables(false)))
            });
            let names = names.map_err(|error| told(text, &error))?;
            found.extend(names.into_iter().filter(|name| !jinja::is_own(name)));
        }
        Value::Array(items) => {
            items.iter().try_for_each(|item| names(item).map(|more| found.extend(more)))?;
        }
        Value::Object(fields) => {
            fields.values().try_for_each(|inner| names(inner).map(|more| found.extend(more)))?;
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
    Ok(found)
}

/// The words that may be names in the code of a template: every one of them, and perhaps others. (What
/// [`names`] finds is not enough to say who a value comes from: minijinja leaves out what is sliced.)
pub(crate) fn words(template: &Value) -> BTreeSet<&str> {
    match template {
        Value::String(text) => {
            let begins = [text.find("{{"), text.find("{%")].into_iter().flatten().min();
            let ends = [text.rfind("}}"), text.rfind("%}")].into_iter().flatten().max();
            let code = begins.zip(ends).and_then(|(begins, ends)| text.get(begins..ends));
            code.into_iter().flat_map(words_in).collect()
        }
        Value::Array(items) => items.iter().flat_map(self::words).collect(),
        Value::Object(fields) => fields.values().flat_map(self::words).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) => BTreeSet::new(),
    }
}

/// The names that an expression uses.
pub(crate) fn names_in(expression: &str) -> Result<BTreeSet<String>, String> {
    let expression = alone(expression).unwrap_or(expression);
    let names = jinja::expression(expression, BYTES_MAX).and_then(|source| {
        let environment = environment();
        jinja::guarded(|| Ok(environment.compile_expression(&source)?.undeclared_variables(false)))
    });
    let names = names.map_err(|error| told(expression, &error))?;
    Ok(names.into_iter().filter(|name| !jinja::is_own(name)).collect())
}

/// The expression that a text consists of, if it does.
fn alone(text: &str) -> Option<&str> {
    let inner = text.trim().strip_prefix("{{")?.strip_suffix("}}")?;
    // In braces these only trim white space.
    let trims = inner.starts_with(['-', '+']) || inner.ends_with(['-', '+']);
    (!trims && !inner.contains("{{") && is_expression(inner)).then_some(inner)
}

fn is_expression(text: &str) -> bool {
    let compiles = |source: String| jinja::guarded(|| environment().compile_expression(&source).map(drop));
    jinja::expression(text, BYTES_MAX).and_then(compiles).is_ok()
}

fn told(template: &str, error: &Error) -> String {
    let what = error.kind();
    let detail = error.detail().map(|detail| format!(": {detail}")).unwrap_or_default();
    format!("in `{}`: {what}{detail}", shortened(template))
}

/// The beginning of a template, for an error.
fn shortened(template: &str) -> String {
    let mut letters = template.trim().chars();
    let begin: String = letters.by_ref().take(TOLD_MAX).collect();
    if letters.next().is_some() { begin + "…" } else { begin }
}

#[cfg(test)]
mod tests;
