//! In every family, calls that cannot be made again are not in the language, and all others still are.

use handyman_core::{CallOutcome, CallResult, Message, Part, ReplyMode, Role, ToolCall, ToolSpec};
use serde_json::{Value, json};

use super::{Trial, names};
use crate::constrain::sources::Sources;
use crate::dialect::samples::{call, tool};
use crate::dialect::{Dialect, Turn};
use crate::tiny::{person, result};

/// A conversation in which calls with these arguments have failed, one a turn.
fn failed(tool: &str, said: &str, with: &[Value]) -> Vec<Message> {
    let mut history = vec![person(said)];
    for (index, arguments) in with.iter().enumerate() {
        let id = format!("c{}", index + 1);
        let arguments = arguments.as_object().unwrap().clone();
        let asked = ToolCall { id: id.clone().into(), tool: tool.to_owned(), arguments };
        let result = CallResult {
            call: id.into(),
            tool: tool.to_owned(),
            outcome: CallOutcome::Failed,
            result: json!({"error": "no"}),
        };
        history.push(Message { role: Role::Assistant, parts: vec![Part::Call(asked)] });
        history.push(Message { role: Role::Tool, parts: vec![Part::Result(result)] });
    }
    history
}

/// Holds, in every family, that exactly the calls that failed are out of the language, and that what is in
/// it reads back as it was written.
fn check(spec: &ToolSpec, said: &str, failures: &[Value], others: &[Value]) {
    check_in(&failed(&spec.name, said, failures), spec, failures, others);
}

/// The same in a conversation in which they have failed.
fn check_in(history: &[Message], spec: &ToolSpec, failures: &[Value], others: &[Value]) {
    let offered = [spec.clone()];
    let sources = Sources::new(history).without_repeats(&offered);
    for name in names() {
        for tagged in [false, true] {
            let trial = Trial::new(name, tagged, false);
            let turn = Turn::new(&offered, ReplyMode::Free, sources);
            let number = failures.len();
            for (arguments, fits) in
                failures.iter().map(|a| (a, false)).chain(others.iter().map(|a| (a, true)))
            {
                let calls = [call(&spec.name, arguments.clone())];
                let written = trial.write_from(&calls, number);
                let accepted = trial.accepts(&turn, &written);
                assert_eq!(accepted, fits, "{name} (tagged: {tagged}): {written}");
                if fits {
                    let read = trial.native.parse(&written, &offered).unwrap().calls;
                    assert_eq!(read, calls, "{name} (tagged: {tagged}): {written}");
                }
            }
        }
    }
}

#[test]
fn copied_and_given_values_are_told_apart() {
    let copied = json!({"type": "string", "x-verbatim": true});
    let order = json!({"type": "string", "enum": ["earliest", "latest"]});
    let parameters = json!({
        "type": "object",
        "properties": {"from": copied, "to": copied, "order": order},
        "required": ["from", "to"],
    });
    check(
        &tool("search", "Searches", parameters),
        "上海 北京 南京",
        &[json!({"from": "上海", "to": "北京"}), json!({"from": "上海", "to": "北京", "order": "latest"})],
        &[
            json!({"from": "上海", "to": "北京", "order": "earliest"}),
            json!({"from": "上海", "to": "南京"}),
            json!({"from": "上海 北京", "to": "北京"}),
            json!({"from": "北京", "to": "北京", "order": "latest"}),
            json!({"from": "北京", "to": "上海"}),
        ],
    );
}

#[test]
fn whole_numbers_of_results_are_told_apart() {
    let found = result("search", json!({"id": [7, 71]}));
    let after = |failures: &[Value]| {
        let mut history = failed("order", "order it", failures);
        history.insert(0, found.clone());
        history
    };
    let id = json!({"type": "integer", "x-from": ["search.id"]});
    let properties = json!({"fast": {"type": "boolean"}, "id": id});
    let parameters = json!({"type": "object", "properties": properties, "required": ["id"]});
    let failures = [json!({"id": 7}), json!({"fast": true, "id": 71})];
    let others = [json!({"id": 71}), json!({"fast": true, "id": 7}), json!({"fast": false, "id": 71})];
    check_in(&after(&failures), &tool("order", "Orders", parameters), &failures, &others);
    let parameters = json!({"type": "object", "properties": {"id": id}, "required": ["id"]});
    let failures = [json!({"id": 7}), json!({"id": 71})];
    check_in(&after(&failures), &tool("order", "Orders", parameters), &failures, &[]);
}

#[test]
fn numbers_and_truth_values_are_told_apart() {
    let parameters = json!({
        "type": "object",
        "properties": {
            "all": {"type": "boolean"},
            "n": {"type": "integer", "minimum": 1, "maximum": 25},
        },
        "required": ["n"],
    });
    check(
        &tool("count", "Counts", parameters),
        "count",
        &[json!({"n": 1}), json!({"all": true, "n": 5}), json!({"n": 25}), json!({"all": false, "n": 5})],
        &[
            json!({"n": 5}),
            json!({"n": 2}),
            json!({"n": 15}),
            json!({"all": true, "n": 1}),
            json!({"all": false, "n": 25}),
        ],
    );
}

#[test]
fn texts_of_any_content_are_told_apart() {
    let parameters = json!({
        "type": "object",
        "properties": {"text": {"type": "string"}, "to": {"type": "string"}},
        "required": ["text"],
    });
    check(
        &tool("note", "Notes", parameters),
        "note",
        &[json!({"text": "two words"}), json!({"text": "x", "to": "上海"})],
        &[
            json!({"text": "two"}),
            json!({"text": "two words more"}),
            json!({"text": "x"}),
            json!({"text": "x", "to": "上"}),
            json!({"text": "x", "to": "上海 "}),
            json!({"text": "two words", "to": "上海"}),
            json!({"text": "a < b", "to": "two words"}),
        ],
    );
}

#[test]
fn a_tool_with_nothing_left_to_try_cannot_be_called() {
    let empty = tool("list", "Lists", json!({"type": "object", "properties": {}}));
    check(&empty, "list", &[json!({})], &[]);
    let flag = json!({"type": "object", "properties": {"on": {"type": "boolean"}}, "required": ["on"]});
    check(&tool("flip", "Flips", flag.clone()), "flip", &[json!({"on": true})], &[json!({"on": false})]);
    check(&tool("flip", "Flips", flag), "flip", &[json!({"on": true}), json!({"on": false})], &[]);
}

#[test]
fn what_cannot_be_told_apart_is_left_to_the_planner() {
    let parameters =
        json!({"type": "object", "properties": {"share": {"type": "number"}}, "required": ["share"]});
    let spec = tool("part", "Takes a part", parameters);
    let history = failed("part", "part", &[json!({"share": 0.5})]);
    let offered = [spec];
    for name in names() {
        let trial = Trial::new(name, false, false);
        let sources = Sources::new(&history).without_repeats(&offered);
        let turn = Turn::new(&offered, ReplyMode::Free, sources);
        let written = trial.write_from(&[call("part", json!({"share": 0.5}))], 1);
        assert!(trial.accepts(&turn, &written), "{name}: {written}");
    }
}
