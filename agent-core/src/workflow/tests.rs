//! Tests of what a workflow may say, and what is said of one that is wrong.

use serde_json::{Map, Value, json};

use super::Workflow;
use crate::tool::{Effect, Safety, ToolSpec};

fn of(steps: Value) -> Result<Workflow, String> {
    Workflow::new(json!({"name": "w", "inputs": {"city": "Where", "party": {"type": "integer", "minimum": 1, "default": 2}}, "steps": steps}))
        .map_err(|fault| fault.to_string())
}

fn wrong(steps: Value) -> String {
    of(steps).expect_err("it is wrong")
}

fn map(value: Value) -> Map<String, Value> {
    value.as_object().cloned().unwrap()
}

#[test]
fn a_workflow_survives_being_written_and_read() {
    let steps = json!([
        {"name": "trains", "call": "search_trains", "with": {"to": "{{ city }}"}},
        {"name": "all", "each": "trains.trains", "call": "look", "with": {"id": "{{ item.id }}"}, "may_fail": true},
        {"name": "choice", "if": "trains.trains", "ask": "Which?", "answer": {"type": "string"}},
        {"name": "rest", "do": "Book {{ choice }}"}
    ]);
    let workflow = of(steps).unwrap();
    let written = serde_json::to_value(&workflow).unwrap();
    assert_eq!(serde_json::from_value::<Workflow>(written.clone()).unwrap(), workflow);
    assert_eq!(Workflow::new(written).unwrap(), workflow);
    assert!(workflow.needs_model());
}

#[test]
fn mistakes_are_named_with_their_step() {
    assert!(wrong(json!([{"name": "a"}])).contains("the step 'a' has to say one of `call`, `ask` and `do`"));
    assert!(wrong(json!([{"name": "a", "ask": "x", "do": "y"}])).contains("one of"));
    assert!(wrong(json!([{"name": "a b", "ask": "x"}])).contains("'a b' needs a name of letters"));
    assert!(wrong(json!([{"name": "城市", "ask": "x"}])).contains("'城市' needs a name of letters A to Z"));
    assert!(wrong(json!([{"name": "city", "ask": "x"}])).contains("has the name of an input"));
    assert!(wrong(json!([{"name": "today", "ask": "x"}])).contains("another name"));
    assert!(wrong(json!([{"name": "a", "ask": "x"}, {"name": "a", "ask": "y"}])).contains("earlier step"));
    assert!(
        wrong(json!([{"name": "a", "ask": "{{ ctiy }}"}]))
            .contains("uses `ctiy`, which is no input and no earlier step (meant: `city`?)")
    );
    assert!(wrong(json!([{"name": "a", "ask": "{{ b }}"}, {"name": "b", "ask": "x"}])).contains("uses `b`"));
    assert!(wrong(json!([{"name": "a", "ask": "{{ item }}"}])).contains("only with `each`"));
    assert!(wrong(json!([{"name": "a", "ask": "{{ city"}])).contains("cannot be read"));
    assert!(wrong(json!([{"name": "a", "ask": "x", "each": "[1]"}])).contains("for `call`"));
    assert!(
        wrong(json!([{"name": "a", "call": "x", "answer": {"type": "string"}}]))
            .contains("for `ask` and `do`")
    );
    assert!(wrong(json!([{"name": "a", "ask": "x", "answer": {"type": "nonsense"}}])).contains("schema"));
    assert!(wrong(json!([{"name": "a", "ask": "x", "retries": 2}])).contains("unknown field `retries`"));
    assert!(wrong(json!([{"name": "a", "ask": 2026}])).contains("the step 'a': invalid type: integer"));
    assert!(
        wrong(json!([{"name": "a", "call": "x", "with": {}}, {"call": "x"}]))
            .contains("step 2: missing field `name`")
    );
    assert!(wrong(json!([{"name": "a", "ask": {"{ city }": null}}])).contains("a template stands in quotes"));
    assert!(wrong(json!([])).contains("no steps"));
    let two = wrong(json!([{"name": "a"}, {"name": "b"}]));
    assert!(two.contains("'a'") && two.contains("'b'"), "{two}");
}

