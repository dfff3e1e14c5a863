//! Schemas as other people's tools have them, in every family: none stops a reply, and what fits them can be written.

use handyman_core::{ReplyMode, ToolSpec};
use serde_json::{Value, json};

use super::{Trial, names, question};
use crate::constrain::sources::Sources;
use crate::dialect::Turn;
use crate::dialect::samples::{call, tool};
use crate::dialect::{Dialect, generic::Generic};

impl Trial {
    /// Whether the reply can be written, with schemas held to as far as they compile.
    fn accepts_loosely(&self, turn: &Turn<'_>, reply: &str) -> bool {
        let mut matcher = self.constrainer.reply(&self.native, turn).unwrap();
        let tokens: Vec<u32> = reply.bytes().map(u32::from).collect();
        matcher.consume_tokens(&tokens).is_ok() && matcher.is_accepting().unwrap()
    }
}

fn offered(parameters: &Value) -> [ToolSpec; 2] {
    let other = json!({"type": "object", "properties": {"text": {"type": "string"}}});
    [tool("odd", "Is odd", parameters.clone()), tool("other", "Is not", other)]
}

fn argument(schema: &Value, definitions: &Value) -> Value {
    json!({"type": "object", "$defs": definitions, "properties": {"x": schema, "y": {"type": "integer"}}, "required": ["y"]})
}

fn check(family: &str, parameters: &Value, right: &[Value], wrong: &[Value]) {
    let (offered, history, trial) = (offered(parameters), question(), Trial::new(family, false, false));
    let turn = Turn::new(&offered, ReplyMode::Free, Sources::new(&history));
    for (arguments, fits) in right.iter().map(|one| (one, true)).chain(wrong.iter().map(|one| (one, false))) {
        let calls = [call("odd", arguments.clone())];
        let written = trial.write(&calls);
        assert_eq!(trial.accepts_loosely(&turn, &written), fits, "{family}: {written} of {parameters}");
        if fits {
            assert_eq!(trial.native.parse(&written, &offered).unwrap().calls, calls, "{family}: {written}");
        }
    }
    let other = trial.write(&[call("other", json!({"text": "x"}))]);
    assert!(trial.accepts_loosely(&turn, &other), "{family}: {parameters}");
}

#[test]
fn what_does_not_compile_stops_no_reply() {
    let circle = json!({"Node": {"$ref": "#/$defs/Inner", "type": "object"},
        "Inner": {"type": "object", "properties": {"n": {"$ref": "#/$defs/Node", "minProperties": 0, "type": "object"}}}});
    let pets = json!({
        "Pet": {"type": "object", "oneOf": [{"$ref": "#/$defs/Cat"}, {"$ref": "#/$defs/Dog"}],
            "properties": {"name": {"type": "string"}}, "required": ["name"]},
        "Cat": {"allOf": [{"$ref": "#/$defs/Pet"}, {"properties": {"lives": {"type": "integer"}}}]},
        "Dog": {"allOf": [{"$ref": "#/$defs/Pet"}], "properties": {"tricks": {"type": "array"}}},
    });
    let none = json!({});
    let cases = [
        (json!({"type": "string", "pattern": "^(?!\\s*$).+"}), json!("a b"), &none),
        (
            json!({"type": "string", "pattern": "^(?=.*[A-Z]).{8,}$", "maxLength": 12}),
            json!("Abcdefgh"),
            &none,
        ),
        (json!({"type": "string", "pattern": "\\bfoo\\b"}), json!("a foo"), &none),
        (json!({"type": "string", "pattern": "^[^[\\]]+$"}), json!("abc"), &none),
        (json!({"type": "string", "pattern": "foo$|^bar"}), json!("bar b"), &none),
        (json!({"type": "string", "format": "binary"}), json!("a"), &none),
        (json!({"type": "string", "format": "ipv6"}), json!("::ffff:1"), &none),
        (json!({"type": "number", "minimum": -1.797e308, "maximum": 1.797e308}), json!(2.5), &none),
        (json!({"type": "integer", "minimum": i64::MIN, "maximum": i64::MAX}), json!(7), &none),
        (json!({"type": "integer", "minimum": 5e18}), json!(6_000_000_000_000_000_000_i64), &none),
        (
            json!({"type": "integer", "enum": [9_007_199_254_740_993_i64, 1]}),
            json!(9_007_199_254_740_993_i64),
            &none,
        ),
        (json!({"type": "number", "multipleOf": 0.07}), json!(0.14), &none),
        (json!({"type": "string", "maxLength": i64::MAX}), json!("a"), &none),
        (json!({"type": "string", "maxLength": 10.0}), json!("a"), &none),
        (
            json!({"type": "array", "items": {"type": "string"}, "maxItems": u32::MAX}),
            json!(["a", "b"]),
            &none,
        ),
        (json!({"$ref": "#/$defs/Node", "description": "One"}), json!({"n": {"n": {}}}), &circle),
        (json!({"$ref": "#/$defs/Pet"}), json!({"name": "Tom", "lives": 9}), &pets),
        (
            json!({"type": "array", "items": {"$ref": "#/$defs/Cat"}}),
            json!([{"name": "Tom", "lives": 9}]),
            &pets,
        ),
    ];
    for family in names() {
        for (schema, value, definitions) in &cases {
            check(
                family,
                &argument(schema, definitions),
                &[json!({"x": value, "y": 1}), json!({"y": 2})],
                &[],
            );
        }
        for nothing in [json!(false), json!({"enum": []}), json!({"anyOf": [{"type": "null"}]})] {
            check(family, &argument(&nothing, &none), &[json!({"y": 2})], &[json!({"x": 1, "y": 2})]);
        }
    }
}

