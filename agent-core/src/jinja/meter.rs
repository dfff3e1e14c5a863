//! What a rendering has made so far, and what it may make.

use std::sync::atomic::{AtomicU64, Ordering};

use minijinja::value::{Object, ObjectRepr, Value};
use minijinja::{Error, ErrorKind, State};

/// What one value may take, with all in it, in bytes.
const VALUE_MAX: u64 = 32 << 20;
/// What one rendering may make in all, in bytes. Some templates join a whole prompt piece by piece, which makes all of
/// it again each time.
const TOTAL_MAX: u64 = 1 << 30;
/// How deep a value may be nested, which is deeper than any JSON that was read.
const DEPTH_MAX: usize = 150;
/// What a value takes beside its text, in bytes.
pub(super) const NODE: u64 = 32;

/// Objects that change: one that held itself would have no end.
const CHANGING: [&str; 2] = ["::Namespace", "::Loop"];

/// What a rendering has made so far, in bytes.
#[derive(Debug, Default)]
struct Made(AtomicU64);

impl Object for Made {}

/// What a value takes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Weight {
    /// In bytes, with all in it; what is in it twice counts twice.
    pub(super) bytes: u64,
    /// The levels it is nested in.
    pub(super) depth: usize,
}

/// Counts what is made.
///
/// # Errors
/// The rendering has made too much.
pub(super) fn make(state: &State<'_, '_>, bytes: u64) -> Result<(), Error> {
    let made = state.get_or_set_temp_object("__made", Made::default);
    let bytes = bytes.min(TOTAL_MAX + 1);
    if made.0.fetch_add(bytes, Ordering::Relaxed).saturating_add(bytes) <= TOTAL_MAX {
        return Ok(());
    }
    Err(refused(format!("it makes more than {} MiB of texts and lists", TOTAL_MAX >> 20)))
}

/// Whether one value may take so much.
///
/// # Errors
/// It is too much.
pub(super) fn fits(bytes: u64) -> Result<(), Error> {
    if bytes <= VALUE_MAX {
        return Ok(());
    }
    Err(refused(format!("it makes a text or a list of more than {} MiB", VALUE_MAX >> 20)))
}

/// What a value takes.
///
/// # Errors
/// It takes too much, is nested too deeply, or holds what can change.
pub(super) fn weigh(value: &Value) -> Result<Weight, Error> {
    let mut weight = Weight::default();
    add(value, &mut weight, 0)?;
    Ok(weight)
}

fn add(value: &Value, weight: &mut Weight, depth: usize) -> Result<(), Error> {
    let text = value.as_bytes().map_or(0, <[u8]>::len) as u64;
    weight.bytes = weight.bytes.saturating_add(NODE).saturating_add(text);
    weight.depth = weight.depth.max(depth);
    fits(weight.bytes)?;
    let Some(object) = value.as_object() else { return Ok(()) };
    if depth > 0 && changes(value) {
        return Err(refused("a list or a namespace holds a namespace or a loop".to_owned()));
    }
    if depth >= DEPTH_MAX {
        return Err(refused("a value is nested too deeply, or holds itself".to_owned()));
    }
    match object.repr() {
        ObjectRepr::Map => object.try_iter_pairs().into_iter().flatten().try_for_each(|(key, inner)| {
            add(&key, weight, depth + 1)?;
            add(&inner, weight, depth + 1)
        }),
        ObjectRepr::Seq | ObjectRepr::Iterable => {
            object.try_iter().into_iter().flatten().try_for_each(|inner| add(&inner, weight, depth + 1))
        }
        // A function, a macro.
        ObjectRepr::Plain | _ => Ok(()),
    }
}

fn changes(value: &Value) -> bool {
    let name = value.as_object().map_or("", |object| object.type_name());
    CHANGING.iter().any(|changing| name.ends_with(changing))
}

/// Counts a value that is added, repeated, cut out, or put together of others: of a list what it takes itself, since
/// what is in it was there before.
///
/// # Errors
/// As [`weigh`] and [`make`].
pub(super) fn bounded(state: &State<'_, '_>, value: &Value) -> Result<Value, Error> {
    weigh(value)?;
    let items = if value.as_object().is_some() { value.len().unwrap_or(0) } else { 0 };
    let text = value.as_bytes().map_or(0, <[u8]>::len);
    make(state, (items as u64).saturating_mul(NODE).saturating_add(text as u64))?;
    Ok(value.clone())
}

/// Counts a value that is written as a text.
///
/// # Errors
/// As [`weigh`] and [`make`].
pub(super) fn written(state: &State<'_, '_>, value: &Value) -> Result<Value, Error> {
    make(state, weigh(value)?.bytes)?;
    Ok(value.clone())
}

/// Looks at a value that a namespace is to hold.
///
/// # Errors
/// As [`weigh`].
pub(super) fn held(value: &Value) -> Result<Value, Error> {
    if changes(value) {
        return Err(refused("a list or a namespace holds a namespace or a loop".to_owned()));
    }
    weigh(value)?;
    Ok(value.clone())
}

pub(super) fn refused(why: String) -> Error {
    Error::new(ErrorKind::InvalidOperation, why)
}

#[cfg(test)]
mod tests;
