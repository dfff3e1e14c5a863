//! Changing rows: shown first, made once, refused where it cannot be undone.

use std::sync::Arc;

use handyman_core::{Probe, Tool, ToolErrorKind};
use handyman_tools::database::change_rows;
use serde_json::{Value, json};

use crate::shop::{SERVERS, Server, Shop, context, object};

fn set(pairs: &[(&str, &str)]) -> Value {
    pairs.iter().map(|(column, value)| json!({"column": column, "value": value})).collect()
}

fn id(value: &str) -> Value {
    json!([{"column": "id", "op": "=", "value": value}])
}

#[tokio::test]
async fn a_plan_shows_the_rows_and_changes_nothing() {
    for server in SERVERS {
        let Some(shop) = Shop::open(server).await else { continue };
        let update = json!({"table": "orders", "change": "update", "set": set(&[("status", "sent"), ("total", "8.50")]), "where": id("3")});
        let mut plan = shop.plan(update.clone()).await.unwrap();
        assert_eq!(
            (&plan["rows"], &plan["before"][0]["status"], &plan["before"][0]["total"]),
            (&json!(1), &json!("open"), &json!(7.25))
        );
        assert_eq!(
            (&plan["after"][0]["status"], &plan["after"][0]["total"]),
            (&json!("sent"), &json!(8.5)),
            "{server:?}: {plan}"
        );
        assert_eq!(plan["after"][0]["id"], json!(3));
        let delete =
            shop.plan(json!({"table": "orders", "change": "delete", "where": id("1")})).await.unwrap();
        assert_eq!(
            (&delete["rows"], &delete["before"][0]["id"]),
            (&json!(1), &json!(1)),
            "{server:?}: {delete}"
        );
        let open = shop.text("SELECT CAST(count(*) AS CHAR(9)) FROM orders WHERE status = 'open'").await;
        assert_eq!(open.trim(), "2", "{server:?}: nothing was changed");
        let whole = plan.as_object_mut().unwrap().remove("all_rows");
        assert!(whole.is_some_and(|hash| hash.as_str().unwrap().starts_with("sha256:")), "{server:?}");
        assert_eq!(
            shop.change("c1", update).await.unwrap(),
            plan,
            "{server:?}: what was shown is what is done"
        );
    }
}

#[tokio::test]
async fn a_change_is_made_once_under_its_key() {
    for server in SERVERS {
        let Some(shop) = Shop::open(server).await else { continue };
        let insert = json!({"table": "orders", "change": "insert",
            "set": set(&[("customer_id", "2"), ("status", "new"), ("placed", "2026-11-23 12:00:00"), ("total", "3")])});
        let tool = change_rows(Arc::clone(&shop.database));
        assert_eq!(tool.probe(&context("c1").key).await.unwrap(), Probe::NotDone, "{server:?}");
        let first = shop.change("c1", insert.clone()).await.unwrap();
        assert_eq!(
            first["after"][0]["id"],
            json!(4),
            "the number the database gave is in the result: {first}"
        );
        assert_eq!(tool.probe(&context("c1").key).await.unwrap(), Probe::Done(first.clone()), "{server:?}");
        assert_eq!(
            shop.change("c1", insert.clone()).await.unwrap(),
            first,
            "again under the same key: {server:?}"
        );
        let count = "SELECT CAST(count(*) AS CHAR(9)) FROM orders WHERE status = 'new'";
        assert_eq!(shop.text(count).await.trim(), "1", "{server:?}");
        let same = (0..8).map(|_| shop.change("c2", insert.clone()));
        for result in futures_util::future::join_all(same).await {
            assert!(result.is_ok(), "{server:?}: {result:?}");
        }
        assert_eq!(shop.text(count).await.trim(), "2", "eight at the same time under one key: {server:?}");
        assert!(!shop.tables().await.to_string().contains("handyman"), "the record is not listed");
    }
}

