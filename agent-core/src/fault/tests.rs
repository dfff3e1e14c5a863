//! What a person reads of a fault.

use super::{Fault, FaultKind};
use crate::tool::{ToolError, ToolErrorKind};

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

#[test]
fn what_a_tool_could_not_do_is_a_fault_that_says_it_once() {
    let opens = || -> Result<(), Fault> {
        let error = ToolError::new(ToolErrorKind::NotFound, "there is no folder 'worlds'");
        Err(error.expecting("a folder that can be written"))?
    };
    let fault = opens().unwrap_err();
    assert_eq!(fault.kind(), FaultKind::Tool);
    assert_eq!(
        format!("{fault:?}"),
        "there is no folder 'worlds'\nhint: right would be: a folder that can be written"
    );
    let source = std::error::Error::source(&fault).and_then(|source| source.downcast_ref::<ToolError>());
    assert_eq!(source.map(ToolError::kind), Some(&ToolErrorKind::NotFound), "programs can look closer");
}
