//! A description of a whole database that fits a small window: the tables that matter to a question with
//! their columns, keys, references and a few example values; of the others the names.
//!
//! The catalog is asked each time, so that the description is never old; example values are kept.

use std::collections::BTreeMap;
use std::fmt::Write;

use handyman_core::{ToolResult, tool};
use serde_json::{Value, json};
use tokio::sync::Mutex;

use super::Database;
use super::catalog;
use super::engine::{Access, Link, Statement};
use super::syntax::{Class, Column, Table};

const DESCRIBED_BYTES_MAX: usize = 1_600;
const NAMED_BYTES_MAX: usize = 800;
const EXAMPLE_ROWS: usize = 5;
const EXAMPLES_MAX: usize = 2;
const EXAMPLE_CHARS_MAX: usize = 24;

/// Example values by table and columns: a table that was changed gets new ones.
#[derive(Debug, Default)]
pub(super) struct Examples(Mutex<BTreeMap<String, Vec<Vec<String>>>>);

/// A table as it is described.
struct Entry {
    table: Table,
    columns: Vec<Column>,
    /// Column and where it leads: `customer_id`, `customers.id`.
    references: Vec<(String, String)>,
    /// How many tables refer to it.
    referred: usize,
}

/// Overview of the database: tables, columns, keys, examples
#[tool(read_only)]
pub async fn describe_database(
    #[state] database: &Database,
    /// Words to choose tables by
    about: Option<String>,
) -> ToolResult<Value> {
    let words: Vec<String> = about
        .unwrap_or_default()
        .to_lowercase()
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect();
    let mut link = database.engine.begin(Access::Read).await?;
    let mut entries = entries(database, link.as_mut()).await?;
    entries.sort_by_key(|entry| (std::cmp::Reverse(entry.fits(&words)), std::cmp::Reverse(entry.weight())));
    // Words in another language than the names fit none: then all may be meant.
    let fits_any = entries.iter().any(|entry| entry.fits(&words) > 0);
    let mut described = Vec::new();
    let (mut named, mut not_read) = (Vec::new(), Vec::new());
    let (mut described_bytes, mut named_bytes, mut more) = (0, 0, 0);
    for entry in entries {
        let chosen = !fits_any || entry.fits(&words) > 0;
        if chosen && described_bytes < DESCRIBED_BYTES_MAX {
            let examples = examples(database, link.as_mut(), &entry).await;
            if examples.is_none() {
                // PostgreSQL does nothing more in a transaction in which a statement has failed.
                drop(link);
                link = database.engine.begin(Access::Read).await?;
            }
            let description = entry.line(examples.as_deref().unwrap_or_default());
            if described_bytes + description.len() <= DESCRIBED_BYTES_MAX || described.is_empty() {
                described_bytes += description.len();
                described.push(description);
                if examples.is_none() {
                    not_read.push(entry.table.name);
                }
                continue;
            }
            described_bytes = DESCRIBED_BYTES_MAX;
        }
        named_bytes += entry.table.name.len() + 3;
        if named_bytes <= NAMED_BYTES_MAX {
            named.push(entry.table.name);
        } else {
            more += 1;
        }
    }
    let legend = "* key, -> reference, : examples";
    let mut overview = json!({"tables": described, "others": named, "more": more, "legend": legend});
    if !not_read.is_empty() {
        overview["not_read"] = json!(not_read);
    }
    Ok(overview)
}

impl Entry {
    /// How many of the words occur in its name (which counts twice) or in its columns'.
    fn fits(&self, words: &[String]) -> usize {
        let name = self.table.name.to_lowercase();
        let occurs = |word: &String| {
            // `orders` asks for `order` too.
            let stem = word.strip_suffix('s').filter(|stem| stem.len() > 2).unwrap_or(word);
            let in_columns = self.columns.iter().any(|column| column.name.to_lowercase().contains(stem));
            usize::from(name.contains(stem)) * 2 + usize::from(in_columns)
        };
        words.iter().map(occurs).sum()
    }

    /// Tables that others hang on come first.
    fn weight(&self) -> usize {
        self.referred * 2 + self.references.len()
    }

