//! Templates and expressions of workflows, over what is known so far.

use std::collections::BTreeSet;

use minijinja::{Environment, Error, UndefinedBehavior};
use serde_json::{Map, Value};

/// What one template may take: some hundred thousand operations.
const FUEL: u64 = 500_000;

fn environment<'t>() -> Environment<'t> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::SemiStrict);
    environment.set_fuel(Some(FUEL));
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
    environment().render_str(template, known).map_err(|error| told(template, &error))
}

/// Whether an expression holds: it is there, and neither false, zero nor empty.
pub(crate) fn truth(expression: &str, known: &Map<String, Value>) -> Result<bool, String> {
    let expression = alone(expression).unwrap_or(expression);
    let environment = environment();
    let value = environment.compile_expression(expression).and_then(|compiled| compiled.eval(known));
    value.map(|value| value.is_true()).map_err(|error| told(expression, &error))
}

/// The value of an expression, which has to be there.
fn expressed(expression: &str, known: &Map<String, Value>) -> Result<Value, String> {
    let environment = environment();
    let value = environment.compile_expression(expression).and_then(|compiled| compiled.eval(known));
    let value = value.map_err(|error| told(expression, &error))?;
    if value.is_undefined() {
        return Err(format!("there is no `{}`", expression.trim()));
    }
    serde_json::to_value(&value).map_err(|error| format!("in `{}`: {error}", expression.trim()))
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
            let environment = environment();
            let compiled = environment.template_from_str(text).map_err(|error| told(text, &error))?;
            found.extend(compiled.undeclared_variables(false));
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
    let environment = environment();
    let compiled = environment.compile_expression(expression).map_err(|error| told(expression, &error))?;
    Ok(compiled.undeclared_variables(false).into_iter().collect())
}

/// The expression that a text consists of, if it does.
fn alone(text: &str) -> Option<&str> {
    let inner = text.trim().strip_prefix("{{")?.strip_suffix("}}")?;
    // In braces these only trim white space.
    let trims = inner.starts_with(['-', '+']) || inner.ends_with(['-', '+']);
    (!trims && !inner.contains("{{") && environment().compile_expression(inner).is_ok()).then_some(inner)
}

fn told(template: &str, error: &Error) -> String {
    let what = error.kind();
    let detail = error.detail().map(|detail| format!(": {detail}")).unwrap_or_default();
    format!("in `{}`: {what}{detail}", template.trim())
}

#[cfg(test)]
mod tests;
