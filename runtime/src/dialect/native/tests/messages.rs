//! Calls that are messages of their own: where only a name tells what a message is, it is told from every other.

use handyman_core::ReplyMode;
use serde_json::json;

use super::{Trial, question};
use crate::constrain::sources::Sources;
use crate::dialect::samples::{call, tool};
use crate::dialect::{Dialect, Turn};

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
