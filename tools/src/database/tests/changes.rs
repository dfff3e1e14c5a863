//! What a change does beside what is shown of it: rows of other tables, and what is in a row beyond its first characters.

use handyman_core::{Tool, ToolErrorKind};
use serde_json::{Value, json};

use super::call;
use super::values::{Own, context, object, of, set};
use crate::database::{change_rows, query_table};

const SHOP: &str = "CREATE TABLE customers (id INTEGER PRIMARY KEY, name TEXT); \
    CREATE TABLE orders (id INTEGER PRIMARY KEY, customer_id INTEGER \
    REFERENCES customers (id) ON DELETE CASCADE ON UPDATE CASCADE); \
    CREATE TABLE renamed (customer_id INTEGER); \
    CREATE TRIGGER noted AFTER UPDATE OF name ON customers BEGIN INSERT INTO renamed VALUES (old.id); END; \
    INSERT INTO customers VALUES (1, 'Ann'), (2, 'Bob'); INSERT INTO orders (customer_id) VALUES (1), (1), (1)";

impl Own {
    /// What comes of a change that a person has allowed as it was planned.
    async fn allowed(&self, key: &str, change: &Value, plan: &Value) -> Result<Value, ToolErrorKind> {
        let context = context(key).allowing(plan.clone());
        let tool = change_rows(self.database.clone());
        tool.call(object(change.clone()), &context).await.map_err(|error| error.kind().clone())
    }

    /// The numbers of a table's first rows.
    async fn ids(&self, table: &str) -> Value {
        let arguments = json!({"table": table, "columns": ["id"], "order_by": "id"});
        let found = call(&query_table(self.database.clone()), arguments).await.unwrap();
        found["rows"].as_array().unwrap().iter().map(|row| row["id"].clone()).collect()
    }
}

fn delete(table: &str, id: &str) -> Value {
    json!({"table": table, "change": "delete", "where": [of(["id", "=", id])]})
}

fn update(table: &str, id: &str, column: &str, value: &str) -> Value {
    json!({"table": table, "change": "update", "set": set(&[(column, value)]), "where": [of(["id", "=", id])]})
}

#[tokio::test]
async fn rows_that_come_along_are_counted_and_allowed_with_the_others() {
    let own = Own::open(SHOP).await;
    let cases = [
        (delete("customers", "1"), json!(3)),
        (delete("customers", "2"), Value::Null),
        (update("customers", "1", "id", "9"), json!(3)),
        (update("customers", "2", "name", "Rob"), json!(1)),
        (json!({"table": "customers", "change": "insert", "set": set(&[("name", "Cy")])}), Value::Null),
    ];
    for (change, elsewhere) in cases {
        let plan = own.plan(change.clone()).await.unwrap();
        assert_eq!((&plan["rows"], &plan["elsewhere"]), (&json!(1), &elsewhere), "{change}: {plan}");
    }
    let change = delete("customers", "1");
    let plan = own.plan(change.clone()).await.unwrap();
    own.execute("INSERT INTO orders (customer_id) VALUES (1)").await;
    let ToolErrorKind::Changed { plan: now } = own.allowed("k1", &change, &plan).await.unwrap_err() else {
        panic!("an order more is another change");
    };
    assert_eq!((&now["before"], &now["elsewhere"]), (&plan["before"], &json!(4)));
    assert_eq!(own.ids("orders").await, json!([1, 2, 3, 4]));
    let done = own.allowed("k1", &change, &now).await.unwrap();
    assert_eq!(done["elsewhere"], json!(4));
    assert_eq!((own.ids("customers").await, own.ids("orders").await), (json!([2]), json!([])));
}

#[tokio::test]
async fn more_rows_than_a_change_may_concern_do_not_come_along() {
    let own = Own::open(SHOP).await;
    own.execute(
        "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 997) \
         INSERT INTO orders (customer_id) SELECT 1 FROM n; \
         WITH RECURSIVE n (i) AS (SELECT 10 UNION ALL SELECT i + 1 FROM n WHERE i < 35) \
         INSERT INTO customers SELECT i, 'x' FROM n",
    )
    .await;
    let many = json!({"table": "customers", "change": "update", "set": set(&[("name", "y")]),
        "where": [of(["name", "=", "x"])]});
    for (change, elsewhere) in [(delete("customers", "1"), 1_000), (many, 26)] {
        let words = format!("would change {elsewhere} other rows along with these of customers");
        let error = own.plan(change.clone()).await.unwrap_err().to_string();
        assert!(error.contains(&words) && error.contains("more than 50"), "{error}");
        let error = own.change("k1", change).await.unwrap_err().to_string();
        assert!(error.contains(&words), "{error}");
    }
    let ann = json!({"table": "customers", "columns": ["name"], "where": [of(["id", "=", "1"])]});
    let found = call(&query_table(own.database.clone()), ann).await.unwrap();
    assert_eq!(found["rows"], json!([{"name": "Ann"}]), "nothing was changed");
}

#[tokio::test]
async fn a_row_is_compared_as_a_whole() {
    let own = Own::open(
        "CREATE TABLE notes (id INTEGER PRIMARY KEY, note TEXT, photo BLOB, anything); \
         INSERT INTO notes VALUES (1, printf('%.*c', 100, 'n'), x'0001', x'0001')",
    )
    .await;
    let change = delete("notes", "1");
    let edits = [
        "UPDATE notes SET note = note || ' DO NOT DELETE'",
        "UPDATE notes SET photo = x'0002'",
        "UPDATE notes SET anything = x'0002'",
        "UPDATE notes SET anything = '2 bytes'",
    ];
    for edit in edits {
        let plan = own.plan(change.clone()).await.unwrap();
        own.execute(edit).await;
        let ToolErrorKind::Changed { plan: now } = own.allowed("k1", &change, &plan).await.unwrap_err()
        else {
            panic!("{edit}: it is another row now");
        };
        assert_eq!(now["before"], plan["before"], "{edit}: what is shown is as it was");
        assert_eq!(own.ids("notes").await, json!([1]), "{edit}");
    }
    let plan = own.plan(change.clone()).await.unwrap();
    assert_eq!(own.allowed("k1", &change, &plan).await.unwrap()["rows"], json!(1));
    own.execute("INSERT INTO notes (id, photo) VALUES (2, zeroblob(4000001))").await;
    let error = own.plan(delete("notes", "2")).await.unwrap_err().to_string();
    assert_eq!(
        error,
        "a row of notes holds more than 4 MB, which is more than can be compared; nothing was changed"
    );
}
