//! Workflows: what is to be done, step by step, written down beforehand.
//!
//! A workflow is data: a file's, or put together by a program ([`Workflow::named`]). A step calls a tool, with arguments made of the inputs and of what earlier steps came to; or it
//! asks the model something (`ask`), or gives it a part of the work (`do`: it may call tools then). The planner follows
//! the workflow within one run, so policy, journal, effects, limits and resuming are those of every run.
//!
//! ```
//! use handyman_core::Workflow;
//! use serde_json::json;
//!
//! let workflow = Workflow::new(json!({
//!     "name": "umbrella",
//!     "inputs": {"city": "Where to look"},
//!     "steps": [
//!         {"name": "weather", "call": "get_weather", "with": {"city": "{{ city }}"}},
//!         {"name": "advice", "if": "weather.rain", "ask": "Is an umbrella enough?"}
//!     ],
//!     "answer": "{{ city }}: {{ advice or 'it stays dry' }}"
//! }))?;
//! let inputs = workflow.bind([("city".to_owned(), json!("Lagos"))].into_iter().collect())?;
//! assert_eq!(inputs["city"], "Lagos");
//! # Ok::<(), handyman_core::Fault>(())
//! ```
//!
//! Texts are templates of Jinja's syntax (by `minijinja`). One that is an expression alone, `"{{ trains.trains[0] }}"`,
//! gives the value as it is; `if` is an expression, and `each` one or a list. What is not there is an error, but may be
//! asked for (`if: booking`). Beside inputs and steps there are `today`, `now` and, with `each`, `item`.

mod build;
mod check;
mod progress;
mod template;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::answer::AnswerSchema;
use crate::fault::{Fault, FaultKind};
use crate::tool::ToolSpec;

pub use build::WorkflowBuilder;
pub use progress::Progress;
pub(crate) use progress::{Open, TOO_LONG};
pub(crate) use template::{evaluate, listed, rendered, truth};

/// Names that stand for the day, the time and the element of `each`.
pub(crate) const TODAY: &str = "today";
/// See [`TODAY`].
pub(crate) const NOW: &str = "now";
/// See [`TODAY`].
pub(crate) const ITEM: &str = "item";

/// What is to be done, step by step. See the [module](self).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Workflow {
    name: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    description: String,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    inputs: BTreeMap<String, Value>,
    steps: Vec<WorkflowStep>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    answer: Option<String>,
}

/// One step of a workflow.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WorkflowStep {
    name: String,
    #[serde(rename = "if", default, skip_serializing_if = "Option::is_none")]
    condition: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    each: Option<Value>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    call: Option<String>,
    #[serde(rename = "with", default, skip_serializing_if = "Map::is_empty")]
    arguments: Map<String, Value>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    ask: Option<String>,
    #[serde(rename = "do", default, skip_serializing_if = "Option::is_none")]
    task: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    answer: Option<AnswerSchema>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    may_fail: bool,
}

/// What a step does.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Work<'a> {
    /// Calls a tool.
    Call {
        /// The tool.
        tool: &'a str,
        /// Its arguments: templates.
        arguments: &'a Map<String, Value>,
        /// The list for each element of which it is called: an expression, or a list.
        each: Option<&'a Value>,
    },
    /// Puts something to the model.
    Reply {
        /// What: a template.
        message: &'a str,
        /// Whether the model may call tools for it.
        may_call: bool,
        /// The shape of what it comes to; a text without one.
        answer: Option<&'a AnswerSchema>,
    },
}

/// A workflow and what it was begun with.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Begun {
    /// The workflow, as it was then.
    pub workflow: Workflow,
    /// Its inputs.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub inputs: Map<String, Value>,
}

/// How a step ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum StepEnd {
    /// It did what it says.
    Succeeded,
    /// Its condition did not hold.
    Skipped,
    /// It could not be done.
    Failed {
        /// Why.
        why: String,
    },
}

impl Workflow {
    /// The workflow that a value describes, as it was read from a file for instance.
    ///
    /// # Errors
    /// A [`Fault`] of kind `Request` that names every mistake that can be seen without the tools.
    pub fn new(value: Value) -> Result<Self, Fault> {
        check::shape(&value).map_err(|problem| {
            Fault::new(FaultKind::Request, format!("this is no workflow: {problem}")).with_hint(
                "a workflow has a `name` and `steps`; what else it may have is in docs/workflows.md",
            )
        })?;
        let workflow: Self = serde_json::from_value(value)
            .map_err(|error| Fault::new(FaultKind::Request, format!("this is no workflow: {error}")))?;
        workflow.checked()
    }

