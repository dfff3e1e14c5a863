//! Values of any type as JSON, short enough for the model's window.

#[cfg(feature = "databases")]
use handyman_core::{ToolError, ToolResult};
use serde_json::{Map, Value, json};
use sqlx::sqlite::SqliteRow;
use sqlx::{Column, Row, TypeInfo, ValueRef};

use super::syntax::Class;

const TEXT_CHARS_MAX: usize = 80;
const RESULT_BYTES_MAX: usize = 1_500;
/// Digits that a 64-bit floating-point number keeps.
const EXACT_DIGITS: usize = 15;

/// The rows that fit into a result and whether some had to be left out.
pub(super) fn fitting(rows: Vec<Map<String, Value>>, limit: usize) -> (Vec<Value>, bool) {
    let known = rows.len();
    let mut shown = Vec::new();
    let mut bytes = 0;
    for row in rows.into_iter().take(limit) {
        let object = Value::Object(row);
        bytes += object.to_string().len();
        if bytes > RESULT_BYTES_MAX && !shown.is_empty() {
            break;
        }
        shown.push(object);
    }
    let is_cut = shown.len() < known;
    (shown, is_cut)
}

/// A row of SQLite as an object.
pub(super) fn of_sqlite(row: &SqliteRow) -> Map<String, Value> {
    row.columns().iter().map(|column| (column.name().to_owned(), cell(row, column.ordinal()))).collect()
}

fn cell(row: &SqliteRow, index: usize) -> Value {
    let kind = row.try_get_raw(index).map(|value| value.type_info().name().to_owned()).unwrap_or_default();
    match kind.as_str() {
        "INTEGER" | "BOOLEAN" => row.try_get::<i64, _>(index).map_or(Value::Null, Value::from),
        "REAL" => row.try_get::<f64, _>(index).map_or(Value::Null, Value::from),
        "BLOB" => row
            .try_get::<Vec<u8>, _>(index)
            .map_or(Value::Null, |bytes| json!(format!("{} bytes", bytes.len()))),
        _ => row
            .try_get::<Option<String>, _>(index)
            .ok()
            .flatten()
            .map_or(Value::Null, |text| json!(shortened(&text))),
    }
}

/// A row whose cells the database turned into texts, as an object.
pub(super) fn object(columns: &[(String, Class)], texts: Vec<Option<String>>) -> Map<String, Value> {
    let cells = columns.iter().zip(texts);
    cells
        .map(|((name, class), text)| (name.clone(), text.map_or(Value::Null, |text| value(*class, &text))))
        .collect()
}

/// A cell that the database turned into text. A number that a 64-bit one cannot hold exactly stays a text.
pub(super) fn value(class: Class, text: &str) -> Value {
    match class {
        Class::Number => number(text).unwrap_or_else(|| json!(shortened(text))),
        Class::Truth => match text {
            "t" | "true" | "1" => json!(true),
            "f" | "false" | "0" => json!(false),
            // A column of this class can hold other numbers in MySQL, and words in SQLite.
            other => number(other).unwrap_or_else(|| json!(shortened(other))),
        },
        // A text stays one if it reads differently as a number: `007`.
        Class::Untyped => {
            let reads_so = |number: &Value| {
                let written = number.to_string();
                written == text
            };
            number(text).filter(reads_so).unwrap_or_else(|| json!(shortened(text)))
        }
        Class::Text | Class::Bytes | Class::Other => json!(shortened(text)),
    }
}

/// A value that was set, as it reads once the column keeps it.
pub(super) fn kept(class: Class, text: &str) -> Value {
    match class {
        Class::Untyped => plain_number(text).unwrap_or_else(|| json!(shortened(text))),
        _ => value(class, text),
    }
}

/// The number that a text becomes in a column without a type. What may be a code stays a text: `007`, `12e4`.
pub(super) fn plain_number(text: &str) -> Option<Value> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let is_decimal = digits.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    let is_padded = digits.starts_with('0') && digits.as_bytes().get(1).is_some_and(u8::is_ascii_digit);
    if is_decimal && !is_padded { number(text) } else { None }
}

fn number(text: &str) -> Option<Value> {
    if let Ok(whole) = text.parse::<i64>() {
        return Some(json!(whole));
    }
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    let parsed = text.parse::<f64>().ok().filter(|number| number.is_finite())?;
    (digits <= EXACT_DIGITS || text.contains(['e', 'E'])).then(|| json!(parsed))
}

/// Refuses a result in which two columns have one name: one of them would be lost.
#[cfg(feature = "databases")]
pub(super) fn check_names<'a>(names: impl Iterator<Item = &'a str>) -> ToolResult<()> {
    let mut known = std::collections::BTreeSet::new();
    for name in names {
        if !known.insert(name) {
            let message = format!("two columns are named '{name}'; name them apart with AS");
            return Err(ToolError::argument("select", message));
        }
    }
    Ok(())
}

fn shortened(text: &str) -> String {
    match text.char_indices().nth(TEXT_CHARS_MAX) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
