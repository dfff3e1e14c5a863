//! Calls that are messages of their own: where only a name tells what a message is, it is told from every other.

use handyman_core::{Delta, Part, ReplyMode, ToolChoice};
use serde_json::json;

use super::{Trial, question};
use crate::constrain::sources::Sources;
use crate::dialect::samples::{ask, bare_call, call, hard_call, reply, tool, tools};
use crate::dialect::{Dialect, Turn};
use crate::render::protect::plain;

#[test]
fn tools_may_have_names_that_begin_as_those_of_other_messages_do() {
    let parameters = json!({"type": "object", "properties": {"text": {"type": "string"}}});
    let names = ["u", "us", "users", "self_test", "search"];
    let offered = names.map(|name| tool(name, "Does something", parameters.clone()));
    let history = question();
    for (tagged, thinks) in [(false, false), (true, false), (false, true), (true, true)] {
        let trial = Trial::new("muse", tagged, thinks);
        let turn = Turn::new(&offered, ReplyMode::Free, Sources::new(&history));
        for name in names {
            let calls = [call(name, json!({"text": "a to=user b"})), call("u", json!({}))];
            let written = trial.write(&calls);
            assert!(trial.accepts(&turn, &written), "(tagged: {tagged}, thinks: {thinks}) {written}");
            assert_eq!(trial.native.parse(&written, &offered).unwrap().calls, calls, "{written}");
        }
        assert!(trial.accepts(&turn, " to=user<|message|>Hello."), "(tagged: {tagged}, thinks: {thinks})");
        assert!(!trial.accepts(&turn, " to=use<|message|>Hello."), "(tagged: {tagged}, thinks: {thinks})");
    }
}

#[test]
fn what_an_argument_says_is_not_taken_for_a_message() {
    let trial = Trial::new("muse", false, true);
    let written =
        trial.write(&[call("lookup", json!({"text": "a to=user<|message|>b to=self<|message|>c"}))]);
    let mut splitter = trial.native.splitter(false);
    let mut shown = splitter.push(&written);
    shown.extend(splitter.finish());
    assert_eq!(shown, []);
}

#[test]
fn an_answer_that_only_its_address_begins_may_hold_that_address_and_be_followed_by_calls() {
    let (offered, history) = (tools(), question());
    let trial = Trial::new("functionary-3.2", false, false);
    let turn = Turn::new(&offered, ReplyMode::Free, Sources::new(&history));
    let required = Turn { choice: &ToolChoice::Required, ..turn };
    let calls = trial.write(&[hard_call(), bare_call()]);
    for said in ["That is all\nthere is.", "1 >> 2", "all\nof it"] {
        for (written, count) in [(format!("all\n{said}"), 0), (format!("all\n{said}>>>{calls}"), 2)] {
            assert!(trial.accepts(&turn, &written) && !trial.accepts(&required, &written), "{written}");
            let read = trial.native.parse(&written, &offered).unwrap();
            assert_eq!((read.text.as_str(), read.calls.len()), (said, count), "{written}");
            let mut splitter = trial.native.splitter(false);
            let mut shown = splitter.push(&written);
            shown.extend(splitter.finish());
            assert_eq!(shown, [Delta::Text(said.to_owned())], "{written}");
        }
    }
    for wrong in ["all\nHello>>>", "all\nHello>>>all\nAgain.", "Hello.", "all Hello."] {
        assert!(!trial.accepts(&turn, wrong), "{wrong}");
    }
}

#[test]
fn a_tool_whose_calls_would_be_read_as_answers_is_not_called() {
    let parameters = json!({"type": "object", "properties": {"text": {"type": "string"}}});
    let names = ["a", "al", "allot", "install", "all", "user"];
    let offered = names.map(|name| tool(name, "Does something", parameters.clone()));
    let history = question();
    for (family, answers) in [("functionary-3.2", "all"), ("muse", "user")] {
        let trial = Trial::new(family, false, false);
        let turn = Turn::new(&offered, ReplyMode::Free, Sources::new(&history));
        let turn = Turn { choice: &ToolChoice::Required, ..turn };
        for name in names {
            let calls = [call(name, json!({"text": "b"})), call("a", json!({}))];
            let written = trial.write(&calls);
            assert_eq!(trial.accepts(&turn, &written), name != answers, "{family}: {written}");
            if name != answers {
                assert_eq!(trial.native.parse(&written, &offered).unwrap().calls, calls, "{written}");
                assert_eq!(trial.native.splitter(false).push(&written), [], "{written}");
            }
        }
    }
}

#[test]
fn what_was_said_before_calls_is_rendered_where_calls_may_follow_an_answer() {
    let mut message = reply(&[bare_call()]);
    message.parts.insert(0, Part::Text("Let me see.".to_owned()));
    let history = [ask(), message];
    for (family, wanted) in [("functionary-3.2", "Let me see."), ("muse", "")] {
        let conversation = Trial::new(family, false, false).native.conversation(&history, &tools());
        let content = conversation.messages[1]["content"].as_str().unwrap();
        assert_eq!(plain(content), wanted, "{family}");
    }
}
