//! Cases: tasks with what has to come of them, as they are written down.

use handyman_core::{Fault, FaultKind, Outcome, ToolSpec};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

/// A task with what has to come of it.
///
/// It is read with `serde`: `{"task": "…", "expect": {"calls": [{"tool": "…", "arguments": {…}}]}}`. A field that there
/// is not is an error, and so is a case that expects nothing.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(try_from = "Written")]
pub struct Case {
    /// What it is called.
    pub name: Option<String>,
    /// The messages, said one after the other in one session. Written as a text, or as a list of texts.
    pub task: Vec<String>,
    /// What has to come of it.
    pub expect: Expect,
}

/// What has to come of a task. What is left out is not looked at, but for the outcome: without one, each run has to end
/// with an answer or a question.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default, expecting = "`expect` with its fields: `calls`, `never`, `answer`, …")]
pub struct Expect {
    /// Calls that have to succeed, in this order. Others may come before, between and after them.
    pub calls: Vec<ExpectedCall>,
    /// Whether no other call may take an effect.
    pub exactly: bool,
    /// Tools that the model must not ask for, whatever comes of the call. Written as a text, or as a list of texts.
    #[serde(deserialize_with = "texts")]
    pub never: Vec<String>,
    /// What the answer to the last message says.
    pub answer: ExpectedAnswer,
    /// What the answer to the last message has to hold, where it is JSON: of objects these fields, everything else as it
    /// is here.
    pub value: Option<Value>,
    /// How the run of the last message has to end.
    pub outcome: Option<Ending>,
}

/// A call that has to be made.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a call: `tool`, and `arguments` where they matter")]
pub struct ExpectedCall {
    /// The tool.
    pub tool: String,
    /// Arguments that have to be so; `null` for one that has to be left out. Others may be as they like.
    #[serde(default)]
    pub arguments: Map<String, Value>,
}

/// What an answer has to say, in whatever case of letters. Either is written as a text, or as a list of texts.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default, expecting = "`answer` with `contains`, `lacks` or both")]
pub struct ExpectedAnswer {
    /// Texts that have to be in it.
    #[serde(deserialize_with = "texts")]
    pub contains: Vec<String>,
    /// Texts that must not be in it.
    #[serde(deserialize_with = "texts")]
    pub lacks: Vec<String>,
}

/// How a run ends: an [`Outcome`] by its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ending {
    /// [`Outcome::Answered`]
    Answered,
    /// [`Outcome::Asked`]
    Asked,
    /// [`Outcome::Limit`]
    Limit,
    /// [`Outcome::Waiting`]
    Waiting,
    /// [`Outcome::Cancelled`]
    Cancelled,
    /// [`Outcome::Failed`]
    Failed,
}

impl Ending {
    /// The name of an outcome.
    #[must_use]
    pub fn of(outcome: &Outcome) -> Self {
        match outcome {
            Outcome::Answered => Self::Answered,
            Outcome::Asked => Self::Asked,
            Outcome::Limit { .. } => Self::Limit,
            Outcome::Waiting { .. } => Self::Waiting,
            Outcome::Cancelled => Self::Cancelled,
            Outcome::Failed { .. } => Self::Failed,
        }
    }

    /// As it is written.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Answered => "answered",
            Self::Asked => "asked",
            Self::Limit => "limit",
            Self::Waiting => "waiting",
            Self::Cancelled => "cancelled",
            Self::Failed => "failed",
        }
    }
}

impl Case {
    /// What to call it: its name, or its first message.
    #[must_use]
    pub fn title(&self) -> &str {
        self.name.as_ref().or(self.task.first()).map_or("", String::as_str)
    }

    /// Sees that the tools it names are on offer, and have the arguments it names. A tool that is not can be called by
    /// nobody: a misspelt name among those that must not be called would be kept to by everybody. An argument that there
    /// is not would be held against the model.
    ///
    /// # Errors
    /// A [`Fault`] of kind `Request` that names the tool, or the argument.
    pub fn fits(&self, tools: &[ToolSpec]) -> Result<(), Fault> {
        let mut named = self.expect.calls.iter().map(|call| &call.tool).chain(&self.expect.never);
        let is_missing = |name: &&String| tools.iter().all(|tool| tool.name != **name);
        if let Some(name) = named.find(is_missing) {
            let offered: Vec<&str> = tools.iter().map(|tool| tool.name.as_str()).collect();
            let problem =
                format!("the case '{}' names the tool '{name}', which is not on offer", self.title());
            return Err(Fault::new(FaultKind::Request, problem)
                .with_hint(format!("the tools on offer are: {}", offered.join(", "))));
        }
        let wrong =
            |call: &ExpectedCall| unknown_argument(call, tools.iter().find(|tool| tool.name == call.tool)?);
        match self.expect.calls.iter().find_map(wrong) {
            Some(problem) => {
                Err(Fault::new(FaultKind::Request, format!("the case '{}': {problem}", self.title()))
                    .with_hint("name arguments as `handyman tools show TOOL` shows them"))
            }
            None => Ok(()),
        }
    }
}

/// What is wrong with the name of an argument, where the tool takes none but those that its schema names.
fn unknown_argument(call: &ExpectedCall, tool: &ToolSpec) -> Option<String> {
    let schema = &tool.parameters;
    if schema["additionalProperties"] != false || schema.get("patternProperties").is_some() {
        return None;
    }
    let known = schema["properties"].as_object();
    let is_known = |name: &String| known.is_some_and(|known| known.contains_key(name));
    let name = call.arguments.keys().find(|name| !is_known(name))?;
    let known: Vec<&str> = known.into_iter().flat_map(Map::keys).map(String::as_str).collect();
    let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
    Some(format!("{} has no argument '{name}'; it has {known}", tool.name))
}

/// A case as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    name: Option<String>,
    #[serde(deserialize_with = "messages")]
    task: Vec<String>,
    #[serde(default)]
    expect: Expect,
}

impl TryFrom<Written> for Case {
    type Error = &'static str;

    fn try_from(written: Written) -> Result<Self, Self::Error> {
        let Written { name, task, expect } = written;
        if expect == Expect::default() {
            return Err("`expect` says nothing: whatever comes of the task would do");
        }
        Ok(Self { name, task, expect })
    }
}

/// One message, or a list of them.
fn messages<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    said(Value::deserialize(deserializer)?).filter(|messages| !messages.is_empty()).ok_or_else(|| {
        D::Error::custom("`task` is a text, or a list of texts that are said one after the other")
    })
}

/// One text, or a list of them.
fn texts<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    said(Value::deserialize(deserializer)?)
        .ok_or_else(|| D::Error::custom("`contains`, `lacks` and `never` are a text, or a list of texts"))
}

/// The texts that are written as one or as a list, none of which may be empty.
fn said(written: Value) -> Option<Vec<String>> {
    let written = match written {
        Value::Array(texts) => texts,
        other => vec![other],
    };
    let said = |text: &Value| text.as_str().filter(|text| !text.trim().is_empty()).map(str::to_owned);
    written.iter().map(said).collect()
}

#[cfg(test)]
mod tests;
