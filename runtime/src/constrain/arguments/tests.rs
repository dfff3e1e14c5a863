//! Arguments hold their schema, whatever the model would like to write.

use serde_json::{Value, json};

use super::Arguments;
use crate::constrain::Constrainer;
use crate::constrain::grammar::Grammar;
use crate::constrain::sources::Sources;
use crate::dialect::format::Syntax;
use crate::tiny::{constrainer, person, result, tool};
use handyman_core::{Message, ToolSpec};

fn grammar(spec: &ToolSpec, history: &[Message]) -> Option<String> {
    let mut grammar = Grammar::default();
    let rule = Arguments::new(&mut grammar, Sources::new(history)).of(spec, &Syntax::Json).unwrap()?;
    Some(grammar.start(&rule))
}

fn accepts(constrainer: &Constrainer, grammar: &str, text: &str) -> bool {
    let mut matcher = constrainer.matcher(grammar).unwrap();
    let tokens: Vec<u32> = text.bytes().map(u32::from).collect();
    matcher.consume_tokens(&tokens).is_ok() && matcher.is_accepting().unwrap()
}

fn check(spec: &ToolSpec, history: &[Message], right: &[&str], wrong: &[&str]) {
    let constrainer = constrainer();
    let grammar = grammar(spec, history).expect("the tool can be called");
    for text in right {
        assert!(accepts(&constrainer, &grammar, text), "{text} in\n{grammar}");
    }
    for text in wrong {
        assert!(!accepts(&constrainer, &grammar, text), "{text} in\n{grammar}");
    }
}

