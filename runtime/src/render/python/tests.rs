//! Python's ways, as templates use them.

use minijinja::value::Value;
use serde_json::json;

use super::{portable, repr};

#[test]
fn values_print_as_python_prints_them() {
    for (value, wanted) in [
        (json!(["a", "it's", "\"", "a'\"b", "\n\\"]), r#"['a', "it's", '"', 'a\'"b', '\n\\']"#),
        (json!({"b": [1, 1.5, true], "a": null}), "{'b': [1, 1.5, True], 'a': None}"),
        (json!([]), "[]"),
        (json!({}), "{}"),
    ] {
        assert_eq!(repr(&Value::from_serialize(&value)), wanted);
    }
}

#[test]
fn what_only_python_can_do_is_written_otherwise() {
    for (source, wanted) in [
        ("a {% generation %}b{%- endgeneration -%} c", "a {##}b{#--#} c"),
        ("{%- set _ = ns.ids.append(x['id']) -%}", "{%- set ns.ids = ns.ids + [x['id']] -%}"),
        ("{% do names.append(n) %}", "{% set names = names + [n] %}"),
        ("{% set id = q.ids.pop(0) %}", "{% set id = q.ids[0] %}{% set q.ids = q.ids[1:] %}"),
        ("{% if a.append %}{{ b.append(c) }}{% endif %}", "{% if a.append %}{{ b.append(c) }}{% endif %}"),
        ("{% unclosed", "{% unclosed"),
    ] {
        assert_eq!(portable(source), wanted);
    }
}
