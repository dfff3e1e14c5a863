//! Where a schema stands, and what it refers to.

use std::collections::BTreeSet;

use handyman_core::schema::{FROM, VERBATIM};
use handyman_core::{Fault, FaultKind};
use serde_json::Value;

use super::parts::{DEPTH_MAX, reference};

/// Where a schema stands: its tool and the definitions that it may refer to.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scope<'a> {
    pub(super) tool: &'a str,
    pub(super) definitions: &'a Value,
    pub(super) depth: usize,
}

impl<'a> Scope<'a> {
    /// One level further inside, or `None` where that can only be a loop.
    pub(super) fn deeper(self) -> Option<Self> {
        (self.depth < DEPTH_MAX).then_some(Scope { depth: self.depth + 1, ..self })
    }

    /// What a schema refers to, if it is a reference.
    pub(super) fn follow(self, schema: &Value) -> Result<Option<(&'a Value, Scope<'a>)>, Fault> {
        let Some(named) = schema.get("$ref") else { return Ok(None) };
        let target = reference(schema).and_then(|name| self.definitions.get(name));
        target.zip(self.deeper()).map(Some).ok_or_else(|| {
            let problem = format!("tool '{}': the reference {named} leads nowhere", self.tool);
            Fault::new(FaultKind::Schema, problem)
        })
    }

    /// Whether values of this schema depend on what was said. Each definition is looked at once, however many
    /// refer to it.
    pub(super) fn mentions_sources(self, schema: &Value) -> bool {
        let mut seen = BTreeSet::new();
        let mut waiting = vec![schema];
        while let Some(schema) = waiting.pop() {
            if let Value::Array(items) = schema {
                waiting.extend(items);
            }
            for (keyword, inner) in schema.as_object().into_iter().flatten() {
                match keyword.as_str() {
                    VERBATIM if *inner == Value::Bool(true) => return true,
                    FROM => return true,
                    VERBATIM | "enum" | "const" | "default" | "examples" => {}
                    "$ref" => {
                        let new = reference(schema).filter(|name| seen.insert(*name));
                        waiting.extend(new.and_then(|name| self.definitions.get(name)));
                    }
                    _ => waiting.push(inner),
                }
            }
        }
        false
    }
}

#[cfg(test)]
mod tests;
