//! What tables, columns and keys there are, asked of each database's own catalog.

#[cfg(feature = "databases")]
use super::change::Change;
use super::syntax::Syntax;

/// The bookkeeping of changes made here: never listed.
pub(super) const EFFECTS: &str = "handyman_effects";

/// One row a table or view: its name as shown, its schema where SQL must name it, and whether its rows are computed when
/// it is asked: `VIEW`, in letters of either case.
pub(super) fn tables(syntax: Syntax) -> &'static str {
    match syntax {
        Syntax::Sqlite => {
            "SELECT name, NULL, type FROM sqlite_schema WHERE type IN ('table', 'view') \
             AND substr(name, 1, 7) <> 'sqlite_' AND name <> 'handyman_effects' ORDER BY name"
        }
        #[cfg(feature = "databases")]
        Syntax::Postgres => {
            "SELECT c.relname::text, CASE WHEN pg_catalog.pg_table_is_visible(c.oid) THEN NULL ELSE n.nspname::text END, \
             CASE c.relkind WHEN 'v' THEN 'view' ELSE 'table' END \
             FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
             WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND NOT c.relispartition \
             AND n.nspname <> 'information_schema' AND n.nspname NOT LIKE 'pg\\_%' AND c.relname <> 'handyman_effects' \
             AND pg_catalog.has_schema_privilege(n.oid, 'USAGE') AND pg_catalog.has_table_privilege(c.oid, 'SELECT') \
             ORDER BY 2 NULLS FIRST, 1"
        }
        #[cfg(feature = "databases")]
        Syntax::MySql => {
            "SELECT CAST(table_name AS CHAR), CAST(NULL AS CHAR), CAST(table_type AS CHAR) FROM information_schema.tables \
             WHERE table_schema = database() AND table_name <> 'handyman_effects' ORDER BY table_name"
        }
    }
}

/// One row a column of the table that is the parameter: name, type, place in the primary key. PostgreSQL tells two
/// more: the type without length and precision, that of a domain being what it is made of, and its `typtype`.
pub(super) fn columns(syntax: Syntax) -> &'static str {
    match syntax {
        Syntax::Sqlite => {
            "SELECT name, type, CAST(pk AS TEXT) FROM pragma_table_xinfo(?1) WHERE hidden <> 1 ORDER BY cid"
        }
        #[cfg(feature = "databases")]
        Syntax::Postgres => {
            // A domain over an array, a range or the like has no operators with what it is made of: it stays itself.
            // `-1` is no length, where NULL would make `character` of `bpchar`, which is one character long.
            "WITH RECURSIVE bases (known, base, sort) AS (\
             SELECT oid, oid, typtype FROM pg_catalog.pg_type \
             WHERE typtype <> 'd' OR typcategory IN ('A', 'C', 'E', 'R') \
             UNION ALL SELECT t.oid, b.base, b.sort FROM pg_catalog.pg_type t JOIN bases b ON b.known = t.typbasetype \
             WHERE t.typtype = 'd' AND t.typcategory NOT IN ('A', 'C', 'E', 'R')) \
             SELECT a.attname::text, pg_catalog.format_type(a.atttypid, a.atttypmod), \
             (coalesce(pg_catalog.array_position(i.indkey::int2[], a.attnum), -1) + 1)::text, \
             pg_catalog.format_type(b.base, -1), b.sort::text \
             FROM pg_catalog.pg_attribute a JOIN bases b ON b.known = a.atttypid \
             LEFT JOIN pg_catalog.pg_index i ON i.indrelid = a.attrelid AND i.indisprimary \
             WHERE a.attrelid = pg_catalog.to_regclass($1) AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum"
        }
        #[cfg(feature = "databases")]
        Syntax::MySql => {
            "SELECT CAST(c.column_name AS CHAR), CAST(c.column_type AS CHAR), \
             CAST(coalesce(k.ordinal_position, 0) AS CHAR) FROM information_schema.columns c \
             LEFT JOIN information_schema.key_column_usage k ON k.table_schema = c.table_schema \
             AND k.table_name = c.table_name AND k.column_name = c.column_name AND k.constraint_name = 'PRIMARY' \
             WHERE c.table_schema = database() AND c.table_name = ? ORDER BY c.ordinal_position"
        }
    }
}

/// One row a column that refers to another table: table as shown, column, the other table and column.
pub(super) fn references(syntax: Syntax) -> &'static str {
    match syntax {
        Syntax::Sqlite => {
            "SELECT t.name, f.\"from\", f.\"table\", coalesce(f.\"to\", '') FROM sqlite_schema t, \
             pragma_foreign_key_list(t.name) f WHERE t.type = 'table'"
        }
        #[cfg(feature = "databases")]
        Syntax::Postgres => {
            "SELECT CASE WHEN pg_catalog.pg_table_is_visible(c.oid) THEN c.relname::text \
             ELSE n.nspname::text || '.' || c.relname::text END, a.attname::text, o.relname::text, b.attname::text \
             FROM pg_catalog.pg_constraint k JOIN pg_catalog.pg_class c ON c.oid = k.conrelid \
             JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace JOIN pg_catalog.pg_class o ON o.oid = k.confrelid \
             CROSS JOIN LATERAL generate_subscripts(k.conkey, 1) s(i) \
             JOIN pg_catalog.pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = k.conkey[s.i] \
             JOIN pg_catalog.pg_attribute b ON b.attrelid = k.confrelid AND b.attnum = k.confkey[s.i] \
             WHERE k.contype = 'f'"
        }
        #[cfg(feature = "databases")]
        Syntax::MySql => {
            "SELECT CAST(table_name AS CHAR), CAST(column_name AS CHAR), CAST(referenced_table_name AS CHAR), \
             CAST(referenced_column_name AS CHAR) FROM information_schema.key_column_usage \
             WHERE table_schema = database() AND referenced_table_name IS NOT NULL"
        }
    }
}

