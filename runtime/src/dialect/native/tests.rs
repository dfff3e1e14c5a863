//! The law, for every family: what is written as a past call, the grammar accepts and the parser gives back.

mod typed;

use std::rc::Rc;

use handyman_core::{CallRequest, Message, ReplyMode, ToolChoice, ToolSpec};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::{Habits, Native, id};
use crate::constrain::Constrainer;
use crate::constrain::sources::Sources;
use crate::dialect::families::FAMILIES;
use crate::dialect::format::Format;
use crate::dialect::samples::{bare_call, call, hard_call, tool, tools};
use crate::dialect::{Dialect, Turn, write};
use crate::render::transcript::Tokenize;
use crate::tiny::{Bytes, person, result, vocabulary_with};

mod messages;
mod odd;
mod recursive;
mod repeats;
mod sections;

/// A dialect with the vocabulary it is tried in.
struct Trial {
    native: Native,
    tokenizer: Bytes,
    constrainer: Rc<Constrainer>,
}

impl Trial {
    /// A family, with its markup as tokens or spelled out.
    fn new(family: &str, tagged: bool, thinks: bool) -> Self {
        let format = crate::dialect::families::family(family);
        let mut markers: Vec<String> = Vec::new();
        for text in if tagged { format.markup() } else { Vec::new() } {
            let tags = text
                .split_inclusive(['>', ']'])
                .filter_map(|part| part.find(['<', '[']).map(|at| part[at..].to_owned()));
            markers.extend(
                tags.filter(|tag| {
                    tag.len() > 3 && tag.ends_with(['>', ']']) && !tag.contains([' ', '\n', '='])
                }),
            );
        }
        markers.sort_unstable();
        markers.dedup();
        let tokenizer = Bytes::with(&markers);
        let markers = tokenizer.tags().to_vec();
        let texts: Vec<String> = markers.iter().map(|(text, _)| text.clone()).collect();
        let constrainer = Rc::new(Constrainer::new(&vocabulary_with(&texts)).unwrap());
        Self { native: Native { format, thinks, habits: Habits::default(), markers }, tokenizer, constrainer }
    }

    fn accepts(&self, turn: &Turn<'_>, reply: &str) -> bool {
        let mut matcher = self.constrainer.matcher(&self.native.grammar(turn).unwrap()).unwrap();
        let tagged = !self.tokenizer.tags().is_empty();
        let tokens =
            if tagged { self.tokenizer.tokenize(reply) } else { reply.bytes().map(u32::from).collect() };
        matcher.consume_tokens(&tokens).is_ok() && matcher.is_accepting().unwrap()
    }

    fn write(&self, calls: &[CallRequest]) -> String {
        self.write_from(calls, 0)
    }

    /// The calls as they are written after so many earlier ones.
    fn write_from(&self, calls: &[CallRequest], first: usize) -> String {
        let ids: Vec<String> = (first..first + calls.len()).map(id).collect();
        write::calls(&self.native.format, calls, &ids, first)
    }
}

fn names() -> Vec<&'static str> {
    FAMILIES.iter().map(|family| family.name).collect()
}

fn question() -> [Message; 1] {
    [person("What is there?")]
}

