//! Whatever a template says, it ends in a text or an error.

use minijinja::context;
use proptest::prelude::*;

use super::{environment, expression, guarded, render, template};

fn made(source: &str) -> Result<String, String> {
    let said = |error: minijinja::Error| error.to_string();
    let source = template(source, 1 << 20).map_err(said)?;
    let environment = environment(1_000_000);
    let compiled = guarded(|| environment.template_from_str(&source)).map_err(said)?;
    render(&compiled, context! { a => "xax", l => vec!["p", "q"], m => context! { k => "v" }, n => 3 })
        .map_err(said)
}

/// What can double is tried sixty times.
fn doubled(step: &str) -> String {
    format!("{{% set ns = namespace(s='xx') %}}{{% for i in range(60) %}}{step}{{% endfor %}}{{{{ ns.s }}}}")
}

#[test]
fn what_doubles_comes_to_an_end() {
    for step in [
        "{% set ns.s = ns.s ~ ns.s %}",
        "{% set ns.s = ns.s + ns.s %}",
        "{% set ns.s = [ns.s, ns.s] %}",
        "{% set ns.s = [ns.s, ns.s] | join %}",
        "{% set ns.s = ns.s | replace('x', ns.s) %}",
        "{% set ns.s = '%s%s' | format(ns.s, ns.s) %}",
        "{% set x %}{{ ns.s }}{{ ns.s }}{% endset %}{% set ns.s = x %}",
        "{% set ns.s = ns.s * 2 %}",
    ] {
        assert!(made(&doubled(step)).unwrap_err().contains("MiB"), "{step}");
    }
    let nested = format!(
        "{{% set a = 'xxxxxxxx' %}}{}{}",
        "{% for a in [a ~ a] %}".repeat(40),
        "{% endfor %}".repeat(40)
    );
    assert!(made(&nested).unwrap_err().contains("MiB"));
    let called = "{% macro f(s, n) %}{{ f(s ~ s, n - 1) if n }}{% endmacro %}{{ f('xxx', 40) }}";
    assert!(made(called).unwrap_err().contains("MiB"));
    let constant = "{% set a = 'x' * 90000000 %}".repeat(3);
    assert!(made(&constant).unwrap_err().contains("MiB"));
}

#[test]
fn what_is_written_many_times_comes_to_an_end() {
    let text = "y".repeat(1 << 16);
    let loops = format!("{{% for i in range(99999) %}}{text}{{% endfor %}}");
    assert!(made(&loops).unwrap_err().contains("16 MiB of text"));
    let counted = "{% for i in range(99) %}{% do __passed(20000000) %}{% endfor %}";
    let environment = environment(1_000_000);
    assert!(environment.render_str(counted, ()).unwrap_err().to_string().contains("1024 MiB"));
}

#[test]
fn what_holds_itself_or_nests_without_end_is_an_error() {
    for source in [
        "{% set ns = namespace() %}{% set ns.a = ns %}{{ ns ~ '' }}",
        "{% set ns = namespace() %}{% set ns.a = [ns] %}{{ ns == ns }}",
        "{% set ns = namespace() %}{% set ns.a = namespace(b=ns) %}{{ ns in 'x' }}",
        "{% set ns = namespace() %}{% for x in [1, 2, ns] %}{% set ns.a = loop %}{% endfor %}{{ ns in 'x' }}",
        "{% set ns = namespace(l=[]) %}{% for i in range(99999) %}{% set ns.l = [ns.l] %}{% endfor %}",
        "{% set ns = namespace(l=[]) %}{% for i in range(99999) %}{% set ns.l = dict(a=ns.l) %}{% endfor %}",
        "{% macro f(n) %}{{ f(n + 1) }}{% endmacro %}{{ f(0) }}",
        "{% block a %}{{ self.a() }}{% endblock %}",
        "{% for x in [1] recursive %}{{ loop([1]) }}{% endfor %}",
    ] {
        assert!(made(source).is_err(), "{source}");
    }
}

