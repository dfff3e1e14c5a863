//! Whole numbers that are none of some given ones.

use serde_json::{Value, json};

use crate::constrain::arguments::plain::EXACT_MAX;

/// Whether bounds beside these numbers can be held to.
pub(super) fn are_exact(values: &[&Value]) -> bool {
    values.iter().filter_map(|value| value.as_f64()).all(|value| value.abs() < EXACT_MAX - 1.0)
}

/// The whole numbers within a schema's bounds that are none of these, as ranges between them.
pub(super) fn integers_except(schema: &Value, values: &[&Value]) -> Option<Value> {
    let bound = |name: &str| schema.get(name).and_then(Value::as_i64);
    let least = bound("minimum").or_else(|| bound("exclusiveMinimum").map(|bound| bound.saturating_add(1)));
    let most = bound("maximum").or_else(|| bound("exclusiveMaximum").map(|bound| bound.saturating_sub(1)));
    let mut values: Vec<i64> = values.iter().filter_map(|value| value.as_i64()).collect();
    values.sort_unstable();
    let mut ranges = Vec::new();
    let mut from = least;
    for value in values {
        ranges.push((from, Some(value - 1)));
        from = Some(value + 1);
    }
    ranges.push((from, most));
    let ranges: Vec<Value> = ranges
        .into_iter()
        .filter(|(from, to)| !matches!((from, to), (Some(from), Some(to)) if from > to))
        .map(|(from, to)| {
            let mut range = json!({"type": "integer"});
            if let Some(from) = from {
                range["minimum"] = from.into();
            }
            if let Some(to) = to {
                range["maximum"] = to.into();
            }
            range
        })
        .collect();
    (!ranges.is_empty()).then(|| json!({"anyOf": ranges}))
}
