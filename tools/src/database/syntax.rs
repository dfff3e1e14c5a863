//! What differs between the databases' SQL: names, parameters, comparisons, and where the catalog is.

use handyman_core::{ToolError, ToolResult};

use super::query::Comparison;

/// Characters of a cell that are asked for; one more than is shown, to know that there are more.
const CELL_CHARS: usize = 81;

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
    Other,
}

/// A table or view as the database names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Table {
    /// As it is shown: with its schema if it cannot be found without.
    pub(super) name: String,
    /// As SQL writes it.
    pub(super) sql: String,
}

/// A column of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Column {
    pub(super) name: String,
    /// Its type as the database writes it.
    pub(super) kind: String,
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
        if kind.ends_with("[]") || has(&["interval", "point", "range"]) {
            Self::Other
        } else if has(&["bool", "tinyint(1)"]) {
            Self::Truth
        } else if has(&["char", "text", "clob", "citext"]) {
            Self::Text
        } else if has(&["blob", "bytea", "binary"]) {
            Self::Bytes
        } else if has(&["int", "serial", "real", "floa", "doub", "numeric", "decimal", "number"]) {
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
            (Self::Sqlite, Class::Bytes) => format!("length({column}) || ' bytes'"),
            (Self::Sqlite, _) => format!("substr(CAST({column} AS TEXT), 1, {CELL_CHARS})"),
            #[cfg(feature = "databases")]
            (Self::Postgres, Class::Bytes) => format!("octet_length({column})::text || ' bytes'"),
            #[cfg(feature = "databases")]
            (Self::Postgres, _) => format!("left(({column})::text, {CELL_CHARS})"),
            #[cfg(feature = "databases")]
            (Self::MySql, Class::Bytes) => format!("concat(length({column}), ' bytes')"),
            #[cfg(feature = "databases")]
            (Self::MySql, _) => format!("left(CAST({column} AS CHAR), {CELL_CHARS})"),
        }
    }

    /// The parameter of this number as a value of the column's type.
    #[cfg_attr(not(feature = "databases"), expect(unused_variables, reason = "SQLite alone needs no types"))]
    pub(super) fn value(self, column: &Column, number: usize) -> String {
        let parameter = self.parameter(number);
        match self {
            #[cfg(feature = "databases")]
            Self::Postgres => format!("CAST({parameter}::text AS {})", column.kind),
            _ => parameter,
        }
    }

    /// A condition on a column; the value is the parameter of this number. Texts are equal whatever their case.
    #[cfg_attr(not(feature = "databases"), expect(unused_variables, reason = "SQLite alone needs no types"))]
    pub(super) fn condition(self, op: Comparison, column: &Column, number: usize) -> String {
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
            Self::Sqlite if by_equality => format!("{name} {sign} {value} COLLATE NOCASE"),
            #[cfg(feature = "databases")]
            Self::Postgres if by_equality && text => format!("lower({name}::text) {sign} lower({value})"),
            #[cfg(feature = "databases")]
            Self::MySql if by_equality && text => format!("lower({name}) {sign} lower({value})"),
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

    /// Refuses a value that the column cannot hold, where the database would convert it silently.
    pub(super) fn check(self, parameter: &str, column: &Column, value: &str) -> ToolResult<()> {
        if self == Self::Sqlite || column.class != Class::Number || value.trim().parse::<f64>().is_ok() {
            return Ok(());
        }
        let message = format!("{} is of type {}; '{value}' is not a number", column.name, column.kind);
        Err(ToolError::argument(parameter, message))
    }
}
