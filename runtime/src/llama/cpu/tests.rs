//! What is lacking is named, and only what the build uses counts.

use super::{Needed, check, missing};

fn needed(told: Option<&'static str>, usual: bool, has: bool) -> Needed {
    Needed { name: "AVX2", told, usual, has }
}

#[test]
fn this_machine_runs_what_was_built_on_it() {
    check().unwrap();
}

#[test]
fn what_the_build_uses_and_the_processor_lacks_is_named() {
    for lacking in [needed(None, true, false), needed(Some("ON"), false, false)] {
        let fault = missing(&[needed(None, true, true), lacking]).unwrap();
        assert!(fault.to_string().contains("AVX2"), "{fault}");
        assert!(fault.hint().unwrap().contains("target-cpu=native"), "{fault}");
    }
    for fine in [
        needed(None, true, true),
        needed(None, false, false),
        needed(Some("OFF"), true, false),
        needed(Some("0"), true, false),
    ] {
        assert!(missing(&[fine]).is_none());
    }
}
