//! Each model gets the dialect its template was written for, or the generic envelope.

mod corpus;

use super::{Candidate, choose};
use crate::constrain::Constrainer;
use crate::dialect::families::FAMILIES;
use crate::render::Template;
use crate::tiny::{Bytes, END, TEMPLATE, vocabulary};

const PLAIN: &str = "{% for m in messages %}{{ m.role }}\n{{ m.content }}<|end|>\n{% endfor %}{% if add_generation_prompt %}assistant\n{% endif %}";

fn chosen(source: &str) -> Result<(&'static str, String), handyman_core::Fault> {
    let template = Template::new(source.to_owned(), String::new(), END.to_owned()).unwrap();
    let constrainer = Constrainer::new(&vocabulary()).unwrap();
    let candidate = Candidate { template: &template, tokenizer: &Bytes::new(), constrainer: &constrainer };
    choose(candidate).map(|chosen| (chosen.dialect.name(), chosen.why))
}

/// `fixtures/` holds a template of our own for every family, in the family's format.
#[test]
fn every_familys_template_is_native() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/dialect/choose/fixtures");
    for family in &FAMILIES {
        let source = std::fs::read_to_string(format!("{folder}/{}.jinja", family.name)).unwrap();
        let (name, why) = chosen(&source).unwrap();
        assert_eq!(name, family.name, "{why}");
    }
}

#[test]
fn a_template_that_writes_hermes_calls_is_native() {
    assert_eq!(chosen(TEMPLATE).unwrap().0, "hermes");
}

#[test]
fn a_template_that_fails_the_trial_gets_the_envelope_and_the_reason() {
    let (name, why) = chosen(PLAIN).unwrap();
    assert!(name == "generic" && why.contains("writes no calls"), "{name}: {why}");
    let hides_results = TEMPLATE.replace("'tool\\n' + m.content", "'tool\\n'");
    let (name, why) = chosen(&hides_results).unwrap();
    assert!(name == "generic" && why.contains("results"), "{name}: {why}");
}

#[test]
fn a_template_of_a_family_with_other_spacing_is_found_out() {
    let no_separator = TEMPLATE.replace("'\\n' if not loop.first else ''", "''");
    let other_key = TEMPLATE.replace("\"arguments\"", "\"args\"");
    for source in [no_separator, other_key] {
        let (name, why) = chosen(&source).unwrap();
        assert!(name == "hermes" && why.contains("found out"), "{name}: {why}");
    }
}

#[test]
fn tools_that_a_template_does_not_show_are_told_in_the_system_text() {
    let hides_tools = TEMPLATE.replace("t.function.name + ' ' + t.function.description", "''");
    let with_system =
        hides_tools.replace("'system\\n' }}", "'system\\n' + (m.content if m.role == 'system' else '') }}");
    assert_ne!(hides_tools, with_system);
    let (name, why) = chosen(&with_system).unwrap();
    assert!(name == "hermes" && why.contains("told in the system text"), "{name}: {why}");
}

#[test]
fn a_template_without_a_system_role_is_not_given_one() {
    let strict = format!(
        "{{% if messages[0].role == 'system' %}}{{{{ raise_exception('no system role') }}}}{{% endif %}}{PLAIN}"
    );
    assert_eq!(chosen(&strict).unwrap().0, "generic");
}

#[test]
fn a_template_that_refuses_everything_is_a_template_fault() {
    let fault = chosen("{{ raise_exception('no') }}").unwrap_err();
    assert_eq!(fault.kind(), handyman_core::FaultKind::Template);
}