/// One text: how many rows of any table were changed on this connection so far. MySQL does not count all of them.
pub(super) fn changed_rows(syntax: Syntax) -> &'static str {
    match syntax {
        Syntax::Sqlite => "SELECT CAST(total_changes() AS TEXT)",
        #[cfg(feature = "databases")]
        Syntax::Postgres => {
            "SELECT CASE current_setting('track_counts') WHEN 'on' \
             THEN coalesce(sum(n_tup_ins + n_tup_upd + n_tup_del), 0)::text END FROM pg_catalog.pg_stat_xact_user_tables"
        }
        #[cfg(feature = "databases")]
        Syntax::MySql => "SELECT CAST(0 AS CHAR)",
    }
}

/// In MySQL, what may change other rows along with those of the table that is each parameter: what it is, and the column
/// that a foreign key follows.
#[cfg(feature = "databases")]
pub(super) fn brings_others(change: Change) -> String {
    let (event, rule) = match change {
        Change::Insert => ("INSERT", "''"),
        Change::Update => ("UPDATE", "r.update_rule"),
        Change::Delete => ("DELETE", "r.delete_rule"),
    };
    format!(
        "SELECT CAST(concat('the foreign key ', k.constraint_name, ' of ', \
         if(k.table_schema = database(), '', concat(k.table_schema, '.')), k.table_name) AS CHAR), \
         CAST(k.referenced_column_name AS CHAR) FROM information_schema.key_column_usage k \
         JOIN information_schema.referential_constraints r ON r.constraint_schema = k.constraint_schema \
         AND r.constraint_name = k.constraint_name AND r.table_name = k.table_name \
         WHERE k.referenced_table_schema = database() AND k.referenced_table_name = ? \
         AND {rule} IN ('CASCADE', 'SET NULL', 'SET DEFAULT') \
         UNION ALL SELECT CAST(concat('the trigger ', t.trigger_name) AS CHAR), CAST(NULL AS CHAR) \
         FROM information_schema.triggers t WHERE t.event_object_schema = database() \
         AND t.event_object_table = ? AND t.event_manipulation = '{event}'"
    )
}

/// In MySQL, one text: how many grants let this account see the triggers of the table that is the parameter. Without any,
/// a table looks as if it had none. What a role grants may not be among them.
#[cfg(feature = "databases")]
pub(super) fn shows_triggers() -> &'static str {
    "SELECT CAST(count(*) AS CHAR) FROM (\
     SELECT grantee, '%' AS in_schema, NULL AS of_table FROM information_schema.user_privileges \
     WHERE privilege_type = 'TRIGGER' \
     UNION ALL SELECT grantee, table_schema, NULL FROM information_schema.schema_privileges \
     WHERE privilege_type = 'TRIGGER' \
     UNION ALL SELECT grantee, table_schema, table_name FROM information_schema.table_privileges \
     WHERE privilege_type = 'TRIGGER') g \
     WHERE g.grantee = concat('''', replace(current_user(), '@', '''@'''), '''') \
     AND database() LIKE g.in_schema AND coalesce(g.of_table, ?) = ?"
}

/// The table that records changes under their keys, in the database itself.
pub(super) fn effects_table(syntax: Syntax) -> &'static str {
    match syntax {
        Syntax::Sqlite => {
            "CREATE TABLE IF NOT EXISTS handyman_effects (key TEXT PRIMARY KEY, result TEXT NOT NULL, \
             made TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP)"
        }
        #[cfg(feature = "databases")]
        Syntax::Postgres => {
            "CREATE TABLE IF NOT EXISTS handyman_effects (key text PRIMARY KEY, result text NOT NULL, \
             made timestamptz NOT NULL DEFAULT now())"
        }
        #[cfg(feature = "databases")]
        Syntax::MySql => {
            "CREATE TABLE IF NOT EXISTS handyman_effects (`key` varchar(190) PRIMARY KEY, result longtext NOT NULL, \
             made timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP) ENGINE=InnoDB CHARACTER SET utf8mb4"
        }
    }
}

/// One text, `1` where that table is there.
pub(super) fn effects_table_exists(syntax: Syntax) -> &'static str {
    match syntax {
        Syntax::Sqlite => {
            "SELECT CAST(count(*) AS TEXT) FROM sqlite_schema WHERE type = 'table' AND name = 'handyman_effects'"
        }
        #[cfg(feature = "databases")]
        Syntax::Postgres => "SELECT (count(to_regclass('handyman_effects')))::text",
        #[cfg(feature = "databases")]
        Syntax::MySql => {
            "SELECT CAST(count(*) AS CHAR) FROM information_schema.tables \
             WHERE table_schema = database() AND table_name = 'handyman_effects'"
        }
    }
}
