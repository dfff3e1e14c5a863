//! What values mean in SQLite: truth values, numbers in columns without a type, keys that are bytes.

use std::path::Path;
use std::sync::Arc;

use handyman_core::{CallContext, Tool, ToolErrorKind, ToolResult};
use jiff::civil::date;
use serde_json::{Map, Value, json};
use sqlx::SqlitePool;
use sqlx::sqlite::SqliteConnectOptions;
use tempfile::TempDir;

use super::call;
#[cfg(feature = "databases")]
use crate::database::Comparison;
use crate::database::syntax::Class;
use crate::database::{Database, change_rows, query_table, spelled};

const FILE: &str = "own.db";

/// A file with tables of its own.
pub(super) struct Own {
    pub(super) database: Arc<Database>,
    folder: TempDir,
}

impl Own {
    pub(super) async fn open(tables: &'static str) -> Self {
        let folder = TempDir::new().unwrap();
        execute(&folder.path().join(FILE), tables).await;
        let database = Arc::new(Database::open(&folder.path().join(FILE)).await.unwrap());
        Self { database, folder }
    }

    /// Changes the file beside the tools.
    pub(super) async fn execute(&self, sql: &'static str) {
        execute(&self.folder.path().join(FILE), sql).await;
    }

    /// The cells of one column where a condition holds.
    async fn find(&self, table: &str, column: &str, condition: [&str; 3]) -> ToolResult<Value> {
        let arguments = json!({"table": table, "columns": [column], "where": [of(condition)]});
        let found = call(&query_table(Arc::clone(&self.database)), arguments).await?;
        Ok(found["rows"].as_array().unwrap().iter().map(|row| row[column].clone()).collect())
    }

    pub(super) async fn plan(&self, arguments: Value) -> ToolResult<Value> {
        let tool = change_rows(Arc::clone(&self.database));
        Ok(tool.plan(object(arguments), &context("plan")).await?.unwrap())
    }

    pub(super) async fn change(&self, key: &str, arguments: Value) -> ToolResult<Value> {
        change_rows(Arc::clone(&self.database)).call(object(arguments), &context(key)).await
    }
}

/// Changes a file, which is made if it is not there.
pub(super) async fn execute(file: &Path, sql: &'static str) {
    let options = SqliteConnectOptions::new().filename(file).create_if_missing(true);
    let pool = SqlitePool::connect_with(options).await.unwrap();
    sqlx::raw_sql(sql).execute(&pool).await.unwrap();
    pool.close().await;
}

pub(super) fn object(arguments: Value) -> Map<String, Value> {
    let Value::Object(arguments) = arguments else { panic!("arguments are an object") };
    arguments
}

pub(super) fn context(key: &str) -> CallContext {
    let now = date(2026, 11, 23).at(10, 0, 0, 0);
    CallContext::new(now).under(key)
}

pub(super) fn of([column, op, value]: [&str; 3]) -> Value {
    json!({"column": column, "op": op, "value": value})
}

pub(super) fn set(pairs: &[(&str, &str)]) -> Value {
    pairs.iter().map(|(column, value)| json!({"column": column, "value": value})).collect()
}

#[test]
fn a_type_is_known_by_its_name_alone() {
    let kinds = [
        ("enum('open','printed')", Class::Text),
        ("SET('point','blob')", Class::Text),
        ("tinyint(1)", Class::Truth),
        ("bit(1)", Class::Truth),
        ("bit varying", Class::Other),
        ("NUM", Class::Number),
        ("", Class::Untyped),
        ("ANY", Class::Untyped),
        ("integer[]", Class::Other),
    ];
    for (kind, class) in kinds {
        assert_eq!(Class::of(kind), class, "{kind}");
    }
}

