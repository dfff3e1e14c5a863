//! What differs between the databases' SQL: names, parameters, comparisons, and where the catalog is.

use handyman_core::{ToolError, ToolResult};

use super::cells;
use super::query::Comparison;

/// Characters of a cell that are asked for; one more than is shown, to know that there are more.
const CELL_CHARS: usize = 81;
/// Bytes of a row up to which SQLite gives it as a whole.
pub(super) const WHOLE_BYTES_MAX: u32 = 4_000_000;
/// The words for a truth value, as PostgreSQL reads them.
const TRUE_WORDS: [&str; 5] = ["true", "t", "yes", "y", "on"];
const FALSE_WORDS: [&str; 5] = ["false", "f", "no", "n", "off"];

/// How the type of bits begins in MySQL, where it holds truth values too: `bit(1)`.
const BITS: &str = "bit(";

/// Whose SQL is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Syntax {
    Sqlite,
    #[cfg(feature = "databases")]
    Postgres,
    #[cfg(feature = "databases")]
    MySql,
}

/// What a column holds, as far as a comparison and a cell must know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Class {
    Number,
    Text,
    Truth,
    Bytes,
    /// SQLite knows no type: each value is what it was when it was stored.
    Untyped,
    Other,
}

/// A table or view as the database names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Table {
    /// As it is shown: with its schema if it cannot be found without.
    pub(super) name: String,
    /// As SQL writes it.
    pub(super) sql: String,
    /// Whether its rows are computed when they are asked for.
    pub(super) is_view: bool,
}

/// A column of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Column {
    pub(super) name: String,
    /// Its type as the database writes it.
    pub(super) kind: String,
    /// That type without a length or precision, and what a domain is made of. Only PostgreSQL's differs.
    #[cfg(feature = "databases")]
    pub(super) bare: String,
    pub(super) class: Class,
    /// Its place in the primary key, from 1; 0 if it is not in it.
    pub(super) key: u32,
}

impl Class {
    /// The class of a type by its name in any of the databases. SQLite's rules of affinity fit the others'
    /// names too (<https://sqlite.org/datatype3.html>, 3.1).
    pub(super) fn of(kind: &str) -> Self {
        let kind = kind.to_ascii_lowercase();
        let has = |parts: &[&str]| parts.iter().any(|part| kind.contains(part));
        // The names of an enumeration's values say nothing of its type.
        if kind.starts_with("enum(") || kind.starts_with("set(") {
            Self::Text
        } else if kind.is_empty() || kind == "any" {
            Self::Untyped
        } else if kind.ends_with("[]") || has(&["interval", "point", "range"]) {
            Self::Other
        } else if has(&["bool", "tinyint(1)"]) || kind.starts_with(BITS) {
            Self::Truth
        } else if has(&["char", "text", "clob", "citext"]) {
            Self::Text
        } else if has(&["blob", "bytea", "binary"]) {
            Self::Bytes
        } else if has(&["int", "serial", "real", "floa", "doub", "num", "decimal"]) {
            Self::Number
        } else {
            Self::Other
        }
    }
}

impl Syntax {
    /// An identifier as SQL writes it.
    pub(super) fn quoted(self, name: &str) -> String {
        match self {
            #[cfg(feature = "databases")]
            Self::MySql => format!("`{}`", name.replace('`', "``")),
            _ => format!("\"{}\"", name.replace('"', "\"\"")),
        }
    }

    /// The parameter of this number, from 1.
    pub(super) fn parameter(self, number: usize) -> String {
        match self {
            #[cfg(feature = "databases")]
            Self::Postgres => format!("${number}"),
            #[cfg(feature = "databases")]
            Self::MySql => "?".to_owned(),
            Self::Sqlite => format!("?{number}"),
        }
    }

