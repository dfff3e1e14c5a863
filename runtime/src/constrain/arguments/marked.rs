//! Objects with bare keys in alphabetical order and texts between marks: `{city:<|"|>Lagos<|"|>,days:3}`.

use handyman_core::Fault;
use handyman_core::schema::FROM;
use serde_json::{Map, Value, json};

use super::bare::Place;
use super::parts::parts;
use super::{Arguments, Member, Scope, is_open, properties};
use crate::constrain::grammar::{either, literal};
use crate::dialect::write::marked;

impl Arguments<'_> {
    /// An object of this schema; `None` when a required property has no value it could take now.
    pub(super) fn marked_object(
        &mut self,
        schema: &Value,
        scope: Scope<'_>,
        mark: &str,
    ) -> Result<Option<String>, Fault> {
        let mut named = properties(schema);
        if named.is_empty() && is_open(schema) {
            return self.marked_map(schema, scope, mark).map(Some);
        }
        named.sort_by_key(|(name, _, _)| name.to_lowercase());
        let mut members = Vec::new();
        for (name, property, needed) in named {
            match self.marked_value(&property, scope, mark)? {
                Some(value) => {
                    members.push(Member { ways: vec![(format!("{name}:"), value)], needed });
                }
                None if needed => return Ok(None),
                None => {}
            }
        }
        let body = self.members(&members, ",", &literal("}"));
        Ok(Some(self.grammar.rule(&format!("{} {body}", literal("{")))))
    }

    /// A value of this schema; `None` when there is nothing it could be now.
    pub(super) fn marked_value(
        &mut self,
        schema: &Value,
        scope: Scope<'_>,
        mark: &str,
    ) -> Result<Option<String>, Fault> {
        let Some(inside) = scope.deeper() else { return Ok(Some(self.marked_any(mark))) };
        self.once(schema, true, |arguments| arguments.marked_ways(schema, inside, mark))
    }

    fn marked_ways(&mut self, schema: &Value, scope: Scope<'_>, mark: &str) -> Result<Option<String>, Fault> {
        let parts = parts(schema, scope.definitions);
        let mut ways = Vec::new();
        for text in &parts.texts {
            if let Some(value) = self.bare(text, Place { end: mark, beside: None, except: &[] }) {
                ways.push(format!("{} {value}", self.grammar.written(mark)));
            }
        }
        for other in &parts.others {
            ways.extend(self.marked_other(other, scope, mark)?);
        }
        Ok(if ways.is_empty() { None } else { Some(either(&ways)) })
    }

    pub(super) fn marked_other(
        &mut self,
        schema: &Value,
        scope: Scope<'_>,
        mark: &str,
    ) -> Result<Option<String>, Fault> {
        if let Some(Value::Array(values)) = schema.get("enum") {
            let values: Vec<String> =
                values.iter().map(|value| self.grammar.written(&marked(value, mark))).collect();
            return Ok(Some(either(&values)));
        }
        let closed = schema.get("additionalProperties") == Some(&Value::Bool(false));
        Ok(Some(match schema.get("type").and_then(Value::as_str) {
            Some("boolean") => format!("({} | {})", literal("true"), literal("false")),
            Some("null") => format!("({} | {})", literal("null"), literal("None")),
            Some("integer") if schema.get(FROM).is_some() => return Ok(self.copied(schema, &[])),
            Some("array") => return self.marked_array(schema, scope, mark),
            Some("object") if schema.get("properties").is_some() || closed => {
                return self.marked_object(schema, scope, mark);
            }
            Some("object") => self.marked_map(schema, scope, mark)?,
            Some(_) | None => self.json(schema, scope),
        }))
    }

    fn marked_array(
        &mut self,
        schema: &Value,
        scope: Scope<'_>,
        mark: &str,
    ) -> Result<Option<String>, Fault> {
        let item = self.marked_value(schema.get("items").unwrap_or(&Value::Bool(true)), scope, mark)?;
        Ok(self.list(schema, item, &literal(",")))
    }

    /// An object whose keys are free.
    fn marked_map(&mut self, schema: &Value, scope: Scope<'_>, mark: &str) -> Result<String, Fault> {
        // Which pattern a key fits is checked afterwards.
        let patterns = schema.get("patternProperties").and_then(Value::as_object);
        let mut options: Vec<&Value> = patterns.into_iter().flat_map(Map::values).collect();
        options.extend(schema.get("additionalProperties"));
        options.retain(|option| **option != Value::Bool(false));
        let value = match options.as_slice() {
            [] => self.marked_value(&Value::Bool(true), scope, mark)?,
            [only] => self.marked_value(only, scope, mark)?,
            several => self.marked_value(&json!({"anyOf": several}), scope, mark)?,
        };
        let value = match value {
            Some(value) => value,
            None => self.marked_any(mark),
        };
        let entry = self.grammar.rule(&format!("/[^:,{{}}\\[\\]<>\"\\n]+:/ {value}"));
        Ok(self.grammar.rule(&format!(
            "{} ({entry} ({} {entry})*)? {}",
            literal("{"),
            literal(","),
            literal("}")
        )))
    }

    /// A value of any kind.
    fn marked_any(&mut self, mark: &str) -> String {
        if let Some(rule) = &self.any {
            return rule.clone();
        }
        let name = self.grammar.forward();
        self.any = Some(name.clone());
        let text =
            self.bare(&Value::Bool(true), Place { end: mark, beside: None, except: &[] }).unwrap_or_default();
        let comma = literal(",");
        let entry = format!("/[^:,{{}}\\[\\]<>\"\\n]+:/ {name}");
        let ways = [
            format!("{} {text}", self.grammar.written(mark)),
            "%json {\"type\": \"number\"}".to_owned(),
            [literal("true"), literal("false"), literal("null"), literal("None")].join(" | "),
            format!("{} ({name} ({comma} {name})*)? {}", literal("["), literal("]")),
            format!("{} ({entry} ({comma} {entry})*)? {}", literal("{"), literal("}")),
        ];
        self.grammar.finish(&name, &ways.join(" | "));
        name
    }
}
