//! Which runs have acted somewhere that their tools are no more.

use std::collections::BTreeMap;

use serde_json::json;

use super::Moved;
use crate::event::Event;
use crate::message::CallOutcome;
use crate::run::Run;
use crate::samples::{asked_for, run_of, started, tools};
use crate::tool::ToolSpec;

fn tools_at(place: Option<&str>) -> Vec<ToolSpec> {
    let mut tools = tools();
    tools.iter_mut().for_each(|tool| tool.safety.place = place.map(str::to_owned));
    tools
}

/// A run that began with `pay` at A and asked for these tools.
fn run(asks: &[&str]) -> Run {
    let mut began = started();
    if let Event::Started { places, .. } = &mut began {
        *places = BTreeMap::from([("pay".to_owned(), "A".to_owned())]);
    }
    run_of(&[began, asked_for(asks)])
}

fn after(outcome: CallOutcome) -> Run {
    let mut run = run(&["pay"]);
    run.apply(&Event::CallFinished { call: "c1".into(), outcome, result: json!({}), failure: None, ms: 0 });
    run
}

#[test]
fn what_was_done_or_is_about_to_be_keeps_a_run_at_its_place() {
    let moved = |now| Some(Moved { tool: "pay", then: "A", now });
    for run in [run(&["pay"]), after(CallOutcome::Succeeded), after(CallOutcome::Unknown)] {
        assert_eq!(run.moved(&tools_at(Some("A"))), None);
        assert_eq!(run.moved(&tools_at(Some("B"))), moved(Some("B")));
        assert_eq!(run.moved(&tools_at(None)), moved(None), "a tool that does not say is another one");
        assert_eq!(run.moved(&[]), None, "that it is missing is told elsewhere");
    }
}

#[test]
fn a_run_that_has_acted_nowhere_goes_on_anywhere() {
    let elsewhere = tools_at(Some("B"));
    for run in [run(&["look"]), after(CallOutcome::Failed), after(CallOutcome::Cancelled)] {
        assert_eq!(run.moved(&elsewhere), None);
    }
    let without = run_of(&[started(), asked_for(&["pay"])]);
    assert_eq!(without.moved(&elsewhere), None, "nobody said where it began");
}
