//! A query by table, columns, conditions, order and limit: names are checked, values are bound.

use handyman_core::{ToolError, ToolResult};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};

#[cfg(feature = "databases")]
use super::engine::Access;
use super::engine::{Engine, Statement};
use super::syntax::{Column, Syntax, Table};
use super::{Database, cells, spelled};

/// Rows shown when no limit is asked for.
pub(super) const DEFAULT_LIMIT: usize = 5;

/// How a column is compared with a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[schemars(description = "")]
#[expect(missing_docs, reason = "the names say it")]
pub enum Comparison {
    #[serde(rename = "=")]
    Equal,
    #[serde(rename = "!=")]
    NotEqual,
    #[serde(rename = "<")]
    Less,
    #[serde(rename = "<=")]
    AtMost,
    #[serde(rename = ">")]
    Greater,
    #[serde(rename = ">=")]
    AtLeast,
    #[serde(rename = "contains")]
    Contains,
}

/// What a row has to satisfy.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[schemars(description = "")]
#[expect(missing_docs, reason = "the names say it, and a description would take the model's window")]
pub struct Condition {
    pub column: String,
    pub op: Comparison,
    pub value: String,
}

pub(super) struct Query {
    pub(super) columns: Vec<String>,
    pub(super) conditions: Vec<Condition>,
    pub(super) order_by: Option<String>,
    pub(super) descending: bool,
    pub(super) limit: usize,
}

impl Query {
    pub(super) async fn run(&self, database: &Database, table: &str) -> ToolResult<Value> {
        let (table, known) = database.columns(table).await?;
        let mut columns: Vec<&Column> = self
            .columns
            .iter()
            .map(|name| find("columns", &table, &known, name))
            .collect::<ToolResult<_>>()?;
        if columns.is_empty() {
            columns = known.iter().collect();
        }
        let rows = match &database.engine {
            Engine::Sqlite { pool, .. } => {
                let statement = self.statement(Syntax::Sqlite, (&table, &known), &columns)?;
                super::sqlite::rows(pool, statement).await?
            }
            #[cfg(feature = "databases")]
            engine => {
                let statement = self.statement(engine.syntax(), (&table, &known), &columns)?;
                let named: Vec<_> =
                    columns.iter().map(|column| (column.name.clone(), column.class)).collect();
                let texts = engine.begin(Access::Read).await?.texts(&statement).await?;
                texts.into_iter().map(|texts| cells::object(&named, texts)).collect()
            }
        };
        let (shown, more) = cells::fitting(rows, self.limit);
        Ok(json!({"table": table.name, "rows": shown, "more": more}))
    }

    /// The statement: every name in it is one that the database itself gave. One row too many is
    /// asked for, to know whether there are more.
    fn statement(
        &self,
        syntax: Syntax,
        (table, known): (&Table, &[Column]),
        columns: &[&Column],
    ) -> ToolResult<Statement> {
        // SQLite's rows say of each value what type it is; the others' types are the columns'.
        let shown: Vec<String> = columns
            .iter()
            .map(|column| match syntax {
                Syntax::Sqlite => syntax.quoted(&column.name),
                #[cfg(feature = "databases")]
                _ => syntax.cell(&syntax.quoted(&column.name), column.class),
            })
            .collect();
        let (filter, values) = filter(syntax, (table, known), &self.conditions, 0)?;
        let direction = if self.descending { "DESC" } else { "ASC" };
        let order = match &self.order_by {
            Some(name) => {
                let column = syntax.quoted(&find("order_by", table, known, name)?.name);
                format!("ORDER BY {}.{column} {direction}", table.sql)
            }
            None => String::new(),
        };
        let sql = format!(
            "SELECT {} FROM {} {filter} {order} LIMIT {}",
            shown.join(", "),
            table.sql,
            self.limit + 1
        );
        Ok(Statement { sql, values })
    }
}

/// The `WHERE` of these conditions and its parameters, numbered after the first `taken`.
pub(super) fn filter(
    syntax: Syntax,
    (table, known): (&Table, &[Column]),
    conditions: &[Condition],
    taken: usize,
) -> ToolResult<(String, Vec<Option<String>>)> {
    let mut parts = Vec::new();
    let mut values = Vec::new();
    for Condition { column, op, value } in conditions {
        let column = find("where", table, known, column)?;
        let value = match op {
            Comparison::Contains => value.clone(),
            _ => syntax.fitted("where", column, value)?,
        };
        parts.push(syntax.condition(*op, column, taken + values.len() + 1, &value));
        values.push(Some(value));
    }
    let filter = if parts.is_empty() { String::new() } else { format!("WHERE {}", parts.join(" AND ")) };
    Ok((filter, values))
}

/// The column of this name.
pub(super) fn find<'a>(
    parameter: &str,
    table: &Table,
    known: &'a [Column],
    name: &str,
) -> ToolResult<&'a Column> {
    spelled(known, name, |column| column.name.as_str()).ok_or_else(|| {
        let names: Vec<&str> = known.iter().map(|column| column.name.as_str()).collect();
        ToolError::argument(
            parameter,
            format!("{} has no column '{name}'; it has {}", table.name, names.join(", ")),
        )
    })
}
