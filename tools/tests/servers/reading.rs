//! What the tools say of a server's tables and values.

use std::sync::Arc;

use handyman_core::ToolErrorKind;
use handyman_tools::database::{Database, Place, query_table, run_sql};
use serde_json::{Value, json};

use crate::shop::{SERVERS, Server, Shop, call};

#[tokio::test]
async fn tables_and_columns_are_those_of_the_server() {
    for server in SERVERS {
        let Some(shop) = Shop::open(server).await else { continue };
        let listed = shop.tables().await;
        let odd = if server == Server::Postgres { "back_office.Odd \" name" } else { "Odd ` name" };
        for name in ["customers", "orders", "open_orders", odd] {
            assert!(
                listed["tables"].as_array().unwrap().contains(&json!(name)),
                "{server:?}: {name}: {listed}"
            );
        }
        assert_eq!(listed["more"], 0, "no table of the server's own is listed: {listed}");
        let described = shop.table("Customers").await.unwrap();
        assert_eq!((&described["table"], &described["rows"]), (&json!("customers"), &json!(3)), "{server:?}");
        let numeric =
            if server == Server::Postgres { "balance numeric(24,4)" } else { "balance decimal(24,4)" };
        assert!(described["columns"].as_array().unwrap().contains(&json!(numeric)), "{described}");
        let error = shop.table("customer").await.unwrap_err().to_string();
        assert!(
            error.starts_with("there is no table 'customer'; there are ") && error.contains("orders"),
            "{error}"
        );
        let found = shop.query(json!({"table": odd, "columns": ["a b", "select"]})).await.unwrap();
        assert_eq!(found["rows"], json!([{"a b": 7, "select": "seven"}]), "{server:?}");
    }
}

