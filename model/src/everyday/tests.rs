//! The data files hold what they should, and no wording asks for a call that a tool does not take.

use std::collections::BTreeSet;

use super::tools::{TOOLS, Tool};
use super::{conversation, says};
use crate::conversation::Role;
use crate::draw::Draw;
use crate::grammar::all_choices;

/// Choices of a wording that are looked at.
const CHOICES_MAX: usize = 5_000;

fn faults(tool: &Tool) -> Vec<String> {
    let mut faults = Vec::new();
    let whole = tool.names.len() > 1 && tool.about.iter().all(|about| !about.is_empty());
    if !whole {
        faults.push("no names or descriptions".to_owned());
    }
    for lines in &tool.wordings {
        if lines.training.len() < 8 || lines.held_out.is_empty() {
            faults.push(format!("{} and {} wordings", lines.training.len(), lines.held_out.len()));
        }
        for line in lines.training.iter().chain(&lines.held_out) {
            for text in all_choices(line, CHOICES_MAX) {
                let unsaid =
                    tool.arguments.iter().any(|argument| argument.required && !says(&text, argument));
                let known: usize = tool.arguments.iter().filter(|argument| says(&text, argument)).count();
                if unsaid || known != text.matches('{').count() || text.contains(['(', ')']) {
                    faults.push(format!("{line} → {text}"));
                    break;
                }
            }
        }
    }
    faults
}

#[test]
fn every_wording_says_what_is_required_and_nothing_unknown() {
    let faults: Vec<String> = TOOLS
        .iter()
        .flat_map(|tool| faults(tool).into_iter().map(move |fault| format!("{}: {fault}", tool.names[0])))
        .collect();
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    let ids: BTreeSet<&str> = TOOLS.iter().map(|tool| tool.names[0]).collect();
    assert_eq!(ids.len(), TOOLS.len(), "an id stands twice");
    assert!(TOOLS.len() > 50 && TOOLS.iter().filter(|tool| tool.held_out).count() > 5);
}

#[test]
fn tools_kept_for_evaluation_are_in_no_training_conversation() {
    let kept: BTreeSet<&str> =
        TOOLS.iter().filter(|tool| tool.held_out).flat_map(|tool| tool.names.iter().copied()).collect();
    let common: BTreeSet<&str> =
        TOOLS.iter().filter(|tool| !tool.held_out).flat_map(|tool| tool.names.iter().copied()).collect();
    for index in 0..200 {
        let talk = conversation(&mut Draw::new(3, index, None, false), None, 3, index % 2 == 0);
        for tool in &talk.tools {
            assert!(
                !kept.contains(tool.name.as_str()) || common.contains(tool.name.as_str()),
                "{}",
                tool.name
            );
        }
        let asked = conversation(&mut Draw::new(3, index, None, true), None, 1, false);
        assert_eq!(asked.messages[0].role, Role::User);
    }
}
