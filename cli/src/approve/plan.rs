//! What a call would do, as a person reads it: what comes of it first, then the rows that it changes.

use serde_json::{Map, Value, json};

use crate::show;

/// A plan: its result in one line, and one line a row that would change; or field by field.
pub(super) fn plan_lines(plan: &Value) -> Vec<String> {
    if let Some(rows) = plan["rows"].as_array() {
        return result_line(&plan["result"]).into_iter().chain(rows.iter().map(row_line)).collect();
    }
    let (before, after) = (plan["before"].as_array(), plan["after"].as_array());
    let shown = before.map_or(0, Vec::len).max(after.map_or(0, Vec::len));
    if shown == 0 {
        return field_lines(plan);
    }
    let row = |rows: Option<&Vec<Value>>, at: usize| rows.and_then(|rows| rows.get(at)).cloned();
    let line = |at| match (row(before, at), row(after, at)) {
        // What becomes of the first ones shows what becomes of all.
        (Some(is), None) if at > 0 && plan["change"] == "update" => {
            format!("  ~ {} {is}", plan["table"].as_str().unwrap_or_default())
        }
        (is, becomes) => row_line(&json!({"table": plan["table"], "is": is, "becomes": becomes})),
    };
    let more = plan["rows"].as_u64().unwrap_or_default().saturating_sub(shown as u64);
    let more = (more > 0).then(|| format!("  … and {more} more rows"));
    let elsewhere = match &plan["elsewhere"] {
        Value::Number(rows) => Some(format!("  … and rows elsewhere, by references and triggers: {rows}")),
        Value::String(_) => {
            Some("  … and maybe rows elsewhere: this account does not see the table's triggers".to_owned())
        }
        _ => None,
    };
    (0..shown).map(line).chain(more).chain(elsewhere).collect()
}

/// A plan of another shape, whole: one line a field, an item of a list, or a line of a text.
fn field_lines(plan: &Value) -> Vec<String> {
    let Some(fields) = plan.as_object().filter(|fields| !fields.is_empty()) else {
        return vec![format!("  it would: {plan}")];
    };
    let lines = |(name, value): (&String, &Value)| -> Vec<String> {
        let told: Vec<String> = match value {
            Value::Object(result) if name == "result" => {
                let fields = result.iter().map(|(name, value)| format!("{name}: {}", whole(value)));
                return vec![format!("  {}", fields.collect::<Vec<_>>().join(" · "))];
            }
            Value::Array(items) => items.iter().map(whole).collect(),
            Value::String(text) => text.lines().map(str::to_owned).collect(),
            Value::Object(_) | Value::Null | Value::Bool(_) | Value::Number(_) => vec![value.to_string()],
        };
        told.iter().map(|told| format!("  {name}: {told}")).collect()
    };
    fields.iter().flat_map(lines).collect()
}

/// A value, a text without quotation marks.
fn whole(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// What the call would give back: `paid: 568.50 CNY · balance: 9431.50 CNY`.
fn result_line(result: &Value) -> Option<String> {
    let Some(fields) = result.as_object() else {
        return (!result.is_null()).then(|| format!("  {}", show::value_text(result)));
    };
    let fields: Vec<String> = without_minor(fields)
        .iter()
        .filter(|(_, value)| !value.is_null())
        .map(|(name, value)| format!("{name}: {}", show::value_text(value)))
        .collect();
    (!fields.is_empty()).then(|| format!("  {}", fields.join(" · ")))
}

fn row_line(row: &Value) -> String {
    let table = row["table"].as_str().unwrap_or_default();
    let side = |name: &str| row[name].as_object().map(without_minor);
    match (side("is"), side("becomes")) {
        (None, becomes) => format!("  + {table}: {}", json!(becomes)),
        (Some(is), None) => format!("  - {table}: {}", json!(is)),
        (Some(is), Some(becomes)) => {
            let changes: Vec<String> = becomes
                .iter()
                .filter(|(name, value)| is.get(*name) != Some(value))
                .map(|(name, value)| format!("{name} {} → {value}", is.get(name).unwrap_or(&Value::Null)))
                .collect();
            let which = is.values().next().map(Value::to_string).unwrap_or_default();
            format!("  ~ {table} {which}: {}", changes.join(", "))
        }
    }
}

/// The fields of an object, without amounts in minor units that stand beside the same amount with its currency.
fn without_minor(fields: &Map<String, Value>) -> Map<String, Value> {
    let says_again =
        |name: &str| name.strip_suffix("_minor").is_some_and(|amount| fields.contains_key(amount));
    fields
        .iter()
        .filter(|(name, _)| !says_again(name))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect()
}
