//! Asking the database, and every way we know of not only asking.

use std::sync::Arc;

use handyman_core::{CallContext, Tool, ToolResult};
use jiff::civil::date;
use serde_json::{Value, json};
use sqlx::SqlitePool;
use sqlx::sqlite::SqliteConnectOptions;

use super::*;
use crate::world::{Settings, World};

mod changes;
mod limits;
mod values;

struct Desk {
    world: World,
    database: Arc<Database>,
}

impl Desk {
    async fn open() -> Self {
        let world = World::open(&Settings { path: None, seed: 7, today: date(2026, 11, 23) }).await.unwrap();
        let database = Arc::new(Database::open(world.path()).await.unwrap());
        Self { world, database }
    }

    async fn query(&self, arguments: Value) -> ToolResult<Value> {
        call(&query_table(Arc::clone(&self.database)), arguments).await
    }

    async fn sql(&self, select: &str) -> ToolResult<Value> {
        call(&run_sql(Arc::clone(&self.database)), json!({"select": select})).await
    }

    /// Everything an attack could change.
    async fn fingerprint(&self) -> (i64, i64, i64, i64) {
        sqlx::query_as(
            "SELECT (SELECT count(*) FROM sqlite_schema), (SELECT sum(balance_minor) FROM accounts), \
             (SELECT count(*) FROM hotels), (SELECT count(*) FROM events)",
        )
        .fetch_one(self.world.pool())
        .await
        .unwrap()
    }
}

async fn call(tool: &dyn Tool, arguments: Value) -> ToolResult<Value> {
    let Value::Object(arguments) = arguments else { panic!("arguments are an object") };
    let now = date(2026, 11, 23).at(10, 0, 0, 0);
    tool.call(arguments, &CallContext::new(now)).await
}

#[tokio::test]
async fn tables_are_listed_and_described() {
    let desk = Desk::open().await;
    let listed = call(&list_tables(Arc::clone(&desk.database)), json!({})).await.unwrap();
    assert!(listed["tables"].as_array().unwrap().contains(&json!("orders")), "{listed}");
    let described =
        call(&describe_table(Arc::clone(&desk.database)), json!({"table": "Products"})).await.unwrap();
    assert_eq!(described["table"], "products");
    assert_eq!(described["columns"][1], "name TEXT");
    assert_eq!(described["rows"], 24);
    let error =
        call(&describe_table(Arc::clone(&desk.database)), json!({"table": "users"})).await.unwrap_err();
    assert!(
        error.to_string().starts_with("there is no table 'users'; there are about, accounts, "),
        "{error}"
    );
}

#[tokio::test]
async fn rows_are_chosen_ordered_and_cut() {
    let desk = Desk::open().await;
    let found = desk
        .query(json!({
            "table": "products",
            "columns": ["name", "price_minor"],
            "where": [{"column": "category", "op": "=", "value": "Travel"}, {"column": "price_minor", "op": ">", "value": "5000"}],
            "order_by": "price_minor",
            "descending": true,
            "limit": 2
        }))
        .await
        .unwrap();
    let expected = json!([{"name": "Carry-on suitcase", "price_minor": 39900}, {"name": "Travel adapter", "price_minor": 8900}]);
    assert_eq!((&found["rows"], &found["more"]), (&expected, &json!(true)));
    let found = desk
        .query(json!({"table": "cities", "where": [{"column": "name_zh", "op": "contains", "value": "上"}]}))
        .await;
    assert_eq!(found.unwrap()["rows"][0]["name"], "Shanghai");
}

#[tokio::test]
async fn unknown_columns_are_named() {
    let desk = Desk::open().await;
    let error = desk.query(json!({"table": "events", "columns": ["name"]})).await.unwrap_err().to_string();
    assert_eq!(error, "events has no column 'name'; it has id, title, date, starts, ends");
    assert!(desk.query(json!({"table": "events", "order_by": "1; DROP TABLE events"})).await.is_err());
}

#[tokio::test]
async fn a_select_is_run() {
    let desk = Desk::open().await;
    let cases = [
        ("SELECT count(*) AS n FROM products", json!([{"n": 24}])),
        ("select 1 as a, 2.5 as b, 'x' as c, NULL as d;", json!([{"a": 1, "b": 2.5, "c": "x", "d": null}])),
        ("WITH t(x) AS (VALUES (1), (2)) SELECT sum(x) AS s FROM t", json!([{"s": 3}])),
        ("SELECT 'a;b' AS t -- a comment; with a semicolon", json!([{"t": "a;b"}])),
        ("SELECT 'it''s (' AS t /* ) */", json!([{"t": "it's ("}])),
        ("SELECT zeroblob(3) AS z", json!([{"z": "3 bytes"}])),
    ];
    for (select, rows) in cases {
        assert_eq!(desk.sql(select).await.map(|found| found["rows"].clone()), Ok(rows), "{select}");
    }
    let many = desk.sql("SELECT * FROM restaurants").await.unwrap();
    assert!(many["rows"].as_array().unwrap().len() <= 5 && many["more"] == json!(true), "{many}");
    let long = desk.sql("SELECT printf('%.*c', 5000, 'x') AS x").await.unwrap();
    assert!(long.to_string().len() < 200, "{long}");
}