#[test]
fn what_compiles_of_a_schema_still_holds() {
    let looked = json!({"type": "string", "pattern": "^(?!x)", "maxLength": 3});
    let (right, wrong) = (json!({"x": "abc", "y": 1}), json!({"x": "abcd", "y": 1}));
    for family in names() {
        check(
            family,
            &argument(&looked, &json!({})),
            std::slice::from_ref(&right),
            &[wrong.clone(), json!({"x": "a"})],
        );
    }
    let inside =
        json!({"type": "object", "properties": {"a": looked, "b": {"enum": [1, 2]}}, "required": ["b"]});
    let (right, wrong) =
        (json!({"x": {"a": "abc", "b": 1}, "y": 1}), json!({"x": {"a": "abc", "b": 3}, "y": 1}));
    for family in ["hermes", "qwen-xml"] {
        check(
            family,
            &argument(&inside, &json!({})),
            std::slice::from_ref(&right),
            std::slice::from_ref(&wrong),
        );
    }
}

#[test]
fn a_pattern_may_have_alternatives_with_ends_of_their_own() {
    for family in ["qwen-xml", "hermes"] {
        let parameters = argument(&json!({"type": "string", "pattern": "^foo|bar$"}), &json!({}));
        let texts = |texts: [&str; 3]| texts.map(|text| json!({"x": text, "y": 1}));
        check(family, &parameters, &texts(["foo x", "x bar", "foo"]), &texts(["x foo x", "bar x", "x"]));
    }
}

#[test]
fn arguments_may_have_alternatives() {
    let (a, b) = (json!({"type": "string"}), json!({"type": "integer"}));
    let named = json!({"type": "object", "$ref": "#/$defs/Args",
        "$defs": {"Args": {"type": "object", "properties": {"a": a, "b": b}, "required": ["a"]}}});
    let either = json!({"type": "object", "properties": {"b": b}, "required": ["b"],
        "anyOf": [{"properties": {"a": a}, "required": ["a"]}, {"properties": {"c": b}, "required": ["c"]}]});
    let one = json!({"type": "object", "oneOf": [{"properties": {"a": a}, "required": ["a"]},
        {"properties": {"b": b, "c": b}, "required": ["b"]}]});
    let needed = json!({"type": "object", "properties": {"a": a, "b": b}, "anyOf": [{"required": ["a"]}, {"required": ["b"]}]});
    for family in names() {
        check(family, &named, &[json!({"a": "x", "b": 1})], &[json!({}), json!({"a": "x", "c": 1})]);
        check(
            family,
            &either,
            &[json!({"b": 1, "a": "x"}), json!({"b": 1, "c": 1})],
            &[json!({"b": 1}), json!({})],
        );
        check(
            family,
            &one,
            &[json!({"a": "x"}), json!({"b": 1, "c": 2})],
            &[json!({}), json!({"a": "x", "b": 1})],
        );
        check(
            family,
            &needed,
            &[json!({"a": "x"}), json!({"b": 1}), json!({"a": "x", "b": 2})],
            &[json!({})],
        );
    }
}