#[test]
fn optional_arguments_may_be_left_out_and_the_order_is_the_schemas() {
    let integer = json!({"type": ["integer", "null"], "format": "uint8", "minimum": 0, "maximum": 9});
    let spec = tool("t", json!({"a": integer, "b": {"type": "string"}, "c": integer}), &["b"]);
    check(
        &spec,
        &[],
        &[r#"{"b": "x"}"#, r#"{"a": 1, "b": "x"}"#, r#"{"b": "x", "c": 2}"#, r#"{"a": 1, "b": "x", "c": 2}"#],
        &[
            r#"{"b":"x"}"#,
            r#"{"a": 1}"#,
            r#"{"b": "x", "a": 1}"#,
            r#"{"a": null, "b": "x"}"#,
            r#"{"a": 12, "b": "x"}"#,
        ],
    );
    check(&tool("t", json!({}), &[]), &[], &["{}"], &[r#"{"a": 1}"#]);
    check(&tool("t", json!({"a": integer}), &[]), &[], &["{}", r#"{"a": 0}"#], &["{, }"]);
}

#[test]
fn verbatim_is_a_span_of_what_was_said_at_word_boundaries() {
    let spec = tool("t", json!({"city": {"type": "string", "x-verbatim": true}}), &["city"]);
    let history =
        [person("明天从上海 to \"New York\"? C:\\x"), result("s", json!({"at": ["Beijing South"]}))];
    let call = |city: &str| json!({"city": city}).to_string().replacen(':', ": ", 1);
    let right =
        ["上海", "明天", "New York", "to", "\"New York\"", "South", "Beijing South", "C:\\x"].map(call);
    let wrong = ["", " ", "海上", "Ne", "Yor", "北京", "to ", "Beijing York", "at"].map(call);
    check(&spec, &history, &right.each_ref().map(String::as_str), &wrong.each_ref().map(String::as_str));
}

#[test]
fn from_is_a_value_of_an_earlier_result_and_without_one_the_tool_is_not_offered() {
    let id = json!({"type": "string", "x-from": ["search.id"]});
    let spec = tool("book", json!({"id": id, "seat": id}), &["id"]);
    assert_eq!(grammar(&spec, &[person("book G9")]), None);
    let history = [person("book G9"), result("search", json!({"rows": [{"id": "G2"}, {"id": "G4 \"x\""}]}))];
    check(
        &spec,
        &history,
        &[r#"{"id": "G2"}"#, r#"{"id": "G4 \"x\"", "seat": "G2"}"#],
        &[r#"{"id": "G9"}"#, "{}"],
    );
    let optional = tool("book", json!({"id": id}), &[]);
    check(&optional, &[], &["{}"], &[r#"{"id": "G2"}"#]);
}

#[test]
fn a_whole_number_is_one_of_an_earlier_result() {
    let id = json!({"type": "integer", "x-from": ["search.rows.id"], "minimum": 1});
    let also = json!({"type": "array", "items": id});
    let spec = tool("order", json!({"id": id, "also": also, "count": {"type": "integer"}}), &["id"]);
    assert_eq!(grammar(&spec, &[person("order 7")]), None);
    let rows = json!([{"id": 7}, {"id": 71}, {"id": 0}, {"id": "8"}]);
    let history = [person("order 9"), result("search", json!({"id": 5, "rows": rows}))];
    check(
        &spec,
        &history,
        &[r#"{"id": 7}"#, r#"{"id": 71, "count": 5}"#, r#"{"id": 7, "also": [71, 7], "count": 71}"#],
        &[
            r#"{"id": 5}"#,
            r#"{"id": 70}"#,
            r#"{"id": 0}"#,
            r#"{"id": 8}"#,
            r#"{"id": 9}"#,
            r#"{"id": "7"}"#,
            r#"{"id": 7.0}"#,
            r#"{"id": 7, "also": [8]}"#,
        ],
    );
}

#[test]
fn from_and_verbatim_together_allow_either() {
    let spec = tool(
        "pay",
        json!({"booking": {"type": "string", "x-from": ["book.booking"], "x-verbatim": true}}),
        &["booking"],
    );
    let history = [person("pay for HM1"), result("book", json!({"booking": "HM2", "n": 1}))];
    check(&spec, &history, &[r#"{"booking": "HM1"}"#, r#"{"booking": "HM2"}"#], &[r#"{"booking": "HM3"}"#]);
}

#[test]
fn nested_objects_arrays_and_references_are_enforced() {
    let spec = ToolSpec {
        parameters: json!({
            "type": "object",
            "$defs": {"Filter": {
                "type": "object",
                "properties": {"column": {"type": "string", "x-verbatim": true}, "op": {"enum": ["=", "<"]}},
                "required": ["column", "op"],
            }, "Unit": {"type": "string", "enum": ["c", "f"]}},
            "properties": {
                "where": {"type": "array", "items": {"$ref": "#/$defs/Filter"}, "maxItems": 2},
                "unit": {"anyOf": [{"$ref": "#/$defs/Unit"}, {"type": "null"}]},
            },
            "required": ["where"],
        }),
        ..tool("query", Value::Null, &[])
    };
    let one = r#"{"column": "price", "op": "<"}"#;
    check(
        &spec,
        &[person("rows by price")],
        &[
            r#"{"where": []}"#,
            &format!(r#"{{"where": [{one}], "unit": "c"}}"#),
            &format!(r#"{{"where": [{one}, {one}]}}"#),
        ],
        &[
            r#"{"where": [{"column": "cost", "op": "<"}]}"#,
            &format!(r#"{{"where": [{one}, {one}, {one}]}}"#),
            r#"{"where": [], "unit": "k"}"#,
        ],
    );
}

/// A tool with these definitions, whose one argument is the first of them.
fn referring(definitions: Value) -> ToolSpec {
    let mut spec = tool("query", json!({"where": {"$ref": "#/$defs/A"}}), &["where"]);
    spec.parameters["$defs"] = definitions;
    spec
}

#[test]
fn a_schema_that_contains_itself_may_copy() {
    let inside = json!({"$ref": "#/$defs/A"});
    let copied = json!({"type": "string", "x-verbatim": true});
    let spec = referring(json!({
        "A": {
            "type": "object",
            "properties": {"all": {"type": "array", "items": inside}, "not": {"allOf": [inside]}, "left": inside, "right": inside},
            "allOf": [{"$ref": "#/$defs/B"}],
        },
        "B": {"type": "object", "properties": {"column": copied}},
    }));
    check(
        &spec,
        &[person("rows by price")],
        &[
            r#"{"where": {"column": "price"}}"#,
            r#"{"where": {"all": [{"not": {"column": "rows"}}, {"left": {}, "right": {"column": "by price"}}]}}"#,
        ],
        &[r#"{"where": {"column": "cost"}}"#, r#"{"where": {"all": [{"not": {"column": "cost"}}]}}"#],
    );
}

#[test]
fn what_contains_something_without_a_value_has_none() {
    let (inside, other) = (json!({"$ref": "#/$defs/A"}), json!({"$ref": "#/$defs/B"}));
    let id = json!({"type": "string", "x-from": ["search.id"]});
    let mut spec = referring(json!({
        "A": {"type": "object", "properties": {"next": other, "id": id}, "required": ["id"]},
        "B": {"type": "object", "properties": {"back": inside, "id": id}},
    }));
    assert_eq!(grammar(&spec, &[]), None);
    spec.parameters["properties"]["other"] = other;
    spec.parameters["required"] = json!([]);
    check(
        &spec,
        &[],
        &["{}", r#"{"other": {}}"#],
        &[r#"{"where": {}}"#, r#"{"other": {"back": {}}}"#, r#"{"other": {"id": "G2"}}"#],
    );
}
