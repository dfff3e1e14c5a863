//! Typed answers: the shape that a run's answer has to have, and what an answer that was cut off comes to.

mod least;
mod partial;

use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::authoring;
use crate::event::Outcome;
use crate::fault::{Fault, FaultKind};
use crate::run::Run;
use crate::schema::{self, FROM, VERBATIM};

/// The shape of an answer: a JSON schema in the subset of [`schema`], of any type.
///
/// With one, a run's answer is the text of a JSON value of that shape, whatever the model: where the model
/// writes in this process, by its grammar; everywhere, by a check before the answer counts. A run that a limit
/// ends before its answer is whole gets what there is of it ([`AnswerSchema::completed`]).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct AnswerSchema(Value);

/// What an answer that was cut off comes to.
#[derive(Debug, Clone, PartialEq)]
pub struct Completed {
    /// A value of the asked shape.
    pub value: Value,
    /// JSON pointers to what the model had not written, or not to the end: a text, a list or a map that was cut off, or
    /// the least that the schema asks for (`false`, `0`, the first of the given values).
    pub incomplete: Vec<String>,
}

impl AnswerSchema {
    /// The shape of a Rust type.
    ///
    /// # Errors
    /// As [`AnswerSchema::new`].
    pub fn of<T: JsonSchema>() -> Result<Self, Fault> {
        let settings = SchemaSettings::draft2020_12().with(|settings| settings.inline_subschemas = true);
        let mut generator = settings.into_generator();
        // Not as a root: there, a type that contains itself refers to `#` and not to a definition.
        let mut generated = generator.subschema_for::<T>().to_value();
        let definitions = generator.take_definitions(true);
        if generated.is_boolean() {
            // A type that may be anything.
            generated = json!({});
        }
        if !definitions.is_empty() {
            generated["$defs"] = definitions.into();
        }
        schema::tidy(&mut generated);
        Self::new(generated)
    }

    /// The shape that a JSON schema describes.
    ///
    /// # Errors
    /// A [`Fault`] of kind `Schema` for a schema that is not valid, or says something that is not promised to be
    /// enforced.
    pub fn new(schema: Value) -> Result<Self, Fault> {
        let fault = |problem: String| {
            Fault::new(FaultKind::Schema, format!("the answer's schema: {problem}"))
                .with_hint("leave it out, and check it in the answer")
        };
        schema::check_any(&schema).map_err(fault)?;
        if mentions_sources(&schema) {
            return Err(fault(format!("'{VERBATIM}' and '{FROM}' are for the arguments of tools")));
        }
        jsonschema::validator_for(&schema).map_err(|error| fault(error.to_string()))?;
        Ok(Self(schema))
    }

    /// The schema.
    #[must_use]
    pub fn schema(&self) -> &Value {
        &self.0
    }

    /// The value that an answer's text stands for.
    ///
    /// # Errors
    /// What is wrong with it, for the model to hear.
    pub fn read(&self, text: &str) -> Result<Value, String> {
        let value = serde_json::from_str(text).map_err(|error| format!("it is not JSON: {error}"))?;
        let validator = jsonschema::validator_for(&self.0).map_err(|error| error.to_string())?;
        let wrong =
            validator.iter_errors(&value).next().map(|error| match error.instance_path().to_string() {
                place if place.is_empty() => error.to_string(),
                place => format!("at {place}: {error}"),
            });
        wrong.map_or(Ok(value), Err)
    }

    /// What a text comes to that was to become such an answer and was cut off: what is whole of it, and the
    /// least that the schema asks for where something is missing. `None` where no such value can be made up,
    /// as for a pattern.
    #[must_use]
    pub fn completed(&self, text: &str) -> Option<Completed> {
        let partial::Read { value: written, cut: mut incomplete, objects } = partial::read(text);
        let value = least::fitted(written, &objects, &self.0, &mut incomplete)?;
        let validator = jsonschema::validator_for(&self.0).ok()?;
        incomplete.sort();
        incomplete.dedup();
        validator.is_valid(&value).then_some(Completed { value, incomplete })
    }
}

impl Run {
    /// The answer as a value of a type: of a run that was begun for one, also where it waited for a person meanwhile and
    /// was gone on with later. Where a limit ended it, [`Run::incomplete`] says what of the value is not the model's.
    ///
    /// # Errors
    /// A [`Fault`] of kind `Schema` where there is no answer (yet), or one that is no such value: it says what does not
    /// fit, and where.
    pub fn answer_as<T: DeserializeOwned>(&self) -> Result<T, Fault> {
        let fault = |problem: String| Fault::new(FaultKind::Schema, format!("run {}: {problem}", self.id()));
        let nothing = match self.outcome() {
            Some(Outcome::Answered | Outcome::Asked | Outcome::Limit { .. }) => None,
            Some(Outcome::Waiting { .. }) => Some(("it waits for a person", "decide, and go on with it")),
            Some(Outcome::Cancelled) => Some(("it was cancelled", "begin another run")),
            Some(Outcome::Failed { .. }) => Some(("its workflow failed", "its answer says why")),
            None => Some(("it has not ended", "go on with it")),
        };
        if let Some((why, hint)) = nothing {
            return Err(fault(format!("there is no answer, for {why}")).with_hint(hint));
        }
        if let Some(schema) = self.answer_schema() {
            let misfit = |problem| fault(format!("its answer does not fit: {problem}"));
            schema.read(self.answer()).map_err(misfit)?;
        }
        let read = serde_json::from_str(self.answer()).or_else(|error: serde_json::Error| {
            let value = serde_json::from_str(self.answer()).ok();
            value.and_then(authoring::with_wholes).ok_or(error)
        });
        read.map_err(|error| {
            fault(format!("its answer does not fit the type that is wanted: {error}"))
                .with_hint("want the type that the run was begun for")
                .with_source(error)
        })
    }
}

fn mentions_sources(schema: &Value) -> bool {
    match schema {
        Value::Object(keywords) => keywords
            .iter()
            .any(|(name, inner)| matches!(name.as_str(), VERBATIM | FROM) || mentions_sources(inner)),
        Value::Array(items) => items.iter().any(mentions_sources),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}

#[cfg(test)]
mod tests;
