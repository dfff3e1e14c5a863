//! What a change leaves: the row that was inserted, and the rows as an update leaves them.

use handyman_core::{ToolError, ToolResult};
use serde_json::{Map, Value};

use super::cells;
use super::change::{Assignment, Wanted};
use super::engine::{Link, Statement};
use super::query::find;
use super::row::{On, Row, all_cells, named_classes, selection};
use super::syntax::{Class, Column, Syntax};

impl Wanted {
    /// Inserts and gives the row that is there now.
    pub(super) async fn insert(
        &self,
        link: &mut dyn Link,
        syntax: Syntax,
        (on, statement): (On<'_>, Statement),
    ) -> ToolResult<Map<String, Value>> {
        #[cfg(feature = "databases")]
        if syntax == Syntax::MySql {
            link.execute(&statement).await?;
            let mut row = self.named(syntax, on)?;
            let given =
                Statement { sql: "SELECT CAST(last_insert_id() AS CHAR)".to_owned(), values: Vec::new() };
            let id = link.texts(&given).await?.into_iter().flatten().next().flatten().unwrap_or_default();
            // The number that the database gave, where it gave one: a key of one column that was left out.
            let keys: Vec<&Column> = on.1.iter().filter(|column| column.key > 0).collect();
            if let [key] = keys.as_slice()
                && id != "0"
                && !row.contains_key(&key.name)
            {
                row.insert(key.name.clone(), cells::value(key.class, &id));
            }
            return Ok(row);
        }
        let returning = format!("{} RETURNING {}", statement.sql, all_cells(syntax, on.1));
        let rows = link.texts(&Statement { sql: returning, ..statement }).await?;
        let row = rows.into_iter().next().ok_or_else(|| ToolError::internal("the database kept no row"))?;
        Ok(cells::object(&named_classes(on.1), row))
    }

    /// The values that are set, by the columns' real names.
    pub(super) fn named(&self, syntax: Syntax, (table, known): On<'_>) -> ToolResult<Map<String, Value>> {
        let mut row = Map::new();
        for Assignment { column, value } in &self.set {
            let column = find("set", table, known, column)?;
            let value = match value {
                Some(value) => cells::kept(column.class, &syntax.fitted("set", column, value)?),
                None => Value::Null,
            };
            row.insert(column.name.clone(), value);
        }
        Ok(row)
    }

    /// The rows as the update leaves them: read again by their key, or computed where there is none that tells them
    /// apart. Bytes are shown by their length alone.
    pub(super) async fn updated(
        &self,
        link: &mut dyn Link,
        syntax: Syntax,
        (on, before): (On<'_>, &[Row]),
    ) -> ToolResult<Vec<Row>> {
        let changes = self.named(syntax, on)?;
        let keys: Vec<&Column> = on.1.iter().filter(|column| column.key > 0).collect();
        let tells = |key: &&Column| key.class != Class::Bytes && !changes.contains_key(&key.name);
        let is_kept = !keys.is_empty() && keys.iter().all(tells);
        let mut after = Vec::new();
        for row in before {
            let mut row = row.clone();
            if is_kept {
                let same = |(index, key): (usize, &&Column)| {
                    format!(
                        "{} = {}",
                        syntax.cell(&syntax.quoted(&key.name), key.class),
                        syntax.parameter(index + 1)
                    )
                };
                let filter: Vec<String> = keys.iter().enumerate().map(same).collect();
                let sql = format!("{} WHERE {}", selection(syntax, on), filter.join(" AND "));
                let values = keys.iter().map(|key| row.shown.get(&key.name).map(plain)).collect();
                let mut found = link.texts(&Statement { sql, values }).await?;
                match (found.pop(), found.is_empty()) {
                    (Some(texts), true) => row = Row::of(on, texts)?,
                    // A key longer than a cell shows, or one that as a text is another row's too.
                    _ => row.shown.extend(changes.clone()),
                }
            } else {
                row.shown.extend(changes.clone());
            }
            after.push(row);
        }
        Ok(after)
    }
}

/// A cell as the text the database gave.
fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
