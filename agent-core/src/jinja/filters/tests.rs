//! Filters and methods make no more than they may, and else what minijinja's make.

use minijinja::{Environment, Value, context};

use crate::jinja::{environment, render, template};

fn made(source: &str) -> Result<String, String> {
    let source = template(source, 1 << 20).unwrap();
    let environment = environment(1_000_000);
    let compiled = environment.template_from_str(&source).unwrap();
    render(&compiled, context! { long => "x".repeat(1 << 20), list => vec!["a", "b"] })
        .map_err(|error| error.to_string())
}

#[test]
fn what_would_be_too_much_is_refused_before_it_is_made() {
    for source in [
        "{{ '%9999999999d' | format(1) }}",
        "{{ '%s%s%s' | format(long * 30, long * 30, 1) }}",
        "{{ 'x' | indent(9000000000) }}",
        "{{ 'x' | indent(width=9000000000) }}",
        "{{ {'a': 1} | tojson(indent=9000000000000) }}",
        "{{ long | replace('x', long) }}",
        "{{ long | join(long) }}",
        "{{ [1] | batch(99999999999, 'x') }}",
        "{{ [1] | batch(count=99999999999) }}",
        "{{ [1] | slice(99999999999) }}",
        "{{ ([1] * 10000000000) | list }}",
        "{{ ([1] * 10000000000) | map('string') | list }}",
        "{{ (long * 20) | list | length }}",
        "{{ (long * 20) | split('x') | length }}",
    ] {
        let error = made(source).unwrap_err();
        assert!(error.contains("MiB") || error.contains("indents"), "{source}: {error}");
    }
    assert!(made("{{ debug() }}").unwrap_err().contains("no `debug`"));
}

#[test]
fn all_else_is_as_minijinja_makes_it() {
    for source in [
        "{{ 'aXa' | lower | upper | title | capitalize | trim('A') | replace('X', 'yy') }}",
        "{{ 'a\\nb' | indent(2, true) }}{{ 'a\\nb' | indent(width=3, first=true) }}",
        "{{ '%5.2f|%-4s|%%' | format(1.5, 'x') }}{{ 'a,b' | split(',') }}{{ 'a\\nb' | lines }}",
        "{{ list | join('-') }}{{ 'ab' | join(',') }}{{ list | tojson(indent=2) }}{{ list | tojson }}",
        "{{ [3, 1, 1] | unique | sort(reverse=true) | list }}{{ [1, 2, 3] | batch(2, 0) }}{{ [1, 2, 3] | slice(2) }}",
        "{{ [{'a': 1}, {'a': 2}] | selectattr('a', 'eq', 2) | map(attribute='a') | list }}",
        "{{ list | zip([1, 2]) | list }}{{ list | chain([1]) | list }}{{ dict(a=1, b=list) }}",
        "{% set ns = namespace(a=1) %}{% set ns.a = ns.a + 1 %}{{ ns.a }}{{ '<' | escape }}{{ 1 | string | safe }}",
        "{{ list | map('upper') | list }}{{ [{'a': 1}] | groupby('a') }}{{ list | reverse | first }}",
        "{{ missing | default('x') }}{{ missing | list }}{{ missing | join }}{{ missing | trim }}",
    ] {
        let plain = Environment::new().render_str(source, context! { list => vec!["a", "b"] });
        assert_eq!(made(source).ok(), plain.ok(), "{source}");
    }
    assert!(made("{{ list | zip([1, 2]) | list }}").is_ok());
}

#[test]
fn a_long_text_is_no_list() {
    let long = made("{{ (long * 8) | trim | upper | string | safe | replace('a', 'b') | length }}");
    assert_eq!(long, Ok((8 << 20).to_string()));
    assert_eq!(made("{{ (long * 8) | reverse | length }}"), Ok((8 << 20).to_string()));
}

#[test]
fn a_method_makes_no_more_than_it_may() {
    let call = |name: &'static str, args: Vec<Value>, value: &str| {
        let mut environment = environment(1_000_000);
        environment.set_unknown_method_callback(|state, value, name, args| {
            let callback =
                |_: &minijinja::State<'_, '_>, _: &Value, _: &str, _: &[Value]| Ok(Value::from("made"));
            crate::jinja::method(callback, state, (value, name), args)
        });
        let state = environment.empty_state();
        Value::from(value).call_method(&state, name, &args).map_err(|error| error.to_string())
    };
    let long = Value::from("x".repeat(1 << 20));
    assert!(
        call("replace", vec!["x".into(), long.clone()], &"x".repeat(1 << 12)).unwrap_err().contains("MiB")
    );
    assert!(call("join", vec![(0..5_000).collect()], &"x".repeat(1 << 20)).unwrap_err().contains("MiB"));
    assert!(call("format", vec![], "{:9999999999}").unwrap_err().contains("MiB"));
    assert_eq!(call("replace", vec!["x".into(), "y".into()], "xx"), Ok(Value::from("made")));
}
