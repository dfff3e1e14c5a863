//! The compiler keeps what it compiled and says what it cannot.

use std::fmt::Write;

use handyman_core::FaultKind;

use super::CACHED_MAX;
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
fn one_that_is_being_compiled_holds_up_nobody_who_wants_another() {
    let constrainer = constrainer();
    let slow = constrainer.place("start: \"slow\"");
    let compiling = slow.lock().unwrap();
    assert!(constrainer.matcher("start: \"ab\"").is_ok());
    assert!(constrainer.compiles("start: \"ab\""));
    drop(compiling);
    assert!(constrainer.matcher("start: \"slow\"").is_ok());
}

#[test]
fn what_is_wanted_again_and_again_stays() {
    let constrainer = constrainer();
    let wanted = "start: \"ab\"";
    let first = constrainer.place(wanted);
    for other in 0..2 * CACHED_MAX {
        constrainer.matcher(&format!("start: \"a{other}\"")).unwrap();
        assert!(std::sync::Arc::ptr_eq(&constrainer.place(wanted), &first), "after {other} others");
    }
    assert!(constrainer.matcher("start: nowhere").is_err());
    let cached = constrainer.cached.lock().unwrap();
    assert_eq!(cached.len(), CACHED_MAX - 1, "what cannot be compiled takes no place");
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