#[test]
fn objects_inside_may_have_alternatives_beside_what_they_share() {
    let shape = json!({"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"],
        "oneOf": [{"properties": {"radius": {"type": "integer"}}, "required": ["radius"]},
            {"properties": {"side": {"type": "integer"}}, "required": ["side"]}]});
    for family in names() {
        let inside = |value: Value| json!({"x": value, "y": 1});
        check(
            family,
            &argument(&shape, &json!({})),
            &[inside(json!({"name": "a", "radius": 1})), inside(json!({"name": "b", "side": 1}))],
            &[inside(json!({"name": "a"})), inside(json!({"name": "a", "other": 1}))],
        );
    }
}

fn is_marked(family: &str) -> bool {
    matches!(crate::dialect::families::family(family).arguments, crate::dialect::format::Syntax::Marked(_))
}

#[test]
fn names_may_fit_a_pattern() {
    let map = json!({"type": "object", "patternProperties": {"^[0-9]+$": {"type": "integer"}}, "additionalProperties": false});
    for family in names() {
        let right = json!({"x": {"1": 2, "30": 4}, "y": 1});
        let wrong = if is_marked(family) { vec![] } else { vec![json!({"x": {"a": 2}, "y": 1})] };
        check(family, &argument(&map, &json!({})), &[right, json!({"x": {}, "y": 1})], &wrong);
    }
}

#[test]
fn beside_other_values_a_text_is_only_what_reads_as_one() {
    let needed = |schema: Value| json!({"type": "object", "properties": {"x": schema}, "required": ["x"]});
    let dated = ["2026-11-23", "12 Main St", "3rd floor", "\"so\"", "02134", " 5", "", "nullable", "a\nb"];
    let structured = ["[x", "{", "2.5", "true", "None"];
    for family in ["qwen-xml", "hermes"] {
        for (schema, values) in [
            (json!({"type": ["string", "null"]}), [&dated[..], &structured[..4], &["5"][..]].concat()),
            (json!({"type": ["string", "integer"]}), [&dated[..], &structured[..]].concat()),
            (
                json!({"oneOf": [{"type": "string"}, {"type": "boolean"}]}),
                [&dated[..], &structured[..3], &["5"][..]].concat(),
            ),
            (json!({}), dated.to_vec()),
        ] {
            let right: Vec<Value> = values.iter().map(|text| json!({"x": text})).collect();
            check(family, &needed(schema), &right, &[json!({})]);
        }
        check(family, &needed(json!({"type": ["string", "null"]})), &[json!({"x": null})], &[]);
        check(
            family,
            &needed(json!({})),
            &[json!({"x": [1, "a"]}), json!({"x": 2.5}), json!({"x": true})],
            &[],
        );
    }
}

#[test]
fn names_of_arguments_may_hold_brackets() {
    let parameters = json!({"type": "object", "properties": {"Price (USD)": {"type": "integer"}, "a<b": {"type": "string"}}});
    for family in ["qwen-xml", "hermes"] {
        check(family, &parameters, &[json!({"Price (USD)": 3, "a<b": "x"}), json!({"a<b": "x"})], &[]);
    }
}

#[test]
fn the_envelope_is_held_to_what_compiles_too() {
    let parameters = argument(&json!({"type": "string", "pattern": "^(?!x)"}), &json!({}));
    let (offered, history) = (offered(&parameters), question());
    let constrainer = crate::tiny::constrainer();
    let turn = Turn::new(&offered, ReplyMode::Free, Sources::new(&history));
    assert!(constrainer.reply(&Generic::plain(true), &turn).is_ok());
}
