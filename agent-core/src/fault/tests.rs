//! What a person reads of a fault.

use super::{Fault, FaultKind};

#[test]
fn a_main_that_returns_a_fault_prints_lines_for_a_person() {
    let disk = Fault::new(FaultKind::Journal, "the disk is \"full\"").with_source("no space left");
    let fault = Fault::new(FaultKind::Journal, "the journal cannot be written").with_source(disk);
    let printed = format!("{:?}", fault.with_hint("make room on the disk"));
    let lines = [
        "the journal cannot be written",
        "hint: make room on the disk",
        "cause: the disk is \"full\"",
        "cause: no space left",
    ];
    assert_eq!(printed, lines.join("\n"));
    assert_eq!(format!("{:?}", Fault::new(FaultKind::Busy, "wait")), "wait");
}
