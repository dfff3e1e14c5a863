//! The rows a change concerns: what is shown of each, and what it is compared by.

use handyman_core::{ToolError, ToolErrorKind, ToolResult};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use super::cells;
use super::engine::Texts;
use super::syntax::{Class, Column, Syntax, Table, WHOLE_BYTES_MAX};

/// A table and its columns.
pub(super) type On<'a> = (&'a Table, &'a [Column]);

/// A row of a table.
#[derive(Debug, Clone)]
pub(super) struct Row {
    /// Its cells, the long ones cut and bytes by their length alone.
    pub(super) shown: Map<String, Value>,
    /// A hash of all that is in it.
    whole: String,
}

impl Row {
    /// A row as [`selection`] reads it.
    pub(super) fn of((table, known): On<'_>, mut texts: Texts) -> ToolResult<Self> {
        let Some(whole) = texts.pop().flatten() else {
            let message = format!(
                "a row of {} holds more than {} MB, which is more than can be compared; nothing was changed",
                table.name,
                WHOLE_BYTES_MAX / 1_000_000
            );
            return Err(ToolError::new(ToolErrorKind::Refused, message));
        };
        let shown = cells::object(&named_classes(known), texts);
        Ok(Self { shown, whole: hex::encode(Sha256::digest(whole)) })
    }

    /// A row that was inserted: nobody has seen it before, so there is nothing to compare it with.
    pub(super) fn inserted(shown: Map<String, Value>) -> Self {
        Self { shown, whole: String::new() }
    }
}

/// The beginning of a query for rows of a table, and for the whole of each.
pub(super) fn selection(syntax: Syntax, (table, known): On<'_>) -> String {
    format!("SELECT {}, {} FROM {} AS whole", all_cells(syntax, known), syntax.whole(known), table.sql)
}

/// A hash of all rows as they are and as they would become, in any order: what is not shown of a plan is allowed with it.
pub(super) fn fingerprint(before: &[Row], after: &[Row]) -> String {
    let mut hash = Sha256::new();
    for rows in [before, after] {
        let mut texts: Vec<String> =
            rows.iter().map(|row| json!([row.shown, row.whole]).to_string()).collect();
        texts.sort_unstable();
        hash.update(json!(texts).to_string());
    }
    format!("sha256:{}", hex::encode(hash.finalize()))
}

/// All columns as texts.
pub(super) fn all_cells(syntax: Syntax, known: &[Column]) -> String {
    let cells: Vec<String> =
        known.iter().map(|column| syntax.cell(&syntax.quoted(&column.name), column.class)).collect();
    cells.join(", ")
}

pub(super) fn named_classes(known: &[Column]) -> Vec<(String, Class)> {
    known.iter().map(|column| (column.name.clone(), column.class)).collect()
}
