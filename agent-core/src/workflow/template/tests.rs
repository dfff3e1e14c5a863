//! Tests of templates and expressions.

use serde_json::{Map, Value, json};

use super::{evaluate, listed, named, names, names_in, rendered, truth, words};

fn known() -> Map<String, Value> {
    let known = json!({
        "city": "Beijing",
        "trains": {"trains": [{"id": "G101", "price": 553.5, "seats": 0}, {"id": "G7", "price": 662, "seats": 4}]},
        "nothing": null,
        "big": 9_007_199_254_740_993_i64,
    });
    known.as_object().cloned().unwrap()
}

#[test]
fn an_expression_alone_gives_its_value_and_all_else_a_text() {
    let of = |template: Value| evaluate(&template, &known());
    assert_eq!(of(json!("{{ trains.trains[0].price }}")), Ok(json!(553.5)));
    assert_eq!(of(json!("{{trains.trains[1]}}")), Ok(json!({"id": "G7", "price": 662, "seats": 4})));
    assert_eq!(of(json!("{{ big }}")), Ok(json!(9_007_199_254_740_993_i64)));
    assert_eq!(of(json!("{{ city }} {{ trains.trains[1].price }}")), Ok(json!("Beijing 662")));
    assert_eq!(of(json!("{{- city -}}")), Ok(json!("Beijing")));
    assert_eq!(
        of(json!({"a": ["{{ city }}", 2, null], "b": "plain"})),
        Ok(json!({"a": ["Beijing", 2, null], "b": "plain"}))
    );
    assert_eq!(of(json!("{{ trains.trains | map(attribute='id') | list }}")), Ok(json!(["G101", "G7"])));
    assert_eq!(
        of(json!("{{ trains.trains | selectattr('seats') | first }}")),
        Ok(known()["trains"]["trains"][1].clone())
    );
    assert_eq!(of(json!("{{ nothing }}")), Ok(json!(null)));
    assert_eq!(of(json!("  {{ {'a': {'b': city}} }}  ")), Ok(json!({"a": {"b": "Beijing"}})));
}

#[test]
fn what_is_not_there_is_an_error_that_names_it() {
    let of = |template: &str| evaluate(&json!(template), &known()).unwrap_err();
    assert_eq!(of("{{ trains.trains[9] }}"), "there is no `trains.trains[9]`");
    assert!(of("{{ trains.trains[9].id }}").contains("undefined"), "{}", of("{{ trains.trains[9].id }}"));
    assert!(of("to {{ trains.town }}").starts_with("in `to {{ trains.town }}`: undefined value"));
    assert!(of("{{ city").contains("syntax error"), "{}", of("{{ city"));
}

#[test]
fn conditions_may_ask_for_what_is_not_there() {
    let of = |expression: &str| truth(expression, &known());
    assert_eq!(of("booking"), Ok(false));
    assert_eq!(of("trains.trains and trains.trains[0].price < 600"), Ok(true));
    assert_eq!(of("{{ city == 'Nanjing' }}"), Ok(false));
    assert_eq!(of("booking is defined"), Ok(false));
    assert!(of("booking.reference").is_err());
}

#[test]
fn lists_are_lists() {
    let of = |list: Value| listed(&list, &known());
    assert_eq!(of(json!("trains.trains")).map(|list| list.len()), Ok(2));
    assert_eq!(of(json!("{{ [1, 2] }}")), Ok(vec![json!(1), json!(2)]));
    assert_eq!(of(json!(["Oslo", "{{ city }}"])), Ok(vec![json!("Oslo"), json!("Beijing")]));
    assert_eq!(of(json!("city")), Err("`city` is no list".to_owned()));
}

#[test]
fn a_template_without_end_is_stopped() {
    let endless = "{% for a in range(9999) %}{% for b in range(9999) %}x{% endfor %}{% endfor %}";
    assert!(rendered(endless, &known()).unwrap_err().contains("fuel"), "{:?}", rendered(endless, &known()));
}

#[test]
fn a_template_that_would_end_the_process_is_an_error() {
    for source in [
        format!("{{{{ {}city }}}}", "not ".repeat(60_000)),
        format!("{{{{ city{} }}}}", ".a".repeat(20_000)),
        format!("{{% if city %}}{}{{% endif %}}", "{% elif city %}".repeat(1_000)),
        "{% set ns = namespace(s='x') %}{% for i in range(60) %}{% set ns.s = ns.s ~ ns.s %}{% endfor %}"
            .to_owned(),
        "{% set a = 'x' %}".to_owned() + &"{% set a = a ~ a %}".repeat(60),
        "{{ 'x' | indent(9000000000) }}!".to_owned(),
        "{{ '%9999999999d' | format(1) }}".to_owned(),
        "{{ [city, 'x' * 99999999, 'x' * 99999999] }}".to_owned(),
        "{{ ''[::-1] }}".to_owned(),
    ] {
        let problem = evaluate(&json!(source), &known()).unwrap_err();
        assert!(problem.len() < 1_000, "{problem}");
    }
    let long = format!("{{{{ {} }}}}", "not ".repeat(60_000) + "city");
    assert!(names(&json!(long)).unwrap_err().contains("longer than 64 KiB"));
    assert!(names_in(&"-".repeat(60_000)).unwrap_err().contains("in one tag"));
    assert!(truth(&"not ".repeat(10_000), &known()).unwrap_err().contains("in one tag"));
    assert!(names(&json!("{{ 'x' * 99999999 }}".repeat(1_000))).is_ok_and(|names| names.is_empty()));
}

#[test]
fn the_names_used_are_those_from_outside() {
    let of = |template: Value| names(&template).map(|names| names.into_iter().collect::<Vec<_>>());
    assert_eq!(
        of(json!({"a": "{{ city }}", "b": ["{% for t in trains.trains %}{{ t.id }}{% endfor %}"]})),
        Ok(vec!["city".to_owned(), "trains".to_owned()])
    );
    assert_eq!(names_in("{{ x.y > z }}").map(|names| names.len()), Ok(2));
    assert!(of(json!("{% if %}")).is_err());
}

#[test]
fn the_engine_is_given_only_what_a_source_may_name() {
    let of = |source: &str| named(source, &known()).into_keys().map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(of("to {{city}}"), ["city"]);
    assert_eq!(of("trains.trains[big:] or trains"), ["big", "trains"]);
    assert_eq!(of("{% set x = city %}{{ x ~ nothing }}"), ["city", "nothing"]);
    assert_eq!(of("plain"), [""; 0]);
}

#[test]
fn no_name_in_code_is_missed() {
    let of = |template: &str| words(&json!(template)).contains("mail");
    for uses in [
        "{{ mail.text[4:] }}",
        "{{ '}}' ~ mail }}",
        "{% if x %}{{ mail }}{% endif %}",
        "{{x}} {% set a = mail[1:] %}",
        "{{ [mail[0:1]] }}",
    ] {
        assert!(of(uses), "{uses}");
    }
    assert!(!of("Send a mail to {{ person }}, by mail"));
    assert!(!of("mail"));
}
