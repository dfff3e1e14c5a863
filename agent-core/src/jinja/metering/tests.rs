//! What could grow is counted, and nothing else changes.

use crate::jinja::{expression, template};

fn metered(source: &str) -> String {
    template(source, 1 << 20).unwrap()
}

fn check(source: &str, wanted: &str) {
    assert_eq!(expression(source, 1 << 20).unwrap(), wanted, "{source}");
}

#[test]
fn what_is_joined_or_added_is_counted() {
    check("a ~ b.c[0] ~ 'x'", "__written(a) ~ __written(b.c[0]) ~ 'x'");
    check("a + b|list == c", "__bounded(a) + __bounded(b|list) == c");
    check("a if b ~ c else -d ~ e", "a if __written(b) ~ __written(c) else __written(-d) ~ __written(e)");
    check("a + b ~ c", "__written(a) + __written(b) ~ __written(c)");
    check("not a ~ b is string and c", "not __written(a) ~ __written(b is string) and c");
    check("x not in a ~ b", "x not in __written(a) ~ __written(b)");
    check("f(*a, k=b ~ c, **d)", "f(*a, k=__written(b) ~ __written(c), **d)");
}

#[test]
fn numbers_are_not() {
    for source in ["a + 1", "1 + a", "1 + 2 ~ 3", "a - b", "a / b % c", "loop.index0 - 1"] {
        check(source, source);
    }
}

#[test]
fn what_is_repeated_or_cut_out_is_counted() {
    check("'=' * n", "__bounded(__bounded('=') * n)");
    check("('a' 'b') * 9", "__bounded((__bounded('a' 'b')) * 9)");
    check("a[1:].b ~ c", "__written(a[1:].b) ~ __written(c)");
    check("a[1:]|f", "__bounded(a[1:]|f)");
    check("a[b]", "a[b]");
}

#[test]
fn lists_of_values_are_counted() {
    check("[a, 'x']", "__bounded([a, 'x'])");
    check("{'k': (a, b)}", "__bounded({'k': __bounded((a, b))})");
    check("x in ['a', 'b', none]", "x in ['a', 'b', none]");
    check("f((a))", "f((a))");
}

#[test]
fn what_a_namespace_is_to_hold_is_looked_at() {
    assert_eq!(metered("{% set ns.a = ns %}"), "{% set ns.a = __held((ns)) %}");
    assert_eq!(
        metered("{% set ns.a, b = c, d ~ e %}"),
        "{% set ns.a, b = __held((c, __written(d) ~ __written(e))) %}"
    );
    assert_eq!(metered("{% set (a, b) = c %}"), "{% set (a, b) = c %}");
}

#[test]
fn the_text_of_what_runs_many_times_is_counted() {
    let long = "x".repeat(100);
    assert_eq!(
        metered(&format!("{{% for a in b -%}} {long}{{% endfor %}}")),
        format!("{{% for a in b -%}}{{% do __passed(101) -%}} {long}{{% endfor %}}")
    );
    assert_eq!(metered("{% for a in b recursive %}x{% endfor %}"), "{% for a in b recursive %}x{% endfor %}");
    assert_eq!(
        metered(&format!("{{% if a %}}{long}{{% endif %}}")),
        format!("{{% if a %}}{long}{{% endif %}}")
    );
}

#[test]
fn words_are_names_where_they_stand_for_values() {
    check("a.in ~ b", "__written(a.in) ~ __written(b)");
    check("a|not ~ b", "__written(a|not) ~ __written(b)");
    check("a is not in ~ b", "__written(a is not in) ~ __written(b)");
    for source in ["if ~ if", "a ~ not", "1 == ~ b", "is", "a not b"] {
        assert!(expression(source, 1 << 20).is_err(), "{source}");
    }
}

#[test]
fn a_source_can_neither_use_nor_change_what_counts() {
    for source in ["{{ __bounded(1) }}", "{% set __written = x %}", "{% for __held in x %}{% endfor %}"] {
        let error = template(source, 1 << 20).unwrap_err();
        assert!(error.to_string().contains("the engine's own"), "{error}");
    }
}

#[test]
fn what_nests_too_deep_is_refused() {
    for source in [
        format!("{{{{ {}1 }}}}", "not ".repeat(400)),
        format!("{{{{ {}1 }}}}", "-".repeat(400)),
        format!("{{{{ a{} }}}}", ".a".repeat(400)),
        format!("{{{{ a{} }}}}", "[0]".repeat(400)),
        format!("{{{{ a{} }}}}", "|upper".repeat(400)),
        format!("{{{{ 1{} }}}}", "+1".repeat(400)),
        format!("{{% set {}a = 1 %}}", "(".repeat(400) + &")".repeat(0))
            .replace("a = 1", &format!("a{} = 1", ")".repeat(400))),
    ] {
        assert!(template(&source, 1 << 20).unwrap_err().to_string().contains("in one tag"), "{source}");
    }
    let elifs = format!("{{% if a %}}{}{{% endif %}}", "{% elif a %}".repeat(300));
    assert!(template(&elifs, 1 << 20).unwrap_err().to_string().contains("elif"));
    // It would take a stack's room and count as nothing.
    assert!(template("{% block a %}{{ self.a() }}{% endblock %}", 1 << 20).is_err());
    assert!(template("{% include 'x' %}", 1 << 20).unwrap_err().to_string().contains("no other templates"));
    assert!(template("long", 3).unwrap_err().to_string().contains("longer"));
}
