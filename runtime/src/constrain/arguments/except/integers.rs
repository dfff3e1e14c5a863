//! Whole numbers that are none of some given ones.

use serde_json::{Value, json};

use crate::constrain::arguments::plain::EXACT_MAX;

/// Whether bounds beside these numbers can be held to.
pub(super) fn are_exact(values: &[&Value]) -> bool {
    values.iter().filter_map(|value| value.as_f64()).all(|value| value.abs() < EXACT_MAX - 1.0)
}

/// The least and the greatest whole number within a schema's bounds. Bounds beyond exact numbers are left to the check
/// before the tool runs, as in schemas without such values.
fn bounds(schema: &Value) -> (Option<i64>, Option<i64>) {
    let bound = |name: &str| schema.get(name).and_then(Value::as_f64).filter(|bound| bound.abs() < EXACT_MAX);
    let least = [bound("minimum").map(f64::ceil), bound("exclusiveMinimum").map(|bound| bound.floor() + 1.0)];
    let most = [bound("maximum").map(f64::floor), bound("exclusiveMaximum").map(|bound| bound.ceil() - 1.0)];
    (
        least.into_iter().flatten().reduce(f64::max).map(whole),
        most.into_iter().flatten().reduce(f64::min).map(whole),
    )
}

#[expect(clippy::cast_possible_truncation, reason = "it is whole, and no larger than 2^53")]
fn whole(number: f64) -> i64 {
    number as i64
}

/// The whole numbers within a schema's bounds that are none of these, as ranges between them.
pub(super) fn integers_except(schema: &Value, values: &[&Value]) -> Option<Value> {
    let (least, most) = bounds(schema);
    let within =
        |value: &i64| least.is_none_or(|least| least <= *value) && most.is_none_or(|most| *value <= most);
    let mut values: Vec<i64> = values.iter().filter_map(|value| value.as_i64()).filter(within).collect();
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