/// A tool with every keyword that is promised.
fn thorough() -> ToolSpec {
    let unit = json!({"type": "string", "enum": ["°C", "°F", "K \"x\""]});
    let parameters = json!({
        "type": "object",
        "$defs": {
            "Unit": unit,
            "Tree": {
                "type": "object",
                "properties": {"name": {"type": "string"}, "children": {"type": "array", "items": {"$ref": "#/$defs/Tree"}}},
                "required": ["name"],
            },
        },
        "properties": {
            "text": {"type": "string"},
            "short": {"type": "string", "minLength": 2, "maxLength": 5},
            "code": {"type": "string", "pattern": "^[A-Z]{2}-\\d+$"},
            "day": {"type": "string", "format": "date"},
            "unit": {"$ref": "#/$defs/Unit"},
            "fixed": {"const": "yes"},
            "level": {"enum": [1, 2, 3]},
            "count": {"type": "integer", "minimum": 1, "maximum": 12},
            "share": {"type": "number", "exclusiveMinimum": 0, "maximum": 1},
            "even": {"type": "integer", "multipleOf": 2},
            "flag": {"type": "boolean"},
            "list": {"type": "array", "items": {"type": "string"}, "minItems": 1, "maxItems": 3},
            "pair": {"type": "object", "properties": {"b": {"type": "string"}, "a": {"type": "integer"}}, "required": ["a"]},
            "tree": {"$ref": "#/$defs/Tree"},
            "either": {"anyOf": [{"type": "integer"}, {"type": "boolean"}]},
            "mixed": {"anyOf": [{"type": "string"}, {"type": "integer"}]},
            "maybe": {"type": ["string", "null"]},
            "both": {"allOf": [{"type": "object", "properties": {"x": {"type": "integer"}}}, {"properties": {"y": {"type": "integer"}}, "required": ["y"]}]},
        },
        "required": ["text"],
        "additionalProperties": false,
    });
    tool("thorough", "Takes everything", parameters)
}

fn offered() -> Vec<ToolSpec> {
    let mut offered = tools();
    offered.push(thorough());
    offered.push(tool(
        "look",
        "A name that begins like another",
        json!({"type": "object", "properties": {}}),
    ));
    offered
}

/// Arguments that the thorough tool takes.
fn right() -> Vec<Value> {
    vec![
        json!({"text": ""}),
        json!({"text": " two\nlines\n", "short": "ab", "code": "XY-12", "day": "2026-11-23", "unit": "°C", "fixed": "yes"}),
        json!({"text": "上海 \"é\" 'x' \\n <a> [b] & {c}", "short": "上海上海上", "unit": "K \"x\"", "level": 2, "count": 12}),
        json!({"text": "x", "share": 0.25, "even": -4, "flag": true, "list": ["a\nb", "", "c \"d\""]}),
        json!({"text": "x", "flag": false, "pair": {"b": "q", "a": -1}, "tree": {"name": "r", "children": [{"name": "s"}]}}),
        json!({"text": "null", "either": 5, "mixed": "word", "maybe": "m", "both": {"x": 1, "y": 2}}),
        json!({"text": "3", "either": false, "mixed": 7}),
    ]
}

/// Arguments that it does not take.
fn wrong() -> Vec<Value> {
    vec![
        json!({}),
        json!({"text": "x", "unknown": 1}),
        json!({"text": "x", "short": "a"}),
        json!({"text": "x", "short": "abcdef"}),
        json!({"text": "x", "code": "xy-12"}),
        json!({"text": "x", "day": "2026-13-23"}),
        json!({"text": "x", "unit": "°R"}),
        json!({"text": "x", "fixed": "no"}),
        json!({"text": "x", "level": 4}),
        json!({"text": "x", "count": 13}),
        json!({"text": "x", "share": 1.5}),
        json!({"text": "x", "flag": 1}),
        json!({"text": "x", "list": []}),
        json!({"text": "x", "pair": {"b": "q"}}),
    ]
}

#[test]
fn every_family_holds_the_law_for_every_schema() {
    let (offered, history) = (offered(), question());
    for name in names() {
        for tagged in [false, true] {
            let trial = Trial::new(name, tagged, false);
            let turn = Turn::new(&offered, ReplyMode::Free, Sources::new(&history));
            let check = |calls: &[CallRequest], fits: bool| {
                let written = trial.write(calls);
                assert_eq!(trial.accepts(&turn, &written), fits, "{name} (tagged: {tagged}): {written}");
                if fits {
                    assert_eq!(
                        trial.native.parse(&written, &offered).unwrap().calls,
                        calls,
                        "{name}: {written}"
                    );
                }
            };
            right().into_iter().for_each(|arguments| check(&[call("thorough", arguments)], true));
            wrong().into_iter().for_each(|arguments| check(&[call("thorough", arguments)], false));
            check(&[hard_call()], true);
            check(&[bare_call()], true);
            check(&[call("look", json!({}))], true);
            check(&[call("loo", json!({}))], false);
            if trial.native.format.several {
                check(&[hard_call(), bare_call(), call("look", json!({})), hard_call()], true);
            }
        }
    }
}

