//! The promised subset, and the schemas Rust types become.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde_json::{Map, Value, json};

use super::{DEFINITIONS_MAX, Met, Parameters, Rules, check, met, tidy, without_nulls};

fn of<T: JsonSchema>() -> Value {
    let parameters = Parameters::new().required::<T>("x", "", Rules::new()).finish();
    check(&parameters).expect("what we generate is within the subset");
    parameters["properties"]["x"].clone()
}

#[test]
fn every_keyword_is_enforced_or_only_describes_or_is_refused() {
    let good = json!({
        "type": "object",
        "properties": {
            "id": {"type": "string", "x-from": ["a.b", "c.d.e"], "x-verbatim": true},
            "rows": {"type": "array", "items": {"$ref": "#/$defs/row"}, "maxItems": 3},
            "op": {"anyOf": [{"enum": ["="]}, {"const": 1}], "description": "How", "default": "="},
            "not": {"type": "string"},
        },
        "required": ["id"],
        "additionalProperties": false,
        "$defs": {"row": {"type": "object"}},
    });
    assert_eq!(check(&good), Ok(()));
    for (schema, place, keyword) in [
        (
            json!({"type": "object", "properties": {"a": {"$dynamicRef": "#x"}}}),
            "/properties/a/$dynamicRef",
            "$dynamicRef",
        ),
        (json!({"type": "object", "properties": {"a": {"items": {"frob": 1}}}}), "/items/frob", "frob"),
        (json!({"type": "object", "definitions": {}}), "/definitions", "definitions"),
        (
            json!({"type": "object", "$defs": {"d": {"anyOf": [{}, {"$id": "x"}]}}}),
            "/$defs/d/anyOf/1/$id",
            "$id",
        ),
        (
            json!({"type": "object", "properties": {"a": {"not": {"frob": 1}}}}),
            "/properties/a/not/frob",
            "frob",
        ),
        (
            json!({"type": "object", "properties": {"a": {"oneOf": [{"if": {"frob": 1}}]}}}),
            "/oneOf/0/if/frob",
            "frob",
        ),
        (
            json!({"type": "object", "properties": {"a": {"$ref": "#/$defs/none"}}}),
            "/properties/a/$ref",
            "leads nowhere",
        ),
        (
            json!({"type": "object", "properties": {"a": {"$ref": "other.json"}}}),
            "/properties/a/$ref",
            "cannot be followed",
        ),
    ] {
        let problem = check(&schema).unwrap_err();
        assert!(problem.contains(place) && problem.contains(keyword), "{problem}");
    }
}

#[test]
fn a_keyword_is_met_in_one_place() {
    assert_eq!(met("pattern"), Some(Met::WhileWriting));
    assert_eq!(met("uniqueItems"), Some(Met::BeforeRunning));
    assert_eq!(met("title"), Some(Met::Described));
    assert_eq!(met("$dynamicRef"), None);
}

#[test]
fn a_schema_of_arguments_is_an_object() {
    assert!(check(&json!({"type": "string"})).is_err());
    assert!(check(&json!({})).is_err());
    assert!(check(&json!({"type": "object", "properties": {"a": 3}})).is_err());
    assert_eq!(check(&json!({"type": "object", "additionalProperties": true})), Ok(()));
}

#[test]
fn our_own_keywords_stand_on_texts_and_whole_numbers_and_name_fields() {
    let with = |property: Value| check(&json!({"type": "object", "properties": {"a": property}}));
    for wrong in [
        json!({"type": "integer", "x-verbatim": true}),
        json!({"type": "string", "x-verbatim": "yes"}),
        json!({"type": "string", "x-from": "a.b"}),
        json!({"type": "string", "x-from": []}),
        json!({"type": "string", "x-from": ["search_trains"]}),
        json!({"type": "array", "x-from": ["search_trains.id"]}),
        json!({"type": "number", "x-from": ["search_trains.id"]}),
        json!({"type": ["integer", "null"], "x-from": ["search_trains.id"]}),
        json!({"type": "integer", "x-from": ["search_trains..id"]}),
        json!({"type": "integer", "x-from": ["search_trains.id"], "x-verbatim": true}),
    ] {
        assert!(with(wrong.clone()).is_err(), "{wrong}");
    }
    for right in [
        json!({"type": "string", "x-from": ["search_trains.id", "search.items.id"], "x-verbatim": true}),
        json!({"type": "integer", "x-from": ["search.items.id"], "minimum": 1}),
        json!({"type": "array", "items": {"type": "integer", "x-from": ["search.ids"]}}),
    ] {
        assert_eq!(with(right.clone()), Ok(()), "{right}");
    }
}

