//! A small shop in a database of its own, for an account that may change everything in it: what does not
//! happen is what the tools and the server prevent.

use std::env;
use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use handyman_core::{CallContext, Tool, ToolCall, ToolResult, Toolbox, Toolset};
use handyman_tools::database::{
    Database, Place, change_rows, describe_database, describe_table, list_tables, query_table, run_sql,
};
use serde_json::{Map, Value};
use sqlx::{AssertSqlSafe, Connection};
use sqlx_mysql::MySqlConnection;
use sqlx_postgres::PgConnection;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Server {
    Postgres,
    MariaDb,
}

pub(crate) const SERVERS: [Server; 2] = [Server::Postgres, Server::MariaDb];

/// A shop, and the tools on it.
pub(crate) struct Shop {
    pub(crate) server: Server,
    pub(crate) database: Arc<Database>,
    /// The shop's database for an administrator.
    admin: String,
    url: String,
}

impl Server {
    fn url(self) -> Option<String> {
        let name = match self {
            Self::Postgres => "HANDYMAN_TEST_POSTGRES",
            Self::MariaDb => "HANDYMAN_TEST_MARIADB",
        };
        let url = env::var(name).ok();
        if url.is_none() {
            assert!(
                env::var_os("CI").is_none(),
                "{name} is not set; run the tests by scripts/with-databases.sh"
            );
            // Not by `eprintln!`, which the test runner would hide.
            let _ = writeln!(std::io::stderr(), "skipped: {name} is not set; `make test` starts a {self:?}");
        }
        url
    }
}

