//! Answers of a given shape, in every family: the grammar takes them and nothing beside, they are read as they
//! were written, and they are shown as they are.

use handyman_core::{Delta, ReplyMode, ToolSpec};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::{Trial, names, offered, question};
use crate::constrain::sources::Sources;
use crate::dialect::samples::{bare_call, hard_call};
use crate::dialect::{Dialect, Turn};
use crate::render::json::python_json;

fn shape() -> Value {
    json!({"type": "object", "additionalProperties": false, "required": ["city", "days"], "properties": {
        "city": {"type": "string"},
        "days": {"type": "array", "items": {"type": "object", "properties": {"high": {"type": "integer", "maximum": 60},
            "sky": {"enum": ["clear", "rain"]}}, "required": ["high"], "additionalProperties": false}},
        "note": {"type": "string"}}})
}

/// Answers, with texts that could be taken for markup where that is no token.
fn answers(tagged: bool) -> Vec<Value> {
    let hard = if tagged { "上海 \"x\"\n {" } else { "上海 \"x\"\n<tool_call> [TOOL_CALLS] {" };
    vec![
        json!({"city": "Lagos", "days": []}),
        json!({"city": hard, "days": [{"high": 3, "sky": "rain"}, {"high": -4}], "note": ""}),
    ]
}

fn turn<'a>(
    tools: &'a [ToolSpec],
    mode: ReplyMode,
    shape: &'a Value,
    history: &'a [handyman_core::Message],
) -> Turn<'a> {
    Turn { answer: Some(shape), ..Turn::new(tools, mode, Sources::new(history)) }
}

#[test]
fn every_family_answers_in_the_shape_or_calls_and_does_nothing_else() {
    let (tools, history, shape) = (offered(), question(), shape());
    for (family, tagged) in names().into_iter().flat_map(|name| [(name, false), (name, true)]) {
        let trial = Trial::new(family, tagged, false);
        let (begins, ends) = trial.native.format.answer.clone();
        let free = turn(&tools, ReplyMode::Free, &shape, &history);
        let last = turn(&tools, ReplyMode::AnswerOnly, &shape, &history);
        for answer in answers(tagged) {
            let reply = format!("{begins}{}{ends}", python_json(&answer));
            for turn in [&free, &last] {
                assert!(trial.accepts(turn, &reply), "{family} {tagged}: {reply}");
            }
            let said = trial.native.parse_typed(&reply, &tools).unwrap();
            assert_eq!(said.calls, [], "{family}: {reply}");
            assert_eq!(serde_json::from_str::<Value>(&said.text).unwrap(), answer, "{family}");
        }
        let calls = trial.write(&[hard_call()]);
        assert!(trial.accepts(&free, &calls) && !trial.accepts(&last, &calls), "{family}: {calls}");
        assert_eq!(trial.native.parse_typed(&calls, &tools).unwrap().calls, [hard_call()], "{family}");
        for wrong in ["It will rain.", r#"{"city": "Lagos"}"#, r#"{"city": "Lagos", "days": [], "more": 1}"#]
        {
            assert!(!trial.accepts(&free, &format!("{begins}{wrong}{ends}")), "{family}: {wrong}");
        }
        if !trial.native.format.is_bare() && !trial.native.format.is_wrapped() {
            assert!(
                !trial.accepts(&free, &format!("Let me see. {calls}")),
                "{family}: nothing is said beside calls"
            );
        }
    }
}

#[test]
fn an_answer_that_begins_as_a_bare_call_does_is_told_from_it() {
    let (tools, history) = (offered(), question());
    let shape = json!({"type": "object", "properties": {"name": {"type": "string"}, "parameters": {"type": "integer"}},
        "required": ["name", "parameters"], "additionalProperties": false});
    let trial = Trial::new("llama3", false, false);
    let turn = turn(&tools, ReplyMode::Free, &shape, &history);
    let answer = r#"{"name": "Bob", "parameters": 3}"#;
    assert!(trial.accepts(&turn, answer));
    assert_eq!(trial.native.parse_typed(answer, &tools).unwrap().text, answer);
    for calls in [[hard_call()], [bare_call()]] {
        let written = trial.write(&calls);
        assert!(trial.accepts(&turn, &written), "{written}");
        assert_eq!(trial.native.parse_typed(&written, &tools).unwrap().calls, calls);
    }
}

#[test]
fn an_answer_that_is_cut_off_is_what_there_is_of_it() {
    let tools = offered();
    for family in names() {
        let trial = Trial::new(family, false, false);
        let (begins, _) = trial.native.format.answer.clone();
        for answer in [r#"{"city": "Lag"#, r#"{"city": "Lagos", "days": ["#] {
            let said = trial.native.parse_typed(&format!("{begins}{answer}"), &tools).unwrap();
            assert_eq!((said.text.as_str(), said.calls.len()), (answer, 0), "{family}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn cuts_do_not_matter_to_what_is_shown(cuts in proptest::collection::vec(0_usize..120, 0..14)) {
        for family in names() {
            let trial = Trial::new(family, false, false);
            let (begins, ends) = trial.native.format.answer.clone();
            let spoken = python_json(&answers(false)[1]);
            let shown = |reply: &str| {
                let mut splitter = trial.native.splitter(true);
                let (mut text, mut start) = (String::new(), 0);
                let mut cuts: Vec<usize> = cuts.iter().copied().filter(|&at| reply.is_char_boundary(at)).collect();
                cuts.sort_unstable();
                for end in cuts.into_iter().chain([reply.len()]) {
                    for delta in splitter.push(&reply[start..end]) {
                        if let Delta::Text(piece) = delta { text.push_str(&piece) }
                    }
                    start = end;
                }
                text
            };
            prop_assert_eq!(shown(&format!("{begins}{spoken}{ends}")), spoken.clone(), "{}", family);
            prop_assert_eq!(shown(&trial.write(&[bare_call()])), "", "{}", family);
        }
    }
}