#[test]
fn plain_types_are_plain() {
    assert_eq!(of::<String>(), json!({"type": "string"}));
    assert_eq!(of::<Option<String>>(), json!({"type": "string"}));
    assert_eq!(of::<bool>(), json!({"type": "boolean"}));
    assert_eq!(of::<i64>(), json!({"type": "integer"}));
    assert_eq!(of::<u8>(), json!({"type": "integer", "minimum": 0, "maximum": 255}));
    assert_eq!(of::<Option<f64>>(), json!({"type": "number"}));
    assert_eq!(of::<Vec<Option<i32>>>()["items"]["type"], json!("integer"));
    assert_eq!(
        of::<BTreeMap<String, bool>>(),
        json!({"type": "object", "additionalProperties": {"type": "boolean"}})
    );
}

/// How to sort.
#[derive(JsonSchema)]
#[serde(rename_all = "snake_case")]
#[expect(dead_code, reason = "only its schema is looked at")]
enum Order {
    /// The first to leave
    Earliest,
    /// The one that costs least
    Cheapest,
}

#[derive(JsonSchema)]
#[expect(dead_code, reason = "only its schema is looked at")]
struct Condition {
    /// Column to look at
    column: String,
    order: Option<Order>,
    any: Option<Vec<u16>>,
}

#[derive(JsonSchema)]
#[expect(dead_code, reason = "only its schema is looked at")]
struct Tree {
    leaf: u32,
    branches: Vec<Tree>,
}

#[derive(JsonSchema)]
#[serde(rename_all = "snake_case")]
#[expect(dead_code, reason = "only its schema is looked at")]
enum Target {
    City(String),
    Point { x: f64 },
}

#[test]
fn documented_variants_are_a_plain_enum() {
    let expected = json!({"type": "string", "enum": ["earliest", "cheapest"], "description": "How to sort."});
    assert_eq!(of::<Order>(), expected);
    assert_eq!(of::<Option<Order>>(), expected);
}

#[test]
fn structs_are_written_out_and_closed() {
    let expected = json!({
        "type": "object",
        "properties": {
            "column": {"type": "string", "description": "Column to look at"},
            "order": {"type": "string", "enum": ["earliest", "cheapest"], "description": "How to sort."},
            "any": {"type": "array", "items": {"type": "integer", "minimum": 0, "maximum": 65535}},
        },
        "required": ["column"],
        "additionalProperties": false,
    });
    assert_eq!(of::<Condition>(), expected);
    assert_eq!(of::<Vec<Condition>>(), json!({"type": "array", "items": expected}));
}

#[test]
fn alternatives_with_content_stay_alternatives() {
    let target = of::<Target>();
    let alternatives = target["anyOf"].as_array().expect("alternatives");
    assert_eq!(alternatives.len(), 2);
    assert!(alternatives.iter().all(|schema| schema["additionalProperties"] == json!(false)), "{target:#}");
}

#[test]
fn a_type_that_contains_itself_keeps_a_definition() {
    let parameters = Parameters::new().required::<Tree>("tree", "", Rules::new()).finish();
    assert_eq!(check(&parameters), Ok(()));
    let validator = jsonschema::validator_for(&parameters).unwrap();
    let leaf = json!({"leaf": 1, "branches": []});
    assert!(validator.is_valid(&json!({"tree": {"leaf": 2, "branches": [leaf]}})));
    assert!(!validator.is_valid(&json!({"tree": {"leaf": 2, "branches": [{"leaf": "x", "branches": []}]}})));
}

