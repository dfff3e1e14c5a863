//! What checking a value takes: a schema may refer to itself so often that it is never done.

use std::collections::HashMap;

use serde_json::Value;

/// Places of a value that may be looked at, each once for every part of the schema that is about it.
pub(crate) const LOOKS_MAX: u64 = 1_000_000;

/// How deep schema and value together are followed: at 1,500 a debug build overflows a stack of 2 MB.
const DEPTH_MAX: usize = 400;

/// How often places of a value are looked at where it is checked against a schema, more than [`LOOKS_MAX`] where that is
/// without end.
///
/// Parts of the schema about the same place add up, and so do the places: what two references to a definition with two
/// references each come to is four times that. Each pair of a part and a place is worked out once.
pub(crate) fn looks(schema: &Value, value: &Value) -> u64 {
    let mut cost = Cost { root: schema, known: HashMap::new(), left: LOOKS_MAX };
    cost.of(schema, value, DEPTH_MAX)
}

struct Cost<'a> {
    root: &'a Value,
    /// By the addresses of part and place, which stay where they are.
    known: HashMap<(*const Value, *const Value), u64>,
    /// Pairs that may still be worked out.
    left: u64,
}

impl Cost<'_> {
    fn of(&mut self, schema: &Value, value: &Value, depth: usize) -> u64 {
        let Value::Object(keywords) = schema else { return 1 };
        let pair = (std::ptr::from_ref(schema), std::ptr::from_ref(value));
        if let Some(known) = self.known.get(&pair) {
            return *known;
        }
        let (Some(depth), Some(left)) = (depth.checked_sub(1), self.left.checked_sub(1)) else {
            return u64::MAX;
        };
        self.left = left;
        // A part that leads back to itself at the same place is never done with.
        self.known.insert(pair, u64::MAX);
        let mut sum = 1_u64;
        for (keyword, inner) in keywords {
            if sum <= LOOKS_MAX {
                sum = sum.saturating_add(self.of_keyword((keyword, inner), (schema, value), depth));
            }
        }
        self.known.insert(pair, sum);
        sum
    }

    /// What a keyword of a schema adds.
    fn of_keyword(
        &mut self,
        (keyword, inner): (&str, &Value),
        (schema, value): (&Value, &Value),
        depth: usize,
    ) -> u64 {
        let pairs: Vec<(&Value, &Value)> = match (keyword, inner, value) {
            ("allOf" | "anyOf" | "oneOf", Value::Array(parts), _) => {
                parts.iter().map(|part| (part, value)).collect()
            }
            ("not" | "if" | "then" | "else" | "unevaluatedItems" | "unevaluatedProperties", part, _) => {
                vec![(part, value)]
            }
            ("dependentSchemas", Value::Object(parts), _) => {
                parts.values().map(|part| (part, value)).collect()
            }
            ("$ref", Value::String(target), _) => {
                let root = self.root;
                let part = target.strip_prefix("#/$defs/").and_then(|name| root["$defs"].get(name));
                return part.map_or(0, |part| self.of(part, value, depth));
            }
            ("properties", Value::Object(parts), Value::Object(fields)) => {
                fields.iter().filter_map(|(name, place)| Some((parts.get(name)?, place))).collect()
            }
            ("patternProperties", Value::Object(parts), Value::Object(fields)) => {
                parts.values().flat_map(|part| fields.values().map(move |place| (part, place))).collect()
            }
            ("additionalProperties", part, Value::Object(fields)) => {
                let known = schema["properties"].as_object();
                let is_other = |name: &String| known.is_none_or(|known| !known.contains_key(name));
                fields.iter().filter(|(name, _)| is_other(name)).map(|(_, place)| (part, place)).collect()
            }
            // Names are texts, which have no places in them.
            ("propertyNames", part, Value::Object(fields)) => {
                let each = self.of(part, &Value::Null, depth);
                return each.saturating_mul(fields.len() as u64);
            }
            ("items" | "contains", part, Value::Array(items)) => {
                items.iter().map(|place| (part, place)).collect()
            }
            ("prefixItems", Value::Array(parts), Value::Array(items)) => parts.iter().zip(items).collect(),
            _ => Vec::new(),
        };
        pairs.into_iter().fold(0, |sum: u64, (part, place)| sum.saturating_add(self.of(part, place, depth)))
    }
}

#[cfg(test)]
mod tests;