impl Shop {
    /// Opens a new shop; nothing where there is no such server.
    pub(crate) async fn open(server: Server) -> Option<Self> {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let admin = server.url()?;
        let name = format!("shop{}_{}", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed));
        let host = admin.split('@').nth(1).unwrap().split('/').next().unwrap();
        let (scheme, root) = match server {
            Server::Postgres => ("postgres", "tester"),
            Server::MariaDb => ("mysql", "root"),
        };
        let (own, url) =
            (format!("{scheme}://{root}@{host}/{name}"), format!("{scheme}://{name}:secret@{host}/{name}"));
        let grants = match server {
            Server::Postgres => {
                format!("CREATE ROLE {name} LOGIN PASSWORD 'secret'; CREATE DATABASE {name} OWNER {name}")
            }
            Server::MariaDb => format!(
                "CREATE DATABASE {name} CHARACTER SET utf8mb4; CREATE USER '{name}'@'%' IDENTIFIED BY 'secret'; \
                 GRANT ALL ON {name}.* TO '{name}'@'%'"
            ),
        };
        // One by one: PostgreSQL makes no database inside a transaction.
        for statement in grants.split("; ") {
            execute(server, &admin, statement).await;
        }
        let tables = match server {
            Server::Postgres => include_str!("shop.postgres.sql"),
            Server::MariaDb => include_str!("shop.mariadb.sql"),
        };
        execute(server, &url, tables).await;
        let database = Arc::new(Database::connect(&Place::parse(&url).unwrap()).await.unwrap());
        Some(Self { server, database, admin: own, url })
    }

    /// The same shop for an administrator.
    pub(crate) async fn as_admin(&self) -> Arc<Database> {
        Arc::new(Database::connect(&Place::parse(&self.admin).unwrap()).await.unwrap())
    }

    /// The same shop for an account that may read and delete orders, and make no table.
    pub(crate) async fn as_clerk(&self) -> Arc<Database> {
        let name = self.url.rsplit('/').next().unwrap();
        let grants = match self.server {
            Server::Postgres => format!(
                "CREATE ROLE {name}_clerk LOGIN PASSWORD 'secret'; GRANT SELECT, DELETE, UPDATE ON orders TO {name}_clerk"
            ),
            Server::MariaDb => format!(
                "CREATE USER '{name}_clerk'@'%' IDENTIFIED BY 'secret'; \
                 GRANT SELECT, DELETE ON {name}.orders TO '{name}_clerk'@'%'"
            ),
        };
        execute(self.server, &self.admin, &grants).await;
        let url = self.url.replacen(&format!("{name}:"), &format!("{name}_clerk:"), 1);
        Arc::new(Database::connect(&Place::parse(&url).unwrap()).await.unwrap())
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    pub(crate) async fn execute(&self, sql: &str) {
        execute(self.server, &self.url, sql).await;
    }

    /// One text, read by an administrator outside of the tools.
    pub(crate) async fn text(&self, sql: &str) -> String {
        let sql = AssertSqlSafe(sql.to_owned());
        match self.server {
            Server::Postgres => {
                let mut connection = PgConnection::connect(&self.admin).await.unwrap();
                sqlx::query_scalar(sql).fetch_one(&mut connection).await.unwrap()
            }
            Server::MariaDb => {
                let mut connection = MySqlConnection::connect(&self.admin).await.unwrap();
                sqlx::query_scalar(sql).fetch_one(&mut connection).await.unwrap()
            }
        }
    }

    /// Everything in the database that an attack could change.
    pub(crate) async fn fingerprint(&self) -> String {
        // Of what the whole server shares, only what an attack would make: other tests make roles of their own.
        let sql = match self.server {
            Server::Postgres => {
                "SELECT concat_ws('/', (SELECT md5(string_agg(c::text, '|' ORDER BY id)) FROM customers c), \
                 (SELECT md5(string_agg(o::text, '|' ORDER BY id)) FROM orders o), (SELECT count(*) FROM pg_class), \
                 (SELECT count(*) FROM pg_proc), (SELECT count(*) FROM pg_roles WHERE rolname = 'mallory'), \
                 (SELECT last_value FROM orders_id_seq), (SELECT count(*) FROM pg_largeobject_metadata), \
                 (SELECT count(*) FROM pg_locks l JOIN pg_database d ON d.oid = l.database \
                 WHERE l.locktype = 'advisory' AND d.datname = current_database()))"
            }
            Server::MariaDb => {
                "SELECT CAST(concat_ws('/', (SELECT md5(group_concat(concat_ws('|', id, name, balance) ORDER BY id)) \
                 FROM customers), (SELECT md5(group_concat(concat_ws('|', id, customer_id, status, total) ORDER BY id)) \
                 FROM orders), (SELECT count(*) FROM information_schema.tables WHERE table_schema = database()), \
                 (SELECT count(*) FROM information_schema.routines WHERE routine_schema = database()), \
                 (SELECT next_not_cached_value FROM numbers), \
                 (SELECT count(*) FROM mysql.global_priv WHERE user = 'mallory')) AS CHAR)"
            }
        };
        self.text(sql).await
    }

    pub(crate) async fn sql(&self, select: &str) -> ToolResult<Value> {
        call(&run_sql(Arc::clone(&self.database)), serde_json::json!({"select": select})).await
    }

    pub(crate) async fn query(&self, arguments: Value) -> ToolResult<Value> {
        call(&query_table(Arc::clone(&self.database)), arguments).await
    }

    pub(crate) async fn tables(&self) -> Value {
        call(&list_tables(Arc::clone(&self.database)), serde_json::json!({})).await.unwrap()
    }

    pub(crate) async fn table(&self, name: &str) -> ToolResult<Value> {
        call(&describe_table(Arc::clone(&self.database)), serde_json::json!({"table": name})).await
    }

    pub(crate) async fn overview(&self, arguments: Value) -> Value {
        call(&describe_database(Arc::clone(&self.database)), arguments).await.unwrap()
    }

    /// Changes rows as the driver does: through the schema, under the key of a call.
    pub(crate) async fn change(&self, id: &str, arguments: Value) -> Result<Value, String> {
        let tools = Toolbox::new().with(Arc::new(change_rows(Arc::clone(&self.database)))).unwrap();
        let call = ToolCall { id: id.into(), tool: "change_rows".to_owned(), arguments: object(arguments) };
        let result = tools.call(&call, &context(id)).await.result;
        match result.get("error") {
            Some(error) => Err(error.as_str().unwrap().to_owned()),
            None => Ok(result),
        }
    }

    pub(crate) async fn plan(&self, arguments: Value) -> ToolResult<Value> {
        let tool = change_rows(Arc::clone(&self.database));
        Ok(tool.plan(object(arguments), &context("c1")).await?.expect("the tool can say"))
    }
}

pub(crate) fn object(arguments: Value) -> Map<String, Value> {
    let Value::Object(arguments) = arguments else { panic!("arguments are an object") };
    arguments
}

pub(crate) fn context(call: &str) -> CallContext {
    CallContext::new(jiff::civil::date(2026, 11, 23).at(10, 0, 0, 0)).of_call("r1", call)
}

pub(crate) async fn call(tool: &dyn Tool, arguments: Value) -> ToolResult<Value> {
    tool.call(object(arguments), &context("c1")).await
}

async fn execute(server: Server, url: &str, sql: &str) {
    let statements = sqlx::raw_sql(AssertSqlSafe(sql.to_owned()));
    match server {
        Server::Postgres => {
            let mut connection = PgConnection::connect(url).await.unwrap();
            statements.execute(&mut connection).await.unwrap();
        }
        Server::MariaDb => {
            let mut connection = MySqlConnection::connect(url).await.unwrap();
            statements.execute(&mut connection).await.unwrap();
        }
    }
}
