//! The tool that changes rows. A change is described, not written as SQL: names are checked against the
//! catalog and values are bound, so there is nothing to inject into.
//!
//! The change is made in a transaction that first looks at the rows it concerns. The plan that a person is shown
//! rolls it back; the tool itself compares it with what was allowed, records the change under its idempotency
//! key in the same transaction and commits, so that it is made once, whatever crashes.

use handyman_core::{CallContext, IdempotencyKey, Probe, ToolError, ToolErrorKind, ToolResult, tool};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};

use super::elsewhere::changed_so_far;
#[cfg(feature = "databases")]
use super::elsewhere::refuse_unsafe;
use super::engine::{Access, Link, Statement};
use super::query::{Condition, filter, find};
use super::record::{prepare, record, recorded};
use super::row::{On, Row, fingerprint, selection};
use super::syntax::{Syntax, Table};
use super::{Database, cells};

/// Rows that one change may concern, those that others' references and triggers change along with them included.
const ROWS_MAX: usize = 50;
/// Rows of it that are shown.
const SHOWN_MAX: usize = 5;

/// What is done with rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(description = "")]
#[expect(missing_docs, reason = "the names say it")]
pub enum Change {
    Insert,
    Update,
    Delete,
}

/// A column and the value it gets; without a value it becomes null.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[schemars(description = "")]
#[expect(missing_docs, reason = "the names say it, and a description would take the model's window")]
pub struct Assignment {
    pub column: String,
    pub value: Option<String>,
}

/// A change as it was asked for.
#[derive(Debug, Clone)]
pub(super) struct Wanted {
    pub(super) table: String,
    pub(super) change: Change,
    pub(super) set: Vec<Assignment>,
    pub(super) conditions: Vec<Condition>,
}

