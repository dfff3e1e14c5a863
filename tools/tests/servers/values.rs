//! What values mean: truth values, enumerations, values longer than their column, keys that are bytes.

use serde_json::{Value, json};

use crate::shop::{SERVERS, Server, Shop};

fn of([column, op, value]: [&str; 3]) -> Value {
    json!([{"column": column, "op": op, "value": value}])
}

fn set(pairs: &[(&str, &str)]) -> Value {
    pairs.iter().map(|(column, value)| json!({"column": column, "value": value})).collect()
}

/// The numbers of the rows where a condition holds.
async fn ids(shop: &Shop, table: &str, condition: [&str; 3]) -> Value {
    let arguments = json!({"table": table, "columns": ["id"], "where": of(condition), "order_by": "id"});
    let found = shop.query(arguments).await.unwrap();
    found["rows"].as_array().unwrap().iter().map(|row| row["id"].clone()).collect()
}

#[tokio::test]
async fn truth_values_are_true_or_false() {
    for server in SERVERS {
        let Some(shop) = Shop::open(server).await else { continue };
        shop.execute(
            "CREATE TABLE switches (id integer PRIMARY KEY, active boolean NOT NULL); \
             INSERT INTO switches VALUES (1, true), (2, false), (3, true)",
        )
        .await;
        for value in ["true", "YES", "on", "1"] {
            assert_eq!(
                ids(&shop, "switches", ["active", "=", value]).await,
                json!([1, 3]),
                "{server:?}: {value}"
            );
        }
        assert_eq!(ids(&shop, "switches", ["active", "!=", "true"]).await, json!([2]), "{server:?}");
        let maybe = json!({"table": "switches", "where": of(["active", "=", "maybe"])});
        let error = shop.query(maybe).await.unwrap_err().to_string();
        let words = match server {
            Server::Postgres => "the database says",
            Server::MariaDb => "active is true or false; 'maybe' is neither",
        };
        assert!(error.contains(words), "{server:?}: {error}");
        let insert =
            json!({"table": "switches", "change": "insert", "set": set(&[("id", "4"), ("active", "yes")])});
        let done = shop.change("c1", insert).await.unwrap();
        assert_eq!(done["after"], json!([{"id": 4, "active": true}]), "{server:?}");
        let delete = json!({"table": "switches", "change": "delete", "where": of(["active", "=", "false"])});
        assert_eq!(shop.change("c2", delete).await.unwrap()["rows"], 1, "{server:?}");
        assert_eq!(ids(&shop, "switches", ["id", ">", "0"]).await, json!([1, 3, 4]), "{server:?}");
    }
}

#[tokio::test]
async fn the_names_of_an_enumeration_are_no_numbers() {
    for server in SERVERS {
        let Some(shop) = Shop::open(server).await else { continue };
        let kind = match server {
            Server::Postgres => {
                shop.execute("CREATE TYPE maint_kind AS ENUM ('open', 'printed', 'paid')").await;
                "maint_kind"
            }
            Server::MariaDb => "enum('open', 'printed', 'paid')",
        };
        shop.execute(&format!(
            "CREATE TABLE jobs (id integer PRIMARY KEY, status {kind}); \
             INSERT INTO jobs VALUES (1, 'open'), (2, 'printed'), (3, 'open')"
        ))
        .await;
        assert_eq!(ids(&shop, "jobs", ["status", "=", "open"]).await, json!([1, 3]), "{server:?}");
        let update = json!({"table": "jobs", "change": "update", "set": set(&[("status", "paid")]),
            "where": of(["status", "=", "printed"])});
        let done = shop.change("c1", update).await.unwrap();
        assert_eq!(done["after"], json!([{"id": 2, "status": "paid"}]), "{server:?}");
        let wrong =
            json!({"table": "jobs", "change": "insert", "set": set(&[("id", "4"), ("status", "lost")])});
        let error = shop.change("c2", wrong).await.unwrap_err();
        assert!(error.contains("the database says"), "{server:?}: {error}");
    }
}

#[tokio::test]
async fn a_value_longer_than_its_column_is_never_cut() {
    for server in SERVERS {
        let Some(shop) = Shop::open(server).await else { continue };
        let kind = match server {
            Server::Postgres => {
                shop.execute("CREATE DOMAIN short AS varchar(5); CREATE DOMAIN shorter AS short").await;
                "shorter"
            }
            Server::MariaDb => "char(5)",
        };
        shop.execute(&format!(
            "CREATE TABLE codes (id integer PRIMARY KEY, code varchar(5), alias {kind}, price numeric(6, 2)); \
             INSERT INTO codes VALUES (1, 'ABCDE', 'ABCDE', 10.00)"
        ))
        .await;
        for column in ["code", "alias"] {
            let too_long = [column, "=", "ABCDEFGH"];
            assert_eq!(ids(&shop, "codes", too_long).await, json!([]), "{server:?}: {column}");
            assert_eq!(ids(&shop, "codes", [column, "=", "abcde"]).await, json!([1]), "{server:?}: {column}");
            let delete = json!({"table": "codes", "change": "delete", "where": of(too_long)});
            let error = shop.change(&format!("d-{column}"), delete).await.unwrap_err();
            assert!(error.contains("no row of codes fits"), "{server:?}: {column}: {error}");
            let row = set(&[("id", "2"), (column, "TOOLONGCODE")]);
            let insert = json!({"table": "codes", "change": "insert", "set": row});
            let error = shop.change(&format!("i-{column}"), insert).await.unwrap_err();
            assert!(error.contains("too long for"), "{server:?}: {column}: {error}");
        }
        assert_eq!(ids(&shop, "codes", ["price", ">", "9.999"]).await, json!([1]), "{server:?}");
        assert_eq!(ids(&shop, "codes", ["price", "=", "9.999"]).await, json!([]), "{server:?}");
        let described = shop.table("codes").await.unwrap()["columns"].to_string();
        assert!(described.contains("(5)") && described.contains("(6,2)"), "{server:?}: {described}");
    }
}

#[tokio::test]
async fn a_plan_shows_the_row_itself_where_its_key_is_bytes() {
    for server in SERVERS {
        let Some(shop) = Shop::open(server).await else { continue };
        let (kind, bytes) = match server {
            Server::Postgres => ("bytea", "decode(md5(label), 'hex')"),
            Server::MariaDb => ("binary(16)", "unhex(md5(label))"),
        };
        shop.execute(&format!(
            "CREATE TABLE things (id {kind} PRIMARY KEY, label varchar(9)); \
             INSERT INTO things SELECT {bytes}, label FROM \
             (SELECT 'a' AS label UNION ALL SELECT 'b' UNION ALL SELECT 'c') AS labels"
        ))
        .await;
        let update = json!({"table": "things", "change": "update", "set": set(&[("label", "z")]),
            "where": of(["label", "=", "c"])});
        let plan = shop.plan(update).await.unwrap();
        assert_eq!(plan["before"], json!([{"id": "16 bytes", "label": "c"}]), "{server:?}");
        assert_eq!(plan["after"], json!([{"id": "16 bytes", "label": "z"}]), "{server:?}");
    }
}
