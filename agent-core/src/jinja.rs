//! Jinja templates of strangers: a model's, a workflow's. Whatever they say, they end in a text or an error.
//!
//! minijinja counts the steps of a rendering, but neither what a step makes nor how deep a template nests, and some
//! templates make it panic. So a source is looked at before it is compiled: it may be so long and nest so deep, and
//! all in it that could grow without bound is written anew to be counted (`metering`). The filters are such that count
//! before they make something (`filters`), and what a rendering makes in all is bounded (`meter`), as is its text.
//!
//! What stays open is time: a comparison is one step, and may be of two large lists.

mod filters;
mod meter;
mod metering;
mod tokens;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::OnceLock;

use minijinja::value::Value;
use minijinja::{AutoEscape, Environment, Error, ErrorKind, Output, State, Template, escape_formatter};
use serde::Serialize;

/// What a rendering may write, in bytes: more than any model's window holds.
pub const TEXT_MAX: usize = 16 << 20;
/// What one usually writes at most, in bytes.
const TEXT_USUAL: usize = 64 << 10;
/// Bytes that one may become where text is escaped (`&quot;`).
const ESCAPED_MAX: u64 = 6;
/// Macros and loops that may run inside each other: a macro counts four, and every `if` and `for` around it.
const NESTED_MAX: usize = 200;

/// An environment in which all that is made is counted, for templates and expressions that [`template`] and
/// [`expression`] have looked at. A rendering may take so many steps.
#[must_use]
pub fn environment(steps: u64) -> Environment<'static> {
    static COUNTING: OnceLock<Environment<'static>> = OnceLock::new();
    let mut environment = COUNTING.get_or_init(counting).clone();
    environment.set_fuel(Some(steps));
    environment
}

fn counting() -> Environment<'static> {
    let mut environment = Environment::new();
    // An error would describe all variables.
    environment.set_debug(false);
    environment.set_recursion_limit(NESTED_MAX);
    environment.set_formatter(|out: &mut Output<'_>, state: &State<'_, '_>, value: &Value| {
        written(state, value)?;
        escape_formatter(out, state, value)
    });
    filters::add(&mut environment);
    environment
}

/// A template of at most so many bytes, as it is to be compiled.
///
/// # Errors
/// It is too long, nests too deep, cannot be read, or uses other templates.
pub fn template(source: &str, bytes_max: usize) -> Result<String, Error> {
    let pieces = sized(source, bytes_max).and_then(|()| tokens::pieces(source).map_err(str::to_owned));
    pieces.and_then(|pieces| metering::template(source, &pieces)).map_err(unreadable)
}

/// An expression of at most so many bytes, as it is to be compiled.
///
/// # Errors
/// As [`template`].
pub fn expression(source: &str, bytes_max: usize) -> Result<String, Error> {
    let tokens = sized(source, bytes_max).and_then(|()| tokens::expression(source).map_err(str::to_owned));
    tokens.and_then(|tokens| metering::expression(source, &tokens)).map_err(unreadable)
}

/// Whether a name is one of those that [`template`] and [`expression`] write into a source.
#[must_use]
pub fn is_own(name: &str) -> bool {
    metering::OWN.contains(&name)
}

fn sized(source: &str, bytes_max: usize) -> Result<(), String> {
    if source.len() > bytes_max {
        return Err(format!("it is longer than {} KiB", bytes_max >> 10));
    }
    Ok(())
}

fn unreadable(why: String) -> Error {
    Error::new(ErrorKind::SyntaxError, why)
}

/// What a template makes of these values, up to [`TEXT_MAX`].
///
/// # Errors
/// It cannot be rendered, or makes too much.
pub(crate) fn render(template: &Template<'_, '_>, values: impl Serialize) -> Result<String, Error> {
    let written = |bytes: usize| {
        let mut page = vec![0; bytes];
        let mut rest = page.as_mut_slice();
        let rendered = guarded(|| template.render_captured_to(&values, &mut rest).map(drop));
        let length = bytes - rest.len();
        rendered?;
        let text = str::from_utf8(page.get(..length).unwrap_or_default());
        text.map(str::to_owned).map_err(|_| meter::refused("it writes what is no text".to_owned()))
    };
    let is_too_long = |error: &Error| error.kind() == ErrorKind::WriteFailure;
    // A rendering depends on nothing else, so one that needs more room can be done again.
    let text = match written(TEXT_USUAL) {
        Err(error) if is_too_long(&error) => written(TEXT_MAX),
        text => text,
    };
    text.map_err(|error| if is_too_long(&error) { meter::refused(too_long()) } else { error })
}

/// What is wrong with a rendering that writes more than [`TEXT_MAX`].
#[must_use]
pub fn too_long() -> String {
    format!("it writes more than {} MiB of text", TEXT_MAX >> 20)
}

/// What minijinja comes to, where it may panic: a slice of nothing is enough (`''[::-1]`).
///
/// # Errors
/// Its own, or that it panicked.
pub fn guarded<T>(work: impl FnOnce() -> Result<T, Error>) -> Result<T, Error> {
    // What was begun is dropped, and environments do not change.
    catch_unwind(AssertUnwindSafe(work))
        .unwrap_or_else(|_| Err(meter::refused("the template engine failed".to_owned())))
}

/// Counts a value before it is written as a text, by a formatter of one's own for instance.
///
/// # Errors
/// It takes too much, or the rendering makes too much.
pub fn written(state: &State<'_, '_>, value: &Value) -> Result<(), Error> {
    let bytes = meter::weigh(value)?.bytes;
    let is_escaped = !matches!(state.auto_escape(), AutoEscape::None);
    meter::make(state, if is_escaped { bytes.saturating_mul(ESCAPED_MAX) } else { bytes })
}

/// Counts a value before it is written as JSON, indented by so many blanks a level.
///
/// # Errors
/// As [`written`], or it is indented too far.
pub fn written_as_json(state: &State<'_, '_>, value: &Value, indent: usize) -> Result<(), Error> {
    written(state, value)?;
    meter::fits(filters::json_indented(value, indent as u64)?)
}

/// A method of a text, as minijinja's callback for unknown ones is asked for it. Counts what it makes; other values'
/// methods make nothing large.
///
/// # Errors
/// The callback's, or as [`written`].
pub fn method(
    callback: impl Fn(&State<'_, '_>, &Value, &str, &[Value]) -> Result<Value, Error>,
    state: &State<'_, '_>,
    (value, name): (&Value, &str),
    args: &[Value],
) -> Result<Value, Error> {
    if value.as_str().is_none() {
        return callback(state, value, name, args);
    }
    let (filter, all) = match (name, args) {
        // `', '.join(list)`
        ("join", [list, ..]) => ("join", vec![list.clone(), value.clone()]),
        ("splitlines", _) => ("lines", vec![value.clone()]),
        (_, _) => (name, [std::slice::from_ref(value), args].concat()),
    };
    filters::text_made(state, filter, &all)?;
    meter::bounded(state, &callback(state, value, name, args)?)
}

#[cfg(test)]
mod tests;