#[tokio::test]
async fn what_others_hold_may_be_free_later() {
    let own = Own::open("CREATE TABLE notes (id INTEGER PRIMARY KEY, note TEXT)").await;
    let options = SqliteConnectOptions::new().filename(own.folder.path().join(FILE));
    let others = SqlitePool::connect_with(options).await.unwrap();
    let held = others.begin_with("BEGIN IMMEDIATE").await.unwrap();
    let insert = json!({"table": "notes", "change": "insert", "set": set(&[("note", "x")])});
    let error = own.change("k1", insert.clone()).await.unwrap_err();
    assert_eq!(*error.kind(), ToolErrorKind::Unavailable, "{error}");
    held.rollback().await.unwrap();
    assert_eq!(own.change("k1", insert).await.unwrap()["rows"], 1);
}

#[test]
fn a_name_means_the_one_that_is_spelled_so_before_others() {
    let known = ["Users", "users", "ORDERS"].map(str::to_owned);
    let cases =
        [("users", Some("users")), ("USERS", Some("Users")), ("orders", Some("ORDERS")), ("user", None)];
    for (name, expected) in cases {
        assert_eq!(spelled(&known, name, String::as_str).map(String::as_str), expected, "{name}");
    }
}

#[cfg(feature = "databases")]
#[test]
fn bits_are_numbers_in_mysql() {
    use crate::database::syntax::{Column, Syntax};
    let kind = "bit(1)".to_owned();
    let class = Class::of(&kind);
    let column = Column { name: "active".to_owned(), bare: kind.clone(), kind, class, key: 0 };
    assert_eq!(Syntax::MySql.cell("`active`", class), "left(CAST(`active` + 0 AS CHAR), 81)");
    assert_eq!(Syntax::MySql.stored(&column, 1, Some("1")), "CAST(? AS UNSIGNED)");
    let condition = Syntax::MySql.condition(Comparison::Equal, &column, 1, "1");
    assert_eq!(condition, "`active` = CAST(? AS UNSIGNED)");
}

#[cfg(feature = "databases")]
#[test]
fn sessions_have_the_time_zone_that_the_url_names() {
    use crate::database::{mysql::options_of, postgres::apart_from_zone};
    let mysql = |query: &str| format!("{:?}", options_of(&format!("mysql://a@b/shop{query}")).unwrap());
    assert!(mysql("").contains("timezone: None"), "the server's own");
    assert!(mysql("?timezone=%2B08:00").contains("timezone: Some(\"+08:00\")"));
    let postgres = |query: &str| apart_from_zone(&format!("postgres://a@b/shop{query}"));
    let named =
        |query: &str, zone: Option<&str>| (format!("postgres://a@b/shop{query}"), zone.map(str::to_owned));
    assert_eq!(postgres("").unwrap(), named("", None));
    let url = "?sslmode=require&timezone=Asia/Shanghai";
    assert_eq!(postgres(url).unwrap(), named("?sslmode=require", Some("Asia/Shanghai")));
    let error = postgres("?timezone=Nowhere").unwrap_err().to_string();
    assert!(error.contains("there is no time zone 'Nowhere'"), "{error}");
}

