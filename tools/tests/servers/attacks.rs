//! Every way we know of to do more than to ask. Zero succeed.

use serde_json::json;

use crate::shop::{SERVERS, Server, Shop};

/// Refused on both servers.
const BOTH: [&str; 27] = [
    "DELETE FROM orders",
    "UPDATE customers SET balance = 0",
    "INSERT INTO orders VALUES (9, 1, 'x', '2026-01-01', 1)",
    "DROP TABLE orders",
    "TRUNCATE orders",
    "ALTER TABLE orders ADD COLUMN x integer",
    "CREATE TABLE t (x integer)",
    "CREATE USER mallory",
    "GRANT ALL ON orders TO PUBLIC",
    "SELECT 1 AS a; DELETE FROM orders",
    "SELECT 1 AS a; COMMIT; DELETE FROM orders",
    "SELECT 1 AS a;DROP TABLE orders;--",
    "SELECT ';' AS a ; DROP TABLE orders",
    "SELECT 1 AS a /* x */; DROP TABLE orders",
    "SELECT 1 AS a -- \n; DROP TABLE orders",
    "SELECT 1) AS answer; DROP TABLE orders; --",
    "WITH x AS (SELECT 1) DELETE FROM orders",
    "WITH x AS (DELETE FROM orders RETURNING *) SELECT * FROM x",
    "SELECT sneak() AS a",
    "SELECT * FROM orders WHERE id = sneak()",
    "CALL sneak_in()",
    "EXPLAIN DELETE FROM orders",
    "BEGIN",
    "SELECT * FROM (DELETE FROM orders RETURNING id) AS t",
    "SELECT id INTO stolen FROM orders",
    "",
    "SELECT 1 AS a\0; DROP TABLE orders",
];

const POSTGRES: [&str; 22] = [
    "SELECT nextval('orders_id_seq') AS a",
    "SELECT setval('orders_id_seq', 99) AS a",
    "SELECT * FROM orders FOR UPDATE",
    "SELECT 1 AS x) AS answer FOR UPDATE --",
    "SELECT id INTO TEMP stolen FROM orders",
    "SELECT 1 AS x) AS answer INTO stolen2 --",
    "WITH x AS (INSERT INTO orders (customer_id, status, placed, total) VALUES (1, 'x', now(), 1) RETURNING id) SELECT * FROM x",
    "SELECT pg_read_file('/etc/passwd') AS a",
    "SELECT pg_ls_dir('.') AS a",
    "SELECT lo_export(lo_create(0), '/tmp/x') AS a",
    "SELECT lo_import('/etc/passwd') AS a",
    "SELECT pg_reload_conf() AS a",
    "SELECT set_config('transaction_read_only', 'off', true) AS a",
    "SELECT set_config('role', 'tester', true) AS a",
    "SELECT set_config('session_authorization', 'tester', true) AS a",
    "COPY orders TO '/tmp/x'",
    "COPY orders FROM PROGRAM 'id'",
    "DO $$ BEGIN DELETE FROM orders; END $$",
    "SELECT $$x$$ AS a; DROP TABLE orders",
    "SELECT query_to_xml('DELETE FROM orders RETURNING 1', true, true, '') AS a",
    "SELECT U&'\\0027; DROP TABLE orders; --' AS a FROM none",
    "LISTEN x",
];

const MARIADB: [&str; 18] = [
    "SELECT * FROM orders INTO OUTFILE '/tmp/handyman-stolen'",
    "SELECT 1 INTO DUMPFILE '/tmp/handyman-stolen'",
    "SELECT 'x\\'; DROP TABLE orders; --",
    "/*!50000 DELETE FROM orders */",
    "SELECT 1 AS a; /*!50000 DELETE FROM orders */",
    "SELECT 1 AS a # \n; DELETE FROM orders",
    "SELECT nextval(numbers) AS a",
    "SELECT NEXT VALUE FOR numbers AS a",
    "HANDLER orders OPEN",
    "LOAD DATA INFILE '/etc/passwd' INTO TABLE orders",
    "REPLACE INTO orders VALUES (1, 1, 'x', '2026-01-01', 1)",
    "SET GLOBAL general_log = 1",
    "SET STATEMENT max_statement_time = 0 FOR DELETE FROM orders",
    "SELECT * FROM mysql.global_priv",
    "DO sneak()",
    "PREPARE s FROM 'DELETE FROM orders'",
    "EXECUTE IMMEDIATE 'DELETE FROM orders'",
    "LOCK TABLES orders WRITE",
];

