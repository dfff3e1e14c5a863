//! The record of changes that were made, in a table of the database itself: each under its idempotency key, in the
//! transaction of the change.

use handyman_core::{IdempotencyKey, ToolError, ToolErrorKind, ToolResult};
use serde_json::Value;

use super::catalog;
use super::engine::{Link, Statement};
use super::syntax::Syntax;

/// The statement that records a change with its key.
pub(super) fn record(syntax: Syntax, key: &IdempotencyKey, result: &Value) -> Statement {
    let (key_column, table) = (syntax.quoted("key"), syntax.quoted(catalog::EFFECTS));
    let (first, second) = (syntax.parameter(1), syntax.parameter(2));
    let sql = format!("INSERT INTO {table} ({key_column}, result) VALUES ({first}, {second})");
    Statement { sql, values: vec![Some(key.as_str().to_owned()), Some(result.to_string())] }
}

/// Whether the table of changes is there.
async fn is_prepared(syntax: Syntax, link: &mut dyn Link) -> ToolResult<bool> {
    let look = Statement { sql: catalog::effects_table_exists(syntax).to_owned(), values: Vec::new() };
    Ok(link
        .texts(&look)
        .await?
        .into_iter()
        .flatten()
        .next()
        .flatten()
        .is_some_and(|count| count.trim() != "0"))
}

/// Makes sure that changes can be recorded.
pub(super) async fn prepare(syntax: Syntax, link: &mut dyn Link) -> ToolResult<()> {
    if is_prepared(syntax, link).await? {
        return Ok(());
    }
    let table = catalog::effects_table(syntax);
    link.execute(&Statement { sql: table.to_owned(), values: Vec::new() }).await.map(drop).map_err(|error| {
        let message =
            format!("changes are recorded in a table that cannot be made ({error}); let the database's owner run: {table}");
        ToolError::new(ToolErrorKind::Refused, message)
    })
}

/// The result that was recorded under a key.
pub(super) async fn recorded(
    syntax: Syntax,
    link: &mut dyn Link,
    key: &IdempotencyKey,
) -> ToolResult<Option<Value>> {
    if !is_prepared(syntax, link).await? {
        return Ok(None);
    }
    let (key_column, table) = (syntax.quoted("key"), syntax.quoted(catalog::EFFECTS));
    let sql = format!("SELECT result FROM {table} WHERE {key_column} = {}", syntax.parameter(1));
    let rows = link.texts(&Statement { sql, values: vec![Some(key.as_str().to_owned())] }).await?;
    let found = rows.into_iter().flatten().next().flatten();
    found.map(|text| serde_json::from_str(&text).map_err(ToolError::internal)).transpose()
}
