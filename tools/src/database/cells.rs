//! Values of any type as JSON, short enough for the model's window.

use serde_json::{Map, Value, json};
use sqlx::sqlite::SqliteRow;
use sqlx::{Column, Row, TypeInfo, ValueRef};

const TEXT_CHARS_MAX: usize = 80;
const RESULT_BYTES_MAX: usize = 1_500;

/// The rows that fit into a result, each as an object, and whether some had to be left out.
pub(super) fn fitting(rows: &[SqliteRow], limit: usize) -> (Vec<Value>, bool) {
    let mut shown = Vec::new();
    let mut bytes = 0;
    for row in rows.iter().take(limit) {
        let object = object(row);
        bytes += object.to_string().len();
        if bytes > RESULT_BYTES_MAX && !shown.is_empty() {
            break;
        }
        shown.push(object);
    }
    let is_cut = shown.len() < rows.len();
    (shown, is_cut)
}

fn object(row: &SqliteRow) -> Value {
    let cells = row.columns().iter().map(|column| (column.name().to_owned(), cell(row, column.ordinal())));
    Value::Object(cells.collect::<Map<_, _>>())
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

fn shortened(text: &str) -> String {
    match text.char_indices().nth(TEXT_CHARS_MAX) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