/// Ways out of a `SELECT` that need no file.
const ATTACKS: [&str; 48] = [
    "DROP TABLE accounts",
    "DELETE FROM accounts",
    "UPDATE accounts SET balance_minor = 1",
    "INSERT INTO events VALUES (99, 'x', 'x', 'x', 'x')",
    "SELECT 1; DROP TABLE accounts",
    "SELECT 1;\nDELETE FROM accounts;",
    "SELECT 1); DROP TABLE accounts; --",
    "SELECT 1) UNION SELECT 2 FROM (SELECT 1",
    "SELECT 1 /*",
    "SELECT 1 /* */ ; DROP TABLE accounts",
    "SELECT ';' ; DROP TABLE accounts",
    "SELECT \"x\"; DROP TABLE accounts",
    "SELECT `x`; DROP TABLE accounts",
    "SELECT [x]; DROP TABLE accounts",
    "SELECT 'x\\'; DROP TABLE accounts; --'",
    "SELECT 1 -- \n; DROP TABLE accounts",
    "WITH x AS (SELECT 1) DELETE FROM accounts",
    "WITH x AS (SELECT 1) INSERT INTO events SELECT 99, 'x', 'x', 'x', 'x'",
    "WITH x AS (DELETE FROM accounts RETURNING *) SELECT * FROM x",
    "ATTACH DATABASE '/tmp/other.db' AS other",
    "SELECT * FROM (ATTACH DATABASE 'x' AS y)",
    "PRAGMA query_only = OFF",
    "SELECT 1 WHERE 1 = (PRAGMA query_only = OFF)",
    "VACUUM INTO '/tmp/stolen.db'",
    "SELECT load_extension('/tmp/x.so')",
    "SELECT writefile('/tmp/x', 'x')",
    "SELECT readfile('/etc/passwd')",
    "CREATE TABLE t (x)",
    "CREATE TEMP TABLE t AS SELECT 1",
    "EXPLAIN DELETE FROM accounts",
    "REPLACE INTO accounts VALUES ('main', 'x', 9, 'CNY')",
    "BEGIN EXCLUSIVE",
    "SELECT 1 INTO accounts",
    "selectdelete from accounts",
    "SELECT 'unclosed",
    "",
    "\u{ff1b}DROP TABLE accounts",
    "SELECT 1\0; DROP TABLE accounts",
    "SELECT * FROM pragma_query_only('OFF')",
    "SELECT * FROM pragma_hard_heap_limit(1)",
    "SELECT * FROM pragma_table_info('accounts'), pragma_writable_schema('ON')",
    "SELECT * FROM products WHERE id = $1",
    "SELECT * FROM products WHERE id = ?",
    "SELECT * FROM products WHERE id = ?1",
    "SELECT * FROM products WHERE id = :id",
    "SELECT * FROM products WHERE id = @id",
    "SELECT #1",
    "SELECT $a::b(x)",
];

/// Ways to read the file `secret` and to write the file `pwned`. SQLite takes `$9(')` for one parameter.
fn attacks_on_files(secret: &str, pwned: &str) -> Vec<String> {
    let memory = "ATTACH 'file:zz?mode=memory&cache=shared' AS m";
    let read = format!("ATTACH '{secret}' AS x; SELECT * FROM (SELECT host, value FROM x.cookies");
    let write = format!(
        "PRAGMA query_only=OFF; {memory}; CREATE TABLE m.t AS SELECT 1 AS a; VACUUM m INTO '{pwned}'"
    );
    let heap = "PRAGMA hard_heap_limit=1";
    let mut attacks = Vec::new();
    for sign in ["$9", "@a", ":a", "#9", "$a::b"] {
        for after in
            [&read, &format!("{write}; SELECT * FROM (SELECT 1"), &format!("{heap}; SELECT * FROM (SELECT 1")]
        {
            attacks.push(format!("SELECT {sign}(')\n) LIMIT 0; {after} --')"));
            attacks.push(format!("SELECT {sign}(\"))\n LIMIT 0; {after} --\")"));
            attacks.push(format!("SELECT 1 WHERE {sign}(`)\n) LIMIT 0; {after} --`)"));
        }
    }
    attacks
}