/// Change rows of a table
#[tool(once, probe = made, plan = planned)]
pub async fn change_rows(
    #[state] database: &Database,
    context: &CallContext,
    table: String,
    change: Change,
    set: Option<Vec<Assignment>>,
    r#where: Option<Vec<Condition>>,
) -> ToolResult<Value> {
    let wanted =
        Wanted { table, change, set: set.unwrap_or_default(), conditions: r#where.unwrap_or_default() };
    database.change(&wanted, context).await
}

/// What the change would do.
#[expect(clippy::too_many_arguments, reason = "they are those of the tool")]
async fn planned(
    database: &Database,
    _context: &CallContext,
    table: String,
    change: Change,
    set: Option<Vec<Assignment>>,
    r#where: Option<Vec<Condition>>,
) -> ToolResult<Value> {
    let wanted =
        Wanted { table, change, set: set.unwrap_or_default(), conditions: r#where.unwrap_or_default() };
    let mut link = database.engine.begin(Access::Write).await?;
    Ok(database.make(link.as_mut(), &wanted).await?.plan)
}

/// Whether the change under a key was made.
async fn made(database: &Database, key: &IdempotencyKey) -> ToolResult<Probe> {
    let mut link = database.engine.begin(Access::Read).await?;
    Ok(recorded(database.engine.syntax(), link.as_mut(), key).await?.map_or(Probe::NotDone, Probe::Done))
}

/// What a change did, and what of it a person is shown: of a new row only what is set, for the database numbers
/// every trial anew.
struct Made {
    result: Value,
    plan: Value,
}

impl Database {
    async fn change(&self, wanted: &Wanted, context: &CallContext) -> ToolResult<Value> {
        let (syntax, key) = (self.engine.syntax(), &context.key);
        // A transaction of its own: in MySQL, making a table ends the transaction it stands in.
        let mut link = self.engine.begin(Access::Write).await?;
        prepare(syntax, link.as_mut()).await?;
        link.commit().await?;
        let mut link = self.engine.begin(Access::Write).await?;
        if let Some(result) = recorded(syntax, link.as_mut(), key).await? {
            return Ok(result);
        }
        let Made { result, plan } = self.make(link.as_mut(), wanted).await?;
        // An open transaction that is dropped is rolled back.
        if context.allowed.as_ref().is_some_and(|allowed| *allowed != plan) {
            return Err(ToolError::changed(plan));
        }
        if let Err(error) = link.execute(&record(syntax, key, &result)).await {
            // Somebody made the same change at the same time: theirs stands, ours is rolled back.
            drop(link);
            let mut link = self.engine.begin(Access::Read).await?;
            return recorded(syntax, link.as_mut(), key).await?.ok_or(error);
        }
        // Where the connection is lost now, only the database knows: a probe asks it.
        link.commit().await.map_err(|error| ToolError::in_doubt(error.to_string()))?;
        Ok(result)
    }

    /// Makes a change in an open transaction and says what it did.
    async fn make(&self, link: &mut dyn Link, wanted: &Wanted) -> ToolResult<Made> {
        wanted.check()?;
        let (table, known) = self.find_in(link, &wanted.table).await?;
        let syntax = self.engine.syntax();
        #[cfg(feature = "databases")]
        let is_known = syntax != Syntax::MySql || refuse_unsafe(link, wanted, &table).await?;
        #[cfg(not(feature = "databases"))]
        let is_known = true;
        let on = (&table, known.as_slice());
        let before = match wanted.change {
            Change::Insert => Vec::new(),
            Change::Update | Change::Delete => wanted.concerned(link, syntax, on).await?,
        };
        let statement = wanted.statement(syntax, on)?;
        let so_far = changed_so_far(link, syntax).await?;
        let (direct, after) = match wanted.change {
            Change::Insert => (1, vec![Row::inserted(wanted.insert(link, syntax, (on, statement)).await?)]),
            Change::Update => {
                let direct = link.execute(&statement).await?;
                (direct, wanted.updated(link, syntax, (on, &before)).await?)
            }
            Change::Delete => (link.execute(&statement).await?, Vec::new()),
        };
        let elsewhere = changed_so_far(link, syntax).await?.saturating_sub(so_far).saturating_sub(direct);
        let rows = match wanted.change {
            Change::Update => before.len(),
            Change::Insert | Change::Delete => usize::try_from(direct).unwrap_or(usize::MAX),
        };
        refuse_too_many(&table, rows, elsewhere)?;
        let fingerprint = fingerprint(&before, &after);
        let mut result = json!({"table": table.name, "change": wanted.change.name(), "rows": rows});
        if !is_known {
            result["elsewhere"] = json!("unknown");
        } else if elsewhere > 0 {
            result["elsewhere"] = json!(elsewhere);
        }
        let mut show = |when: &str, rows: Vec<Row>| {
            let shown = rows.into_iter().map(|row| row.shown).collect();
            result[when] = json!(cells::fitting(shown, SHOWN_MAX).0);
        };
        if wanted.change != Change::Insert {
            show("before", before);
        }
        if wanted.change != Change::Delete {
            show("after", after);
        }
        let mut plan = result.clone();
        if wanted.change != Change::Insert {
            plan["all_rows"] = json!(fingerprint);
        } else if let Some(row) = plan.pointer_mut("/after/0").and_then(Value::as_object_mut) {
            let set = wanted.named(syntax, on)?;
            row.retain(|column, _| set.contains_key(column));
        }
        Ok(Made { result, plan })
    }
}

/// The rows that come along count as those that were named.
fn refuse_too_many(table: &Table, rows: usize, elsewhere: u64) -> ToolResult<()> {
    if usize::try_from(elsewhere).is_ok_and(|elsewhere| rows.saturating_add(elsewhere) <= ROWS_MAX) {
        return Ok(());
    }
    let message = format!(
        "references and triggers would change {elsewhere} other rows along with these of {}, which makes more than \
         {ROWS_MAX}; choose fewer; nothing was changed",
        table.name
    );
    Err(ToolError::new(ToolErrorKind::Refused, message))
}

impl Change {
    fn name(self) -> &'static str {
        match self {
            Self::Insert => "insert",
            Self::Update => "update",
            Self::Delete => "delete",
        }
    }
}

impl Wanted {
    /// An update or a deletion says of which rows, an insertion or an update says of what.
    fn check(&self) -> ToolResult<()> {
        let name = self.change.name();
        match (self.change, self.set.is_empty(), self.conditions.is_empty()) {
            (Change::Update | Change::Delete, _, true) => {
                Err(ToolError::argument("where", format!("{name} needs conditions; say which rows")))
            }
            (Change::Insert, _, false) => Err(ToolError::argument("where", "insert takes no conditions")),
            (Change::Insert | Change::Update, true, _) => {
                Err(ToolError::argument("set", format!("{name} needs values; say which columns get what")))
            }
            (Change::Delete, false, _) => Err(ToolError::argument("set", "delete takes no values")),
            _ => Ok(()),
        }
    }

    /// The rows the conditions choose, locked where the database can.
    async fn concerned(
        &self,
        link: &mut dyn Link,
        syntax: Syntax,
        (table, known): On<'_>,
    ) -> ToolResult<Vec<Row>> {
        let (filter, values) = filter(syntax, (table, known), &self.conditions, 0)?;
        let lock = if syntax == Syntax::Sqlite { "" } else { "FOR UPDATE" };
        let sql = format!("{} {filter} LIMIT {} {lock}", selection(syntax, (table, known)), ROWS_MAX + 1);
        let texts = link.texts(&Statement { sql, values }).await?;
        if texts.is_empty() {
            let message = format!("no row of {} fits the conditions; nothing was changed", table.name);
            return Err(ToolError::new(ToolErrorKind::NotFound, message));
        }
        if texts.len() > ROWS_MAX {
            let message =
                format!("more than {ROWS_MAX} rows of {} fit the conditions; choose fewer", table.name);
            return Err(ToolError::new(ToolErrorKind::Refused, message));
        }
        texts.into_iter().map(|texts| Row::of((table, known), texts)).collect()
    }

    fn statement(&self, syntax: Syntax, (table, known): On<'_>) -> ToolResult<Statement> {
        let mut values = Vec::new();
        let mut names = Vec::new();
        let mut places = Vec::new();
        for Assignment { column, value } in &self.set {
            let column = find("set", table, known, column)?;
            let value = value.as_deref().map(|value| syntax.fitted("set", column, value)).transpose()?;
            names.push(syntax.quoted(&column.name));
            places.push(syntax.stored(column, values.len() + 1, value.as_deref()));
            values.push(value);
        }
        let (filter, conditions) = filter(syntax, (table, known), &self.conditions, values.len())?;
        values.extend(conditions);
        let sql = match self.change {
            Change::Insert => {
                format!("INSERT INTO {} ({}) VALUES ({})", table.sql, names.join(", "), places.join(", "))
            }
            Change::Update => {
                let pairs: Vec<String> =
                    names.iter().zip(&places).map(|(name, place)| format!("{name} = {place}")).collect();
                format!("UPDATE {} SET {} {filter}", table.sql, pairs.join(", "))
            }
            Change::Delete => format!("DELETE FROM {} {filter}", table.sql),
        };
        Ok(Statement { sql, values })
    }
}