/// Answered or refused, as the server likes: nothing is changed and nothing stays behind.
const HARMLESS: [(Server, &str); 9] = [
    (Server::Postgres, "SELECT pg_advisory_lock(1)::text AS a"),
    (Server::Postgres, "SELECT pg_notify('x', 'y')::text AS a"),
    (Server::Postgres, "SELECT set_config('statement_timeout', '0', false) AS a"),
    (Server::Postgres, "SELECT lo_create(4242)::text AS a"),
    (Server::Postgres, "SELECT 1 AS a) AS answer UNION ALL SELECT 'x' --"),
    (Server::MariaDb, "SELECT get_lock('handyman', 0) AS a"),
    (Server::MariaDb, "SELECT @x := 1 AS a"),
    (Server::MariaDb, "SELECT * FROM orders FOR UPDATE"),
    (Server::MariaDb, "SELECT load_file('/etc/passwd') AS a"),
];

#[tokio::test]
async fn no_text_changes_anything() {
    for server in SERVERS {
        let Some(shop) = Shop::open(server).await else { continue };
        let before = shop.fingerprint().await;
        let own: &[&str] = if server == Server::Postgres { &POSTGRES } else { &MARIADB };
        for attack in BOTH.iter().chain(own) {
            let outcome = shop.sql(attack).await;
            assert!(outcome.is_err(), "{server:?}: {attack}: {outcome:?}");
            assert_eq!(shop.fingerprint().await, before, "{server:?}: {attack}");
        }
        for (_, text) in HARMLESS.iter().filter(|(of, _)| *of == server) {
            let outcome = shop.sql(text).await;
            assert!(!format!("{outcome:?}").contains("root:x"), "{server:?}: {text}: {outcome:?}");
            assert_eq!(shop.fingerprint().await, before, "{server:?}: {text}: {outcome:?}");
        }
        assert!(shop.sql("SELECT 1 AS one").await.is_ok(), "{server:?}");
    }
    assert!(!std::path::Path::new("/tmp/handyman-stolen").exists());
}

#[tokio::test]
async fn no_value_and_no_name_is_more_than_that() {
    let texts = [
        "x' OR '1'='1",
        "x\" OR 1=1 --",
        "'; DROP TABLE customers; --",
        "x'); DELETE FROM orders; --",
        "%",
        "_",
        "\\",
        "\\' OR 1=1 -- ",
        "x' UNION SELECT 1 -- ",
        "` OR 1=1 -- ",
        "$1",
        "?",
        ":name",
        "' || sneak() || '",
        "x'/**/OR/**/1=1#",
        "\u{ff07} OR 1=1",
        "\u{bf}' OR 1=1 -- ",
        "x\n' OR 1=1",
        "(SELECT sneak())",
        "/*!50000 x */",
        "1; SELECT pg_sleep(9)",
    ];
    for server in SERVERS {
        let Some(shop) = Shop::open(server).await else { continue };
        let before = shop.fingerprint().await;
        for text in texts {
            for op in ["=", "contains"] {
                let by_value =
                    json!({"table": "customers", "where": [{"column": "name", "op": op, "value": text}]});
                assert_eq!(shop.query(by_value).await.unwrap()["rows"], json!([]), "{server:?}: {op} {text}");
            }
            let by_number = json!({"table": "orders", "where": [{"column": "id", "op": ">", "value": text}]});
            assert!(shop.query(by_number).await.is_err(), "{server:?}: {text}");
            for name in ["table", "columns", "order_by"] {
                let mut arguments = json!({"table": "customers"});
                arguments[name] = if name == "columns" { json!([text]) } else { json!(text) };
                assert!(shop.query(arguments).await.is_err(), "{server:?}: {name} {text}");
            }
            let column = json!({"table": "customers", "where": [{"column": text, "op": "=", "value": "1"}]});
            assert!(shop.query(column).await.is_err(), "{server:?}: {text}");
            assert!(shop.table(text).await.is_err(), "{server:?}: {text}");
            shop.overview(json!({"about": text})).await;
            assert_eq!(shop.fingerprint().await, before, "{server:?}: {text}");
        }
        let nul =
            json!({"table": "customers", "where": [{"column": "name", "op": "=", "value": "x\0' OR 1=1"}]});
        match shop.query(nul).await {
            Ok(found) => assert_eq!(found["rows"], json!([]), "{server:?}"),
            Err(error) => assert!(error.to_string().contains("the database says"), "{server:?}: {error}"),
        }
        assert_eq!(shop.fingerprint().await, before, "{server:?}");
    }
}
