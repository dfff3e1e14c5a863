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
