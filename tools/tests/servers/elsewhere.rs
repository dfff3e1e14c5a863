//! What a change does beside what is shown of it: rows of other tables, and what is in a row beyond its first characters.

use std::sync::Arc;

use handyman_core::{Tool, ToolErrorKind, ToolResult};
use handyman_tools::database::change_rows;
use serde_json::{Value, json};

use crate::shop::{SERVERS, Server, Shop, context, object};

/// A parent whose children follow it, and one that notes what becomes of it.
async fn follow(shop: &Shop) {
    let (key, noted) = match shop.server {
        Server::Postgres => (
            "serial",
            "CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql \
             AS $$ BEGIN INSERT INTO noted VALUES (old.id); RETURN NULL; END $$; \
             CREATE CONSTRAINT TRIGGER noting AFTER UPDATE OF name ON parents DEFERRABLE INITIALLY DEFERRED \
             FOR EACH ROW EXECUTE FUNCTION note()",
        ),
        Server::MariaDb => (
            "integer AUTO_INCREMENT",
            "CREATE TRIGGER noting AFTER INSERT ON noted FOR EACH ROW DELETE FROM children WHERE id = new.parent",
        ),
    };
    shop.execute(&format!(
        "CREATE TABLE parents (id integer PRIMARY KEY, name varchar(20)); \
         CREATE TABLE children (id {key} PRIMARY KEY, parent integer, \
         CONSTRAINT followed FOREIGN KEY (parent) REFERENCES parents (id) ON DELETE CASCADE ON UPDATE SET NULL); \
         CREATE TABLE noted (parent integer); {noted}; \
         INSERT INTO parents VALUES (1, 'Ann'), (2, 'Bob'); \
         INSERT INTO children (parent) VALUES (1), (1), (1)"
    ))
    .await;
}

fn delete(table: &str, id: &str) -> Value {
    json!({"table": table, "change": "delete", "where": [{"column": "id", "op": "=", "value": id}]})
}

fn update(id: &str, column: &str, value: &str) -> Value {
    json!({"table": "parents", "change": "update", "set": [{"column": column, "value": value}],
        "where": [{"column": "id", "op": "=", "value": id}]})
}

/// What comes of a change that a person has allowed as it was planned.
async fn allowed(shop: &Shop, call: &str, change: &Value, plan: &Value) -> ToolResult<Value> {
    let context = context(call).allowing(plan.clone());
    change_rows(Arc::clone(&shop.database)).call(object(change.clone()), &context).await
}

#[tokio::test]
async fn postgres_counts_the_rows_that_come_along() {
    let Some(shop) = Shop::open(Server::Postgres).await else { return };
    follow(&shop).await;
    let insert = json!({"table": "parents", "change": "insert", "set": [{"column": "id", "value": "5"}]});
    let cases = [
        (delete("parents", "1"), json!(3)),
        (delete("parents", "2"), Value::Null),
        (update("1", "id", "9"), json!(3)),
        (update("2", "name", "Rob"), json!(1)),
        (insert, Value::Null),
    ];
    for (change, elsewhere) in cases {
        let plan = shop.plan(change.clone()).await.unwrap();
        assert_eq!((&plan["rows"], &plan["elsewhere"]), (&json!(1), &elsewhere), "{change}: {plan}");
    }
    let change = delete("parents", "1");
    let plan = shop.plan(change.clone()).await.unwrap();
    shop.execute("INSERT INTO children (parent) VALUES (1)").await;
    let error = allowed(&shop, "c1", &change, &plan).await.unwrap_err();
    let ToolErrorKind::Changed { plan: now } = error.kind() else { panic!("{error}") };
    assert_eq!((&now["before"], &now["elsewhere"]), (&plan["before"], &json!(4)));
    shop.execute("INSERT INTO children (parent) SELECT 1 FROM generate_series(1, 996)").await;
    let error = shop.change("c1", change).await.unwrap_err();
    assert!(error.contains("would change 1000 other rows along with these of parents"), "{error}");
    assert_eq!(shop.text("SELECT count(*)::text FROM children").await, "1000");
}