#[test]
fn what_is_as_deep_as_it_may_be_fits_a_usual_stack() {
    let depth = 100;
    let (opens, closes) = ("{% if a %}".repeat(depth), "{% endif %}".repeat(depth));
    for tag in [
        format!("{{{{ {}a }}}}", "not ".repeat(295)),
        format!("{{{{ a{} }}}}", " is defined".repeat(140)),
        format!("{{{{ a is defined{} }}}}", " and a".repeat(140)),
        format!("{{{{ 1{} }}}}", " + n".repeat(140)),
        format!("{{{{ a{} }}}}", " if a else a".repeat(70)),
        format!("{{{{ {}1{} }}}}", "[".repeat(40), "]".repeat(40)),
        format!("{{{{ m{} }}}}", ".k.k".repeat(70)),
    ] {
        let elifs = "{% elif a %}".repeat(200);
        // Only that it ends.
        let _ = made(&format!("{opens}{{% if false %}}{elifs}{tag}{{% endif %}}{tag}{closes}"));
    }
}

#[test]
fn a_panic_of_the_engine_is_an_error() {
    for source in [
        "{{ ''[::-1] }}",
        "{% for x in [1] %}{{ loop.cycle() }}{% endfor %}",
        "{{ '%.99999999f' | format(1.5) }}",
    ] {
        assert!(made(source).is_err(), "{source}");
    }
}

/// Expressions of a few kinds inside each other.
fn expressions() -> impl Strategy<Value = String> {
    let leaf = proptest::sample::select(vec![
        "a", "l", "m.k", "n", "'x'", "1", "2.5", "l[0]", "'z' 'w'", "none", "true",
    ]);
    leaf.prop_map(str::to_owned).prop_recursive(4, 24, 3, |inner| {
        // Not `and` and `or`: of constants minijinja makes truth values of them, and of others it does not.
        let operators = vec!["~", "+", "-", "*", "//", "==", "<", "in", "not in"];
        let filters =
            vec!["upper", "string", "length", "tojson", "list", "join('-')", "replace('x', a)", "default(l)"];
        let tests = vec!["defined", "string", "mapping", "divisibleby 2"];
        prop_oneof![
            (inner.clone(), proptest::sample::select(operators), inner.clone())
                .prop_map(|(left, operator, right)| format!("{left} {operator} {right}")),
            inner.clone().prop_map(|inner| format!("({inner})")),
            inner.clone().prop_map(|inner| format!("(not ({inner}))")),
            (inner.clone(), inner.clone()).prop_map(|(one, two)| format!("[{one}, {two}]")),
            (inner.clone(), inner.clone()).prop_map(|(one, two)| format!("{{'k': {one}, 'j': {two}}}.k")),
            (inner.clone(), inner.clone()).prop_map(|(value, from)| format!("({value})[{from}:]")),
            (inner.clone(), proptest::sample::select(filters))
                .prop_map(|(value, filter)| format!("({value}) | {filter}")),
            (inner.clone(), proptest::sample::select(tests))
                .prop_map(|(value, test)| format!("(({value}) is {test})")),
            (inner.clone(), inner.clone(), inner)
                .prop_map(|(one, test, two)| format!("(({one}) if ({test}) else {two})")),
        ]
    })
}

proptest! {
    #[test]
    fn counting_changes_nothing(one in expressions(), two in expressions()) {
        let source = format!(
            "{{% set ns = namespace(s={one}) %}}{{% for x in [{two}] -%}}\n {} {{{{ x }}}}\n {{%- set ns.s = {one} ~ x %}}\n{{% endfor %}}\n{{{{ ns.s }}}}{{{{ {two} }}}}",
            "long text ".repeat(8),
        );
        let plain = minijinja::Environment::new().render_str(
            &source,
            context! { a => "xax", l => vec!["p", "q"], m => context! { k => "v" }, n => 3 },
        );
        if let Ok(plain) = plain {
            prop_assert_eq!(made(&source), Ok(plain), "{}", source);
        }
        let value = |source: &str| {
            let environment = minijinja::Environment::new();
            let compiled = environment.compile_expression(source).ok()?;
            compiled.eval(context! { a => "xax", l => vec!["p", "q"], m => context! { k => "v" }, n => 3 }).ok()
        };
        if let Some(plain) = value(&one) {
            let environment = environment(1_000_000);
            let source = expression(&one, 1 << 20).unwrap();
            let counted = environment.compile_expression(&source).unwrap().eval(
                context! { a => "xax", l => vec!["p", "q"], m => context! { k => "v" }, n => 3 },
            );
            prop_assert_eq!(counted.ok().map(|value| value.to_string()), Some(plain.to_string()));
        }
    }
}
