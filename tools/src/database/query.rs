//! A query by table, columns, conditions, order and limit: names are checked, values are bound.

use handyman_core::{ToolError, ToolResult};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Column, Database, cells, failed, quoted};

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

impl Comparison {
    /// The condition in SQL. SQLite compares a bound text with a number as numbers, by the column's affinity.
    fn sql(self, column: &str) -> String {
        match self {
            Self::Equal => format!("{column} = ? COLLATE NOCASE"),
            Self::NotEqual => format!("{column} <> ? COLLATE NOCASE"),
            Self::Less => format!("{column} < ?"),
            Self::AtMost => format!("{column} <= ?"),
            Self::Greater => format!("{column} > ?"),
            Self::AtLeast => format!("{column} >= ?"),
            Self::Contains => format!("instr(lower({column}), lower(?)) > 0"),
        }
    }
}

impl Query {
    pub(super) async fn run(&self, database: &Database, table: &str) -> ToolResult<Value> {
        let (table, known) = database.columns(table).await?;
        let statement = self.statement(&table, &known)?;
        let mut query = sqlx::query(sqlx::AssertSqlSafe(statement));
        for condition in &self.conditions {
            query = query.bind(&condition.value);
        }
        let rows = query.fetch_all(&database.pool).await.map_err(failed)?;
        let (shown, more) = cells::fitting(&rows, self.limit);
        Ok(json!({"table": table, "rows": shown, "more": more}))
    }

    /// The statement: every name in it is one that the database itself gave. One row too many is
    /// asked for, to know whether there are more.
    fn statement(&self, table: &str, known: &[Column]) -> ToolResult<String> {
        let columns: Vec<String> =
            self.columns.iter().map(|name| find("columns", table, known, name)).collect::<ToolResult<_>>()?;
        let columns = if columns.is_empty() { "*".to_owned() } else { columns.join(", ") };
        let conditions: Vec<String> = self
            .conditions
            .iter()
            .map(|condition| Ok(condition.op.sql(&find("where", table, known, &condition.column)?)))
            .collect::<ToolResult<_>>()?;
        let filter =
            if conditions.is_empty() { String::new() } else { format!("WHERE {}", conditions.join(" AND ")) };
        let direction = if self.descending { "DESC" } else { "ASC" };
        let order = match &self.order_by {
            Some(name) => format!("ORDER BY {} {direction}", find("order_by", table, known, name)?),
            None => String::new(),
        };
        Ok(format!("SELECT {columns} FROM {} {filter} {order} LIMIT {}", quoted(table), self.limit + 1))
    }
}

/// The real name of a column, quoted.
fn find(parameter: &str, table: &str, known: &[Column], name: &str) -> ToolResult<String> {
    known
        .iter()
        .find(|column| column.name.eq_ignore_ascii_case(name))
        .map(|column| quoted(&column.name))
        .ok_or_else(|| {
            let names: Vec<&str> = known.iter().map(|column| column.name.as_str()).collect();
            ToolError::argument(
                parameter,
                format!("{table} has no column '{name}'; it has {}", names.join(", ")),
            )
        })
}
