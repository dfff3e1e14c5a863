//! Names are found however they are written, and nowhere else.

use super::names;

fn called(text: &str) -> Vec<String> {
    names(text).unwrap().called.into_iter().collect()
}

#[test]
fn a_function_is_found_however_it_is_written() {
    let ways = [
        "SELECT pg_cancel_backend(1)",
        "SELECT PG_Cancel_Backend (1)",
        "SELECT \"pg_cancel_backend\"(1)",
        "SELECT pg_catalog.pg_cancel_backend(1)",
        "SELECT pg_catalog . \"pg_cancel_backend\" /* x */ -- y\n (1)",
        "SELECT 1 -- x\rWHERE pg_cancel_backend(1)",
        "SELECT 1pg_cancel_backend(1)",
        "SELECT 'it''s' || pg_cancel_backend(1)",
        "SELECT '\\' || pg_cancel_backend(1) || ''",
        "SELECT E'\\'' || pg_cancel_backend(1) || E'\\\\'",
        "SELECT e'a''\\'' || pg_cancel_backend(1) || ''",
        "SELECT U&'\\0061' || pg_cancel_backend(1)",
        "SELECT x'ab' || pg_cancel_backend(1)",
        "SELECT /* /* */ ' */ pg_cancel_backend(1) /* ' */",
        "SELECT \"a'\" || pg_cancel_backend(1) || \"'b\"",
        "SELECT \"a\"\"'\", pg_cancel_backend(1)",
        "SELECT 1 +-- '\n pg_cancel_backend(1)",
        "SELECT 1 */* ' */ pg_cancel_backend(1)",
    ];
    for way in ways {
        assert_eq!(called(way), ["pg_cancel_backend"], "{way}");
    }
    assert_eq!(called("SELECT \u{e9}t\u{c9}(1), a$1(2), _b(3)"), ["_b", "a$1", "\u{e9}t\u{c9}"]);
}

#[test]
fn what_is_quoted_or_no_function_is_not_found() {
    let texts = [
        "SELECT 'pg_cancel_backend(1)'",
        "SELECT E'\\'pg_cancel_backend(1)'",
        "SELECT 1 -- pg_cancel_backend(1)",
        "SELECT 1 /* /* */ pg_cancel_backend(1) */",
        "SELECT pg_cancel_backend FROM t",
        "SELECT \"pg_cancel_backend(1)\" FROM t",
    ];
    for text in texts {
        assert_eq!(called(text), [""; 0], "{text}");
    }
    let fields: Vec<String> =
        names("SELECT t.a, (t) . \"B\", t.f(1), t.*, 1.5 FROM s.t").unwrap().fields.into_iter().collect();
    assert_eq!(fields, ["a", "b", "t"]);
}

#[test]
fn what_hides_names_is_refused() {
    let cases = [
        ("SELECT U&\"pg\\005fcancel_backend\"(1)", "U&"),
        ("SELECT u&\"pg!005fcancel_backend\" UESCAPE '!' (1)", "U&"),
        ("SELECT $$'$$, pg_cancel_backend(1), $$'$$", "a parameter cannot stand"),
        ("SELECT $a$'$a$, pg_cancel_backend(1), $a$'$a$", "a parameter cannot stand"),
        ("SELECT $1", "a parameter cannot stand"),
        ("SELECT E'a'\n'\\'', pg_cancel_backend(1), '\\''", "as one"),
        ("SELECT E'a' -- b\n '\\'', pg_cancel_backend(1), '\\''", "as one"),
        ("SELECT 'a", "a quotation is not closed"),
        ("SELECT E'a\\'", "a quotation is not closed"),
        ("SELECT \"a", "a quotation is not closed"),
        ("SELECT /* /* */", "a comment is not closed"),
    ];
    for (text, words) in cases {
        let error = names(text).unwrap_err();
        assert!(error.contains(words), "{text}: {error}");
    }
}
