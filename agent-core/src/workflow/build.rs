//! Workflows that a program puts together.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::{Workflow, WorkflowStep};
use crate::answer::AnswerSchema;
use crate::fault::Fault;

/// A workflow that is being put together. See [`Workflow::named`].
#[derive(Debug, Clone, PartialEq)]
#[must_use = "it becomes a workflow when it is built"]
pub struct WorkflowBuilder(Workflow);

impl Workflow {
    /// Begins a workflow of this name, which says what a file would say.
    ///
    /// ```
    /// use handyman_core::{Workflow, WorkflowStep};
    ///
    /// let workflow = Workflow::named("umbrella")
    ///     .input("city", "Where to look")
    ///     .step(WorkflowStep::call("weather", "get_weather").with("city", "{{ city }}"))
    ///     .step(WorkflowStep::ask("advice", "Is an umbrella enough?").only_if("weather.rain"))
    ///     .answer("{{ city }}: {{ advice or 'it stays dry' }}")
    ///     .build()?;
    /// assert_eq!(workflow.steps().len(), 2);
    /// # Ok::<(), handyman_core::Fault>(())
    /// ```
    pub fn named(name: impl Into<String>) -> WorkflowBuilder {
        WorkflowBuilder(Self {
            name: name.into(),
            description: String::new(),
            inputs: BTreeMap::new(),
            steps: Vec::new(),
            answer: None,
        })
    }
}

impl WorkflowBuilder {
    /// Says what it is for.
    pub fn description(mut self, description: impl Into<String>) -> Self {
        self.0.description = description.into();
        self
    }

    /// Adds an input, in place of one of its name: a text that describes it, or a JSON schema, perhaps with a `default`.
    pub fn input(mut self, name: impl Into<String>, input: impl Into<Value>) -> Self {
        self.0.inputs.insert(name.into(), input.into());
        self
    }

    /// Adds a step at the end.
    pub fn step(mut self, step: WorkflowStep) -> Self {
        self.0.steps.push(step);
        self
    }

    /// Says what it answers: a template. Without one, the answer is what the last step came to.
    pub fn answer(mut self, template: impl Into<String>) -> Self {
        self.0.answer = Some(template.into());
        self
    }

    /// The workflow.
    ///
    /// # Errors
    /// As [`Workflow::new`].
    pub fn build(self) -> Result<Workflow, Fault> {
        self.0.checked()
    }
}

/// Steps, as a file has them under the same keys: `if` is [`only_if`](Self::only_if) here, and `do` is
/// [`task`](Self::task).
impl WorkflowStep {
    /// A step that calls a tool.
    #[must_use]
    pub fn call(name: impl Into<String>, tool: impl Into<String>) -> Self {
        Self { call: Some(tool.into()), ..Self::named(name.into()) }
    }

    /// A step that asks the model something, which it answers without calling anything.
    #[must_use]
    pub fn ask(name: impl Into<String>, message: impl Into<String>) -> Self {
        Self { ask: Some(message.into()), ..Self::named(name.into()) }
    }

    /// A step that gives the model a part of the work: it may call tools for it.
    #[must_use]
    pub fn task(name: impl Into<String>, message: impl Into<String>) -> Self {
        Self { task: Some(message.into()), ..Self::named(name.into()) }
    }

    fn named(name: String) -> Self {
        Self {
            name,
            condition: None,
            each: None,
            call: None,
            arguments: Map::new(),
            ask: None,
            task: None,
            answer: None,
            may_fail: false,
        }
    }

    /// With an argument for the tool that is called: a template, or a value with templates in it.
    #[must_use]
    pub fn with(mut self, argument: impl Into<String>, value: impl Into<Value>) -> Self {
        self.arguments.insert(argument.into(), value.into());
        self
    }

    /// Calls the tool for each `item` of a list: an expression, or the list itself.
    #[must_use]
    pub fn each(self, list: impl Into<Value>) -> Self {
        Self { each: Some(list.into()), ..self }
    }

    /// Is done only if this expression holds.
    #[must_use]
    pub fn only_if(self, expression: impl Into<String>) -> Self {
        Self { condition: Some(expression.into()), ..self }
    }

    /// With the shape of what the model replies, for instance that of a type ([`AnswerSchema::of`]).
    #[must_use]
    pub fn answer(self, schema: AnswerSchema) -> Self {
        Self { answer: Some(schema), ..self }
    }

    /// Lets the workflow go on where the step fails: what it came to has an `error` then.
    #[must_use]
    pub fn allow_failure(self) -> Self {
        Self { may_fail: true, ..self }
    }
}

#[cfg(test)]
mod tests;
