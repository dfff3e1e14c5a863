//! A schema as llguidance is given it: only what it enforces, with the white space that models are trained on.

use handyman_core::schema::{self, FROM, VERBATIM};
use serde_json::{Map, Value, json};

use super::parts::whole;
use super::scope::Scope;

impl Scope<'_> {
    /// A schema for llguidance, with the definitions that it may refer to.
    pub(super) fn plain(self, schema: &Value) -> Value {
        let mut enforced = Enforced::new(self.definitions);
        let mut plain = enforced.schema(schema);
        if let Value::Object(keywords) = &mut plain {
            let definitions = enforced.definitions();
            if !definitions.is_empty() {
                keywords.insert("$defs".to_owned(), definitions.into());
            }
            let spacing =
                json!({"whitespace_flexible": false, "item_separator": ", ", "key_separator": ": "});
            keywords.insert("x-guidance".to_owned(), spacing);
        }
        plain
    }
}

/// Schemas without what only describes.
struct Enforced<'a> {
    definitions: &'a Value,
    /// Schemas with `allOf`, which become definitions: what they join may contain them again.
    joined: Vec<Value>,
    /// What the names of these begin with, and no other's.
    prefix: String,
}

impl<'a> Enforced<'a> {
    fn new(definitions: &'a Value) -> Self {
        let mut prefix = "all".to_owned();
        let mut names = definitions.as_object().into_iter().flat_map(Map::keys);
        while names.any(|name| name.starts_with(&prefix)) {
            prefix.push('_');
            names = definitions.as_object().into_iter().flat_map(Map::keys);
        }
        Self { definitions, joined: Vec::new(), prefix }
    }

    /// The definitions, and those that joined schemas have become.
    fn definitions(mut self) -> Map<String, Value> {
        let mut definitions = self.each(self.definitions);
        let mut done = 0;
        while let Some(joined) = self.joined.get(done) {
            let joined = whole(joined, self.definitions).into_owned();
            definitions.insert(format!("{}{done}", self.prefix), self.schema(&joined));
            done += 1;
        }
        definitions
    }

    /// Objects that list their properties get no others: a model must not invent arguments.
    fn schema(&mut self, schema: &Value) -> Value {
        let Value::Object(keywords) = schema else { return schema.clone() };
        if keywords.contains_key("allOf") {
            return self.reference(schema);
        }
        let mut kept = Map::new();
        let of_text = keywords.get("type").is_none_or(|kind| kind == "string");
        for (keyword, inner) in keywords {
            let inner = match keyword.as_str() {
                "properties" | "$defs" => self.each(inner).into(),
                "items" | "additionalProperties" => self.schema(inner),
                "anyOf" | "prefixItems" => self.all(inner),
                // Which of several it is, is checked afterwards.
                "oneOf" if !keywords.contains_key("anyOf") => {
                    kept.insert("anyOf".to_owned(), self.all(inner));
                    continue;
                }
                VERBATIM | FROM => continue,
                keyword if schema::met(keyword) != Some(schema::Met::WhileWriting) => continue,
                // `format` of a number only names a width, which its bounds repeat.
                "format" if !of_text || !inner.as_str().is_some_and(schema::is_enforced_format) => continue,
                _ => inner.clone(),
            };
            kept.insert(keyword.clone(), inner);
        }
        if kept.contains_key("properties") && !kept.contains_key("additionalProperties") {
            kept.insert("additionalProperties".to_owned(), Value::Bool(false));
        }
        Value::Object(kept)
    }

    /// A reference to the definition that a joined schema becomes.
    fn reference(&mut self, schema: &Value) -> Value {
        let known = self.joined.iter().position(|joined| joined == schema);
        let at = known.unwrap_or_else(|| {
            self.joined.push(schema.clone());
            self.joined.len() - 1
        });
        json!({"$ref": format!("#/$defs/{}{at}", self.prefix)})
    }

    fn each(&mut self, named: &Value) -> Map<String, Value> {
        let entries = named.as_object().into_iter().flatten();
        entries.map(|(name, inner)| (name.clone(), self.schema(inner))).collect()
    }

    fn all(&mut self, schemas: &Value) -> Value {
        schemas.as_array().into_iter().flatten().map(|schema| self.schema(schema)).collect()
    }
}

#[cfg(test)]
mod tests;