#[test]
fn replies_may_reason_and_speak_before_they_call() {
    let (offered, history) = (offered(), question());
    for name in names() {
        for (tagged, begun) in [(false, false), (true, false), (false, true), (true, true)] {
            let trial = Trial::new(name, tagged, true);
            let format = &trial.native.format;
            let turn = Turn::new(&offered, ReplyMode::Free, Sources::new(&history)).begun(begun);
            let calls = trial.write(&[hard_call()]);
            let (begins, ends) = format.thinking.clone().unwrap_or_default();
            let opening = if begun { begins.as_str() } else { "" };
            let thought = if begun { format!("a < b\n{ends}") } else { format!("{begins}a < b\n{ends}") };
            let thought = if begins.is_empty() { String::new() } else { thought };
            let said = format!("{}First, <b>.{}", format.answer.0, format.answer.1);
            let check = |reply: &str, wanted: (&str, usize)| {
                assert!(trial.accepts(&turn, reply), "{name} (tagged: {tagged}, begun: {begun}): {reply}");
                let read = trial.native.parse(&format!("{opening}{reply}"), &offered).unwrap();
                assert_eq!((read.text.as_str(), read.calls.len()), wanted, "{name}: {reply}");
                let reasoned = if begins.is_empty() { "" } else { "a < b" };
                assert_eq!(read.reasoning, reasoned, "{name}: {reply}");
            };
            check(&format!("{thought}{said}"), ("First, <b>.", 0));
            check(&format!("{thought}{calls}"), ("", 1));
            let closes = !format.is_wrapped() || !format.answer.1.is_empty();
            if closes && !format.is_bare() {
                check(&format!("{thought}{said}{calls}"), ("First, <b>.", 1));
            }
            if begun && !begins.is_empty() {
                assert!(!trial.accepts(&turn, &calls), "{name}: reasoning is not left out");
                let unended = trial.native.parse(&format!("{begins}{calls}"), &offered).unwrap();
                assert!(unended.is_nothing(), "{name}: what is thought is no call");
            }
            let quiet = Turn { reasoning: false, ..turn };
            if !begins.is_empty() {
                assert!(
                    !trial.accepts(&quiet, &format!("{thought}{calls}")),
                    "{name}: no reasoning was allowed"
                );
                let closed = if begun { ends.as_str() } else { "" };
                assert!(trial.accepts(&quiet, &format!("{closed}{calls}")), "{name}");
            }
        }
    }
}

#[test]
fn what_may_be_called_is_in_the_grammar() {
    let (offered, history) = (offered(), question());
    for name in names() {
        for tagged in [false, true] {
            let trial = Trial::new(name, tagged, false);
            let turn = Turn::new(&offered, ReplyMode::Free, Sources::new(&history));
            let (one, other) = (trial.write(&[hard_call()]), trial.write(&[bare_call()]));
            let said = format!("{}Hello.{}", trial.native.format.answer.0, trial.native.format.answer.1);
            let fits = |turn: Turn<'_>| [&one, &other, &said].map(|reply| trial.accepts(&turn, reply));
            let named = ToolChoice::Tool("list_all".to_owned());
            assert_eq!(fits(turn), [true, true, true], "{name}");
            assert_eq!(fits(Turn { mode: ReplyMode::AnswerOnly, ..turn }), [false, false, true], "{name}");
            assert_eq!(fits(Turn { choice: &ToolChoice::Required, ..turn }), [true, true, false], "{name}");
            assert_eq!(fits(Turn { choice: &named, ..turn }), [false, true, false], "{name}");
            if trial.native.format.several {
                let both = trial.write(&[bare_call(), bare_call()]);
                assert!(trial.accepts(&turn, &both), "{name}: {both}");
                assert!(!trial.accepts(&Turn { parallel: false, ..turn }, &both), "{name}: {both}");
            }
        }
    }
}