#[test]
fn rules_and_descriptions_stand_where_they_belong() {
    let rules = Rules::new().range::<Vec<u8>>(1..=5).default_value::<Vec<u8>>(vec![1]);
    let parameters = Parameters::new()
        .optional::<Vec<u8>>("marks", "Marks to give", rules)
        .required::<f32>("share", "", Rules::new().range::<f32>(..=0.5))
        .finish();
    let expected = json!({
        "type": "object",
        "properties": {
            "marks": {
                "type": "array", "items": {"type": "integer", "minimum": 1, "maximum": 5},
                "description": "Marks to give", "default": [1],
            },
            "share": {"type": "number", "maximum": 0.5},
        },
        "required": ["share"],
        "additionalProperties": false,
    });
    assert_eq!(parameters, expected, "{parameters:#}");
}

#[test]
fn rules_of_lists_of_lists_stand_on_what_is_in_them_and_numbers_are_as_they_were_written() {
    let rules = Rules::new().range::<Vec<Vec<f32>>>(0.1..=0.9).default_value(vec![vec![0.7_f32]]);
    let parameters = Parameters::new()
        .optional::<Vec<Vec<f32>>>("shares", "", rules)
        .required::<Vec<Vec<String>>>("rows", "", Rules::new().verbatim::<Vec<Vec<String>>>())
        .finish();
    let shares = json!({"type": "number", "minimum": 0.1, "maximum": 0.9});
    let lists = |items: Value| json!({"type": "array", "items": {"type": "array", "items": items}});
    let mut expected = lists(shares);
    expected["default"] = json!([[0.7]]);
    assert_eq!(parameters["properties"]["shares"], expected, "{parameters:#}");
    let texts = json!({"type": "string", "x-verbatim": true});
    assert_eq!(parameters["properties"]["rows"], lists(texts), "{parameters:#}");
    assert_eq!(check(&parameters), Ok(()));
}

#[test]
fn tidying_twice_is_tidying_once() {
    let mut schema = schemars::schema_for!(Option<Condition>).to_value();
    tidy(&mut schema);
    let once = schema.clone();
    tidy(&mut schema);
    assert_eq!(schema, once);
    assert!(!once.to_string().contains("null"), "{once:#}");
}

#[test]
fn null_leaves_out_what_may_be_left_out() {
    let parameters = json!({
        "type": "object",
        "properties": {"a": {"type": "string"}, "b": {"type": "string"}, "c": {"type": ["string", "null"]}},
        "required": ["a"],
    });
    let arguments = json!({"a": null, "b": null, "c": null, "d": null});
    let kept = without_nulls(&parameters, arguments.as_object().unwrap());
    assert_eq!(Value::Object(kept), json!({"a": null, "c": null, "d": null}));
}

#[test]
fn definitions_may_lead_from_one_to_the_next_but_not_without_end() {
    let chain = |length: usize| {
        let next = |at: usize| {
            let inner = if at + 1 < length {
                json!({"$ref": format!("#/$defs/d{}", at + 1)})
            } else {
                json!({"type": "string"})
            };
            (
                format!("d{at}"),
                json!({"type": "object", "properties": {"next": inner}, "additionalProperties": false}),
            )
        };
        let definitions: Map<String, Value> = (0..length).map(next).collect();
        json!({"type": "object", "properties": {"first": {"$ref": "#/$defs/d0"}}, "$defs": definitions})
    };
    assert_eq!(check(&chain(DEFINITIONS_MAX)), Ok(()));
    jsonschema::validator_for(&chain(DEFINITIONS_MAX)).unwrap();
    assert!(check(&chain(DEFINITIONS_MAX + 1)).unwrap_err().contains("definitions"));
}
