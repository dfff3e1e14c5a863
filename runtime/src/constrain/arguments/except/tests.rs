//! What cannot be called again is not in the language, and everything else still is.

use handyman_core::{CallOutcome, CallResult, Message, Part, Role, ToolSpec};
use serde_json::{Value, json};

use crate::constrain::arguments::Arguments;
use crate::constrain::grammar::Grammar;
use crate::constrain::sources::Sources;
use crate::dialect::format::Syntax;
use crate::tiny::{asks, constrainer, person, result, tool};

/// A conversation in which the tool has failed with each of these arguments.
fn failed(spec: &ToolSpec, said: &str, with: &[Value]) -> Vec<Message> {
    let mut history = vec![person(said)];
    let calls: Vec<(&str, Value)> =
        with.iter().map(|arguments| (spec.name.as_str(), arguments.clone())).collect();
    history.push(asks(&calls));
    let parts = (1..=with.len()).map(|n| {
        let result = json!({"error": "no"});
        let tool = spec.name.clone();
        Part::Result(CallResult { call: format!("c{n}").into(), tool, outcome: CallOutcome::Failed, result })
    });
    history.push(Message { role: Role::Tool, parts: parts.collect() });
    history
}

fn grammar(spec: &ToolSpec, history: &[Message]) -> Option<String> {
    let mut grammar = Grammar::default();
    let tools = [spec.clone()];
    let sources = Sources::new(history).without_repeats(&tools);
    let rule = Arguments::new(&mut grammar, sources).of(spec, &Syntax::Json).unwrap()?;
    Some(grammar.start(&rule))
}

fn check(spec: &ToolSpec, history: &[Message], right: &[&str], wrong: &[&str]) {
    let (constrainer, grammar) = (constrainer(), grammar(spec, history).expect("the tool can be called"));
    for (text, fits) in right.iter().map(|text| (text, true)).chain(wrong.iter().map(|text| (text, false))) {
        let mut matcher = constrainer.matcher(&grammar).unwrap();
        let tokens: Vec<u32> = text.bytes().map(u32::from).collect();
        let accepted = matcher.consume_tokens(&tokens).is_ok() && matcher.is_accepting().unwrap();
        assert_eq!(accepted, fits, "{text} in\n{grammar}");
    }
}

#[test]
fn only_the_very_same_arguments_are_left_out() {
    let copied = json!({"type": "string", "x-verbatim": true});
    let order = json!({"enum": ["earliest", "latest"]});
    let spec = tool("search", json!({"from": copied, "to": copied, "order": order}), &["from", "to"]);
    let tried =
        [json!({"from": "上海", "to": "北京"}), json!({"from": "上海", "to": "北京", "order": "latest"})];
    check(
        &spec,
        &failed(&spec, "上海 北京 南京", &tried),
        &[
            r#"{"from": "上海", "to": "北京", "order": "earliest"}"#,
            r#"{"from": "上海", "to": "南京"}"#,
            r#"{"from": "北京", "to": "北京"}"#,
            r#"{"from": "北京", "to": "上海", "order": "latest"}"#,
        ],
        &[r#"{"from": "上海", "to": "北京"}"#, r#"{"from": "上海", "to": "北京", "order": "latest"}"#],
    );
}

#[test]
fn numbers_and_truth_values_are_told_apart() {
    let number = json!({"type": "integer", "minimum": 1, "maximum": 9});
    let spec = tool("count", json!({"n": number, "all": {"type": "boolean"}}), &["n"]);
    let tried = [json!({"n": 1}), json!({"n": 5, "all": true}), json!({"n": 9})];
    check(
        &spec,
        &failed(&spec, "count", &tried),
        &[
            r#"{"n": 5}"#,
            r#"{"n": 5, "all": false}"#,
            r#"{"n": 2}"#,
            r#"{"n": 1, "all": true}"#,
            r#"{"n": 9, "all": false}"#,
        ],
        &[r#"{"n": 1}"#, r#"{"n": 5, "all": true}"#, r#"{"n": 9}"#, r#"{"n": 0}"#, r#"{"n": 10}"#],
    );
}

#[test]
fn numbers_stay_within_their_bounds_however_these_are_written_and_whatever_was_tried() {
    let number = json!({"type": "integer", "minimum": 1.0, "exclusiveMinimum": 2, "maximum": 9.5, "exclusiveMaximum": 20});
    let spec = tool("count", json!({"n": number}), &["n"]);
    let tried = [json!({"n": 100}), json!({"n": 5}), json!({"n": -3})];
    check(
        &spec,
        &failed(&spec, "count", &tried),
        &[r#"{"n": 3}"#, r#"{"n": 4}"#, r#"{"n": 6}"#, r#"{"n": 9}"#],
        &[
            r#"{"n": 5}"#,
            r#"{"n": 2}"#,
            r#"{"n": 0}"#,
            r#"{"n": 10}"#,
            r#"{"n": 50}"#,
            r#"{"n": 101}"#,
            r#"{"n": -4}"#,
        ],
    );
}

#[test]
fn what_results_hold_is_told_apart() {
    for (kind, [one, other, none]) in
        [("integer", [json!(7), json!(71), json!(70)]), ("string", [json!("G7"), json!("G71"), json!("G70")])]
    {
        let id = json!({"type": kind, "x-from": ["search.id"]});
        let found = result("search", json!({"id": [one, other]}));
        let after = |spec: &ToolSpec, tried: &[Value]| {
            let mut history = failed(spec, "order it", tried);
            history.insert(0, found.clone());
            history
        };
        let call = |id: &Value, more: &str| format!("{{\"id\": {id}{more}}}");
        let spec = tool("order", json!({"id": id, "fast": {"type": "boolean"}}), &["id"]);
        let right = [call(&other, ""), call(&one, ", \"fast\": true")];
        let wrong = [call(&one, ""), call(&none, "")];
        let [right, wrong] = [&right, &wrong].map(|calls| calls.each_ref().map(String::as_str));
        check(&spec, &after(&spec, &[json!({"id": one})]), &right, &wrong);
        let spec = tool("order", json!({"id": id}), &["id"]);
        assert_eq!(grammar(&spec, &after(&spec, &[json!({"id": one}), json!({"id": other})])), None);
    }
}

#[test]
fn a_tool_with_nothing_left_to_try_is_not_offered() {
    let spec = tool("list", json!({}), &[]);
    assert_eq!(grammar(&spec, &failed(&spec, "list", &[json!({})])), None);
    let flag = tool("flip", json!({"on": {"type": "boolean"}}), &["on"]);
    let tried = [json!({"on": true}), json!({"on": false})];
    assert_eq!(grammar(&flag, &failed(&flag, "flip", &tried)), None);
    check(&flag, &failed(&flag, "flip", &tried[..1]), &[r#"{"on": false}"#], &[r#"{"on": true}"#]);
}

#[test]
fn texts_of_any_content_are_told_apart() {
    let spec = tool("note", json!({"text": {"type": "string"}}), &["text"]);
    let tried = failed(&spec, "note x", &[json!({"text": "x \"y\""})]);
    let right = [r#"{"text": "x"}"#, r#"{"text": "x \"y\" z"}"#, r#"{"text": ""}"#];
    check(&spec, &tried, &right, &[r#"{"text": "x \"y\""}"#]);
}

#[test]
fn what_cannot_be_told_apart_is_left_to_the_planner() {
    let spec = tool("part", json!({"share": {"type": "number"}}), &["share"]);
    check(&spec, &failed(&spec, "part", &[json!({"share": 0.5})]), &[r#"{"share": 0.5}"#], &[]);
}