#[tokio::test]
async fn mariadb_refuses_what_it_does_not_count() {
    let Some(shop) = Shop::open(Server::MariaDb).await else { return };
    follow(&shop).await;
    let noted = json!({"table": "noted", "change": "insert", "set": [{"column": "parent", "value": "1"}]});
    let cases = [
        (delete("parents", "1"), "the foreign key followed of children may change other rows"),
        (update("1", "ID", "9"), "the foreign key followed of children may change other rows"),
        (noted, "the trigger noting may change other rows"),
    ];
    for (change, words) in cases {
        let error = shop.plan(change.clone()).await.unwrap_err().to_string();
        assert!(error.contains(words), "{change}: {error}");
        let error = shop.change("c1", change).await.unwrap_err();
        assert!(error.contains(words), "{error}");
    }
    assert_eq!(shop.text("SELECT CAST(count(parent) AS CHAR) FROM children").await, "3");
    for (call, change) in [("c2", update("1", "name", "Ada")), ("c3", delete("children", "1"))] {
        assert_eq!(
            shop.change(call, change).await.unwrap()["rows"],
            json!(1),
            "what brings nothing along is done"
        );
    }
}

#[tokio::test]
async fn mariadb_says_so_where_an_account_may_not_see_triggers() {
    let Some(shop) = Shop::open(Server::MariaDb).await else { return };
    shop.execute("CREATE TRIGGER noting AFTER DELETE ON orders FOR EACH ROW DELETE FROM `Odd `` name`").await;
    let change = delete("orders", "1");
    let error = shop.plan(change.clone()).await.unwrap_err().to_string();
    assert!(error.contains("the trigger noting may change other rows"), "{error}");
    // Some versions show triggers to whoever may delete, others only to those with a right of their own.
    let clerk = change_rows(shop.as_clerk().await);
    match clerk.plan(object(change.clone()), &context("c1")).await {
        Ok(plan) => assert_eq!(plan.unwrap()["elsewhere"], json!("unknown")),
        Err(error) => assert!(error.to_string().contains("the trigger noting"), "{error}"),
    }
    shop.execute("DROP TRIGGER noting").await;
    let plan = clerk.plan(object(change.clone()), &context("c1")).await.unwrap().unwrap();
    assert_eq!((&plan["rows"], &plan["elsewhere"]), (&json!(1), &json!("unknown")), "{plan}");
    let plan = shop.plan(change.clone()).await.unwrap();
    assert_eq!(plan.get("elsewhere"), None, "whoever sees triggers knows that there are none: {plan}");
    let admin = change_rows(shop.as_admin().await);
    let plan = admin.plan(object(change), &context("c1")).await.unwrap().unwrap();
    assert_eq!(plan.get("elsewhere"), None, "{plan}");
}

#[tokio::test]
async fn a_row_is_compared_as_a_whole() {
    for server in SERVERS {
        let Some(shop) = Shop::open(server).await else { continue };
        let (bytes, first, second) = match server {
            Server::Postgres => ("bytea", "'\\x0001'", "'\\x0002'"),
            Server::MariaDb => ("blob", "x'0001'", "x'0002'"),
        };
        shop.execute(&format!(
            "CREATE TABLE notes (id integer PRIMARY KEY, note text, photo {bytes}); \
             INSERT INTO notes VALUES (1, repeat('n', 100), {first})"
        ))
        .await;
        let change = delete("notes", "1");
        let edits = [
            "UPDATE notes SET note = concat(note, ' DO NOT DELETE')".to_owned(),
            format!("UPDATE notes SET photo = {second}"),
        ];
        for edit in edits {
            let plan = shop.plan(change.clone()).await.unwrap();
            shop.execute(&edit).await;
            let error = allowed(&shop, "c1", &change, &plan).await.unwrap_err();
            let ToolErrorKind::Changed { plan: now } = error.kind() else { panic!("{server:?}: {error}") };
            assert_eq!(now["before"], plan["before"], "{server:?}: {edit}: what is shown is as it was");
        }
        let plan = shop.plan(change.clone()).await.unwrap();
        assert_eq!(allowed(&shop, "c1", &change, &plan).await.unwrap()["rows"], json!(1), "{server:?}");
    }
}