#[test]
fn copied_arguments_are_copied_in_every_family() {
    let parameters = json!({
        "type": "object",
        "properties": {
            "city": {"type": "string", "x-verbatim": true},
            "id": {"type": "string", "x-from": ["search.id"]},
            "row": {"type": "integer", "x-from": ["search.row"]},
            "cities": {"type": "array", "items": {"type": "string", "x-verbatim": true}},
        },
        "required": ["city"],
    });
    let needs = json!({"type": "object", "properties": {"id": {"type": "string", "x-from": ["none.id"]}}, "required": ["id"]});
    let offered = [tool("go", "Goes", parameters), tool("never", "Needs what is not there", needs)];
    let history = [
        person("明天去上海 or \"New York\""),
        result("search", json!([{"id": "G2", "row": [7, 71]}, {"id": "G<4>"}])),
    ];
    for name in names() {
        for tagged in [false, true] {
            let trial = Trial::new(name, tagged, false);
            let turn = Turn::new(&offered, ReplyMode::Free, Sources::new(&history));
            let fits = |arguments: Value| trial.accepts(&turn, &trial.write(&[call("go", arguments)]));
            for right in [
                json!({"city": "上海"}),
                json!({"city": "\"New York\"", "id": "G<4>"}),
                json!({"city": "去上海", "cities": ["New", "明天"]}),
                json!({"city": "上海", "id": "G2", "row": 71}),
            ] {
                assert!(fits(right.clone()), "{name} (tagged: {tagged}): {right}");
            }
            for wrong in [
                json!({"city": "北京"}),
                json!({"city": "上海", "id": "G3"}),
                json!({"city": "上海", "row": 70}),
                json!({"city": "上海", "row": 2}),
                json!({"city": ""}),
                json!({"city": "上海", "cities": ["Rome"]}),
            ] {
                assert!(!fits(wrong.clone()), "{name} (tagged: {tagged}): {wrong}");
            }
            assert!(!trial.accepts(&turn, &trial.write(&[call("never", json!({"id": "G2"}))])), "{name}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 16, ..ProptestConfig::default() })]

    /// Whatever an argument holds, markup too: what the grammar accepts is what reads back as it was written.
    #[test]
    fn grammar_and_parser_agree_on_any_text(text in "[a-z <>/\\[\\]\"'\\\\{}=:,|\n上]{0,12}(</parameter>|</arg_value>|<tool_call>|<escape>|\n</parameter>\n)?") {
        let (offered, history) = (tools(), question());
        let constrainer = Rc::new(Constrainer::new(&vocabulary_with(&[])).unwrap());
        for name in names() {
            let trial = Trial { constrainer: Rc::clone(&constrainer), tokenizer: Bytes::new(), native: Native::of(name) };
            let turn = Turn::new(&offered, ReplyMode::Free, Sources::new(&history));
            let calls = [call("lookup", json!({"text": text}))];
            let written = trial.write(&calls);
            let read = trial.native.parse(&written, &offered).is_ok_and(|said| said.calls == calls && said.text.is_empty());
            prop_assert_eq!(trial.accepts(&turn, &written), read, "{}: {:?}", name, written);
        }
    }
}

#[test]
fn a_reply_that_was_cut_off_while_it_reasoned_says_nothing() {
    for format in FAMILIES.iter().map(Format::owned) {
        let Some((begins, _)) = format.thinking.clone() else { continue };
        let name = format.name;
        let dialect = Native { thinks: true, ..Native::of(name) };
        let said = dialect.parse(&format!("{begins}\nOkay, the user"), &[]).unwrap();
        assert_eq!((said.reasoning.as_str(), said.text.as_str()), ("Okay, the user", ""), "{name}");
        assert!(said.is_nothing(), "{name}");
    }
}

#[test]
fn what_an_argument_holds_ends_no_reasoning() {
    let (offered, history) = (tools(), question());
    for format in FAMILIES.iter().map(Format::owned) {
        let Some((_, ends)) = format.thinking.clone() else { continue };
        let trial = Trial::new(format.name, false, true);
        let turn = Turn::new(&offered, ReplyMode::Free, Sources::new(&history));
        let calls = [call("lookup", json!({"text": format!("a {ends} b")}))];
        let written = trial.write(&calls);
        assert!(trial.accepts(&turn, &written), "{}: {written}", format.name);
        assert_eq!(trial.native.parse(&written, &offered).unwrap().calls, calls, "{}", format.name);
    }
}
