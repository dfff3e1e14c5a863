//! Reading cases: what may be written, and what is refused with what is wrong.

use handyman_core::{Effect, FaultKind, Safety, ToolSpec};
use serde_json::{Value, json};

use super::{Case, Ending};

fn read(case: Value) -> Result<Case, String> {
    serde_json::from_value(case).map_err(|error| error.to_string())
}

#[test]
fn a_case_is_read_with_all_it_may_say() {
    let case = read(json!({
        "name": "trip",
        "task": ["Book it", "Pay for it"],
        "expect": {
            "calls": [{"tool": "book", "arguments": {"people": 3}}, {"tool": "pay"}],
            "exactly": true,
            "never": ["refund"],
            "answer": {"contains": ["HM"], "lacks": ["sorry"]},
            "value": {"paid": true},
            "outcome": "answered"
        }
    }))
    .unwrap();
    assert_eq!((case.title(), case.task.len()), ("trip", 2));
    assert_eq!(case.expect.calls[0].arguments["people"], 3);
    assert_eq!((case.expect.exactly, case.expect.outcome), (true, Some(Ending::Answered)));
    let short = read(json!({"task": "Rain?", "expect": {"exactly": true}})).unwrap();
    assert_eq!((short.title(), short.task.as_slice()), ("Rain?", ["Rain?".to_owned()].as_slice()));
    let one = json!({"task": "Rain?", "expect": {"answer": {"contains": "°C"}, "never": "book"}});
    let one = read(one).unwrap();
    assert_eq!(
        (one.expect.answer.contains, one.expect.never),
        (vec!["°C".to_owned()], vec!["book".to_owned()])
    );
}

#[test]
fn what_cannot_be_meant_is_refused() {
    let expect = json!({"outcome": "answered"});
    let cases = [
        (json!({"task": "Rain?"}), "`expect` says nothing"),
        (json!({"task": "Rain?", "expect": {"calls": [], "exactly": false}}), "`expect` says nothing"),
        (json!({"task": "Rain?", "expect": expect, "exepct": {}}), "unknown field `exepct`"),
        (json!({"task": "Rain?", "expect": {"call": []}}), "unknown field `call`"),
        (
            json!({"task": "Rain?", "expect": {"calls": [{"tool": "look", "args": {}}]}}),
            "unknown field `args`",
        ),
        (json!({"task": "Rain?", "expect": {"answer": {"has": []}}}), "unknown field `has`"),
        (
            json!({"task": "Rain?", "expect": {"answer": "17"}}),
            "expected `answer` with `contains`, `lacks` or both",
        ),
        (json!({"task": "Rain?", "expect": {"answer": {"contains": [17]}}}), "a text, or a list of texts"),
        (json!({"task": "Rain?", "expect": {"outcome": "done"}}), "unknown variant `done`"),
        (json!({"expect": expect}), "missing field `task`"),
        (json!({"task": " ", "expect": expect}), "`task` is a text, or a list of texts"),
        (json!({"task": [], "expect": expect}), "`task` is a text, or a list of texts"),
        (json!({"task": ["Rain?", 3], "expect": expect}), "`task` is a text, or a list of texts"),
    ];
    for (case, problem) in cases {
        let told = read(case.clone()).unwrap_err();
        assert!(told.contains(problem), "{case}: {told}");
    }
}

#[test]
fn tools_it_names_have_to_be_on_offer() {
    let look = ToolSpec {
        name: "look".to_owned(),
        description: "Looks".to_owned(),
        parameters: json!({"type": "object", "properties": {}}),
        effect: Effect::ReadOnly,
        safety: Safety::default(),
    };
    let fits = |expect: Value| {
        read(json!({"task": "Rain?", "expect": expect})).unwrap().fits(std::slice::from_ref(&look))
    };
    assert!(fits(json!({"calls": [{"tool": "look"}], "never": ["look"]})).is_ok());
    for expect in [json!({"calls": [{"tool": "lok"}]}), json!({"never": ["lok"]})] {
        let fault = fits(expect).unwrap_err();
        assert_eq!(fault.kind(), FaultKind::Request);
        assert_eq!(fault.to_string(), "the case 'Rain?' names the tool 'lok', which is not on offer");
        assert_eq!(fault.hint(), Some("the tools on offer are: look"));
    }
}

#[test]
fn arguments_it_names_have_to_be_the_tools() {
    let tool = |parameters: Value| ToolSpec {
        name: "weather".to_owned(),
        description: "Tells the weather".to_owned(),
        parameters,
        effect: Effect::ReadOnly,
        safety: Safety::default(),
    };
    let case = json!({"name": "typo", "task": "Rain?",
        "expect": {"calls": [{"tool": "weather", "arguments": {"city": "Oslo", "town": null}}]}});
    let case = read(case).unwrap();
    let properties = json!({"city": {"type": "string"}, "day": {"type": "string"}});
    let closed = tool(json!({"type": "object", "properties": properties, "additionalProperties": false}));
    let fault = case.fits(&[closed]).unwrap_err();
    assert_eq!(fault.kind(), FaultKind::Request);
    assert_eq!(fault.to_string(), "the case 'typo': weather has no argument 'town'; it has city, day");
    let none = tool(json!({"type": "object", "properties": {}, "additionalProperties": false}));
    let fault = case.fits(&[none]).unwrap_err();
    assert_eq!(fault.to_string(), "the case 'typo': weather has no argument 'city'; it has none");
    for open in [
        json!({"type": "object", "properties": properties}),
        json!({"type": "object", "properties": properties, "additionalProperties": {"type": "string"}}),
        json!({"type": "object", "properties": properties, "additionalProperties": false,
            "patternProperties": {"^t": {"type": "string"}}}),
    ] {
        assert!(case.fits(&[tool(open.clone())]).is_ok(), "{open}");
    }
}
