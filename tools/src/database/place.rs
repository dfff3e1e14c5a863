//! Where a database is: a SQLite file, or a server named by URL.

use std::fmt;
use std::path::PathBuf;

/// What is said of a path that was left empty.
pub(super) const EMPTY: &str =
    "the path of the database is empty; write postgres://…, mysql://… or the path of a SQLite file";

/// Where a database is. Shown without its password.
#[derive(Clone, PartialEq, Eq)]
pub enum Place {
    /// A SQLite file.
    File(PathBuf),
    /// A PostgreSQL server: `postgres://user:password@host:5432/name`, with `?timezone=Asia/Shanghai` in that time zone, else in
    /// UTC.
    Postgres(String),
    /// A MySQL or MariaDB server: `mysql://user:password@host:3306/name`, with `?timezone=%2B08:00` at that offset, else in the
    /// server's time zone.
    MySql(String),
}

impl Place {
    /// Reads a URL (`postgres`, `postgresql`, `mysql`, `mariadb`, `sqlite`) or the path of a SQLite file. What stands in a
    /// URL of a file after `?`, as in `sqlite://shop.db?mode=rwc`, are other programs' options; they are passed over.
    ///
    /// # Errors
    /// A sentence that names the scheme, if it is none of these, or says that the path is empty.
    pub fn parse(text: &str) -> Result<Self, String> {
        let file =
            |path: &str| if path.is_empty() { Err(EMPTY.to_owned()) } else { Ok(Self::File(path.into())) };
        let Some((scheme, rest)) = text.split_once("://") else {
            let path = text.strip_prefix("sqlite:").or_else(|| text.strip_prefix("file:"));
            return file(path.map_or(text, without_options));
        };
        match scheme {
            "postgres" | "postgresql" => Ok(Self::Postgres(format!("postgres://{rest}"))),
            "mysql" | "mariadb" => Ok(Self::MySql(format!("mysql://{rest}"))),
            "sqlite" | "file" => file(without_options(rest)),
            other => Err(format!(
                "'{other}' is no kind of database known here; write postgres://…, mysql://… or the path of a SQLite file"
            )),
        }
    }
}

impl From<PathBuf> for Place {
    fn from(path: PathBuf) -> Self {
        Self::File(path)
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => write!(f, "{}", path.display()),
            Self::Postgres(url) | Self::MySql(url) => f.write_str(&without_secrets(url)),
        }
    }
}

impl fmt::Debug for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The path in a URL of a file.
fn without_options(path: &str) -> &str {
    path.split_once('?').map_or(path, |(path, _)| path)
}

/// The URL without its password and its options, which may hold secrets too.
fn without_secrets(url: &str) -> String {
    let url = url.split(['?', '#']).next().unwrap_or_default();
    let Some((scheme, rest)) = url.split_once("://") else { return String::new() };
    // The last `@`: a password may hold one that was not escaped.
    match rest.rsplit_once('@') {
        Some((user, host)) => {
            let user = user.split(':').next().unwrap_or_default();
            format!("{scheme}://{user}@{host}")
        }
        None => format!("{scheme}://{rest}"),
    }
}
