//! Each model gets the dialect its template was written for, or the generic envelope.

use super::{Candidate, choose};
use crate::constrain::Constrainer;
use crate::render::Template;
use crate::tiny::{Bytes, END, TEMPLATE, vocabulary};

const PLAIN: &str = "{% for m in messages %}{{ m.role }}\n{{ m.content }}<|end|>\n{% endfor %}{% if add_generation_prompt %}assistant\n{% endif %}";

fn chosen(source: &str) -> Result<(&'static str, String), handyman_core::Fault> {
    let template = Template::new(source.to_owned(), String::new(), END.to_owned()).unwrap();
    let constrainer = Constrainer::new(&vocabulary()).unwrap();
    let candidate = Candidate { template: &template, tokenizer: &Bytes::new(), constrainer: &constrainer };
    choose(candidate).map(|chosen| (chosen.dialect.name(), chosen.why))
}

#[test]
fn a_template_that_writes_hermes_calls_is_native() {
    assert_eq!(chosen(TEMPLATE).unwrap().0, "hermes");
    let no_separator = TEMPLATE.replace("'\\n' if not loop.first else ''", "''");
    assert_eq!(chosen(&no_separator).unwrap().0, "hermes");
}

#[test]
fn a_template_that_fails_the_trial_gets_the_envelope_and_the_reason() {
    assert_eq!(chosen(PLAIN).unwrap(), ("generic", "the template does not write Hermes calls".to_owned()));
    let hides_tools = TEMPLATE.replace("t.function.name", "''");
    assert_eq!(chosen(&hides_tools).unwrap().0, "generic");
    let hides_results = TEMPLATE.replace("'tool\\n' + m.content", "'tool\\n'");
    assert!(chosen(&hides_results).unwrap().1.contains("results"));
    let misspells = TEMPLATE.replace("\"arguments\"", "\"args\"");
    assert!(chosen(&misspells).unwrap().1.contains("refuses"));
}

#[test]
fn a_template_without_a_system_role_is_not_given_one() {
    let strict = format!("{{% if messages[0].role == 'system' %}}{{{{ raise_exception('no system role') }}}}{{% endif %}}{PLAIN}");
    assert_eq!(chosen(&strict).unwrap().0, "generic");
}

#[test]
fn a_template_that_refuses_everything_is_a_template_fault() {
    let fault = chosen("{{ raise_exception('no') }}").unwrap_err();
    assert_eq!(fault.kind(), handyman_core::FaultKind::Template);
}
