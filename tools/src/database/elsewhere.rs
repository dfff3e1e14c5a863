//! What a change brings with it: rows that other tables' references and triggers change along with those it names.
//!
//! SQLite and PostgreSQL count every row that they change. MySQL and MariaDB do not count what their engine does for a
//! foreign key, and a trigger of theirs may write to a table that has no transactions: what may bring others with it
//! is not done there.

use handyman_core::{ToolError, ToolErrorKind, ToolResult};

use super::catalog;
#[cfg(feature = "databases")]
use super::change::{Change, Wanted};
use super::engine::{Link, Statement};
use super::syntax::Syntax;
#[cfg(feature = "databases")]
use super::syntax::Table;

/// How many rows of any table were changed on this connection so far; always 0 where they are not counted.
pub(super) async fn changed_so_far(link: &mut dyn Link, syntax: Syntax) -> ToolResult<u64> {
    #[cfg(feature = "databases")]
    if syntax == Syntax::Postgres {
        // What is put off until the transaction ends is done at once.
        let at_once = "SET CONSTRAINTS ALL IMMEDIATE".to_owned();
        link.execute(&Statement { sql: at_once, values: Vec::new() }).await?;
    }
    let count = Statement { sql: catalog::changed_rows(syntax).to_owned(), values: Vec::new() };
    let count = link.texts(&count).await?.into_iter().flatten().next().flatten();
    count.and_then(|count| count.trim().parse().ok()).ok_or_else(|| {
        let message = "the server does not count the rows that are changed (track_counts is off), so what a change \
                       brings with it could not be shown; nothing was changed";
        ToolError::new(ToolErrorKind::Refused, message)
    })
}

/// Refuses a change that MySQL could not make on trial, as that of a table whose engine has no transactions, or of which
/// it would not count all rows. Tells whether the account sees all that may come along.
#[cfg(feature = "databases")]
pub(super) async fn refuse_unsafe(link: &mut dyn Link, wanted: &Wanted, table: &Table) -> ToolResult<bool> {
    let sql = "SELECT CAST(coalesce(engine, 'a view') AS CHAR) FROM information_schema.tables \
               WHERE table_schema = database() AND table_name = ?";
    let statement = Statement { sql: sql.to_owned(), values: vec![Some(table.name.clone())] };
    let engine = link.texts(&statement).await?.into_iter().flatten().next().flatten().unwrap_or_default();
    if !engine.eq_ignore_ascii_case("innodb") {
        let message =
            format!("{} is kept by {engine}, which has no transactions; it is not changed", table.name);
        return Err(ToolError::new(ToolErrorKind::Refused, message));
    }
    refuse_uncounted(link, wanted, table).await
}

/// Refuses a change that may bring others with it, for a database that does not count them. Tells whether the account
/// sees all that may: of a table whose triggers it does not see, nobody knows here.
#[cfg(feature = "databases")]
async fn refuse_uncounted(link: &mut dyn Link, wanted: &Wanted, table: &Table) -> ToolResult<bool> {
    let sql = catalog::brings_others(wanted.change);
    let name = Some(table.name.clone());
    let listed = link.texts(&Statement { sql, values: vec![name.clone(), name] }).await?;
    let is_set = |column: &str| wanted.set.iter().any(|set| set.column.eq_ignore_ascii_case(column));
    let found = listed.into_iter().find_map(|row| {
        let mut cells = row.into_iter();
        let what = cells.next().flatten()?;
        // An update has to be of the column that a reference follows.
        let column = cells.next().flatten().filter(|_| wanted.change == Change::Update);
        column.is_none_or(|column| is_set(&column)).then_some(what)
    });
    let Some(what) = found else { return sees_triggers(link, table).await };
    let message = format!(
        "{what} may change other rows along with those of {}, and this database does not count them; nothing was changed",
        table.name
    );
    Err(ToolError::new(ToolErrorKind::Refused, message))
}

/// Whether the account sees a table's triggers.
#[cfg(feature = "databases")]
async fn sees_triggers(link: &mut dyn Link, table: &Table) -> ToolResult<bool> {
    let name = Some(table.name.clone());
    let grants = Statement { sql: catalog::shows_triggers().to_owned(), values: vec![name.clone(), name] };
    let grants = link.texts(&grants).await?.into_iter().flatten().next().flatten();
    Ok(grants.is_some_and(|grants| grants.trim() != "0"))
}