#[tokio::test]
async fn what_is_not_as_it_was_allowed_is_not_done() {
    for server in SERVERS {
        let Some(shop) = Shop::open(server).await else { continue };
        let tool = change_rows(Arc::clone(&shop.database));
        let allowed = |plan: &Value, call| context(call).allowing(plan.clone());
        let insert = json!({"table": "orders", "change": "insert",
            "set": set(&[("customer_id", "2"), ("status", "new"), ("placed", "2026-11-23 12:00:00"), ("total", "3")])});
        let plan = shop.plan(insert.clone()).await.unwrap();
        assert_eq!(shop.plan(insert.clone()).await.unwrap(), plan, "{server:?}: a trial leaves no trace");
        tool.call(object(insert), &allowed(&plan, "c1")).await.unwrap();
        let update = json!({"table": "orders", "change": "update", "set": set(&[("status", "sent")]), "where": id("3")});
        let plan = shop.plan(update.clone()).await.unwrap();
        shop.execute("UPDATE orders SET total = 9.25 WHERE id = 3").await;
        let error = tool.call(object(update.clone()), &allowed(&plan, "c2")).await.unwrap_err();
        let ToolErrorKind::Changed { plan: now } = error.kind() else { panic!("{server:?}: {error}") };
        assert_eq!(now["before"][0]["total"], json!(9.25), "{server:?}");
        assert_eq!(shop.text("SELECT status FROM orders WHERE id = 3").await, "open", "{server:?}");
        assert_eq!(tool.probe(&context("c2").key).await.unwrap(), Probe::NotDone, "{server:?}");
        tool.call(object(update), &allowed(now, "c2")).await.unwrap();
        assert_eq!(shop.text("SELECT status FROM orders WHERE id = 3").await, "sent", "{server:?}");
    }
}

#[tokio::test]
async fn rows_that_are_not_shown_are_allowed_with_the_others() {
    for server in SERVERS {
        let Some(shop) = Shop::open(server).await else { continue };
        let rows: Vec<String> = (0..20).map(|n| format!("({n} + 100, 1, 'bulk', '2026-11-23', 1)")).collect();
        shop.execute(&format!("INSERT INTO orders VALUES {}", rows.join(", "))).await;
        let tool = change_rows(Arc::clone(&shop.database));
        let allowed = |plan: &Value, call| context(call).allowing(plan.clone());
        let bulk = json!([{"column": "status", "op": "=", "value": "bulk"}]);
        let update =
            json!({"table": "orders", "change": "update", "set": set(&[("status", "sent")]), "where": bulk});
        let delete = json!({"table": "orders", "change": "delete", "where": bulk});
        for (call, change) in [("c1", update), ("c2", delete)] {
            let plan = shop.plan(change.clone()).await.unwrap();
            assert_eq!(plan["rows"], json!(20), "{server:?}: {plan}");
            let shown = plan["before"].as_array().unwrap();
            let hidden = (100..120).find(|id| shown.iter().all(|row| row["id"] != json!(id))).unwrap();
            shop.execute(&format!("UPDATE orders SET total = total + 1 WHERE id = {hidden}")).await;
            let error = tool.call(object(change.clone()), &allowed(&plan, call)).await.unwrap_err();
            let ToolErrorKind::Changed { plan: now } = error.kind() else { panic!("{server:?}: {error}") };
            assert_eq!(now["before"], plan["before"], "{server:?}: what is shown is as it was");
            assert_eq!(tool.probe(&context(call).key).await.unwrap(), Probe::NotDone, "{server:?}");
            if call == "c2" {
                tool.call(object(change), &allowed(now, call)).await.unwrap();
                assert_eq!(
                    shop.text("SELECT CAST(count(*) AS CHAR(9)) FROM orders WHERE id >= 100").await.trim(),
                    "0"
                );
            }
        }
    }
}

