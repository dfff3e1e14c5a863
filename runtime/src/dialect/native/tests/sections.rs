//! Replies in sections: what closes the message belongs to none of them, and an argument names its kind.

use handyman_core::{Delta, ReplyMode};
use serde_json::json;

use super::{Trial, offered, question};
use crate::constrain::sources::Sources;
use crate::dialect::samples::{call, hard_call, tool};
use crate::dialect::{Dialect, Turn};

const CLOSES: &str = "<|close|>message<|sep|>";

#[test]
fn a_reply_may_close_its_message() {
    let (offered, history) = (offered(), question());
    for (tagged, thinks) in [(false, false), (true, false), (false, true), (true, true)] {
        let trial = Trial::new("kimi-k3", tagged, thinks);
        let turn = Turn::new(&offered, ReplyMode::Free, Sources::new(&history));
        let calls = trial.write(&[hard_call()]);
        let said = "<|open|>response<|sep|>Hello.<|close|>response<|sep|>";
        let silent = "<|open|>response<|sep|><|close|>response<|sep|>";
        for (reply, text, count) in [
            (said.to_owned(), "Hello.", 0),
            (calls.clone(), "", 1),
            (format!("{said}{calls}"), "Hello.", 1),
            (format!("{silent}{calls}"), "", 1),
        ] {
            for closes in ["", CLOSES] {
                let reply = format!("{reply}{closes}");
                assert!(trial.accepts(&turn, &reply), "(tagged: {tagged}, thinks: {thinks}) {reply}");
                let read = trial.native.parse(&reply, &offered).unwrap();
                assert_eq!((read.text.as_str(), read.calls.len()), (text, count), "{reply}");
                let mut splitter = trial.native.splitter(false);
                let mut shown = splitter.push(&reply);
                shown.extend(splitter.finish());
                let wanted = (!text.is_empty()).then(|| Delta::Text(text.to_owned()));
                assert_eq!(shown, Vec::from_iter(wanted), "{reply}");
            }
            assert!(!trial.accepts(&turn, &format!("{reply}{CLOSES}{CLOSES}")), "{reply}");
        }
    }
}

#[test]
fn an_answer_of_a_shape_may_close_its_message() {
    let (offered, history) = (offered(), question());
    let shape = json!({"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]});
    let trial = Trial::new("kimi-k3", false, false);
    let turn = Turn { answer: Some(&shape), ..Turn::new(&offered, ReplyMode::Free, Sources::new(&history)) };
    let reply = format!("<|open|>response<|sep|>{{\"n\": 3}}<|close|>response<|sep|>{CLOSES}");
    assert!(trial.accepts(&turn, &reply));
    assert_eq!(trial.native.parse_typed(&reply, &offered).unwrap().text, "{\"n\": 3}");
}

#[test]
fn an_argument_names_the_kind_of_its_value() {
    let given = json!({"enum": [1, "1", true, null, 2.5]});
    let parameters = json!({"type": "object", "properties": {"x": given, "z": {}}, "required": ["x"]});
    let (offered, history) = ([tool("odd", "Is odd", parameters)], question());
    let trial = Trial::new("kimi-k3", false, false);
    let turn = Turn::new(&offered, ReplyMode::Free, Sources::new(&history));
    for (arguments, kind) in [
        (json!({"x": 1}), "\"x\" type=\"number\""),
        (json!({"x": 2.5}), "\"x\" type=\"number\""),
        (json!({"x": "1"}), "\"x\" type=\"string\""),
        (json!({"x": true}), "\"x\" type=\"boolean\""),
        (json!({"x": null}), "\"x\" type=\"null\""),
        (json!({"x": 1, "z": "true"}), "\"z\" type=\"string\""),
        (json!({"x": 1, "z": [true]}), "\"z\" type=\"array\""),
        (json!({"x": 1, "z": {"a": 1}}), "\"z\" type=\"object\""),
    ] {
        let calls = [call("odd", arguments)];
        let written = trial.write(&calls);
        assert!(written.contains(kind), "{written}");
        assert!(trial.accepts(&turn, &written), "{written}");
        assert_eq!(trial.native.parse(&written, &offered).unwrap().calls, calls, "{written}");
        let mislabelled = written.replace(kind, &kind.replace("type=\"", "type=\"un"));
        assert!(!trial.accepts(&turn, &mislabelled), "{mislabelled}");
    }
}