#[tokio::test]
async fn values_of_every_kind_can_be_read() {
    for server in SERVERS {
        let Some(shop) = Shop::open(server).await else { continue };
        let ann = json!([{"column": "id", "op": "=", "value": "1"}]);
        let found = shop.query(json!({"table": "customers", "where": ann})).await.unwrap();
        let by_text = shop.sql("SELECT * FROM customers WHERE id = 1").await.unwrap();
        for rows in [&found["rows"], &by_text["rows"]] {
            let row = &rows[0];
            assert_eq!(
                (&row["id"], &row["name"], &row["born"]),
                (&json!(1), &json!("Ann O'Neil"), &json!("1990-05-17"))
            );
            assert_eq!(row["active"], json!(true), "{server:?}: {row}");
            assert_eq!(row["balance"], json!("12345678901234567890.1234"), "no digit is lost: {row}");
            assert_eq!((&row["feels"], &row["photo"]), (&json!("calm"), &json!("3 bytes")), "{row}");
            assert_eq!(row["notes"].as_str().unwrap().replace(' ', ""), r#"{"x":1}"#, "{row}");
        }
        let nulls = shop.sql("SELECT born, photo FROM customers WHERE id = 2").await.unwrap();
        assert_eq!(nulls["rows"], json!([{"born": null, "photo": null}]), "{server:?}");
        let order = shop.sql("SELECT total, placed, id FROM orders ORDER BY total DESC").await.unwrap();
        assert_eq!(order["rows"][0]["total"], json!(19.99), "{server:?}: {order}");
        assert!(order["rows"][0]["placed"].as_str().unwrap().starts_with("2026-11-20 "), "{order}");
        assert_eq!(order["rows"][2]["id"], json!(2), "the order is kept: {order}");
    }
}

#[tokio::test]
async fn queries_filter_sort_and_limit() {
    for server in SERVERS {
        let Some(shop) = Shop::open(server).await else { continue };
        let query = async |arguments: Value| shop.query(arguments).await;
        let open = json!({"table": "orders", "columns": ["id"], "order_by": "total", "descending": true,
            "where": [{"column": "status", "op": "=", "value": "OPEN"}, {"column": "total", "op": ">", "value": "7"}]});
        assert_eq!(query(open).await.unwrap()["rows"], json!([{"id": 1}, {"id": 3}]), "{server:?}");
        let named = |value: &str| {
            json!({"table": "customers", "columns": ["name"],
            "where": [{"column": "name", "op": "contains", "value": value}]})
        };
        assert_eq!(query(named("o'n")).await.unwrap()["rows"], json!([{"name": "Ann O'Neil"}]), "{server:?}");
        assert_eq!(query(named("小")).await.unwrap()["rows"], json!([{"name": "王小明"}]), "{server:?}");
        let day = json!({"table": "customers", "columns": ["name"],
            "where": [{"column": "born", "op": ">=", "value": "2000-01-01"}]});
        assert_eq!(query(day).await.unwrap()["rows"], json!([{"name": "x"}]), "{server:?}");
        let limited = query(json!({"table": "orders", "limit": 2})).await.unwrap();
        assert_eq!(
            (limited["rows"].as_array().unwrap().len(), &limited["more"]),
            (2, &json!(true)),
            "{server:?}"
        );
        let id = json!({"table": "orders", "where": [{"column": "id", "op": "=", "value": "abc"}]});
        let error = query(id).await.unwrap_err().to_string();
        assert!(error.ends_with("'abc' is not a number"), "{server:?}: {error}");
        let error = query(json!({"table": "orders", "columns": ["price"]})).await.unwrap_err().to_string();
        assert!(error.contains("orders has no column 'price'; it has id, customer_id"), "{error}");
    }
}

#[tokio::test]
async fn results_are_bounded_by_the_server() {
    for server in SERVERS {
        let Some(shop) = Shop::open(server).await else { continue };
        let many =
            "SELECT a.id AS a, b.id AS b, c.id AS c, d.id AS d FROM orders a, orders b, orders c, orders d";
        let found = shop.sql(many).await.unwrap();
        assert_eq!(
            (found["rows"].as_array().unwrap().len(), &found["more"]),
            (5, &json!(true)),
            "{server:?}"
        );
        let long = shop.sql("SELECT repeat('long ', 100000) AS text").await.unwrap();
        assert_eq!(
            long["rows"][0]["text"].as_str().unwrap().chars().count(),
            81,
            "80 and a sign that there is more"
        );
        let error = shop.sql("SELECT id, id FROM orders").await.unwrap_err().to_string();
        assert!(error.contains("AS"), "{server:?}: {error}");
        let endless = match server {
            Server::Postgres => "SELECT pg_sleep(3600)::text AS slept",
            Server::MariaDb => {
                "SELECT count(*) AS n FROM information_schema.columns a, information_schema.columns b, \
                 information_schema.columns c"
            }
        };
        assert_eq!(
            shop.sql(endless).await.unwrap_err().to_string(),
            "the query takes too long; ask for less",
            "{server:?}"
        );
        assert!(shop.sql("SELECT 1 AS one").await.is_ok(), "{server:?}");
    }
}

#[tokio::test]
async fn an_overview_names_keys_references_and_examples() {
    for server in SERVERS {
        let Some(shop) = Shop::open(server).await else { continue };
        let all = shop.overview(json!({})).await;
        assert_eq!(all["others"], json!([]), "{server:?}: {all}");
        let orders = shop.overview(json!({"about": "which order is open"})).await;
        let line = orders["tables"][0].as_str().unwrap();
        assert!(line.contains("orders(id") && line.contains("open"), "{server:?}: {line}");
        let of_orders = all["tables"].as_array().unwrap().iter().filter_map(Value::as_str);
        let line = of_orders.into_iter().find(|line| line.starts_with("orders(")).unwrap();
        assert!(line.starts_with("orders(id*, customer_id -> customers.id, status: "), "{server:?}: {line}");
        assert_eq!(shop.overview(json!({})).await, all, "asking twice says the same");
        shop.execute("ALTER TABLE orders ADD COLUMN weight integer").await;
        let changed = shop.overview(json!({"about": "orders"})).await.to_string();
        assert!(changed.contains("weight"), "the description is never old: {changed}");
    }
}

#[tokio::test]
async fn a_table_that_cannot_be_read_does_not_take_the_others_along() {
    let Some(shop) = Shop::open(Server::Postgres).await else { return };
    shop.execute(
        "CREATE TABLE broken (id integer, word text); INSERT INTO broken VALUES (1, 'x'); \
         ALTER TABLE broken ENABLE ROW LEVEL SECURITY; ALTER TABLE broken FORCE ROW LEVEL SECURITY; \
         CREATE POLICY nobody ON broken USING (1 / (id - id) = 1)",
    )
    .await;
    let all = shop.overview(json!({"about": "broken word customers"})).await;
    assert_eq!(
        (&all["tables"][0], &all["not_read"]),
        (&json!("broken(id integer, word text)"), &json!(["broken"]))
    );
    let customers = all["tables"][1].as_str().unwrap();
    assert!(customers.starts_with("customers(") && customers.contains("feels: calm | angry"), "{customers}");
    let described = shop.table("broken").await.unwrap();
    assert_eq!(described["rows"], json!("not counted: the database says: division by zero"));
}

#[tokio::test]
async fn an_administrator_may_query_but_not_write_selects() {
    for server in SERVERS {
        let Some(shop) = Shop::open(server).await else { continue };
        let admin = shop.as_admin().await;
        let error =
            call(&run_sql(Arc::clone(&admin)), json!({"select": "SELECT 1 AS one"})).await.unwrap_err();
        assert_eq!(error.kind(), &ToolErrorKind::Refused, "{server:?}");
        assert!(error.to_string().contains("files"), "{error}");
        assert!(call(&query_table(admin), json!({"table": "orders"})).await.is_ok(), "{server:?}");
    }
}

#[tokio::test]
async fn a_server_that_is_not_there_is_named_without_the_password() {
    for url in ["postgres://ann:s3cret@127.0.0.1:9/shop?options=x", "mysql://ann:s3cret@127.0.0.1:9/shop"] {
        let error = Database::connect(&Place::parse(url).unwrap()).await.unwrap_err().to_string();
        assert!(error.contains("127.0.0.1:9/shop") && !error.contains("s3cret"), "{error}");
    }
    assert!(Place::parse("oracle://x").unwrap_err().contains("postgres://"));
    for server in SERVERS {
        let Some(shop) = Shop::open(server).await else { continue };
        let wrong = shop.url().replace("secret", "wr0ng");
        if server == Server::MariaDb {
            let error = Database::connect(&Place::parse(&wrong).unwrap()).await.unwrap_err().to_string();
            assert!(error.contains("denied") && !error.contains("wr0ng"), "{error}");
        }
        let nowhere = shop.url().replace("/shop", "/none");
        assert!(Database::connect(&Place::parse(&nowhere).unwrap()).await.is_err(), "{server:?}");
    }
}
