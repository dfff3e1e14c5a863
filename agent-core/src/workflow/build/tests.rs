//! What a program builds is what a file says, and is held to the same.

use serde_json::json;

use super::{Workflow, WorkflowStep};
use crate::answer::AnswerSchema;

#[test]
fn what_is_built_is_what_a_file_says() {
    let number = AnswerSchema::of::<u8>().unwrap();
    let built = Workflow::named("trip")
        .description("Looks, and thinks")
        .input("city", "Where")
        .input("party", json!({"type": "integer", "default": 2}))
        .step(
            WorkflowStep::call("trains", "search").with("to", "{{ city }}").with("seats", 2).allow_failure(),
        )
        .step(WorkflowStep::call("all", "look").each("trains.list").with("id", "{{ item.id }}"))
        .step(WorkflowStep::call("two", "look").each(vec!["a", "b"]).with("id", "{{ item }}"))
        .step(WorkflowStep::ask("many", "How many?").only_if("all").answer(number.clone()))
        .step(WorkflowStep::task("rest", "Book {{ many }}"))
        .answer("{{ rest }}")
        .build();
    let read = Workflow::new(json!({
        "name": "trip",
        "description": "Looks, and thinks",
        "inputs": {"city": "Where", "party": {"type": "integer", "default": 2}},
        "steps": [
            {"name": "trains", "call": "search", "with": {"to": "{{ city }}", "seats": 2}, "may_fail": true},
            {"name": "all", "each": "trains.list", "call": "look", "with": {"id": "{{ item.id }}"}},
            {"name": "two", "each": ["a", "b"], "call": "look", "with": {"id": "{{ item }}"}},
            {"name": "many", "if": "all", "ask": "How many?", "answer": number.schema()},
            {"name": "rest", "do": "Book {{ many }}"}
        ],
        "answer": "{{ rest }}"
    }));
    assert_eq!(built.unwrap(), read.unwrap());
}

#[test]
fn what_is_built_is_checked_as_a_file_is() {
    let ask = || WorkflowStep::ask("a", "{{ ctiy }}").with("x", 1);
    let built = Workflow::named("w").input("city", "Where").step(ask()).step(ask()).build();
    let said = built.unwrap_err().to_string();
    for problem in ["meant: `city`?", "which are for `call`", "has the name of an input or an earlier step"] {
        assert!(said.contains(problem), "{problem}: {said}");
    }
    let empty = Workflow::named(" ").build().unwrap_err().to_string();
    assert!(empty.contains("it has no name") && empty.contains("it has no steps"), "{empty}");
}
