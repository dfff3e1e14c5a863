//! The template engine does what Hugging Face's does.

use handyman_core::FaultKind;
use serde_json::json;

use super::Template;
use crate::dialect::Conversation;

fn render(source: &str) -> Result<String, handyman_core::Fault> {
    let template = Template::new(source.to_owned(), "<s>".to_owned(), "</s>".to_owned())?;
    let messages = vec![json!({"role": "user", "content": "Hi", "extra": {"b": "上海", "a": [1, true]}})];
    template.render(&Conversation { messages, tools: json!([]) }, true)
}

#[test]
fn python_methods_filters_and_loop_controls_work() {
    let check = |source: &str, wanted: &str| assert_eq!(render(source).unwrap(), wanted, "{source}");
    check("{{ messages[0].content.startswith('H') }}", "True");
    check("{{ messages[0]['extra'] | tojson }}", r#"{"b": "上海", "a": [1, true]}"#);
    check("{% for m in messages %}{% break %}{% endfor %}x", "x");
    check("{% for k, v in messages[0].extra.items() %}{{ k }}{% endfor %}", "ba");
    check("{% if tools %}tools{% else %}{{ tools }}{% endif %}", "None");
    check("{{ bos_token }}{{ eos_token }}{{ add_generation_prompt }}", "<s></s>True");
    check("{% set ns = namespace(x=1) %}{% set ns.x = 2 %}{{ ns.x }}", "2");
    check("{%- generation %}a{% endgeneration %}", "a");
    check("{{ messages[0].extra }} {{ [1, 'x', none] }}", "{'b': '上海', 'a': [1, True]} [1, 'x', None]");
    check("{{ none | length }}{{ nothing | length }}{{ 'ab' | length }}", "002");
    check("{{ {'b': 1, 'a': [2]} | tojson(separators=(',', ':'), sort_keys=true) }}", "{\"a\":[2],\"b\":1}");
    check("{{ ('[1]' | from_json)[0] }}", "1");
    check("{{ ['a'] + [true] }} {{ (['a'] + [true]) | tojson }}", "['a', True] [\"a\", true]");
    check("{# {%} #}{{ '{%}' }}{% if true %}a{% endif %}", "{%}a");
    check(
        "{% set ns = namespace(l=[]) %}{% for i in [1, 2] %}{% set _ = ns.l.append(i) %}{% endfor %}{% set a = ns.l.pop(0) %}{{ a }}{{ ns.l }}",
        "1[2]",
    );
    check("{{ date_string | length > 9 and datetime | length > 9 }}", "True");
    check("  {% if true %}\n  a\n  {% endif %}\n", "  a\n");
    check("{{ strftime_now('%Y') | length }}", "4");
    check("{{ 'a\\n\\nb\\n' | indent(2, first=true) }}|", "  a\n\n  b\n|");
    check("{{ 'a\\n\\nb' | indent(width=1, blank=true) }}{{ 'c\\nd' | indent }}", "a\n \n bc\n    d");
}

#[test]
fn a_template_can_refuse_and_can_be_broken() {
    for source in ["{{ raise_exception('no system role') }}", "{% for %}"] {
        let fault = render(source).unwrap_err();
        assert_eq!(fault.kind(), FaultKind::Template);
    }
    assert!(
        render("{{ raise_exception('no system role') }}").unwrap_err().to_string().contains("no system role")
    );
}

#[test]
fn a_template_that_goes_on_for_ever_is_a_fault() {
    let nested = "{% for a in range(9999) %}".repeat(4) + &"{% endfor %}".repeat(4);
    let fault = render(&nested).unwrap_err();
    assert!(fault.to_string().contains("steps"), "{fault}");
}

#[test]
fn a_value_that_holds_itself_is_a_fault() {
    for shown in ["{{ ns }}", "{{ [ns] + [] }}", "{{ ns | tojson }}", "{{ [ns] | tojson(indent=2) }}"] {
        let source = format!("{{% set ns = namespace() %}}{{% set ns.a = ns %}}{shown}");
        assert_eq!(render(&source).unwrap_err().kind(), FaultKind::Template, "{shown}");
    }
}

/// Renders a template that has to be a fault, and gives what it says.
fn refused(source: &str) -> String {
    let fault = render(source).expect_err(source);
    assert_eq!(fault.kind(), FaultKind::Template, "{source}");
    fault.to_string()
}

#[test]
fn a_template_that_nests_too_deep_is_a_fault() {
    for source in [
        format!("{{{{ {}1 }}}}", "not ".repeat(50_000)),
        format!("{{{{ a{} }}}}", ".a".repeat(50_000)),
        format!("{{{{ a{} }}}}", "|upper".repeat(30_000)),
        format!("{{{{ 1{} }}}}", "+1".repeat(50_000)),
        format!("{{{{ {}1 }}}}", "-".repeat(50_000)),
        format!("{{% if 0 %}}{}{{% endif %}}", "{% elif 0 %}".repeat(20_000)),
    ] {
        let problem = refused(&source);
        assert!(problem.contains("in one tag") || problem.contains("elif"), "{problem}");
    }
    assert!(refused(&"x".repeat(super::SOURCE_MAX + 1)).contains("longer than 256 KiB"));
}

#[test]
fn a_template_that_makes_too_much_is_a_fault() {
    let doubled = |step: &str| {
        format!(
            "{{% set ns = namespace(s='x') %}}{{% for i in range(60) %}}{step}{{% endfor %}}{{{{ ns.s | length }}}}"
        )
    };
    for source in [
        doubled("{% set ns.s = ns.s ~ ns.s %}"),
        doubled("{% set ns.s = ns.s + ns.s %}"),
        doubled("{% set ns.s = '{0}{0}'.format(ns.s) %}"),
        doubled("{% set ns.s = ns.s.join([ns.s, ns.s]) %}"),
        "{{ {'a': 1} | tojson(indent=9000000000000) }}".to_owned(),
        "{{ '%9999999999d' | format(1) }}".to_owned(),
        "{{ 'x' | indent(9000000000) }}".to_owned(),
        "{{ strftime_now('%c' * 1000) }}".to_owned(),
        format!("{{% for i in range(99999) %}}{}{{% endfor %}}", "long ".repeat(1_000)),
    ] {
        let problem = refused(&source);
        assert!(["MiB", "KiB", "indents"].iter().any(|limit| problem.contains(limit)), "{problem}");
    }
    // What was doubled by lists is small until it is written.
    let lists = doubled("{% set ns.s = [ns.s, ns.s] %}").replace("length", "tojson");
    assert!(refused(&lists).contains("MiB"));
}

#[test]
fn a_template_that_breaks_the_engine_is_a_fault() {
    refused("{{ messages[1:][::-1] }}");
    refused("{% for x in [1] %}{{ loop.cycle() }}{% endfor %}");
}

#[test]
fn a_long_conversation_is_rendered() {
    let template = "{%- set ns = namespace(out='') %}{%- for m in messages %}{%- set ns.out = ns.out ~ m.role ~ ': ' ~ m.content | trim ~ '\n' %}{%- endfor %}{{- ns.out }}";
    let template = Template::new(template.to_owned(), String::new(), String::new()).unwrap();
    let messages = vec![json!({"role": "user", "content": "word ".repeat(200)}); 300];
    let prompt = template.render(&Conversation { messages, tools: json!([]) }, true).unwrap();
    assert_eq!(prompt.len(), 300 * ("user: ".len() + 999 + 1));
}