#[tokio::test]
async fn no_attack_succeeds() {
    let desk = Desk::open().await;
    let before = desk.fingerprint().await;
    let folder = tempfile::TempDir::new().unwrap();
    let (secret, pwned) = (folder.path().join("secret.db"), folder.path().join("pwned"));
    values::execute(
        &secret,
        "CREATE TABLE cookies (host, value); INSERT INTO cookies VALUES ('bank', 'k3y')",
    )
    .await;
    let on_files = attacks_on_files(secret.to_str().unwrap(), pwned.to_str().unwrap());
    for attack in ATTACKS.into_iter().chain(on_files.iter().map(String::as_str)) {
        let outcome = desk.sql(attack).await;
        assert!(outcome.is_err(), "{attack}: {outcome:?}");
        assert_eq!(desk.fingerprint().await, before, "{attack}");
        assert!(!pwned.exists(), "{attack}");
    }
    let texts = ["x' OR '1'='1", "x\" OR 1=1 --", "'; DROP TABLE accounts; --", "%", "\\"];
    for text in texts {
        let by_value = json!({"table": "accounts", "where": [{"column": "name", "op": "=", "value": text}]});
        assert_eq!(desk.query(by_value).await.unwrap()["rows"], json!([]), "{text}");
        let by_part =
            json!({"table": "accounts", "where": [{"column": "name", "op": "contains", "value": text}]});
        assert_eq!(desk.query(by_part).await.unwrap()["rows"], json!([]), "{text}");
        for name in ["table", "columns", "order_by"] {
            let mut arguments = json!({"table": "accounts"});
            arguments[name] = if name == "columns" { json!([text]) } else { json!(text) };
            assert!(desk.query(arguments).await.is_err(), "{name} {text}");
        }
        assert_eq!(desk.fingerprint().await, before, "{text}");
    }
}

/// Where our reading of a text and SQLite's differ, SQLite's counts.
#[tokio::test]
async fn sqlite_is_asked_whether_a_text_is_one_statement() {
    let desk = Desk::open().await;
    let pool = match &desk.database.engine {
        Engine::Sqlite { pool, .. } => pool,
        #[cfg(feature = "databases")]
        Engine::Postgres(_) | Engine::MySql(_) => panic!("the world is a file"),
    };
    let folder = tempfile::TempDir::new().unwrap();
    let made = folder.path().join("made.db");
    let attach = format!("ATTACH '{}' AS x", made.display());
    let endings = [
        "SELECT * FROM (SELECT 1",
        "SELECT * FROM (SELECT ?2",
        "SELECT ?2 /*",
        "SELECT 1 --",
        "/*",
        "--",
        "",
    ];
    for before in
        ["PRAGMA query_only=OFF", &attach, &format!("{attach}; PRAGMA query_only=OFF; CREATE TABLE x.t (a)")]
    {
        for end in endings {
            let text = format!("SELECT 1) LIMIT 0; {before}; {end}");
            let outcome = sqlite::select(pool, &text, 5).await;
            assert!(outcome.is_err(), "{text}: {outcome:?}");
            assert!(!made.exists(), "{text}");
        }
    }
    for text in ["SELECT 1) LIMIT 5 --", "SELECT 1) /*"] {
        assert!(sqlite::select(pool, text, 5).await.is_err(), "{text}");
    }
    // What was prepared there may have changed its connection already: no other text gets it.
    for _ in 0..4 {
        let (query_only,): (i64,) = sqlx::query_as("PRAGMA query_only").fetch_one(pool).await.unwrap();
        assert_eq!(query_only, 1);
    }
    let rows = sqlite::select(pool, "SELECT 7 AS a UNION SELECT 8 ORDER BY 1 DESC -- last", 5).await.unwrap();
    assert_eq!(json!(rows), json!([{"a": 8}, {"a": 7}]));
}

#[tokio::test]
async fn endless_queries_end() {
    let desk = Desk::open().await;
    let endless = "WITH RECURSIVE t(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM t) SELECT max(x) FROM t";
    assert_eq!(desk.sql(endless).await.unwrap_err().to_string(), "the query takes too long; ask for less");
    assert!(desk.sql("SELECT 1").await.is_ok());
}

#[tokio::test]
async fn any_file_can_be_asked() {
    let folder = tempfile::TempDir::new().unwrap();
    let path = folder.path().join("own.db");
    let own = SqlitePool::connect_with(SqliteConnectOptions::new().filename(&path).create_if_missing(true))
        .await
        .unwrap();
    sqlx::raw_sql(
        "CREATE TABLE \"odd \"\" name\" (\"a b\" INTEGER); INSERT INTO \"odd \"\" name\" VALUES (7)",
    )
    .execute(&own)
    .await
    .unwrap();
    let database = Arc::new(Database::open(&path).await.unwrap());
    let found =
        call(&query_table(database), json!({"table": "odd \" name", "columns": ["a b"]})).await.unwrap();
    assert_eq!(found["rows"], json!([{"a b": 7}]));
    let error = Database::open(&folder.path().join("none.db")).await.unwrap_err().to_string();
    assert!(error.starts_with("cannot open the database") && error.contains("none.db"), "{error}");
    #[cfg(feature = "databases")]
    for scheme in ["postgres", "mysql"] {
        // Ours, so that nobody else is there, and not listened at.
        let socket = tokio::net::TcpSocket::new_v4().unwrap();
        socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let port = socket.local_addr().unwrap().port();
        let place = Place::parse(&format!("{scheme}://somebody@127.0.0.1:{port}/shop")).unwrap();
        let error = Database::connect(&place).await.unwrap_err().to_string();
        assert!(error.to_lowercase().contains("refused"), "{error}");
    }
    std::fs::write(folder.path().join("text.db"), "not a database, only some text that is long enough")
        .unwrap();
    assert!(Database::open(&folder.path().join("text.db")).await.is_err());
}