    /// A column as a text of bounded length, whatever its type.
    pub(super) fn cell(self, column: &str, class: Class) -> String {
        match (self, class) {
            // Here such a column may hold other values too.
            (Self::Sqlite, Class::Bytes | Class::Untyped) => format!(
                "CASE typeof({column}) WHEN 'blob' THEN length({column}) || ' bytes' \
                 ELSE substr(CAST({column} AS TEXT), 1, {CELL_CHARS}) END"
            ),
            (Self::Sqlite, _) => format!("substr(CAST({column} AS TEXT), 1, {CELL_CHARS})"),
            #[cfg(feature = "databases")]
            (Self::Postgres, Class::Bytes) => format!("octet_length({column})::text || ' bytes'"),
            #[cfg(feature = "databases")]
            (Self::Postgres, _) => format!("left(({column})::text, {CELL_CHARS})"),
            #[cfg(feature = "databases")]
            (Self::MySql, Class::Bytes) => format!("concat(length({column}), ' bytes')"),
            // As a text, bits would be the characters of these numbers.
            #[cfg(feature = "databases")]
            (Self::MySql, Class::Truth) => format!("left(CAST({column} + 0 AS CHAR), {CELL_CHARS})"),
            #[cfg(feature = "databases")]
            (Self::MySql, _) => format!("left(CAST({column} AS CHAR), {CELL_CHARS})"),
        }
    }

    /// One text that differs where anything in a row of the relation `whole` does; null where the row is too large.
    /// Servers hash, SQLite has nothing to hash with.
    pub(super) fn whole(self, known: &[Column]) -> String {
        let names: Vec<String> = known.iter().map(|column| self.quoted(&column.name)).collect();
        match self {
            Self::Sqlite => {
                let size = |name: &String| format!("coalesce(octet_length({name}), 0)");
                let sizes = names.iter().map(size).collect::<Vec<_>>().join(" + ");
                let cells = names.iter().map(|name| sqlite_cell(name)).collect::<Vec<_>>().join(" || ");
                format!("CASE WHEN {sizes} <= {WHOLE_BYTES_MAX} THEN {cells} END")
            }
            #[cfg(feature = "databases")]
            Self::Postgres => "encode(sha256(convert_to((whole.*)::text, 'UTF8')), 'hex')".to_owned(),
            #[cfg(feature = "databases")]
            Self::MySql => {
                let hash = |name: &String| format!("coalesce(sha2({name}, 256), '-')");
                format!("concat({})", names.iter().map(hash).collect::<Vec<_>>().join(", "))
            }
        }
    }

    /// The parameter of this number as a value of the column's type: the bare one, for a cast to `varchar(5)` cuts a
    /// value silently, while storing one that is too long in such a column is refused.
    #[cfg_attr(not(feature = "databases"), expect(unused_variables, reason = "SQLite alone needs no types"))]
    fn value(self, column: &Column, number: usize) -> String {
        let parameter = self.parameter(number);
        match self {
            #[cfg(feature = "databases")]
            Self::Postgres => format!("CAST({parameter}::text AS {})", column.bare),
            // Of a text, its characters would be the bits.
            #[cfg(feature = "databases")]
            Self::MySql if column.kind.starts_with(BITS) => format!("CAST({parameter} AS UNSIGNED)"),
            _ => parameter,
        }
    }

    /// The parameter of this number as it is stored. Parameters are texts: where SQLite knows no type of the column,
    /// it would keep a number as a text.
    pub(super) fn stored(self, column: &Column, number: usize, value: Option<&str>) -> String {
        if column.class == Class::Untyped && value.and_then(cells::plain_number).is_some() {
            format!("CAST({} AS NUMERIC)", self.parameter(number))
        } else {
            self.value(column, number)
        }
    }

    /// A condition on a column; the value that is given is the parameter of this number. Texts are equal whatever their
    /// case.
    #[cfg_attr(not(feature = "databases"), expect(unused_variables, reason = "SQLite alone needs no types"))]
    pub(super) fn condition(self, op: Comparison, column: &Column, number: usize, given: &str) -> String {
        let name = self.quoted(&column.name);
        let value = self.value(column, number);
        let text = column.class == Class::Text;
        let sign = match op {
            Comparison::Equal => "=",
            Comparison::NotEqual => "<>",
            Comparison::Less => "<",
            Comparison::AtMost => "<=",
            Comparison::Greater => ">",
            Comparison::AtLeast => ">=",
            Comparison::Contains => return self.contains(&name, &self.parameter(number)),
        };
        let by_equality = matches!(op, Comparison::Equal | Comparison::NotEqual);
        match self {
            Self::Sqlite => in_sqlite(column.class, &name, sign, &value, given),
            #[cfg(feature = "databases")]
            Self::Postgres if by_equality && text => format!("lower({name}::text) {sign} lower({value})"),
            #[cfg(feature = "databases")]
            Self::MySql if by_equality && text => format!("lower({name}) {sign} lower({value})"),
            #[cfg(feature = "databases")]
            _ => format!("{name} {sign} {value}"),
        }
    }

