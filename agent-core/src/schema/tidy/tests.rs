//! Flattened types, maps by number, and what may be anything.

use std::collections::{BTreeMap, HashMap};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::tidy;
use crate::schema::{Parameters, Rules, check_any};

/// Where it is.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Target {
    City(String),
    Point { x: f64 },
    Anywhere,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "by", rename_all = "snake_case")]
enum Order {
    Price { most: u32 },
    Time,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
struct Search {
    query: String,
    #[serde(flatten)]
    target: Target,
    limit: Option<u8>,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
struct Ordered {
    query: String,
    #[serde(flatten)]
    target: Target,
    #[serde(flatten)]
    order: Order,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
struct Perhaps {
    query: String,
    #[serde(flatten)]
    target: Option<Target>,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
struct Open {
    #[serde(flatten)]
    target: Target,
    #[serde(flatten)]
    others: HashMap<String, u8>,
}

fn tidied<T: JsonSchema>() -> Value {
    let mut schema = schemars::schema_for!(T).to_value();
    tidy(&mut schema);
    check_any(&schema).unwrap();
    let once = schema.clone();
    tidy(&mut schema);
    assert_eq!(schema, once);
    schema
}

fn holds<T: JsonSchema + for<'de> Deserialize<'de>>(right: &[Value], wrong: &[Value]) {
    let schema = tidied::<T>();
    let validator = jsonschema::validator_for(&schema).unwrap();
    for value in right {
        assert!(validator.is_valid(value), "{value}: {schema:#}");
        assert!(serde_json::from_value::<T>(value.clone()).is_ok(), "{value}");
    }
    for value in wrong {
        assert!(!validator.is_valid(value), "{value}: {schema:#}");
    }
}

#[test]
fn a_flattened_enum_can_be_given() {
    holds::<Search>(
        &[
            json!({"query": "a", "city": "Rome"}),
            json!({"query": "a", "point": {"x": 1.5}, "limit": 3}),
            json!({"query": "a", "anywhere": null}),
        ],
        &[
            json!({"city": "Rome"}),
            json!({"query": "a"}),
            json!({"query": "a", "city": 3}),
            json!({"query": "a", "city": "Rome", "other": 1}),
        ],
    );
    let schema = tidied::<Search>();
    assert!(schema.get("properties").is_none(), "a grammar follows the alternatives alone: {schema:#}");
    assert!(
        schema["anyOf"].as_array().unwrap().iter().all(|one| one["additionalProperties"] == json!(false))
    );
}

#[test]
fn several_flattened_enums_can_be_given() {
    holds::<Ordered>(
        &[
            json!({"query": "a", "city": "Rome", "by": "price", "most": 3}),
            json!({"query": "a", "point": {"x": 1.5}, "by": "time"}),
        ],
        &[
            json!({"query": "a", "city": "Rome"}),
            json!({"query": "a", "by": "time"}),
            json!({"query": "a", "city": "Rome", "by": "other"}),
            json!({"query": "a", "city": "Rome", "by": "price", "most": 3, "other": 1}),
        ],
    );
}

#[test]
fn a_flattened_enum_may_be_left_out_or_stand_beside_any_names() {
    holds::<Perhaps>(
        &[json!({"query": "a"}), json!({"query": "a", "city": "Rome"})],
        &[json!({"city": "Rome"}), json!({"query": "a", "other": 1})],
    );
    holds::<Open>(&[json!({"city": "Rome"}), json!({"city": "Rome", "other": 1})], &[json!({"other": 1})]);
}

#[test]
fn alternatives_that_cannot_be_merged_leave_the_object_open() {
    let part = json!({"type": "object", "properties": {"b": {"type": "integer"}}, "required": ["b"]});
    let mut schema = json!({"properties": {"a": {}}, "allOf": [part]});
    tidy(&mut schema);
    assert!(jsonschema::is_valid(&schema, &json!({"a": 1, "b": 2})), "{schema}");
    assert!(!jsonschema::is_valid(&schema, &json!({"a": 1})), "{schema}");
    let mut conditional =
        json!({"properties": {"a": {}}, "allOf": [{"if": {"required": ["a"]}, "then": true}]});
    tidy(&mut conditional);
    assert_eq!(conditional["additionalProperties"], json!(false), "conditions name nothing");
}

#[test]
fn maps_by_number_are_tidied_inside() {
    let schema = tidied::<BTreeMap<u32, Option<u8>>>();
    let (_, inner) = schema["patternProperties"].as_object().unwrap().iter().next().unwrap();
    assert_eq!(*inner, json!({"type": "integer", "minimum": 0, "maximum": 255}));
}

#[test]
fn what_may_be_anything_is_described() {
    let rules = Rules::new().default_value::<Value>(json!(3));
    let parameters = Parameters::new().optional::<Value>("x", "Anything", rules).finish();
    assert_eq!(parameters["properties"]["x"], json!({"description": "Anything", "default": 3}));
}
