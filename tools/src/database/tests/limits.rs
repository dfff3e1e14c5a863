//! What takes too long is ended, and nothing else waits for it.

use std::time::Duration;

use serde_json::json;

use super::values::Own;
use super::{Desk, call};
use crate::database::{Database, Place, describe_database, describe_table, list_tables, query_table};

const TOO_LONG: &str = "the query takes too long; ask for less";

#[tokio::test]
async fn a_slow_view_stops_nothing() {
    let own = Own::open(
        "CREATE TABLE numbers (number INTEGER); WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000) \
         INSERT INTO numbers SELECT i FROM n; \
         CREATE VIEW slow AS SELECT a.number FROM numbers a, numbers b, numbers c, numbers d \
         WHERE a.number + b.number + c.number + d.number < 0",
    )
    .await;
    let database = || own.database.clone();
    let all = call(&describe_database(database()), json!({})).await.unwrap();
    let tables = json!(["numbers(number: 1 | 2)", "slow(number integer)"]);
    assert_eq!((&all["tables"], all.get("not_read")), (&tables, None), "a view is not looked into");
    let slow = json!({"table": "slow"});
    let described = call(&describe_table(database()), slow.clone()).await.unwrap();
    assert_eq!(described["rows"], json!(format!("not counted: {TOO_LONG}")));
    let error = call(&query_table(database()), slow).await.unwrap_err().to_string();
    assert_eq!(error, TOO_LONG);
    let listed = call(&list_tables(database()), json!({})).await.unwrap();
    assert_eq!(listed["tables"], json!(["numbers", "slow"]));
}

#[tokio::test]
async fn rows_are_counted_up_to_a_limit() {
    let own = Own::open(
        "CREATE TABLE many (i INTEGER); WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000) \
         INSERT INTO many SELECT i FROM n",
    )
    .await;
    let rows = async || {
        let described = call(&describe_table(own.database.clone()), json!({"table": "many"})).await;
        described.unwrap()["rows"].clone()
    };
    assert_eq!(rows().await, json!(100_000));
    own.execute("INSERT INTO many VALUES (0)").await;
    assert_eq!(rows().await, json!("more than 100000"));
}

#[tokio::test]
async fn a_function_that_does_not_come_back_is_given_up() {
    let desk = Desk::open().await;
    // One step of SQLite's, in which it compares a million bytes 350,000 times.
    let endless = "SELECT instr(zeroblob(1350000), CAST(zeroblob(1000000) || 'x' AS BLOB)) AS found";
    let answer = tokio::time::timeout(Duration::from_secs(10), desk.sql(endless)).await.unwrap();
    assert_eq!(answer.unwrap_err().to_string(), TOO_LONG);
    assert_eq!(desk.sql("SELECT 1 AS one").await.unwrap()["rows"], json!([{"one": 1}]));
}

#[tokio::test]
async fn words_that_fit_no_table_hide_none() {
    let own = Own::open("CREATE TABLE orders (id INTEGER PRIMARY KEY, total INTEGER)").await;
    let overview = async |about: &str| {
        call(&describe_database(own.database.clone()), json!({"about": about})).await.unwrap()
    };
    for about in ["orders", "上个月卖了多少", "turnover"] {
        assert_eq!(overview(about).await["tables"], json!(["orders(id*, total integer)"]), "{about}");
    }
}

#[test]
fn addresses_of_files_are_read_as_other_programs_write_them() {
    let addresses =
        ["shop.db", "sqlite:shop.db", "file:shop.db", "file:shop.db?mode=ro", "sqlite://shop.db?mode=rwc"];
    for address in addresses {
        assert_eq!(Place::parse(address), Ok(Place::File("shop.db".into())), "{address}");
    }
    assert_eq!(Place::parse("what?.db"), Ok(Place::File("what?.db".into())), "a path is no address");
}

#[tokio::test]
async fn an_empty_path_is_no_database() {
    for empty in ["", "sqlite:", "sqlite://", "file://"] {
        let error = Place::parse(empty).unwrap_err();
        assert!(error.starts_with("the path of the database is empty; write "), "{empty}: {error}");
    }
    let error = Database::connect(&Place::File(std::path::PathBuf::new())).await.unwrap_err().to_string();
    assert!(error.starts_with("the path of the database is empty; write "), "{error}");
}
