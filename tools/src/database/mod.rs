//! Tools that ask a database: the sandbox world, any SQLite file, PostgreSQL, MySQL or MariaDB. They can only
//! read, and the database itself holds them to it; [`change_rows`] is the one that writes.

#[cfg(feature = "databases")]
mod called;
mod catalog;
mod cells;
mod change;
mod elsewhere;
mod engine;
#[cfg(feature = "databases")]
mod mysql;
mod outcome;
mod overview;
mod place;
#[cfg(feature = "databases")]
mod postgres;
mod query;
mod record;
mod row;
mod select;
mod sqlite;
mod syntax;

pub use change::{Assignment, Change, change_rows};
pub use overview::describe_database;
pub use place::Place;
pub use query::{Comparison, Condition};

use std::path::Path;
use std::time::Duration;

use handyman_core::{ToolError, ToolErrorKind, ToolResult, tool};
use serde_json::{Value, json};

use engine::{Access, Engine, Link, Statement};
use syntax::{Class, Column, Table};

const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
const TABLES_MAX: usize = 30;
/// Rows up to which they are counted.
const COUNTED_MAX: u32 = 100_000;

/// A database that is open for reading.
#[derive(Debug)]
pub struct Database {
    engine: Engine,
    examples: overview::Examples,
}

impl Database {
    /// Closes its connections.
    pub(crate) async fn close(&self) {
        self.engine.close().await;
    }

    /// Opens a SQLite file that exists. SQLite itself refuses to write through this connection.
    ///
    /// # Errors
    /// No such file, or not a SQLite database.
    pub async fn open(path: &Path) -> ToolResult<Self> {
        Self::connect(&Place::File(path.to_owned())).await
    }

    /// Opens a SQLite file or connects to a server.
    ///
    /// # Errors
    /// Of kind `NotFound`, if there is nothing at that place or it does not let us in.
    pub async fn connect(place: &Place) -> ToolResult<Self> {
        Ok(Self { engine: Engine::open(place).await?, examples: overview::Examples::default() })
    }

    async fn tables(&self) -> ToolResult<Vec<Table>> {
        let mut link = self.engine.begin(Access::Read).await?;
        self.tables_in(link.as_mut()).await
    }

    /// The tables, asked on a connection that is open: whoever holds one must not wait for a second.
    async fn tables_in(&self, link: &mut dyn Link) -> ToolResult<Vec<Table>> {
        let syntax = self.engine.syntax();
        let listing = Statement { sql: catalog::tables(syntax).to_owned(), values: Vec::new() };
        let rows = link.texts(&listing).await?;
        let table = |mut row: engine::Texts| {
            let is_view = row.pop().flatten()?.eq_ignore_ascii_case("view");
            let schema = row.pop().flatten();
            let name = row.pop().flatten()?;
            Some(match schema {
                Some(schema) => Table {
                    sql: format!("{}.{}", syntax.quoted(&schema), syntax.quoted(&name)),
                    name: format!("{schema}.{name}"),
                    is_view,
                },
                None => Table { sql: syntax.quoted(&name), name, is_view },
            })
        };
        Ok(rows.into_iter().filter_map(table).collect())
    }

    /// The table of this name, and its columns.
    async fn columns(&self, table: &str) -> ToolResult<(Table, Vec<Column>)> {
        let mut link = self.engine.begin(Access::Read).await?;
        self.find_in(link.as_mut(), table).await
    }

    async fn find_in(&self, link: &mut dyn Link, table: &str) -> ToolResult<(Table, Vec<Column>)> {
        let tables = self.tables_in(link).await?;
        let Some(table) = spelled(&tables, table, |known| known.name.as_str()) else {
            let mut names: Vec<&str> = tables.iter().map(|table| table.name.as_str()).collect();
            let more = names.len().saturating_sub(TABLES_MAX);
            names.truncate(TABLES_MAX);
            let more = if more == 0 { String::new() } else { format!(" and {more} more") };
            let message = format!("there is no table '{table}'; there are {}{more}", names.join(", "));
            return Err(ToolError::argument("table", message));
        };
        Ok((table.clone(), self.columns_in(link, table).await?))
    }