#[tokio::test]
async fn what_cannot_be_done_is_said_and_nothing_is_done() {
    for server in SERVERS {
        let Some(shop) = Shop::open(server).await else { continue };
        let before = shop.text("SELECT CAST(count(*) AS CHAR(9)) FROM orders").await;
        let rows: Vec<String> = (0..60).map(|n| format!("({n} + 100, 1, 'bulk', '2026-11-23', 1)")).collect();
        shop.execute(&format!("INSERT INTO orders VALUES {}", rows.join(", "))).await;
        let cases = [
            (json!({"table": "orders", "change": "delete"}), "delete needs conditions"),
            (
                json!({"table": "orders", "change": "update", "set": set(&[("total", "1")])}),
                "update needs conditions",
            ),
            (json!({"table": "orders", "change": "update", "where": id("1")}), "update needs values"),
            (
                json!({"table": "orders", "change": "insert", "set": set(&[("price", "1")])}),
                "orders has no column 'price'",
            ),
            (
                json!({"table": "orders", "change": "update", "set": set(&[("total", "much")]), "where": id("1")}),
                "not a number",
            ),
            (
                json!({"table": "orders", "change": "update", "set": set(&[("placed", "some day")]), "where": id("1")}),
                "the database says",
            ),
            (json!({"table": "orders", "change": "delete", "where": id("77")}), "no row of orders fits"),
            (
                json!({"table": "orders", "change": "delete", "where": [{"column": "status", "op": "=", "value": "bulk"}]}),
                "more than 50 rows",
            ),
            (json!({"table": "customers", "change": "delete", "where": id("1")}), "the database says"),
            (
                json!({"table": "nothing", "change": "delete", "where": id("1")}),
                "there is no table 'nothing'",
            ),
            (json!({"table": "orders", "change": "drop", "where": id("1")}), "drop"),
            (
                json!({"table": "orders", "change": "insert", "set": set(&[("status", "x"), ("customer_id", "1")])}),
                "the database says",
            ),
        ];
        for (index, (arguments, words)) in cases.into_iter().enumerate() {
            let error = shop.change(&format!("c{index}"), arguments.clone()).await.unwrap_err();
            assert!(error.contains(words), "{server:?}: {arguments}: {error}");
        }
        shop.execute("DELETE FROM orders WHERE status = 'bulk'").await;
        assert_eq!(shop.text("SELECT CAST(count(*) AS CHAR(9)) FROM orders").await, before, "{server:?}");
    }
}

#[tokio::test]
async fn values_to_write_are_values() {
    let texts = [
        "x'; DROP TABLE customers; --",
        "\\",
        "\\'",
        "' || (SELECT sneak()) || '",
        "$1",
        "?",
        "NULL",
        "王",
        "a\nb",
        "",
    ];
    for server in SERVERS {
        let Some(shop) = Shop::open(server).await else { continue };
        for (index, text) in texts.iter().enumerate() {
            let update = json!({"table": "customers", "change": "update", "set": set(&[("name", text)]), "where": id("2")});
            let done = shop.change(&format!("c{index}"), update).await.unwrap();
            assert_eq!(done["after"][0]["name"], json!(text), "{server:?}");
            assert_eq!(&shop.text("SELECT name FROM customers WHERE id = 2").await, text, "{server:?}");
        }
        let null =
            json!({"table": "customers", "change": "update", "set": [{"column": "born"}], "where": id("1")});
        assert_eq!(shop.change("cn", null).await.unwrap()["after"][0]["born"], Value::Null, "{server:?}");
        let open = "SELECT CAST(count(*) AS CHAR(9)) FROM orders";
        assert_eq!(shop.text(open).await.trim(), "3", "{server:?}");
    }
}

#[tokio::test]
async fn a_table_without_transactions_is_not_changed() {
    let Some(shop) = Shop::open(Server::MariaDb).await else { return };
    let error = shop
        .change("c1", json!({"table": "careless", "change": "delete", "where": id("1")}))
        .await
        .unwrap_err();
    assert!(error.contains("no transactions"), "{error}");
    assert_eq!(shop.text("SELECT word FROM careless").await, "one");
}

#[tokio::test]
async fn an_account_that_may_not_keep_a_record_is_told_what_to_run() {
    for server in SERVERS {
        let Some(shop) = Shop::open(server).await else { continue };
        let database = shop.as_clerk().await;
        let tool = change_rows(database);
        let arguments = object(json!({"table": "orders", "change": "delete", "where": id("1")}));
        let error = tool.call(arguments, &context("c1")).await.unwrap_err().to_string();
        assert!(error.contains("let the database's owner run: CREATE TABLE"), "{server:?}: {error}");
        assert_eq!(shop.text("SELECT CAST(count(*) AS CHAR(9)) FROM orders").await.trim(), "3", "{server:?}");
    }
}
