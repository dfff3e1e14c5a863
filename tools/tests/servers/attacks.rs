//! Every way we know of to do more than to ask. Zero succeed.

use serde_json::json;
use sqlx::Connection;
use sqlx_postgres::PgConnection;

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

const MARIADB: [&str; 20] = [
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
    "SELECT `GET_LOCK`('nightly', 0) AS a",
    "SELECT /*!50000 get_lock*/('nightly', 0) AS a",
];

/// Ways to end the session whose number is `PID`, and other things outside the transaction.
const ELSEWHERE: [&str; 35] = [
    "SELECT pg_terminate_backend(PID) AS a",
    "SELECT pg_cancel_backend(PID) AS a",
    "SELECT PG_Terminate_Backend (PID) AS a",
    "SELECT pg_catalog.pg_terminate_backend(PID) AS a",
    "SELECT pg_catalog . \"pg_terminate_backend\" /* x */ -- y\n (PID) AS a",
    "SELECT 1 AS a -- x\rWHERE pg_terminate_backend(PID)",
    "SELECT U&\"pg\\005fterminate_backend\"(PID) AS a",
    "SELECT U&\"pg!005fterminate_backend\" UESCAPE '!' (PID) AS a",
    "SELECT * FROM pg_terminate_backend(PID) AS a",
    "SELECT 1 AS a LIMIT pg_terminate_backend(PID)::integer",
    "SELECT 1 AS a ORDER BY pg_terminate_backend(PID)",
    "VALUES (pg_terminate_backend(PID))",
    "SELECT E'\\'' || pg_terminate_backend(PID)::text || E'\\'' AS a",
    "SELECT '\\' || pg_terminate_backend(PID)::text || '' AS a",
    "SELECT E'a'\n'\\'' || pg_terminate_backend(PID)::text || '\\'' AS a",
    "SELECT $$'$$ || pg_terminate_backend(PID)::text || $$'$$ AS a",
    "SELECT query_to_xml('SELECT pg_terminate_backend(PID)', true, true, '')::text AS a",
    "SELECT query_to_xml_and_xmlschema('SELECT pg_terminate_backend(PID)', true, true, '')::text AS a",
    "SELECT ts_rewrite('a'::tsquery, 'SELECT ''a''::tsquery, pg_terminate_backend(PID)::text::tsquery')::text AS a",
    "SELECT word FROM ts_stat('SELECT pg_terminate_backend(PID)::text::tsvector')",
    "SELECT * FROM crosstab('SELECT 1, 1, pg_terminate_backend(PID)::text') AS t(a integer, b text)",
    "SELECT helper_to_end(PID) AS a",
    "SELECT (c).end_of_customer FROM (SELECT c FROM customers c) s",
    "SELECT c.end_of_customer FROM customers c",
    "SELECT \"End Them\"(PID) AS a",
    "SELECT pg_logical_emit_message(false, 'x', 'y')::text AS a",
    "SELECT pg_advisory_lock(1)::text AS a",
    "SELECT pg_try_advisory_xact_lock(1) AS a",
    "SELECT pg_notify('x', 'y')::text AS a",
    "SELECT lo_get(1) AS a",
    "SELECT lo_from_bytea(0, 'x')::text AS a",
    "SELECT currval('orders_id_seq'), nextval('orders_id_seq') AS a",
    "SELECT set_config('statement_timeout', '0', false) AS a",
    "SELECT pg_stat_reset()::text AS a",
    "SELECT dblink_exec('dbname=x', 'SELECT 1') AS a FROM pg_export_snapshot()",
];

/// What only reads, or gives another value each time, is answered.
const READS: [&str; 9] = [
    "SELECT random() AS a, now()::text AS b, clock_timestamp()::text AS c, gen_random_uuid()::text AS d",
    "SELECT pg_total_relation_size('orders') AS a, pg_size_pretty(pg_database_size(current_database())) AS b",
    "SELECT 'pg_terminate_backend(1)' AS a, E'it\\'s' AS b -- pg_cancel_backend(1)",
    "SELECT count(*) AS n, max(o.placed)::text AS t FROM orders o WHERE status IN ('open') AND total BETWEEN (1) AND (99)",
    "SELECT count(*) AS n FROM orders TABLESAMPLE SYSTEM (100) REPEATABLE (7)",
    "SELECT c.name, c.note FROM customers_with_note c",
    "SELECT id FROM orders WHERE status LIKE 'op%' ESCAPE '\\'",
    "WITH t(x) AS (VALUES (1), (2)) SELECT sum(x)::integer AS s, array_agg(x) FILTER (WHERE x > 1) AS f FROM t",
    "SELECT notes->>'x' AS x, notes ? 'x' AS has, notes @> '{\"x\": 1}' AS b, tags[1:2] AS t FROM customers",
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
async fn no_text_acts_on_other_sessions() {
    let Some(shop) = Shop::open(Server::Postgres).await else { return };
    shop.execute(
        "CREATE FUNCTION helper_to_end(pid integer) RETURNS boolean LANGUAGE sql AS $$ SELECT pg_terminate_backend(pid) $$; \
         CREATE FUNCTION \"End Them\"(pid integer) RETURNS boolean LANGUAGE sql AS $$ SELECT pg_terminate_backend(pid) $$; \
         CREATE FUNCTION end_of_customer(c customers) RETURNS text LANGUAGE sql VOLATILE AS $$ SELECT c.name $$; \
         CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$; \
         CREATE VIEW customers_with_note AS SELECT name, 'x' AS note FROM customers; \
         DO $$ BEGIN CREATE EXTENSION tablefunc; EXCEPTION WHEN OTHERS THEN NULL; END $$",
    )
    .await;
    // The shop's own program, under the same role.
    let mut program = PgConnection::connect(shop.url()).await.unwrap();
    let (pid,): (i32,) = sqlx::query_as("SELECT pg_backend_pid()").fetch_one(&mut program).await.unwrap();
    let before = shop.fingerprint().await;
    for attack in ELSEWHERE {
        let attack = attack.replace("PID", &pid.to_string());
        let outcome = shop.sql(&attack).await;
        assert!(outcome.is_err(), "{attack}: {outcome:?}");
        let (alive,): (i32,) = sqlx::query_as("SELECT 1").fetch_one(&mut program).await.unwrap();
        assert_eq!((alive, shop.fingerprint().await), (1, before.clone()), "{attack}");
    }
    for text in READS {
        let outcome = shop.sql(text).await;
        assert!(outcome.is_ok(), "{text}: {outcome:?}");
    }
    let error = shop.sql("SELECT helper_to_end(1) AS a").await.unwrap_err().to_string();
    assert!(error.contains("the function helper_to_end may do more than read"), "{error}");
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