    async fn columns_in(&self, link: &mut dyn Link, table: &Table) -> ToolResult<Vec<Column>> {
        let syntax = self.engine.syntax();
        let named = match syntax {
            #[cfg(feature = "databases")]
            syntax::Syntax::Postgres => table.sql.clone(),
            _ => table.name.clone(),
        };
        let listing = Statement { sql: catalog::columns(syntax).to_owned(), values: vec![Some(named)] };
        let rows = link.texts(&listing).await?;
        let column = |row: engine::Texts| {
            let mut cells = row.into_iter().map(Option::unwrap_or_default);
            let (name, kind) = (cells.next()?, cells.next()?);
            let key = cells.next()?.parse().unwrap_or_default();
            // PostgreSQL tells more: its enumerations and composites are not known by their names.
            let bare = cells.next().unwrap_or_else(|| kind.clone());
            let class = match cells.next() {
                Some(sort) if sort != "b" => Class::Other,
                _ => Class::of(&bare),
            };
            Some(Column {
                name,
                kind,
                #[cfg(feature = "databases")]
                bare,
                class,
                key,
            })
        };
        Ok(rows.into_iter().filter_map(column).collect())
    }

    /// How many rows a table has. They are counted up to a limit only: `None` is more than that.
    async fn count(&self, table: &Table) -> ToolResult<Option<i64>> {
        let counted = format!(
            "SELECT CAST(count(*) AS CHAR(20)) FROM (SELECT 1 FROM {} LIMIT {}) AS counted",
            table.sql,
            COUNTED_MAX + 1
        );
        let rows = self
            .engine
            .begin(Access::Read)
            .await?
            .texts(&Statement { sql: counted, values: Vec::new() })
            .await?;
        let count = rows.into_iter().flatten().next().flatten().and_then(|text| text.trim().parse().ok());
        Ok(count.filter(|count| *count <= i64::from(COUNTED_MAX)))
    }
}

/// The one of this name, else one whose name differs in case alone: servers may have both.
fn spelled<'a, T>(known: &'a [T], name: &str, name_of: impl Fn(&T) -> &str) -> Option<&'a T> {
    let exact = known.iter().find(|one| name_of(one) == name);
    exact.or_else(|| known.iter().find(|one| name_of(one).eq_ignore_ascii_case(name)))
}

/// List database tables
#[tool(read_only)]
pub async fn list_tables(#[state] database: &Database) -> ToolResult<Value> {
    let tables = database.tables().await?;
    let more = tables.len().saturating_sub(TABLES_MAX);
    let names: Vec<String> = tables.into_iter().take(TABLES_MAX).map(|table| table.name).collect();
    Ok(json!({"tables": names, "more": more}))
}

/// Columns of a table
#[tool(read_only)]
pub async fn describe_table(#[state] database: &Database, table: String) -> ToolResult<Value> {
    let (table, columns) = database.columns(&table).await?;
    let rows = match database.count(&table).await {
        Ok(Some(count)) => json!(count),
        Ok(None) => json!(format!("more than {COUNTED_MAX}")),
        // A view may take too long, or read what this account may not.
        Err(error) if *error.kind() == ToolErrorKind::Refused => json!(format!("not counted: {error}")),
        Err(error) => return Err(error),
    };
    let columns: Vec<String> =
        columns.iter().map(|column| format!("{} {}", column.name, column.kind)).collect();
    Ok(json!({"table": table.name, "columns": columns, "rows": rows}))
}

/// Query rows of a table
#[tool(read_only)]
pub async fn query_table(
    #[state] database: &Database,
    table: String,
    columns: Option<Vec<String>>,
    r#where: Option<Vec<Condition>>,
    order_by: Option<String>,
    descending: Option<bool>,
    #[arg(range = 1..=20)] limit: Option<usize>,
) -> ToolResult<Value> {
    let query = query::Query {
        columns: columns.unwrap_or_default(),
        conditions: r#where.unwrap_or_default(),
        order_by,
        descending: descending.unwrap_or_default(),
        limit: limit.unwrap_or(query::DEFAULT_LIMIT),
    };
    query.run(database, &table).await
}

/// Run one read-only SQL SELECT
#[tool(read_only)]
pub async fn run_sql(#[state] database: &Database, select: String) -> ToolResult<Value> {
    select::run(database, &select).await
}

#[cfg(test)]
mod tests;
