//! The compiler keeps what it compiled and says what it cannot.

use std::fmt::Write;

use handyman_core::FaultKind;

use crate::tiny::constrainer;

#[test]
fn a_grammar_that_makes_no_sense_is_a_schema_fault() {
    let Err(fault) = constrainer().matcher("start: nowhere") else { panic!("it was compiled") };
    assert_eq!(fault.kind(), FaultKind::Schema);
}

#[test]
fn a_cached_grammar_begins_anew() {
    let constrainer = constrainer();
    for _ in 0..3 {
        let mut matcher = constrainer.matcher("start: \"ab\"").unwrap();
        assert_eq!(matcher.compute_ff_tokens(), [u32::from(b'a'), u32::from(b'b')]);
        matcher.consume_tokens(&[u32::from(b'a'), u32::from(b'b')]).unwrap();
        assert!(matcher.is_stopped());
    }
}

#[test]
fn definitions_that_refer_to_the_next_do_not_exhaust_the_stack() {
    let mut definitions = r#""d2048": {"type": "string"}"#.to_owned();
    for at in 0..2_048 {
        let next = at + 1;
        write!(
            definitions,
            r##", "d{at}": {{"type": "object", "properties": {{"n": {{"$ref": "#/$defs/d{next}"}}}}}}"##
        )
        .unwrap();
    }
    let schema = format!(r##"{{"$ref": "#/$defs/d0", "$defs": {{{definitions}}}}}"##);
    assert!(constrainer().matcher(&format!("start: %json {schema}")).is_ok());
}
