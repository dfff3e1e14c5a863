//! Schemas of which a part cannot be compiled, without that part: what they then allow too is told before the tool runs.

use serde_json::{Map, Value, json};

/// What limits a value of one kind.
const LIMITS: [&str; 11] = [
    "pattern",
    "format",
    "multipleOf",
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "minLength",
    "maxLength",
    "minItems",
    "maxItems",
];

/// As much of a schema as compiles.
pub(super) fn loosened(plain: &Value, compiles: &dyn Fn(&Value) -> bool) -> Value {
    if compiles(plain) {
        return plain.clone();
    }
    let mut looser = plain.clone();
    each(&mut looser, &|schema| loosen(schema, compiles));
    if !compiles(&looser) {
        each(&mut looser, &|schema| LIMITS.iter().for_each(|limit| drop(schema.remove(*limit))));
    }
    for keywords in [&["type", "x-guidance"][..], &["x-guidance"]] {
        if compiles(&looser) {
            break;
        }
        let kept =
            keywords.iter().filter_map(|keyword| Some(((*keyword).to_owned(), plain.get(keyword)?.clone())));
        looser = Value::Object(kept.collect());
    }
    looser
}

/// Changes a schema and all schemas inside, the innermost first.
fn each(schema: &mut Value, change: &dyn Fn(&mut Map<String, Value>)) {
    let Value::Object(keywords) = schema else { return };
    for (keyword, inner) in keywords.iter_mut() {
        match (keyword.as_str(), inner) {
            ("properties" | "patternProperties" | "$defs", Value::Object(named)) => {
                for inner in named.values_mut() {
                    each(inner, change);
                }
            }
            ("anyOf" | "prefixItems", Value::Array(schemas)) => {
                for inner in schemas {
                    each(inner, change);
                }
            }
            ("items" | "additionalProperties", inner) => each(inner, change),
            _ => {}
        }
    }
    change(keywords);
}

/// Leaves out the limits that do not compile: one if that is enough, otherwise all.
fn loosen(schema: &mut Map<String, Value>, compiles: &dyn Fn(&Value) -> bool) {
    let alone = |schema: &Map<String, Value>, without: &str| {
        let kept = schema.iter().filter(|(keyword, _)| {
            *keyword != without && (*keyword == "type" || LIMITS.contains(&keyword.as_str()))
        });
        Value::Object(kept.map(|(keyword, value)| (keyword.clone(), value.clone())).collect())
    };
    if !compiles(&alone(schema, "")) {
        let enough =
            LIMITS.into_iter().find(|limit| schema.contains_key(*limit) && compiles(&alone(schema, limit)));
        let out = enough.map_or_else(|| LIMITS.to_vec(), |limit| vec![limit]);
        for limit in out {
            schema.remove(limit);
        }
    }
    if let Some(Value::Object(patterns)) = schema.get("patternProperties") {
        let any: Map<String, Value> = patterns.keys().map(|pattern| (pattern.clone(), json!({}))).collect();
        if !compiles(&json!({"type": "object", "patternProperties": any})) {
            schema.remove("patternProperties");
            schema.remove("additionalProperties");
        }
    }
}
