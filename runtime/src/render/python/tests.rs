//! Python's ways, as templates use them.

use minijinja::value::Value;
use serde_json::json;

use super::{json_of, portable, repr};

#[test]
fn values_print_as_python_prints_them() {
    for (value, wanted) in [
        (json!(["a", "it's", "\"", "a'\"b", "\n\\"]), r#"['a', "it's", '"', 'a\'"b', '\n\\']"#),
        (json!({"b": [1, 1.5, true], "a": null}), "{'b': [1, 1.5, True], 'a': None}"),
        (json!([]), "[]"),
        (json!({}), "{}"),
    ] {
        assert_eq!(repr(&Value::from_serialize(&value)).unwrap(), wanted);
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
        ("{%}", "{%}"),
        ("{# {%} #}{{ '{%}' }}{% if a %}", "{# {%} #}{{ '{%}' }}{% if a %}"),
        ("{%%}{%-%}", "{%%}{%-%}"),
    ] {
        assert_eq!(portable(source), wanted);
    }
}

#[test]
fn a_value_is_as_deep_as_json_can_be_read_and_no_deeper() {
    let nested = |depth| (0..depth).fold(Value::from(1), |inner, _| Value::from(vec![inner]));
    let read: serde_json::Value =
        serde_json::from_str(&format!("{}{}", "[".repeat(127), "]".repeat(127))).unwrap();
    assert_eq!(json_of(Value::from_serialize(&read)).unwrap(), read);
    assert_eq!(repr(&nested(127)).unwrap(), format!("{}1{}", "[".repeat(127), "]".repeat(127)));
    assert!(repr(&nested(200)).unwrap_err().to_string().contains("too deeply"));
    assert!(json_of(nested(200)).unwrap_err().to_string().contains("too deeply"));
}