    /// The workflow, if nothing can be seen to be wrong with it without the tools.
    fn checked(self) -> Result<Self, Fault> {
        let problems = check::own(&self);
        self.fault(&problems).map_or(Ok(self), Err)
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What it is for; may be empty.
    #[must_use]
    pub fn description(&self) -> &str {
        &self.description
    }

    /// Its steps, in order.
    #[must_use]
    pub fn steps(&self) -> &[WorkflowStep] {
        &self.steps
    }

    /// The template of its answer; without one it is what the last step came to.
    #[must_use]
    pub fn answer(&self) -> Option<&str> {
        self.answer.as_deref()
    }

    /// Whether a step needs the model.
    #[must_use]
    pub fn needs_model(&self) -> bool {
        self.steps.iter().any(|step| matches!(step.work(), Some(Work::Reply { .. })))
    }

    /// JSON schema of the inputs: an object.
    #[must_use]
    pub fn inputs(&self) -> Value {
        let inputs = self.inputs.iter().map(|(name, input)| (name.clone(), described(input)));
        let inputs: Map<String, Value> = inputs.collect();
        let has_default = |input: &Value| input.get("default").is_some();
        let required: Vec<&String> =
            inputs.iter().filter(|(_, input)| !has_default(input)).map(|(name, _)| name).collect();
        json!({"type": "object", "required": required, "properties": inputs, "additionalProperties": false})
    }

    /// The inputs that the workflow runs with: those given, and the defaults of others.
    ///
    /// # Errors
    /// A [`Fault`] of kind `Request` if one is missing, unknown, or not what the workflow wants.
    pub fn bind(&self, given: Map<String, Value>) -> Result<Map<String, Value>, Fault> {
        let mut bound = given;
        for (name, input) in &self.inputs {
            if let Some(default) = input.get("default").filter(|_| !bound.contains_key(name)) {
                bound.insert(name.clone(), default.clone());
            }
        }
        let problems = check::inputs(&self.inputs(), &bound);
        self.fault(&problems).map_or(Ok(bound), Err)
    }

    /// An input as it was typed: the text if that is what is wanted, else the JSON that it is.
    #[must_use]
    pub fn typed(&self, name: &str, text: &str) -> Value {
        let input = self.inputs.get(name).map(described).unwrap_or_default();
        let takes =
            |value: &Value| jsonschema::validator_for(&input).is_ok_and(|schema| schema.is_valid(value));
        let as_text = Value::from(text);
        if input.is_null() || takes(&as_text) {
            return as_text;
        }
        serde_json::from_str(text).unwrap_or(as_text)
    }

    /// Checks that every tool is there, and takes the arguments it is called with.
    ///
    /// # Errors
    /// A [`Fault`] of kind `Request` that names every mistake.
    pub fn fits(&self, tools: &[ToolSpec]) -> Result<(), Fault> {
        self.fault(&check::tools(self, tools)).map_or(Ok(()), Err)
    }

    /// What a person would have said: the message that begins the run.
    #[must_use]
    pub fn message(&self, inputs: &Map<String, Value>) -> String {
        let what = if self.description.is_empty() { &self.name } else { &self.description };
        let inputs = lines(inputs);
        std::iter::once(what.trim().to_owned()).chain(inputs).collect::<Vec<_>>().join("\n")
    }

    /// The name, and the inputs by theirs.
    pub(crate) fn inputs_in_words(&self, inputs: &Map<String, Value>) -> String {
        std::iter::once(self.name.clone()).chain(lines(inputs)).collect::<Vec<_>>().join("\n")
    }

    fn fault(&self, problems: &[String]) -> Option<Fault> {
        let problems = Some(problems.join("; ")).filter(|problems| !problems.is_empty())?;
        Some(Fault::new(FaultKind::Request, format!("workflow '{}': {problems}", self.name)))
    }
}

impl WorkflowStep {
    /// Its name, by which later steps know what it came to.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The expression that has to hold for the step to be done.
    #[must_use]
    pub fn condition(&self) -> Option<&str> {
        self.condition.as_deref()
    }

    /// Whether the workflow goes on where it fails: what it came to has an `error` then.
    #[must_use]
    pub fn may_fail(&self) -> bool {
        self.may_fail
    }

    /// What it does; `None` where it says several things, or none.
    #[must_use]
    pub fn work(&self) -> Option<Work<'_>> {
        let reply = |message, may_call| Work::Reply { message, may_call, answer: self.answer.as_ref() };
        match (self.call.as_deref(), self.ask.as_deref(), self.task.as_deref()) {
            (Some(tool), None, None) => {
                Some(Work::Call { tool, arguments: &self.arguments, each: self.each.as_ref() })
            }
            (None, Some(message), None) => Some(reply(message, false)),
            (None, None, Some(message)) => Some(reply(message, true)),
            (_, _, _) => None,
        }
    }
}

/// Inputs, one a line.
fn lines(inputs: &Map<String, Value>) -> Vec<String> {
    let value = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    inputs.iter().map(|(name, input)| format!("{name}: {}", value(input))).collect()
}

/// Keywords that say what a value may be.
const TELLING: [&str; 8] = ["type", "enum", "const", "anyOf", "oneOf", "allOf", "$ref", "not"];

/// What a schema is about that does not say so, by the keywords that are for one type.
fn kind_of(schema: &Map<String, Value>) -> &'static str {
    let has = |keywords: &[&str]| keywords.iter().any(|keyword| schema.contains_key(*keyword));
    if has(&["items", "prefixItems", "minItems", "maxItems", "uniqueItems"]) {
        "array"
    } else if has(&["properties", "required", "additionalProperties", "patternProperties"]) {
        "object"
    } else if has(&["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"]) {
        "number"
    } else {
        "string"
    }
}

/// An input's schema. A text alone describes an input that is a text; a schema that does not say what the input is takes
/// what its default is, or what its keywords are for, or else a text.
fn described(input: &Value) -> Value {
    match input {
        Value::String(description) => json!({"type": "string", "description": description}),
        Value::Object(schema) if !TELLING.iter().any(|keyword| schema.contains_key(*keyword)) => {
            let kind = match schema.get("default") {
                Some(Value::Bool(_)) => "boolean",
                Some(Value::Number(number)) if number.is_f64() => "number",
                Some(Value::Number(_)) => "integer",
                Some(Value::Array(_)) => "array",
                Some(Value::Object(_)) => "object",
                Some(Value::Null | Value::String(_)) => "string",
                None => kind_of(schema),
            };
            let mut schema = schema.clone();
            schema.insert("type".to_owned(), kind.into());
            schema.into()
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => input.clone(),
    }
}

#[cfg(test)]
mod tests;