    fn line(&self, examples: &[Vec<String>]) -> String {
        let columns = self.columns.iter().enumerate().map(|(index, column)| {
            let mut text = column.name.clone();
            if column.key > 0 {
                text.push('*');
            }
            let leads = self.references.iter().find(|(name, _)| *name == column.name);
            match (leads, examples.get(index).filter(|examples| !examples.is_empty())) {
                (Some((_, other)), _) => {
                    let _ = write!(text, " -> {other}");
                }
                (None, Some(examples)) => {
                    let _ = write!(text, ": {}", examples.join(" | "));
                }
                (None, None) if !column.kind.is_empty() && column.key == 0 => {
                    let _ = write!(text, " {}", short_kind(&column.kind));
                }
                (None, None) => {}
            }
            text
        });
        format!("{}({})", self.table.name, columns.collect::<Vec<_>>().join(", "))
    }
}

/// A type without its length and in one word.
fn short_kind(kind: &str) -> String {
    let kind = kind.split('(').next().unwrap_or_default().trim().to_lowercase();
    match kind.as_str() {
        "character varying" | "character" | "varchar" => "text".to_owned(),
        "double precision" => "double".to_owned(),
        other => other.split(' ').next().unwrap_or_default().to_owned(),
    }
}

async fn entries(database: &Database, link: &mut dyn Link) -> ToolResult<Vec<Entry>> {
    let syntax = database.engine.syntax();
    let listing = Statement { sql: catalog::references(syntax).to_owned(), values: Vec::new() };
    let mut references: BTreeMap<String, Vec<(String, String)>> = BTreeMap::new();
    let mut referred: BTreeMap<String, usize> = BTreeMap::new();
    for row in link.texts(&listing).await? {
        let mut cells = row.into_iter().map(Option::unwrap_or_default);
        if let (Some(table), Some(column), Some(other), Some(key)) =
            (cells.next(), cells.next(), cells.next(), cells.next())
        {
            *referred.entry(other.clone()).or_default() += 1;
            let other = if key.is_empty() { other } else { format!("{other}.{key}") };
            references.entry(table).or_default().push((column, other));
        }
    }
    let mut entries = Vec::new();
    for table in database.tables_in(link).await? {
        let columns = database.columns_in(link, &table).await?;
        let name = table.name.as_str();
        entries.push(Entry {
            references: references.remove(name).unwrap_or_default(),
            referred: referred.get(name).copied().unwrap_or_default(),
            columns,
            table,
        });
    }
    Ok(entries)
}

/// A few short values of each column, in the order of the columns; `None` where the table cannot be read in time. What
/// is in a view has to be computed first: it is not looked at.
async fn examples(database: &Database, link: &mut dyn Link, entry: &Entry) -> Option<Vec<Vec<String>>> {
    if entry.table.is_view {
        return Some(Vec::new());
    }
    let names: Vec<&str> = entry.columns.iter().map(|column| column.name.as_str()).collect();
    let known_as = format!("{}({})", entry.table.name, names.join(","));
    let mut kept = database.examples.0.lock().await;
    if let Some(examples) = kept.get(&known_as) {
        return Some(examples.clone());
    }
    let syntax = database.engine.syntax();
    let cells: Vec<String> =
        entry.columns.iter().map(|column| syntax.cell(&syntax.quoted(&column.name), column.class)).collect();
    let sql = format!("SELECT {} FROM {} LIMIT {EXAMPLE_ROWS}", cells.join(", "), entry.table.sql);
    let rows = link.texts(&Statement { sql, values: Vec::new() }).await.ok()?;
    let of_column = |(index, column): (usize, &Column)| {
        let mut values: Vec<String> = Vec::new();
        let shows = column.key == 0 && column.class != Class::Bytes;
        let cells = rows.iter().filter_map(|row| row.get(index).cloned().flatten()).filter(|_| shows);
        for value in cells {
            let is_short = value.chars().count() <= EXAMPLE_CHARS_MAX && !value.trim().is_empty();
            if is_short && !values.contains(&value) && values.len() < EXAMPLES_MAX {
                values.push(value);
            }
        }
        values
    };
    let examples: Vec<Vec<String>> = entry.columns.iter().enumerate().map(of_column).collect();
    kept.insert(known_as, examples.clone());
    Some(examples)
}