#[test]
fn what_is_no_mapping_is_told_what_a_workflow_is() {
    for value in [json!("trip"), json!(["trip"]), json!(null)] {
        let fault = Workflow::new(value).unwrap_err();
        let told = "this is no workflow: it is not a mapping with `name` and `steps`";
        assert_eq!(fault.to_string(), told);
        assert!(fault.hint().is_some_and(|hint| hint.contains("`steps`")), "{fault:?}");
    }
}

#[test]
fn inputs_are_held_against_what_is_wanted() {
    let workflow = of(json!([{"name": "a", "ask": "{{ city }}"}])).unwrap();
    let bound = workflow.bind(map(json!({"city": "Lagos"}))).unwrap();
    assert_eq!(Value::Object(bound.clone()), json!({"city": "Lagos", "party": 2}));
    assert_eq!(workflow.message(&bound), "w\ncity: Lagos\nparty: 2");
    let wrong = |given| workflow.bind(map(given)).unwrap_err().to_string();
    assert!(wrong(json!({})).contains("the input 'city' (Where) is missing"));
    assert!(
        wrong(json!({"city": "x", "town": 1}))
            .contains("there is no input 'town'; the inputs are: city, party")
    );
    assert!(wrong(json!({"city": "x", "party": 0})).contains("the input 'party': 0 is less than"));
    assert!(wrong(json!({"city": 5})).contains("the input 'city'"));
}

#[test]
fn inputs_are_what_their_schema_or_default_says() {
    let of = |inputs: Value| {
        Workflow::new(json!({"name": "w", "inputs": inputs, "steps": [{"name": "a", "ask": "x"}]}))
    };
    let workflow = of(json!({"party": {"default": 2}, "size": {"enum": ["1", "2"]}, "when": {"anyOf": [{"type": "string"}, {"type": "null"}]},
        "cities": {"type": "array", "items": {"type": "string"}}, "city": "Where",
        "days": {"minimum": 1}, "stops": {"items": {"type": "string"}}, "who": {"maxLength": 9}})).unwrap();
    assert_eq!(workflow.typed("party", "3"), json!(3));
    assert_eq!(workflow.typed("size", "1"), json!("1"));
    assert_eq!(workflow.typed("when", "12"), json!("12"));
    assert_eq!(workflow.typed("city", "12"), json!("12"));
    assert_eq!(workflow.typed("cities", r#"["Oslo"]"#), json!(["Oslo"]));
    assert_eq!(workflow.typed("party", "three"), json!("three"), "bind says what is wrong with it");
    assert_eq!(workflow.typed("days", "3"), json!(3));
    assert_eq!(workflow.typed("stops", r#"["Oslo"]"#), json!(["Oslo"]));
    assert_eq!(workflow.typed("who", "12"), json!("12"));
    let wrong = of(json!({"party": {"type": "integer", "default": "two"}})).unwrap_err().to_string();
    assert!(
        wrong.contains("the default of the input 'party': \"two\" is not of type \"integer\""),
        "{wrong}"
    );
}

#[test]
fn calls_are_held_against_the_tools() {
    let book = ToolSpec {
        name: "book".to_owned(),
        description: String::new(),
        parameters: json!({"type": "object", "properties": {"id": {"type": "string"}, "seats": {"type": "integer", "maximum": 4}},
            "required": ["id"], "additionalProperties": false}),
        effect: Effect::Once,
        safety: Safety::default(),
    };
    let fits = |call: &str, with: Value| {
        let workflow = of(json!([{"name": "a", "call": call, "with": with}])).unwrap();
        workflow.fits(std::slice::from_ref(&book)).map_err(|fault| fault.to_string())
    };
    assert_eq!(fits("book", json!({"id": "{{ city }}", "seats": "{{ party }}"})), Ok(()));
    assert!(
        fits("boook", json!({}))
            .unwrap_err()
            .contains("the step 'a': there is no tool 'boook'; the tools are: book")
    );
    assert!(fits("book", json!({})).unwrap_err().contains("the argument 'id' is missing"));
    assert!(
        fits("book", json!({"id": "x", "seat": 1}))
            .unwrap_err()
            .contains("there is no argument 'seat'; the arguments are: id, seats")
    );
    assert!(
        fits("book", json!({"id": "x", "seats": 5}))
            .unwrap_err()
            .contains("the argument 'seats': 5 is greater")
    );
}
