//! Filters, methods and functions that count what they make before they make it.

use minijinja::value::{Rest, Value};
use minijinja::{Environment, Error, State, filters, functions};

use super::meter::{self, NODE, bounded, make, weigh, written};
use super::metering::{BOUNDED, HELD, PASSED, WRITTEN};

/// Blanks that a level of JSON may be indented by.
const INDENT_MAX: u64 = 16;

/// Adds all of them in place of minijinja's own.
pub(super) fn add(environment: &mut Environment<'_>) {
    environment.add_function(BOUNDED, |state: &State<'_, '_>, value: &Value| bounded(state, value));
    environment.add_function(WRITTEN, |state: &State<'_, '_>, value: &Value| written(state, value));
    environment.add_function(HELD, meter::held);
    environment.add_function(PASSED, |state: &State<'_, '_>, bytes: u64| make(state, bytes));
    let texts: [(&'static str, Value); 17] = [
        ("upper", Value::from_function(filters::upper)),
        ("lower", Value::from_function(filters::lower)),
        ("title", Value::from_function(filters::title)),
        ("capitalize", Value::from_function(filters::capitalize)),
        ("trim", Value::from_function(filters::trim)),
        ("safe", Value::from_function(filters::safe)),
        ("escape", Value::from_function(filters::escape)),
        ("e", Value::from_function(filters::escape)),
        ("string", Value::from_function(filters::string)),
        ("split", Value::from_function(filters::split)),
        ("lines", Value::from_function(filters::lines)),
        ("join", Value::from_function(filters::join)),
        ("replace", Value::from_function(filters::replace)),
        ("indent", Value::from_function(filters::indent)),
        ("format", Value::from_function(filters::format)),
        ("pprint", Value::from_function(filters::pprint)),
        ("tojson", Value::from_function(filters::tojson)),
    ];
    for (name, filter) in texts {
        environment.add_filter(name, move |state: &State<'_, '_>, args: Rest<Value>| {
            text_made(state, name, &args)?;
            bounded(state, &filter.call(state, &args)?)
        });
    }
    let lists: [(&'static str, Value); 14] = [
        ("list", Value::from_function(filters::list)),
        ("sort", Value::from_function(filters::sort)),
        ("reverse", Value::from_function(filters::reverse)),
        ("unique", Value::from_function(filters::unique)),
        ("batch", Value::from_function(filters::batch)),
        ("slice", Value::from_function(filters::slice)),
        ("map", Value::from_function(filters::map)),
        ("select", Value::from_function(filters::select)),
        ("reject", Value::from_function(filters::reject)),
        ("selectattr", Value::from_function(filters::selectattr)),
        ("rejectattr", Value::from_function(filters::rejectattr)),
        ("groupby", Value::from_function(filters::groupby)),
        ("zip", Value::from_function(filters::zip)),
        ("chain", Value::from_function(filters::chain)),
    ];
    for (name, filter) in lists {
        environment.add_filter(name, move |state: &State<'_, '_>, args: Rest<Value>| {
            args.iter().try_for_each(|value| bounded(state, value).map(drop))?;
            meter::fits(multiplied(name, &args)?)?;
            bounded(state, &filter.call(state, &args)?)
        });
    }
    let dict = Value::from_function(functions::dict);
    let namespace = Value::from_function(functions::namespace);
    environment.add_function("dict", move |state: &State<'_, '_>, args: Rest<Value>| {
        bounded(state, &dict.call(state, &args)?)
    });
    environment.add_function("namespace", move |state: &State<'_, '_>, args: Rest<Value>| {
        args.iter().try_for_each(|value| meter::held(value).map(drop))?;
        namespace.call(state, &args)
    });
    environment
        .add_function("debug", || Err::<Value, _>(meter::refused("there is no `debug` here".to_owned())));
}

/// Counts what a filter makes of texts before it does; a method's value stands before its arguments.
///
/// # Errors
/// As [`make`].
pub(super) fn text_made(state: &State<'_, '_>, filter: &str, args: &[Value]) -> Result<(), Error> {
    args.iter().try_for_each(|value| written(state, value).map(drop))?;
    meter::fits(multiplied(filter, args)?)
}

/// Bytes that a filter makes of every piece, line or item, beside those it is given.
fn multiplied(filter: &str, args: &[Value]) -> Result<u64, Error> {
    let Some(value) = args.first() else { return Ok(0) };
    let size = |at: usize| args.get(at).map_or(Ok(0), |value| weigh(value).map(|weight| weight.bytes));
    let text = value.as_str();
    let lines = text.map_or(size(0)?, |text| text.matches('\n').count() as u64 + 1);
    Ok(match filter {
        "replace" => occurrences(value, args.get(1))?.saturating_mul(size(2)?),
        "split" => occurrences(value, args.get(1))?.saturating_mul(NODE),
        "lines" => lines.saturating_mul(NODE),
        "join" => items(value)?.saturating_mul(size(1)?),
        "indent" => lines.saturating_mul(number(args, "width").unwrap_or(4)),
        "format" => {
            let longest =
                (1..args.len()).map(size).try_fold(0, |longest, size| size.map(|size| longest.max(size)));
            printed(text.unwrap_or_default(), longest?)
        }
        "tojson" => json_indented(value, number(args, "indent").unwrap_or(0))?,
        "pprint" => json_indented(value, 4)?,
        "batch" | "slice" => number(args, "count").unwrap_or(0).saturating_mul(NODE),
        // Of a text they make a list of its letters.
        "list" | "sort" | "unique" | "map" | "select" | "reject" if text.is_some() => {
            items(value)?.saturating_mul(NODE)
        }
        _ => 0,
    })
}

/// Blanks that JSON of a value is indented by, in bytes.
///
/// # Errors
/// It is indented too far, or as [`weigh`].
pub(super) fn json_indented(value: &Value, width: u64) -> Result<u64, Error> {
    if width > INDENT_MAX {
        return Err(meter::refused(format!("it indents by more than {INDENT_MAX} blanks")));
    }
    let weight = weigh(value)?;
    Ok((weight.bytes / NODE).saturating_mul(weight.depth as u64 + 1).saturating_mul(width))
}

/// How often a text is in another; without one, how many blanks are.
fn occurrences(value: &Value, part: Option<&Value>) -> Result<u64, Error> {
    let count = match (value.as_str(), part.map(Value::as_str)) {
        (Some(text), Some(Some(part))) => text.matches(part).count(),
        (Some(text), None) => text.matches(char::is_whitespace).count(),
        (_, _) => return weigh(value).map(|weight| weight.bytes),
    };
    Ok(count as u64 + 1)
}

/// Items of a list, or letters of a text.
fn items(value: &Value) -> Result<u64, Error> {
    value.len().map_or_else(|| weigh(value).map(|weight| weight.bytes / NODE), |items| Ok(items as u64))
}

/// A number among the arguments, by its place after the value or by its name.
fn number(args: &[Value], name: &str) -> Option<u64> {
    let named = args.last().and_then(|named| named.get_attr(name).ok());
    let number = |value: Value| u64::try_from(value).ok();
    args.get(1).cloned().and_then(number).max(named.and_then(number))
}

/// Bytes of a format's fields: each may be as wide as a number in it says, and write the longest value.
fn printed(format: &str, longest: u64) -> u64 {
    let widths = format.split(|letter: char| !letter.is_ascii_digit()).filter(|digits| !digits.is_empty());
    let widths = widths.map(|digits| digits.parse().unwrap_or(u64::MAX));
    let fields = format.matches(['%', '{']).count() as u64;
    widths.fold(fields.saturating_mul(longest), u64::saturating_add)
}

#[cfg(test)]
mod tests;