#[tokio::test]
async fn truth_values_are_found_and_kept_as_numbers() {
    let own = Own::open(
        "CREATE TABLE switches (id INTEGER PRIMARY KEY, active boolean); \
         INSERT INTO switches VALUES (1, 1), (2, 0), (3, 1), (4, 't'), (5, 'No')",
    )
    .await;
    for value in ["true", "YES", "1", " on "] {
        let found = own.find("switches", "id", ["active", "=", value]).await.unwrap();
        assert_eq!(found, json!([1, 3, 4]), "{value}");
    }
    for (op, value) in [("=", "false"), ("=", "0"), ("!=", "t"), ("<", "true")] {
        let found = own.find("switches", "id", ["active", op, value]).await.unwrap();
        assert_eq!(found, json!([2, 5]), "{op} {value}");
    }
    let words = "active is true or false; 'maybe' is neither";
    let error = own.find("switches", "id", ["active", "=", "maybe"]).await.unwrap_err();
    assert_eq!(error.to_string(), words);
    let insert = |value: &str| {
        let row = set(&[("id", "6"), ("active", value)]);
        json!({"table": "switches", "change": "insert", "set": row})
    };
    assert_eq!(own.change("k1", insert("maybe")).await.unwrap_err().to_string(), words);
    let done = own.change("k2", insert("true")).await.unwrap();
    assert_eq!(done["after"], json!([{"id": 6, "active": true}]));
    assert_eq!(own.find("switches", "active", ["id", "=", "6"]).await.unwrap(), json!([1]));
    let delete = json!({"table": "switches", "change": "delete", "where": [of(["active", "=", "false"])]});
    assert_eq!(own.change("k3", delete).await.unwrap()["rows"], 2);
    assert_eq!(own.find("switches", "id", ["id", ">", "0"]).await.unwrap(), json!([1, 3, 4, 6]));
}

#[tokio::test]
async fn numbers_without_a_type_are_numbers() {
    let own = Own::open(
        "CREATE TABLE scores (name TEXT, score INTEGER); \
         INSERT INTO scores VALUES ('a', 10), ('b', 200), ('c', 30); \
         CREATE VIEW totals AS SELECT name, sum(score) AS total FROM scores GROUP BY name; \
         CREATE TABLE loose (name, score); INSERT INTO loose SELECT * FROM scores; \
         INSERT INTO loose VALUES ('d', 'none')",
    )
    .await;
    let cases = [(">", "15", json!(["b", "c"])), ("<", "15", json!(["a"])), ("=", "200", json!(["b"]))];
    for (op, value, names) in cases {
        let found = own.find("totals", "name", ["total", op, value]).await.unwrap();
        assert_eq!(found, names, "{op} {value}");
    }
    assert_eq!(own.find("loose", "name", ["score", "=", "NONE"]).await.unwrap(), json!(["d"]));
    let delete = json!({"table": "loose", "change": "delete", "where": [of(["score", "<", "100"])]});
    let plan = own.plan(delete).await.unwrap();
    assert_eq!(plan["before"], json!([{"name": "a", "score": 10}, {"name": "c", "score": 30}]));
    let update = json!({"table": "loose", "change": "update", "set": set(&[("score", "8.50")]),
        "where": [of(["name", "=", "b"])]});
    let done = own.change("k1", update).await.unwrap();
    assert_eq!((&done["before"][0]["score"], &done["after"][0]["score"]), (&json!(200), &json!(8.5)));
    assert_eq!(own.find("loose", "score", ["score", "<", "9"]).await.unwrap(), json!([8.5]));
    let insert =
        json!({"table": "loose", "change": "insert", "set": set(&[("name", "007"), ("score", "70")])});
    let done = own.change("k2", insert).await.unwrap();
    assert_eq!(done["after"], json!([{"name": "007", "score": 70}]), "a code stays a text");
}

#[tokio::test]
async fn a_plan_shows_the_row_itself_where_its_key_is_bytes() {
    let own = Own::open(
        "CREATE TABLE things (id blob PRIMARY KEY, label TEXT); \
         INSERT INTO things VALUES (randomblob(16), 'a'), (randomblob(16), 'b'), (randomblob(16), 'c'); \
         CREATE TABLE loose (id PRIMARY KEY, label TEXT); INSERT INTO loose SELECT * FROM things",
    )
    .await;
    for table in ["things", "loose"] {
        let update = json!({"table": table, "change": "update", "set": set(&[("label", "z")]),
            "where": [of(["label", "=", "c"])]});
        let plan = own.plan(update).await.unwrap();
        assert_eq!(plan["before"], json!([{"id": "16 bytes", "label": "c"}]), "{table}");
        assert_eq!(plan["after"], json!([{"id": "16 bytes", "label": "z"}]), "{table}");
    }
}