    fn contains(self, name: &str, parameter: &str) -> String {
        match self {
            Self::Sqlite => format!("instr(lower({name}), lower({parameter})) > 0"),
            #[cfg(feature = "databases")]
            Self::Postgres => format!("strpos(lower({name}::text), lower({parameter}::text)) > 0"),
            #[cfg(feature = "databases")]
            Self::MySql => format!("locate(lower({parameter}), lower(CAST({name} AS CHAR))) > 0"),
        }
    }

    /// The value to bind for a column. Refuses one that the column cannot hold, where the database would convert it
    /// silently.
    pub(super) fn fitted(self, parameter: &str, column: &Column, value: &str) -> ToolResult<String> {
        match (self, column.class) {
            #[cfg(feature = "databases")]
            (Self::Postgres, Class::Truth) => Ok(truth(value).unwrap_or_else(|| value.to_owned())),
            (_, Class::Truth) => truth(value).ok_or_else(|| {
                let message = format!("{} is true or false; '{value}' is neither", column.name);
                ToolError::argument(parameter, message)
            }),
            #[cfg(feature = "databases")]
            (Self::Postgres | Self::MySql, Class::Number) if !self.reads_number(value) => {
                let message =
                    format!("{} is of type {}; '{value}' is not a number", column.name, column.kind);
                Err(ToolError::argument(parameter, message))
            }
            _ => Ok(value.to_owned()),
        }
    }

    /// Whether a text is a number for the database. MySQL takes `infinity` for 0.
    #[cfg(feature = "databases")]
    fn reads_number(self, text: &str) -> bool {
        text.trim().parse::<f64>().is_ok_and(|number| number.is_finite() || self == Self::Postgres)
    }
}

/// A cell of SQLite's as a text that says where it ends. `quote` stops at a zero character, and `hex` rounds a number.
fn sqlite_cell(name: &str) -> String {
    format!(
        "CASE WHEN typeof({name}) IN ('text', 'blob') THEN hex({name}) || typeof({name}) \
         ELSE quote({name}) || ';' END"
    )
}

/// A comparison in SQLite, which looks at what each value is and orders all numbers before all texts.
fn in_sqlite(class: Class, name: &str, sign: &str, parameter: &str, given: &str) -> String {
    let collation = if matches!(sign, "=" | "<>") { " COLLATE NOCASE" } else { "" };
    let plain = format!("{name} {sign} {parameter}{collation}");
    match class {
        // Some programs keep truth values as texts.
        Class::Truth => format!(
            "CASE WHEN lower({name}) IN ({}) THEN 1 WHEN lower({name}) IN ({}) THEN 0 ELSE {name} END \
             {sign} CAST({parameter} AS INTEGER)",
            listed(&TRUE_WORDS),
            listed(&FALSE_WORDS)
        ),
        // The parameter is a text, and no type of the column says that it is to be a number.
        Class::Untyped | Class::Bytes if given.trim().parse::<f64>().is_ok_and(f64::is_finite) => format!(
            "CASE WHEN typeof({name}) IN ('integer', 'real') THEN {name} {sign} CAST({parameter} AS NUMERIC) \
             ELSE {plain} END"
        ),
        _ => plain,
    }
}

/// Words of ours as SQL's texts.
fn listed(words: &[&str]) -> String {
    format!("'{}'", words.join("', '"))
}

/// A truth value as the number that SQLite and MySQL keep for it.
fn truth(text: &str) -> Option<String> {
    let word = text.trim().to_ascii_lowercase();
    if TRUE_WORDS.contains(&word.as_str()) {
        Some("1".to_owned())
    } else if FALSE_WORDS.contains(&word.as_str()) {
        Some("0".to_owned())
    } else {
        word.parse::<i64>().is_ok().then_some(word)
    }
}
